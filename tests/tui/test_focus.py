"""Which part of a page has the focus when the page opens: one rule for every way to a page. And where F2 goes."""

from __future__ import annotations

from typing import cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.dialogs import TextViewer
from mhv_tui.tui.findings_list import FindingsList
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.snapshots import demo_state, settled, text_of

WAYS = {
    "the next page": ("vcenter", ("ctrl+n",)),
    "the page before": ("datastore", ("ctrl+p",)),
    "its number": ("cloud", ("3",)),
    "the list of pages": ("cloud", ("f3", "3")),
    "the next problem": ("cloud", ("f2",)),
    "the plan": ("cloud", ("ctrl+g", "enter")),
}
"""How the page `cluster` is opened: the page before, and the keys."""


@pytest.mark.parametrize("way", WAYS)
def test_a_page_opens_at_its_first_problem(way: str) -> None:
    start, keys = WAYS[way]
    state = demo_state("drs-off")
    state.check("cluster")

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *keys)
        assert "Cluster" in shown.splitlines()[0] and ">✗ CL05" in shown
        assert isinstance(pilot.app.focused, FindingsList)

    drive(state, start, play, in_form=False)


@pytest.mark.parametrize("way", ["the next page", "the page before", "its number", "the list of pages", "the plan"])
def test_a_page_opens_at_an_answer_that_is_needed(way: str) -> None:
    start, keys = WAYS[way]
    state = demo_state("drs-off")
    state.give("cluster", "path", "")

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, *keys)
        assert pilot.app.focused is field(pilot, "path")

    drive(state, start, play, in_form=False)


@pytest.mark.parametrize("way", ["the next page", "the page before", "its number", "the list of pages"])
def test_a_page_without_a_problem_opens_in_its_findings(way: str) -> None:
    start, keys = WAYS[way]

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *keys)
        assert isinstance(pilot.app.focused, FindingsList) and ">✓ 13 checks passed" in shown

    drive(demo_state(), start, play, in_form=False)


def test_the_first_page_opens_like_every_other() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert ">✗ CL05" in text_of(pilot) and isinstance(pilot.app.focused, FindingsList)

    drive(demo_state("drs-off"), "cluster", play, in_form=False)


def test_a_page_that_has_no_answers_yet_opens_in_its_form() -> None:
    state = demo_state()
    state.give("datastore", "names", "")

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "4")
        assert pilot.app.focused is field(pilot, "names")

    drive(state, "cloud", play, in_form=False)


def test_the_help_says_where_a_page_opens_and_that_the_clock_is_simulated() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "f1")
        return str(pilot.app.screen.query_one("VerticalScroll Static", Static).content)

    assert "\n\nIn a field" in drive(demo_state(), "cloud", play).partition("\n\nEverywhere:")[0]
    shown = drive(demo_state(), "cloud", play, in_form=False)
    assert shown.startswith("In the findings:") and "\nA page opens at the first answer that is needed" in shown
    assert "This world is simulated (--demo), and so is its clock" in shown


def test_the_cause_is_above_what_follows_from_it() -> None:
    async def play(pilot: Pilot[int]) -> tuple[str, str, str]:
        page = await press(pilot, "down")
        return page, await press(pilot, "enter"), await press(pilot, "ctrl+g")

    page, opened, plan = drive(demo_state("no-archive"), "node", play, in_form=False)
    assert page.index("✗ CN05") < page.index("4 checks waiting for changes")
    assert opened.index("4 checks waiting for changes") < opened.index("+ CN07")
    assert plan.index("✗ node      CN05") < plan.index("+ network") < plan.index("! prove     CO02")


def with_results(*steps: str) -> WizardState:
    """The demo's state after the checks of these pages: `network` has only an unknown finding, `prove` a warning."""
    state = demo_state()
    for step in steps:
        state.check(step)
    return state


def test_the_next_problem_is_one_that_can_be_solved() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "f2")
        assert "Prove" in shown.splitlines()[0] and ">! CO02" in shown

    drive(with_results("network", "prove"), "cloud", play, in_form=False)


