"""The parts of the plan and their help, and Tab, which goes to the next part or to a long explanation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mhv_tui.tui.plan_detail import PlanDetail
from mhv_tui.tui.plan_list import ONE_PART, PlanList
from tests.tui.page_keys import last_line
from tests.tui.snapshots import demo_state, text_of
from tests.tui.test_plan import after, drive, words


def current(screen: str) -> str:
    """The current row: its sign and its page."""
    return " ".join((re.findall(r"^>(\S) (\w+)", screen, re.MULTILINE) or [("", "")])[0])


def test_tab_goes_to_the_next_part_of_the_plan_and_shift_tab_to_the_one_before() -> None:
    async def play(pilot: Pilot[int]) -> str:
        rows = [current(await after(key)(pilot)) for key in ("tab", "tab", "tab", "down", "shift+tab", "shift+tab")]
        assert rows == ["+ network", "! prove", "✗ cluster", "+ network", "✗ cluster", "! prove"]
        return ""

    drive(demo_state("drs-off"), play, (80, 24))


def test_tab_says_that_the_plan_has_only_one_part() -> None:
    async def play(pilot: Pilot[int]) -> str:
        rows = pilot.app.screen.query_one(PlanList)
        assert rows.current
        rows.show([rows.current])
        return await after("tab")(pilot)

    assert ONE_PART in drive(demo_state("drs-off"), play, (80, 24))


def test_a_plan_without_a_problem_asks_for_the_missing_answers() -> None:
    state = demo_state()
    state.give("node", "host", "")
    shown = words(drive(state, after("ctrl+g")))
    assert "not checked before the rows above are answered: register and prove" in shown
    assert "3 pages are not checked yet. Answer these first." in shown and "olve" not in shown


ACCEPT = ("a", *"shared", "enter", "enter")


@pytest.mark.parametrize(
    ("keys", "group"), [((), "a problem or a warning"), (("tab",), "a change"), (ACCEPT, "an accepted problem")]
)
def test_the_help_begins_with_the_keys_of_the_current_row(keys: tuple[str, ...], group: str) -> None:
    shown = drive(demo_state("drs-off"), after(*keys, "f1"))
    assert "save the plan as a text file" in shown
    assert re.findall(r"On (.+):", shown)[0] == group


def test_the_plan_shows_the_same_again_after_a_page_and_then_leads_back_to_where_it_was_opened() -> None:
    async def play(pilot: Pilot[int]) -> str:
        before = await after("tab", "enter", "tab")(pilot)
        assert " ▾\n" in before and current(before) == "! prove"
        assert " Prove" in (await after("enter")(pilot)).splitlines()[0]
        assert words(await after("escape")(pilot)) == words(before)
        assert " Plan " in (await after("escape")(pilot)).splitlines()[0], "only the change is closed"
        return await after("escape")(pilot)

    left = drive(demo_state("drs-off"), play)
    assert "10 of 10" in left.splitlines()[0] and "Esc plan" not in left


def test_tab_goes_to_a_long_explanation_and_back() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await after("tab")(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one(PlanDetail)
        await after("down", "tab")(pilot)
        assert pilot.app.focused is not pilot.app.screen.query_one(PlanDetail)
        return text_of(pilot)

    assert current(drive(demo_state("drs-off"), play, (120, 20))) == "✗ cluster"


@pytest.mark.parametrize(
    ("scene", "keys", "line"),
    [
        ("drs-off", (), "Enter page  f fix  a accept  Esc back  ^R check  o open all  F1 more  ^Q quit"),
        ("drs-off", ("f",), "Enter open  f cancel the fix  ^G apply  Esc back  o open all  F1 more  ^Q quit"),
        ("article", ("enter",), "Enter close  ^G apply  o close all  ^R check  s save  y copy  F1 help  ^Q quit"),
        ("article", (), "Enter open  ^G apply  Esc back  o open all  ^R check  s save  F1 more  ^Q quit"),
    ],
)
def test_the_keys_of_the_plan_begin_with_what_is_needed_first(scene: str, keys: tuple[str, ...], line: str) -> None:
    assert last_line(drive(demo_state(scene), after(*keys), (80, 24))) == f" {line}"


def test_the_dialog_that_saves_the_plan_names_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"in the directory {tmp_path}" in drive(demo_state(), after("s"), (160, 40)).replace("\n", "")
