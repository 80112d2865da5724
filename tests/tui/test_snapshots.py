"""The screenshots show what the wizard shows now. `MHV_SCREENSHOTS=write pytest tests/tui` writes them again."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

import pytest

from mhv_tui.cli.options import WizardOptions
from mhv_tui.tui.themes import DEFAULT, VARIABLES
from tests.tui.session_wizard import applied_session, session_wizard, stopped_session
from tests.tui.snapshots import dated, demo_state, screenshots, settled, svg_of, wizard

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


@dataclass(frozen=True)
class Picture:
    """A page of a scene, and the keys pressed on it."""

    scene: str
    step: str
    keys: tuple[str, ...]


PICTURES = {
    "plan": Picture("article", "finish", ("ctrl+g",)),
    "plan-blocked": Picture("drs-off", "finish", ("ctrl+g",)),
    "matrix": Picture("local-datastore", "datastore", ("tab", "tab")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_screenshot_after_keys(name: str) -> None:
    picture = PICTURES[name]

    async def render() -> str:
        async with wizard(demo_state(picture.scene), picture.step) as pilot:
            for key in picture.keys:
                await pilot.press(key)
                await settled(pilot)
            return svg_of(pilot)

    compare(name, asyncio.run(render()))


def test_the_screenshot_of_all_answers() -> None:
    state = demo_state("drs-off")
    state.request_fix("CL05")
    for step in state.flow:
        state.check(step.id)

    async def render() -> str:
        async with wizard(state, "cluster") as pilot:
            await pilot.press("f5", "down", "down", "down", "down", "down")
            await settled(pilot)
            return svg_of(pilot)

    compare("overview", asyncio.run(render()))


def test_the_screenshot_of_a_finished_session() -> None:
    state = demo_state()
    state.apply(lambda event: None, lambda plan: frozenset(change.id for _, change in plan))

    async def render() -> str:
        async with wizard(state, "finish") as pilot:
            return dated(svg_of(pilot))

    compare("done", asyncio.run(render()))


def test_the_screenshot_of_the_sessions() -> None:
    applied_session("site-b", "network")
    stopped_session("prod")

    async def render() -> str:
        async with session_wizard(WizardOptions(demo=True, scene="drs-off")) as pilot:
            pilot.app.theme = DEFAULT
            await settled(pilot)
            return dated(svg_of(pilot))

    compare("sessions", asyncio.run(render()))


@pytest.mark.parametrize("theme", [name for name in VARIABLES if name != DEFAULT])
def test_the_screenshot_of_each_theme(theme: str) -> None:
    async def render() -> str:
        async with wizard(demo_state("drs-off"), "cluster", theme=theme) as pilot:
            await pilot.press("f2")
            await settled(pilot)
            return svg_of(pilot)

    compare(f"theme-{theme}", asyncio.run(render()))
