"""The screen with all answers: what it shows and hides, and that Enter opens the field."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from pathlib import Path, PurePath
from typing import ClassVar

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui import overview_screen
from mhv_tui.tui.fields import Field
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.overview_screen import OverviewScreen
from tests.tui.page_keys import field, last_line, press, press_at_once
from tests.tui.snapshots import demo_state, settled, text_of, wizard
from tests.tui.text_dumps import check_dump


def drive(
    state: WizardState, play: Callable[[Pilot[int]], Awaitable[str]], size: tuple[int, int] = (80, 24), start: str = ""
) -> str:
    async def go() -> str:
        async with wizard(state, start, size) as pilot:
            await pilot.press("f5")
            await settled(pilot)
            return await play(pilot)

    return asyncio.run(go())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_answers_as_text(size: tuple[int, int]) -> None:
    state = demo_state("drs-off")
    state.accept("DS15", "shared with the build farm", date(2027, 3, 1))
    state.request_fix("CL05")
    for step in state.flow:
        state.check(step.id)

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot) + await press(pilot, "end")

    check_dump(f"overview-{size[0]}x{size[1]}", drive(state, play, size, "cluster"))


def test_the_list_has_the_focus_from_the_first_frame_on() -> None:
    """The last line would show the keys of the filter for one frame."""
    focused: list[Widget] = []

    class Recorded(OverviewScreen):
        CSS_PATH: ClassVar[list[str | PurePath]] = [Path(overview_screen.__file__).with_name("overview.tcss")]

        def on_descendant_focus(self, event: events.DescendantFocus) -> None:
            focused.append(event.widget)

    async def play(pilot: Pilot[int]) -> str:
        await pilot.app.push_screen(Recorded())
        return await press(pilot, "down")

    drive(demo_state(), play)
    assert [type(widget) for widget in focused] == [MarkedList]


def test_the_list_begins_at_the_page_from_which_it_was_opened() -> None:
    async def play(pilot: Pilot[int]) -> str:
        return await press(pilot)

    assert "\n >" in (shown := drive(demo_state(), play, start="network")) and " > 5 network " in shown


def test_defaults_are_shown_on_a_key() -> None:
    async def play(pilot: Pilot[int]) -> str:
        assert "project_domain_name" not in text_of(pilot)
        return await press(pilot, "d")

    assert "project_domain_name Default" in drive(demo_state(), play)


def test_a_secret_is_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHV_X", "S3cret-of-env")
    state = demo_state()
    assert state.give("vcenter", "password", "S3cret-typed").changed
    assert state.give("cloud", "password", "env MHV_X").changed

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    shown = drive(state, play)
    state.give("vcenter", "host", "other.example.org")
    assert "not saved; type it again" in drive(state, play)
    assert "set, kept only in memory" in shown and "env MHV_X" in shown and "S3cret" not in shown


def test_a_missing_answer_is_marked_and_enter_opens_its_field() -> None:
    state = demo_state()
    assert state.give("cluster", "path", "").changed

    async def play(pilot: Pilot[int]) -> str:
        shown = await press(pilot, "slash", *"cluster", "enter")
        assert "needed, not set" in shown and " 3 cluster" in shown and "vcenter" not in shown
        page = await press(pilot, "enter")
        assert isinstance(pilot.app.focused, Field) and pilot.app.focused.key == "path"
        return page

    assert f"3 of {len(FLOW)}  Cluster" in drive(state, play)


def test_a_digit_in_a_field_that_enter_opens_never_replaces_its_text() -> None:
    async def play(pilot: Pilot[int]) -> str:
        shown = await press(pilot, "slash", *"host", "enter", "enter")
        assert "typing replaces" not in shown and field(pilot, "host").value == "vc.example.org"
        await press(pilot, "1")
        return field(pilot, "host").value

    assert drive(demo_state(), play, start="vcenter") == "vc.example.org1"


def test_the_needed_answers_of_a_new_session_are_those_with_a_mark_on_their_page() -> None:
    async def play(pilot: Pilot[int]) -> str:
        shown = text_of(pilot)
        await press(pilot, "escape")
        return shown + await press(pilot)

    with closing(OpenSessions(WizardOptions())) as sessions:
        shown = drive(sessions.open(""), play)
    assert re.search(r" name +needed, not set", shown) and "name* " in shown and "Empty: login below" not in shown


def test_the_field_of_an_advanced_answer_is_shown_when_it_is_opened() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "d", "slash", *"region_name", "enter", "enter")
        assert isinstance(pilot.app.focused, Field) and pilot.app.focused.key == "region_name"
        return text_of(pilot)

    assert "region_name" in drive(demo_state(), play)


def test_the_answers_can_be_read_while_a_text_is_not_valid_and_the_text_stays() -> None:
    async def play(pilot: Pilot[int]) -> str:
        assert "All answers" not in await press(pilot, "escape")
        field(pilot, "port").value = "many"
        await pilot.pause()
        assert "All answers" in await press(pilot, "f5")
        await press(pilot, "escape")
        assert field(pilot, "port").value == "many"
        await press(pilot, "f5", "enter")
        assert field(pilot, "host").has_focus and field(pilot, "port").value == "many"
        return await press(pilot, "f5", "home", "enter")

    shown = drive(demo_state(), play, start="vcenter")
    assert "2 of 10" in shown and "many" in shown and "port is not valid and not saved: correct it first" in shown


def test_escape_on_a_page_goes_back_to_the_answer_from_which_it_was_opened_and_then_to_the_first_page() -> None:
    async def play(pilot: Pilot[int]) -> str:
        shown = await press(pilot, "d", "slash", *"project_domain", "enter", "enter")
        assert "1 of 10" in shown and " Esc answers " in last_line(shown)
        shown = await press(pilot, "escape")
        assert re.search(r"> .*project_domain_name Default", shown) and "All answers" in shown
        assert "3 of 10" in await press(pilot, "escape")
        shown = await press_at_once(pilot, "f5", "enter", "escape", "escape")
        assert "3 of 10" in shown and "Esc answers" not in last_line(shown)
        return await press(pilot, "escape")

    assert "does not leave a page" in last_line(drive(demo_state(), play, start="cluster"))


@pytest.mark.parametrize(("scene", "is_hidden"), [("article", True), ("nova-network", False)])
def test_all_fields_of_a_page_and_all_answers_are_only_those_that_have_an_effect(scene: str, is_hidden: bool) -> None:
    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "escape", "escape", "ctrl+t")
        assert field(pilot, "flat_interface").is_hidden is is_hidden
        return await press(pilot, "f5", "d", "slash", *"network")

    shown = drive(demo_state(scene), play, start="network")
    assert ("flat_interface" not in shown) is is_hidden and "integration_bridge" in shown
