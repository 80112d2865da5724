"""The screenshots show what the wizard shows now. `MHV_SCREENSHOTS=write pytest tests/tui` writes them again."""

from __future__ import annotations

import asyncio
import os

import pytest

from mhv_tui.tui.themes import DEFAULT, VARIABLES
from tests.tui.snapshots import demo_state, screenshots, settled, svg_of, wizard

STEPS = ("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove", "finish")
BROKEN = {
    "drs-off": "cluster",
    "port-group-vlan": "network",
    "untrusted-certificate": "vcenter",
    "not-an-image": "image",
}


def compare(name: str, svg: str) -> None:
    path = screenshots() / f"{name}.svg"
    if os.environ.get("MHV_SCREENSHOTS") == "write":
        path.write_text(svg, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == svg, f"{path.name} differs from what the wizard shows"


@pytest.mark.parametrize("step", STEPS)
def test_the_screenshot_of_each_page(step: str) -> None:
    async def render() -> str:
        async with wizard(demo_state(), step) as pilot:
            return svg_of(pilot)

    compare(step, asyncio.run(render()))


@pytest.mark.parametrize("scene", BROKEN)
def test_the_screenshot_of_each_broken_scene(scene: str) -> None:
    async def render() -> str:
        async with wizard(demo_state(scene), BROKEN[scene]) as pilot:
            return svg_of(pilot)

    compare(f"broken-{scene}", asyncio.run(render()))


def test_the_screenshot_of_the_plan() -> None:
    async def render() -> str:
        async with wizard(demo_state(), "finish") as pilot:
            await pilot.press("ctrl+g")
            await settled(pilot)
            return svg_of(pilot)

    compare("plan", asyncio.run(render()))


@pytest.mark.parametrize("theme", [name for name in VARIABLES if name != DEFAULT])
def test_the_screenshot_of_each_theme(theme: str) -> None:
    async def render() -> str:
        async with wizard(demo_state("drs-off"), "cluster", theme=theme) as pilot:
            await pilot.press("f2")
            await settled(pilot)
            return svg_of(pilot)

    compare(f"theme-{theme}", asyncio.run(render()))
