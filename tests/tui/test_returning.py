"""A page that opens at a problem, and a page that is shown again after the screen above it closes."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.fields import Field
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.snapshots import demo_state, settled, text_of

NETWORK = ("ctrl+g", "end", "enter")
"""The keys that open the page of the last row of the plan."""

Play = Callable[[Pilot[int]], Awaitable[None]]


class HeldState(WizardState):
    """Its checks wait while the event `go_on` is not set."""

    go_on = threading.Event()

    def check(self, step_id: str) -> StepResult:
        assert self.go_on.wait(60)
        return super().check(step_id)


def held(scene: str) -> WizardState:
    HeldState.go_on.set()
    return demo_state(scene, HeldState)


async def open_held(pilot: Pilot[int], step: str) -> None:
    """Opens a page at its problem. Its check waits."""
    HeldState.go_on.clear()
    assert isinstance(pilot.app, Wizard)
    await pilot.app.show_page(step)
    await pilot.pause()


def test_a_letter_does_not_go_into_a_field_of_a_page_that_opens_at_a_problem() -> None:
    state = held("drs-off")

    async def play(pilot: Pilot[int]) -> None:
        await open_held(pilot, "cluster")
        path = pilot.app.screen.query_one(Field).value
        await pilot.press("f")
        await pilot.pause()
        assert "The page is being checked" in text_of(pilot)
        assert pilot.app.screen.query_one(Field).value == path and not state.answers.fixes
        HeldState.go_on.set()
        await settled(pilot)
        assert ">✗ CL05" in text_of(pilot) and "f fix" in text_of(pilot).splitlines()[-1]

    drive(state, "cloud", play)


def test_a_page_that_opens_at_a_problem_shows_its_last_result_at_once() -> None:
    state = held("drs-off")
    state.check("cluster")

    async def play(pilot: Pilot[int]) -> None:
        await open_held(pilot, "cluster")
        await pilot.pause()
        assert ">✗ CL05" in text_of(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert "CL05" in [fix.code for fix in state.answers.single_fixes]
        HeldState.go_on.set()
        await settled(pilot)

    drive(state, "cloud", play)


@pytest.mark.parametrize("key", ["ctrl+n", "ctrl+p", "1", "3"])
def test_a_page_opened_from_the_findings_keeps_their_keys(key: str) -> None:
    state = held("article")

    async def play(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one(FindingsList).focus()
        answers = state.answers.tables
        await press(pilot, key, "a", "f", "n")
        assert isinstance(pilot.app.focused, FindingsList) and state.answers.tables == answers
        await press(pilot, "up", "a")
        assert isinstance(pilot.app.focused, Field) and pilot.app.focused.value.endswith("a")

    drive(state, "vcenter", play)


def test_a_page_opened_from_the_findings_starts_at_a_missing_answer() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "host").value = ""
        await press(pilot, "ctrl+p")
        pilot.app.screen.query_one(FindingsList).focus()
        await press(pilot, "ctrl+n")
        assert pilot.app.focused is field(pilot, "host")

    drive(held("article"), "vcenter", play)


def test_a_page_without_a_problem_keeps_the_focus_in_its_findings() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await open_held(pilot, "cluster")
        HeldState.go_on.set()
        await settled(pilot)
        assert isinstance(pilot.app.focused, FindingsList)

    drive(held("article"), "cloud", play)


async def withdraw_in_plan(pilot: Pilot[int], is_checked: bool) -> None:
    """Withdraws CL05 in the plan and goes back: after the check of the plan, or before its end."""
    await pilot.press("ctrl+g")
    await settled(pilot)
    assert isinstance(pilot.app.screen, PlanScreen)
    rows = pilot.app.screen.rows
    for _ in range(rows.option_count):
        if rows.current and rows.current.finding and rows.current.finding.code == "CL05":
            break
        await pilot.press("down")
    if not is_checked:
        HeldState.go_on.clear()
    await pilot.press("a")
    if is_checked:
        await settled(pilot)
    await pilot.press("escape")
    HeldState.go_on.set()
    await settled(pilot)


@pytest.mark.parametrize("is_checked", [True, False])
def test_the_last_page_is_collected_again_after_a_withdrawal_in_the_plan(is_checked: bool) -> None:
    state = held("drs-off")
    state.accept("CL05", "a test")

    async def play(pilot: Pilot[int]) -> None:
        assert "CL05 accepted" in text_of(pilot)
        await withdraw_in_plan(pilot, is_checked)
        assert "Blocked: DRS of DC0_C0 is off" in text_of(pilot) and "CL05 accepted" not in text_of(pilot)

    drive(state, "finish", play)


@pytest.mark.parametrize("is_checked", [True, False])
def test_a_page_shows_its_findings_after_a_withdrawal_in_the_plan(is_checked: bool) -> None:
    state = held("drs-off")
    state.accept("CL05", "a test")

    async def play(pilot: Pilot[int]) -> None:
        assert "a withdraw" in text_of(pilot) and "cluster    !1" in text_of(pilot)
        await withdraw_in_plan(pilot, is_checked)
        assert "a accept" in text_of(pilot) and "cluster    ✗1" in text_of(pilot)

    drive(state, "cluster", play)


def test_the_list_of_pages_shows_what_the_plan_has_checked() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "cluster    ·" in text_of(pilot)
        await pilot.press("ctrl+g")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert "cluster    ✗1" in text_of(pilot)

    drive(demo_state("drs-off"), "cloud", play)


def test_a_half_typed_secret_is_not_tried_when_a_screen_above_closes() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one("#field-password", Field).focus()
        await pilot.pause()
        await pilot.press("x", "f1", "escape")
        await settled(pilot)
        assert "press Enter to check with the new password" in text_of(pilot)

    drive(state, "vcenter", play)


def test_esc_does_not_take_a_half_typed_login_to_the_plan_which_would_try_it() -> None:
    state = demo_state("wrong-password")

    async def play(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+g")
        await settled(pilot)
        await pilot.press("enter", "f", "x", "escape")
        await settled(pilot)
        assert "The new password has not been tried: Enter logs in with it" in text_of(pilot)
        assert isinstance(pilot.app.screen, Page)

    drive(state, "vcenter", play)


def test_a_page_says_at_once_that_it_is_being_checked() -> None:
    async def play(pilot: Pilot[int]) -> None:
        HeldState.go_on.clear()
        assert isinstance(pilot.app, Wizard)
        await pilot.app.show_page("cluster")
        label = pilot.app.screen.query_one("#checks-heading", Label)
        assert "checking ..." in str(label.content)
        HeldState.go_on.set()
        await settled(pilot)

    drive(held("article"), "cloud", play)


@pytest.mark.parametrize("keys", [("escape",), ("up", "escape"), ("slash", "x", "escape", "escape"), ("ctrl+g",)])
def test_a_page_that_was_opened_from_the_plan_goes_back_to_its_row(keys: tuple[str, ...]) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *NETWORK)
        assert "Port group" in shown.splitlines()[0] and " Esc plan " in last_line(shown)
        shown = await press(pilot, "tab")
        assert "Esc findings  ^N/^P page  ^G plan" in last_line(shown) and "Esc plan" not in shown
        shown = await press(pilot, "escape", *keys)
        assert isinstance(pilot.app.screen, PlanScreen) and ">? network   NW02" in shown

    drive(demo_state("drs-off"), "cloud", play)


def test_esc_does_not_go_back_to_the_plan_from_a_page_that_was_opened_otherwise() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, *NETWORK)
        assert "Esc" not in last_line(await press(pilot, "6"))
        await press(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, Page)

    drive(demo_state("drs-off"), "cloud", play)
