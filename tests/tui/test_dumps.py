"""The texts of the pages in three sizes and of broken scenes. `MHV_SCREENSHOTS=write pytest tests/tui` writes them."""

from __future__ import annotations

import asyncio

import pytest

from mhv_tui.steps import FLOW
from tests.tui.snapshots import demo_state, text_of, wizard
from tests.tui.text_dumps import Size, check_dump, check_dumps, texts_at_all_sizes

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
    "existing-images": "image",
}
"""Scene -> the page that shows its problem."""


@pytest.mark.parametrize("step", [step.id for step in FLOW])
def test_the_text_of_each_page(step: str) -> None:
    async def texts() -> dict[Size, str]:
        async with wizard(demo_state(), step) as pilot:
            return await texts_at_all_sizes(pilot)

    check_dumps(step, asyncio.run(texts()))


@pytest.mark.parametrize("scene", BROKEN)
def test_the_text_of_each_broken_scene(scene: str) -> None:
    async def text() -> str:
        async with wizard(demo_state(scene), BROKEN[scene]) as pilot:
            await pilot.press("f2")
            await pilot.pause(0.1)
            return text_of(pilot)

    check_dump(f"broken-{scene}", asyncio.run(text()))