def test_the_next_problem_can_be_one_of_an_earlier_check() -> None:
    async def play(pilot: Pilot[int]) -> None:
        cast(Wizard, pilot.app).last_seen = {"prove": "warning"}
        assert "F2 warning" in last_line(await press(pilot, "down"))
        assert "Prove" in (await press(pilot, "f2")).splitlines()[0]

    drive(with_results("network"), "cloud", play, in_form=False)


def test_what_is_unknown_is_next_if_nothing_else_is_left() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert ">? NW02" in await press(pilot, "f2")
        page = pilot.app.screen
        shown = await press(pilot, "n")
        assert ">? NW02" in shown and pilot.app.screen is page
        assert "No other problem or warning on the pages that are checked. ^G" in last_line(shown)

    drive(with_results("network"), "cloud", play, in_form=False)


def test_the_only_warning_has_no_hint_to_check_pages_if_all_are_checked() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert last_line(await press(pilot, "f2", "f2")).strip() == "No other problem or warning."

    drive(with_results(*(step.id for step in FLOW[:-1])), "prove", play, in_form=False)


@pytest.mark.parametrize(
    ("scene", "page", "key"),
    [
        ("wrong-password", "vcenter", "password"),
        ("untrusted-certificate", "vcenter", "trust"),
        ("not-an-image", "image", "source"),
    ],
)
def test_f_goes_to_the_answer_that_the_remedy_of_a_problem_without_a_fix_names(scene: str, page: str, key: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot)
        assert " f fill in  ^R check " in last_line(shown)  # a long remedy hides the name of the field in its row
        await press(pilot, "f")
        assert pilot.app.focused is field(pilot, key)
        cast(Wizard, pilot.app).open_field("cluster", "path")  # as f does if the answer is one of another page
        await settled(pilot)
        assert pilot.app.focused is field(pilot, "path")

    drive(demo_state(scene), page, play, in_form=False)


def test_f_in_the_plan_goes_to_the_answer_of_a_problem_without_a_fix_and_escape_back() -> None:
    async def play(pilot: Pilot[int]) -> None:
        plan = await press(pilot, "ctrl+g")
        assert " f fill in " in last_line(plan) and " f fill in: trust" in plan
        assert "VC03" in await press(pilot, "x") and isinstance(pilot.app.screen, TextViewer)
        shown = await press(pilot, "escape", "f")
        assert pilot.app.focused is field(pilot, "trust") and "fill in: trust" not in shown
        assert "typing replaces it" in last_line(shown)
        assert "F2 then f fill in: trust" in await press(pilot, "up")
        assert "Plan" in (await press(pilot, "escape")).splitlines()[0]

    drive(demo_state("untrusted-certificate"), "finish", play)


def test_a_field_that_was_edited_stays_on_its_page() -> None:
    async def play(pilot: Pilot[int]) -> None:
        plan = await press(pilot, "ctrl+g")
        assert 'the field "datastore_regex"' in plan and "f fill in: datastore_regex" in plan, "the label of the page"
        shown = await press(pilot, "escape", "f2", "f")
        assert pilot.app.focused is field(pilot, "datastore_regex") and field(pilot, "datastore_regex").value
        assert last_line(shown).strip() == "The text is selected: typing replaces it."
        assert " ^N/^P page " in last_line(await press(pilot, *"nfs"))
        assert field(pilot, "datastore_regex").value == "nfs", "typing replaces the text"
        await press(pilot, "ctrl+u", "ctrl+g")
        assert "datastore_regex  e.g." in await press(pilot, "escape", "ctrl+n", "ctrl+p")

    drive(demo_state("regex-nothing"), "datastore", play, in_form=False)


def test_a_remedy_says_how_to_show_the_field_that_it_names() -> None:
    state = demo_state()
    state.give("datastore", "names", "nfs-gould")

    async def play(pilot: Pilot[int]) -> None:
        def words(screen: str) -> str:
            return " ".join(line[19:].strip() for line in screen.splitlines())

        shown = words(await press(pilot))
        assert 'leave the field "datastore_regex" (^T shows it) empty' in shown
        shown = words(await press(pilot, "ctrl+t"))
        assert 'leave the field "datastore_regex" empty' in shown
        assert '"datastore_regex" (^T shows it)' in words(await press(pilot, "ctrl+t"))

    drive(state, "datastore", play)
