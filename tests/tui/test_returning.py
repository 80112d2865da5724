"""A page that opens at a problem, and a page that is shown again after the screen above it closes."""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_all
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.core.findings import Finding
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.fields import Field
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.session_wizard import applied_session
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


def test_a_trial_that_failed_in_a_run_is_the_same_problem_on_its_page_and_in_a_reopened_plan() -> None:
    def binding(state: WizardState) -> Finding:
        return next(f for f in state.check("network").findings if f.code == "NW02")

    with closing(OpenSessions(WizardOptions(demo=True, scene="no-dvs", session="one"))) as sessions:
        state = sessions.open("")
        assert binding(state).level == "unknown"
        assert state.apply(lambda event: None, approve_all).exit == 3
        state.try_again()
        failed = binding(state)
        assert failed.level == "failure" and "was not bound (binding_failed)" in failed.detail
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        assert binding(sessions.open("")) == failed
    assert cli.main(["check", "--demo", "--session", "one"]) == 4 and not failed.stops, "apply tries again"


def test_what_the_test_servers_proved_is_known_when_the_session_is_opened_again() -> None:
    session = applied_session("demo")

    def finding() -> Finding:
        with closing(OpenSessions(WizardOptions(demo=True, session="demo"))) as sessions:
            state = sessions.open("")
            return next(f for f in state.check("network").findings if f.code == "NW02")

    proven = finding()
    day = session.journal.last("finished") or {}
    assert proven.level == "ok" and proven.detail == (
        f"a test server ran on novavmware1 with a port of the network vmware-net on {day['time'][:10]}"
    )
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert finding().level == "unknown"


def test_a_tested_binding_is_known_after_a_run_of_which_only_a_test_server_failed() -> None:
    session = applied_session("demo", "cloud")
    world = session.directory / "world.json"
    world.write_text(json.dumps({**json.loads(world.read_text()), "faults": {"cloud.create_server": "OS10"}}))
    assert cli.main(["apply", "--demo", "--yes"]) == 4

    def binding() -> Finding:
        with closing(OpenSessions(WizardOptions(demo=True, session="demo"))) as sessions:
            state = sessions.open("")
            return next(f for f in state.check("network").findings if f.code == "NW02")

    day = (session.journal.last("finished") or {})["time"][:10]
    assert (binding().level, binding().detail.partition(" was ")[0]) == (
        "ok",
        f"on {day}, a test port of vmware-net on novavmware1",
    )
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert binding().level == "unknown"


def test_a_session_whose_second_target_was_removed_opens_at_its_problem() -> None:
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        sessions.open("")
        state = sessions.add_target("novavmware2")
        assert state.fleet
        state.fleet.remove("novavmware2")
        state.give("network", "manage", "no")
        assert "NW03" in [finding.code for finding in state.check("network").findings if finding.stops]
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        state = sessions.open("")
        assert state.fleet is None and state.landing() == "network"


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
