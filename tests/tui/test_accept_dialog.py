"""The dialog that accepts a failure: its reason, its last day, and the sentences for what it refuses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from textual.pilot import Pilot

from mhv_tui.core.answers import Accept
from mhv_tui.core.findings import Finding
from mhv_tui.tui.accept_dialog import AcceptDialog
from tests.tui.page_keys import drive, last_line, press
from tests.tui.snapshots import demo_state, text_of, wizard

TODAY = date(2026, 11, 22)
DRS = Finding("CL05", "failure", "DRS is on", "DRS of DC0_C0 is off", "turn DRS on", "DC0_C0")


def answered(
    keys: Sequence[str], earlier: Accept | None = None, finding: Finding = DRS, size: tuple[int, int] = (80, 24)
) -> tuple[list[Accept | None], str]:
    """The results of the dialog after these keys, and the screen before the last key."""
    results: list[Accept | None] = []

    async def go() -> str:
        async with wizard(demo_state(), "cloud", size) as pilot:
            await pilot.app.push_screen(AcceptDialog(finding, TODAY, earlier), results.append)
            await pilot.press(*keys[:-1])
            await pilot.pause()
            screen = text_of(pilot)
            await pilot.press(keys[-1])
            await pilot.pause()
            return screen

    return results, asyncio.run(go())


def test_the_dialog_says_what_is_accepted_and_returns_reason_and_day() -> None:
    results, screen = answered([*"shared", "enter", *"2027-03-01", "enter"])
    assert results == [Accept("CL05", "shared", date(2027, 3, 1))]
    assert re.search(r"Accept CL05 .*\n.* expected +DRS is on .*\n.* problem +DRS of DC0_C0 is off", screen)


@pytest.mark.parametrize("size", [(60, 18), (60, 20), (80, 24)])
def test_a_long_problem_leaves_room_for_the_fields(size: tuple[int, int]) -> None:
    long = replace(DRS, detail="DRS of these clusters is off: " + "DC0_C0 in the folder production, " * 40)
    _, screen = answered(["enter", "escape"], finding=long, size=size)
    found = re.search(r"problem +DRS of(.|\n)*…(.|\n)*reason  (.|\n)*until  (.|\n)*reason: the text(.|\n)*╯", screen)
    assert found, screen


def test_without_a_day_the_finding_is_always_accepted() -> None:
    assert answered([*"shared", "enter", "enter"])[0] == [Accept("CL05", "shared")]


def test_up_and_down_stop_at_the_first_and_the_last_field() -> None:
    assert answered(["up", *"shared", "down", "down", "enter"])[0] == [Accept("CL05", "shared")]


def test_the_last_day_can_be_today() -> None:
    assert answered([*"x", "down", *"2026-11-22", "enter"])[0] == [Accept("CL05", "x", TODAY)]


def test_escape_accepts_nothing() -> None:
    assert answered([*"shared", "escape"])[0] == [None]


def test_an_earlier_acceptance_is_offered_again() -> None:
    earlier = Accept("CL05", "shared", date(2027, 3, 1))
    assert answered(["enter", "enter"], earlier)[0] == [earlier]
    results, _ = answered([*"a lab", "enter", *"2027-04-01", "enter"], earlier)
    assert results == [Accept("CL05", "a lab", date(2027, 4, 1))], "typing replaces what was written"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (["enter"], "✗ reason: the text is empty; write why CL05 is acceptable here"),
        ([" ", "tab", "enter"], "✗ reason: the text is empty; write why CL05 is acceptable here"),
        ([*"2027-03-01", "enter"], "reason is a day: write why in words; the day goes into until"),
        ([*"x", "enter", *"soon", "enter"], 'until: "soon" is not a date; write a day as year-month-day'),
        ([*"x", "enter", *"2027-13-01", "enter"], 'until: "2027-13-01" is not a date; write a day as year-month-day'),
        ([*"x", "enter", *"20270301", "enter"], 'until: "20270301" is not a date; write a day as year-month-day'),
        ([*"x", "enter", *"2026-11-21", "enter"], "until: 2026-11-21 is past; write 2026-11-22 (today) or a later day"),
    ],
)
def test_a_wrong_text_is_refused_with_a_sentence(keys: list[str], sentence: str) -> None:
    results, screen = answered([*keys, "escape"])
    assert results == [None]
    assert sentence in " ".join(screen.replace("│", " ").split())


def test_one_acceptance_names_all_problems_that_it_accepts_and_its_withdrawal_too() -> None:
    state = demo_state("regex-nothing")
    state.give("datastore", "datastore_regex", "")

    async def play(pilot: Pilot[int]) -> None:
        assert "This accepts 2 problems with the code DS04" in await press(pilot, "f2", "a")
        assert "2 accepted" in await press(pilot, *"lab", "enter", "enter")
        assert "2 problems" in await press(pilot, "a")
        assert "The acceptance of 2 problems with the code DS04 is withdrawn." in last_line(text_of(pilot))

    drive(state, "datastore", play)
