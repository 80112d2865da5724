"""The plan by keys: what blocks it and what it changes, fixes, acceptances, previews, the saved text, the question."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui.core.answers import Accept
from mhv_tui.engine.plan_summary import TRIAL
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.page import Page
from tests.tui.snapshots import demo_state, settled, text_of, wizard

TESTS = "Then a test server boots on each hypervisor and is deleted."
MOVES = "With DRS, vCenter moves running virtual machines between the hosts of DC0_C0."
ALL = "10 changes: 7 to create, 3 to edit, nothing to delete."


def drive(
    state: WizardState,
    play: Callable[[Pilot[int]], Awaitable[str]],
    size: tuple[int, int] = (100, 40),
    page: str = "finish",
) -> str:
    """The result of `play` on the plan, opened from a page, after its check."""

    async def go() -> str:
        async with wizard(state, page, size) as pilot:
            await pilot.press("ctrl+g")
            await settled(pilot)
            return await play(pilot)

    return asyncio.run(go())


def after(*keys: str) -> Callable[[Pilot[int]], Awaitable[str]]:
    """The screen after these keys."""

    async def play(pilot: Pilot[int]) -> str:
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        return text_of(pilot)

    return play


def words(screen: str) -> str:
    """The text of a screen in one line."""
    return " ".join(screen.split())


def test_a_blocked_plan_shows_problems_and_all_changes() -> None:
    screen = words(drive(demo_state("drs-off"), after()))
    assert (
        f"{ALL} Starts nova-compute on novavmware1; restarts nothing. {TESTS} 1 problem blocks the changes." in screen
    )
    assert "✗ cluster CL05 DRS of DC0_C0 is off" in screen and "f turn on fully automated DRS" in screen
    assert "+ network add distributed port group" in screen and "~ node set 46 options in" in screen
    assert "! prove CO02" in screen and "^G" not in screen, "a key that cannot act is not shown"


def test_a_fix_is_requested_and_cancelled_in_the_plan() -> None:
    state = demo_state("drs-off")

    async def play(pilot: Pilot[int]) -> str:
        fixed = await after("f")(pilot)
        assert ">~ cluster turn on fully automated DRS of the cluster DC0_C0 (fixes CL05)" in words(fixed)
        assert [fix.code for fix in state.answers.single_fixes] == [
            "CL05"
        ] and "11 changes: 7 to create, 4 to edit" in words(fixed)
        assert "^G apply" in fixed
        return await after("f")(pilot)

    screen = words(drive(state, play))
    assert ">✗ cluster CL05" in screen and "1 problem blocks the changes." in screen and not state.answers.single_fixes


def test_the_next_problem_of_the_plan_is_also_a_warning_as_on_a_page() -> None:
    async def play(pilot: Pilot[int]) -> str:
        first = await after("n")(pilot)
        assert ">! image" in words(first)
        return words(first).replace(words(await after("n")(pilot)), "")

    assert drive(demo_state("existing-images"), play), "the second n goes on"


def test_what_is_only_unknown_is_not_next_in_the_plan_if_there_is_a_warning() -> None:
    for keys in (("n",), ("n", "n")):
        assert ">! prove CO02" in words(drive(demo_state(), after(*keys)))


def test_f_in_the_plan_goes_to_the_next_fix_and_cancels_none() -> None:
    state = demo_state("existing-images")

    async def play(pilot: Pilot[int]) -> str:
        while "f fix" not in text_of(pilot):
            await after("n")(pilot)
        return await after("f", "f", "f")(pilot)

    drive(state, play)
    assert len(state.answers.single_fixes) == 3


def test_a_problem_is_accepted_until_a_day_and_the_acceptance_withdrawn() -> None:
    state = demo_state("drs-off")

    async def play(pilot: Pilot[int]) -> str:
        await after("a", *"shared", "enter", *"2999-03-01", "enter")(pilot)
        accepted = words(text_of(pilot))
        assert state.answers.accepts == (Accept("CL05", "shared", date(2999, 3, 1)),)
        assert ">! cluster CL05 " in accepted and " accepted until 2999-03-01: shared" in accepted
        assert "^G apply" in accepted and "blocks" not in accepted
        withdrawn = words(await after("a")(pilot))
        assert ">✗ cluster CL05" in withdrawn and not state.answers.accepts
        return await after("a")(pilot)

    dialog = drive(state, play)
    assert "shared" in dialog and "2999-03-01" in dialog, "the withdrawn acceptance is offered again"


def test_an_acceptance_that_is_over_is_named_at_its_problem() -> None:
    state = demo_state("drs-off")
    state.accept("CL05", "shared", date(2001, 1, 1))
    assert "Accepted until 2001-01-01, which is past: shared" in words(drive(state, after()))


@pytest.mark.parametrize("close", [("enter",), ("escape",)])
def test_a_change_opens_in_place_and_closes_again(close: tuple[str, ...]) -> None:
    async def play(pilot: Pilot[int]) -> str:
        opened = await after("down", "down", "down", "enter")(pilot)
        assert "+ compute_driver = vmwareapi.VMwareVCDriver" in opened and "+ host_password = ••••" in opened
        assert "@@" not in opened and "+++" not in opened and "▾" in opened
        assert ">~ node      set 1 option in" in await after("down")(pilot), "what is visible is passed at once"
        return await after("up", *close)(pilot)

    screen = drive(demo_state(), play, (80, 100))
    assert "compute_driver" not in screen and ">~ node      set 46 options" in screen and "Esc back" in screen


def test_right_and_left_open_and_close_and_o_opens_all() -> None:
    async def play(pilot: Pilot[int]) -> str:
        assert "vlanId 200" in await after("right", "right")(pilot)
        assert "vlanId 200" not in await after("left", "left")(pilot)
        everything = await after("o")(pilot)
        assert everything.count("▾") == 10 and "vlanId 200" in everything and "BEGIN CERTIFICATE" in everything
        return await after("o")(pilot)

    assert "▾" not in drive(demo_state(), play, (80, 140))


def test_wide_screens_show_the_current_row_beside_the_list() -> None:
    async def play(pilot: Pilot[int]) -> str:
        problem = text_of(pilot)
        assert "Cause:" in problem
        return await after("down")(pilot)

    screen = drive(demo_state("drs-off"), play, (120, 40))
    assert "vlanId 200" in screen and "Cause:" not in screen
    assert "vlanId 200" not in drive(demo_state("drs-off"), after("down"), (100, 40))


def test_enter_on_a_problem_opens_its_page_at_its_row() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Page) and pilot.app.screen.step_id == "cluster"
        return text_of(pilot)

    assert ">✗ CL05" in drive(demo_state("drs-off"), play)


@pytest.mark.parametrize(
    ("scene", "keys", "sentence"),
    [
        ("article", ["f"], "This change is no fix to cancel"),
        ("article", ["a"], "This is a planned change, not a problem: there is nothing to accept."),
        ("untrusted-certificate", ["end", "a"], "This row has no problem: f and a act on problems."),
        ("untrusted-certificate", ["end", "y"], "This row has no problem and no change to copy."),
        ("article", ["end", "a"], "NW02 does not block the changes: there is nothing to accept."),
        ("article", ["end", "f"], "NW02 has no fix that mhv-tui can make: Enter opens its page, x explains it."),
        ("untrusted-certificate", ["end", "x"], "This row has no problem and no change to explain."),
        ("drs-off", ["ctrl+g"], "1 problem blocks the changes. Solve or accept it first."),
        ("wrong-password", ["ctrl+g"], "1 problem blocks apply. Solve it first."),
        ("article", ["y"], "The change is sent to the terminal's clipboard. ^G asks whether to make the changes."),
        ("drs-off", ["y"], "CL05 is sent to the terminal's clipboard."),
        ("esxi", ["a"], "cannot be accepted: apply cannot work without it."),
    ],
)
def test_a_key_that_cannot_act_says_why(scene: str, keys: list[str], sentence: str) -> None:
    assert sentence in drive(demo_state(scene), after(*keys))


def test_the_question_says_what_the_changes_do_and_y_applies() -> None:
    async def play(pilot: Pilot[int]) -> str:
        assert MOVES in words(await after("f")(pilot))
        await after("ctrl+g")(pilot)
        text = str(pilot.app.screen.query_one(".question Static", Static).content)
        await pilot.press("y")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ApplyScreen) and pilot.app.screen.finished
        assert pilot.app.screen.finished.outcome == "done"
        return text

    text = words(drive(demo_state("drs-off"), play))
    assert f"Make these 11 changes now? {TRIAL} 7 to create, 4 to edit, nothing to delete." in text
    assert f"Starts nova-compute on novavmware1; restarts nothing. {MOVES} {TESTS}" in text


def test_the_question_says_what_undo_does_not_restore() -> None:
    text = drive(demo_state("half-configured"), after("f", "ctrl+g"), (120, 40)).replace("│", "")
    assert "novavmware1. The half-configured packages of novavmware1 can start or restart their own" in words(text)
    assert "Configure the half-configured packages of novavmware1. Undo keeps these packages" in words(text)


def test_plan_and_question_say_that_more_changes_follow_a_fix() -> None:
    async def play(pilot: Pilot[int]) -> str:
        more = "More changes of the page node can follow after the fix; apply asks again."
        assert more in words(await after("f")(pilot))
        assert more in words((await after("ctrl+g")(pilot)).replace("│", ""))
        return ""

    drive(demo_state("no-archive"), play)


def test_a_question_counts_the_accepted_problems() -> None:
    state = demo_state("drs-off")
    state.accept("CL05", "tested")
    assert "1 accepted problem will remain." in drive(state, after("ctrl+g"))


def test_the_plan_is_saved_as_text_and_overwritten_only_after_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "demo-plan.txt"

    async def play(pilot: Pilot[int]) -> str:
        first = words(await after("s", "enter")(pilot))
        assert "The plan is saved as demo-plan.txt in /" in first and stat.S_IMODE(file.stat().st_mode) == 0o600
        text = file.read_text(encoding="utf-8")
        file.write_text("of the operator", encoding="utf-8")
        assert "demo-plan.txt exists. Overwrite it?" in await after("s", "enter")(pilot)
        await after("n")(pilot)
        assert file.read_text(encoding="utf-8") == "of the operator"
        await after("enter", "y")(pilot)
        assert file.read_text(encoding="utf-8") == text
        return text

    text = drive(demo_state("drs-off"), play)
    assert text.startswith("mhv-tui: plan of session demo, ") and ALL in text
    assert "  ✗ cluster    CL05  DRS of DC0_C0 is off" in text and "      remedy: Enable DRS" in text
    assert "  ~ node       set 46 options in /etc/nova/nova.conf on novavmware1\n" in text
    assert "      +host_password = ••••\n" in text and "VMware1!" not in text
    assert "      Starts nova-compute on novavmware1.\n" in text


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "the path is empty or names an unknown user; write a path such as demo-plan.txt"),
        ("~nosuchuser/plan", "names an unknown user"),
        (".", ". cannot be written: Is a directory; choose another path"),
        ("missing/plan", "missing/plan cannot be written: No such file or directory; choose another path"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_with_a_sentence(path: str, sentence: str) -> None:
    screen = drive(demo_state(), after("s", "ctrl+u", *path, "enter"))
    assert sentence in words(screen.replace("│", "")) and "Save the plan as text" in screen


def test_a_requested_check_shows_the_time_of_its_end_until_the_next_check() -> None:
    async def play(pilot: Pilot[int]) -> str:
        assert "Checked again" not in text_of(pilot)
        assert "1 problem blocks the changes. Checked again at 10:14:07." in words(await after("ctrl+r")(pilot))
        return words(await after("f")(pilot))

    assert "Checked again" not in drive(demo_state("drs-off"), play)


@pytest.mark.parametrize("key", ["f2", "n"])
def test_a_key_goes_to_the_next_problem(key: str) -> None:
    assert ">✗ cluster   CL05" in drive(demo_state("drs-off"), after("end", key))


@pytest.mark.parametrize("scene", ["no-archive", "half-configured"])
def test_the_cursor_is_on_the_first_problem_also_if_changes_are_shown_before_it(scene: str) -> None:
    assert ">✗ node" in drive(demo_state(scene), after(), page="cloud")
