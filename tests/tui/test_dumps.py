"""The texts of the pages in three sizes and of broken scenes. `MHV_SCREENSHOTS=write pytest tests/tui` writes them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from mhv_tui.steps import FLOW
from tests.tui.snapshots import demo_state, settled, text_of, wizard

DUMPS = Path(__file__).parent / "dumps"
SIZES = ((80, 24), (120, 40), (60, 20))
BROKEN = {
    "wrong-password": "vcenter",
    "untrusted-certificate": "vcenter",
    "missing-privilege": "cluster",
    "drs-off": "cluster",
    "cluster-twice": "cluster",
    "local-datastore": "datastore",
    "regex-nothing": "datastore",
    "port-group-vlan": "network",
    "no-archive": "node",
    "not-an-image": "image",
}
"""Scene -> the page that shows its problem."""


def compare(name: str, text: str) -> None:
    path = DUMPS / f"{name}.txt"
    if os.environ.get("MHV_SCREENSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs from what the wizard shows"


@pytest.mark.parametrize("step", [step.id for step in FLOW])
def test_the_text_of_each_page(step: str) -> None:
    async def texts() -> dict[tuple[int, int], str]:
        async with wizard(demo_state(), step) as pilot:
            shown = {}
            for size in SIZES:
                await pilot.resize_terminal(*size)
                await pilot.pause(0.1)
                await settled(pilot)
                shown[size] = text_of(pilot)
            return shown

    for (columns, rows), text in asyncio.run(texts()).items():
        lines = text.splitlines()
        assert len(lines) == rows and max(map(cell_len, lines)) <= columns
        compare(f"{step}-{columns}x{rows}", text)


@pytest.mark.parametrize("scene", BROKEN)
def test_the_text_of_each_broken_scene(scene: str) -> None:
    async def text() -> str:
        async with wizard(demo_state(scene), BROKEN[scene]) as pilot:
            await pilot.press("f2")
            await pilot.pause(0.1)
            return text_of(pilot)

    compare(f"broken-{scene}", asyncio.run(text()))
