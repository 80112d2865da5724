"""The README pictures are true: each is made afresh and compared. MHV_PICTURES=write pytest tests/tui remakes them."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.tui.pictures import demo_road, screenshots, settled, svg_of, wizard

STEPS = ("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove", "finish")
BROKEN = {
    "drs-off": "cluster",
    "port-group-vlan": "network",
    "untrusted-certificate": "vcenter",
    "not-an-image": "image",
}


def compare(name: str, svg: str) -> None:
    path = screenshots() / f"{name}.svg"
    if os.environ.get("MHV_PICTURES") == "write":
        path.write_text(svg, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == svg, f"{path.name} is not what the wizard shows now"


@pytest.mark.parametrize("step", STEPS)
def test_the_picture_of_each_page(step: str) -> None:
    async def take() -> str:
        async with wizard(demo_road(), step) as pilot:
            return svg_of(pilot)

    compare(step, asyncio.run(take()))


@pytest.mark.parametrize("scene", BROKEN)
def test_the_picture_of_each_broken_world(scene: str) -> None:
    async def take() -> str:
        async with wizard(demo_road(scene), BROKEN[scene]) as pilot:
            return svg_of(pilot)

    compare(f"broken-{scene}", asyncio.run(take()))


def test_the_picture_of_the_plan() -> None:
    async def take() -> str:
        async with wizard(demo_road(), "finish") as pilot:
            await pilot.press("ctrl+g")
            await settled(pilot)
            return svg_of(pilot)

    compare("plan", asyncio.run(take()))
