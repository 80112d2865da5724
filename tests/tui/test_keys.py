"""The keys of a page: what each does in a field, in the findings and in a list, and what it says if it cannot act."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from mhv_tui.core.findings import Level
from mhv_tui.tui import plan_keys
from mhv_tui.tui.apply_screen import HELP, HELP_AT_THE_END
from mhv_tui.tui.dialogs import TextViewer
from mhv_tui.tui.fields import Field, TextInput
from mhv_tui.tui.finish_page import help_text
from mhv_tui.tui.keys import keys_content, page_keys, with_problem
from mhv_tui.tui.page import Page
from mhv_tui.tui.page_help import page_help
from mhv_tui.tui.render import KeyHint
from tests.tui.page_keys import drive, field, last_line, press, press_at_once
from tests.tui.snapshots import demo_state, text_of


def test_letters_belong_to_the_field() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "?", "n", "g", "1", "slash", "y")
        assert field(pilot, "host").value == "vc.example.org?ng1/y"
        await press(pilot, "f1")
        assert isinstance(pilot.app.screen, TextViewer)

    drive(demo_state(), "vcenter", play)


def test_the_arrows_move_through_the_fields_and_the_findings() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "down")
        assert pilot.app.focused is field(pilot, "username")
        shown = await press(pilot, "down", "down", "down")
        assert pilot.app.focused and pilot.app.focused.id == "findings" and ">✓ 7 checks passed" in shown
        assert "Enter list " in last_line(shown)
        await press(pilot, "up")
        assert pilot.app.focused is field(pilot, "trust")

    drive(demo_state(), "vcenter", play)


def test_escape_stays_on_the_page_and_says_how_to_leave_it() -> None:
    async def play(pilot: Pilot[int]) -> None:
        page = pilot.app.screen
        assert "Esc does not leave a page: ^P goes back" in last_line(await press(pilot, "escape"))
        assert ">✗" in await press(pilot, "f2")
        assert "Nothing is open" in last_line(await press(pilot, "escape"))
        await press(pilot, "up")
        assert pilot.app.screen is page and pilot.app.focused is field(pilot, "path")

    drive(demo_state("drs-off"), "cluster", play)


def test_ctrl_z_restores_a_field_and_redoes() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+u", "x")
        assert state.answers.tables["vcenter"].host == "x"
        assert "^Z redo" in last_line(await press(pilot, "ctrl+z"))
        assert field(pilot, "host").value == state.answers.tables["vcenter"].host == "vc.example.org"
        assert "^Z restore" in last_line(await press(pilot, "ctrl+z"))
        assert field(pilot, "host").value == "x"
        assert "^Z restore" in last_line(await press(pilot, "down", "up")), "the text of the first time"
        assert "^Z redo" in last_line(await press(pilot, "ctrl+z"))

    drive(state, "vcenter", play)


@pytest.mark.parametrize(("keys", "title"), [(("3",), "Cluster"), (("0",), "Finish"), (("g", "4"), "Datastores")])
def test_digits_and_the_jump_list_open_a_page(keys: tuple[str, ...], title: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one("#findings").focus()
        await pilot.pause()
        assert title in (await press(pilot, *keys)).splitlines()[0]

    drive(demo_state(), "cloud", play)


def test_the_next_problem_can_be_on_another_page() -> None:
    state = demo_state("drs-off")
    state.check("cluster")

    async def play(pilot: Pilot[int]) -> None:
        assert " F2 problem" in last_line(text_of(pilot))
        shown = await press(pilot, "f2")
        assert ">✗ CL05" in shown and "Cluster" in shown.splitlines()[0]
        assert "f turn on fully automated DRS" in shown and "a accept" in shown

    drive(state, "cloud", play)


@pytest.mark.parametrize(("level", "word"), [("failure", "problem"), ("warning", "warning"), ("unknown", "unknown")])
def test_the_key_names_what_it_goes_to(level: Level, word: str) -> None:
    assert KeyHint("F2", word) in with_problem(page_keys(), level)


def test_without_a_problem_the_key_says_so() -> None:
    async def play(pilot: Pilot[int]) -> None:
        for key in ("down", "escape", "up"):
            assert "F2" not in last_line(await press(pilot, key))
        assert "No problem or warning on the pages that are checked" in last_line(await press(pilot, "f2"))

    drive(demo_state(), "cloud", play)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (("f",), "Checks that have passed: there is nothing to fix or accept."),
        (("enter", "a"), "Checks that have passed: there is nothing to fix or accept."),
        (("y",), "This row counts findings: Enter lists them, and y acts on one of them."),
        (("enter", "y"), "This row counts findings: y acts on one of those below it."),
        (("enter", "down", "f"), "CL01 has passed: there is nothing to fix."),
        (("enter", "down", "a"), "CL01 has passed: there is nothing to accept."),
    ],
)
def test_a_key_that_cannot_act_says_why(keys: tuple[str, ...], reason: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "down")
        assert "y copy" not in last_line(text_of(pilot)), "the row is no finding"
        assert reason in last_line(await press(pilot, *keys))
        assert "Enter" in last_line(await press(pilot, "up")), "the next key shows the keys again"

    drive(demo_state(), "cluster", play)


def test_a_fatal_failure_cannot_be_accepted() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2")
        assert "VC07 cannot be accepted" in last_line(await press(pilot, "a"))

    drive(demo_state("wrong-password"), "vcenter", play)


def test_a_failure_that_makes_a_change_fail_cannot_be_accepted() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "a accept" not in await press(pilot, "f2")
        assert "CN05 cannot be accepted" in last_line(await press(pilot, "a"))

    drive(demo_state("no-archive"), "node", play)


def test_a_failure_is_accepted_and_the_acceptance_withdrawn() -> None:
    state = demo_state("drs-off")

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2", "a")
        shown = await press(pilot, *"lab", "enter", "enter")
        assert "1 accepted · 11 passed" in shown and "Accepted: lab" in shown and "a withdraw" in shown
        assert "1 problem" in await press(pilot, "a")
        assert not state.answers.accepts
        await press(pilot, "a", "enter", *"2999-03-01", "enter")
        assert "Accepted: lab (until 2999-03-01)" in text_of(pilot)
        assert "lab (until 2999-03-01)" in await press(pilot, "x")

    drive(state, "cluster", play)


def test_the_findings_are_filtered_by_text_and_level() -> None:
    async def play(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one("#findings").focus()
        await pilot.pause()
        shown = await press(pilot, "slash", *"drs passed")
        assert "CL06" not in shown and "filter: drs passed" in shown
        shown = await press(pilot, *["backspace"] * 7, "enter")
        assert "── 2 of 13 · 1 problem · " in shown
        assert "✗ CL05" in shown and "CL03" not in shown
        shown = await press(pilot, "escape")
        assert "11 checks passed" in shown and " of 13 · " not in shown

    drive(demo_state("drs-off"), "cluster", play)


def test_a_finding_is_copied_with_its_remedy() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "CL05 is sent to the terminal's clipboard" in last_line(await press(pilot, "f2", "y"))
        assert (
            pilot.app.clipboard.startswith("CL05 problem: DRS of DC0_C0 is off") and "Enable DRS" in pilot.app.clipboard
        )

    drive(demo_state("drs-off"), "cluster", play)


def test_a_field_that_does_not_apply_is_hidden() -> None:
    async def play(pilot: Pilot[int]) -> None:
        keys = [shown.key for shown in pilot.app.screen.query(Field) if not shown.is_hidden]
        assert "dvs" in keys and "switch" not in keys
        field(pilot, "kind").value = "standard"
        await pilot.pause()
        assert field(pilot, "dvs").value and not field(pilot, "dvs").is_hidden, "a field with an answer stays"
        assert not field(pilot, "switch").is_hidden

    drive(demo_state(), "network", play)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_line_of_keys_fits(width: int) -> None:
    hints = [KeyHint(f"F{number}", "does something") for number in range(1, 13)]
    line = keys_content(hints, width)
    assert line.cell_length <= width and line.plain.startswith(" F1 does something")
    more = keys_content([*hints[1:], KeyHint("F1", "help"), KeyHint("^Q", "quit")], width)
    assert more.cell_length <= width and more.plain.endswith("  F1 more  ^Q quit")
    assert keys_content([KeyHint("F1", "help"), *hints[1:2]], width).plain == " F1 help  F2 does something"


def test_a_check_that_is_running_dims_the_findings_of_the_previous_one() -> None:
    async def play(pilot: Pilot[int]) -> None:
        page = pilot.app.screen
        assert isinstance(page, Page)
        page.pane.rows.show_stale()
        assert all("$text-muted" in repr(option.prompt) for option in page.pane.rows.options)
        await press(pilot, "ctrl+r")
        assert not page.pane.rows.is_stale

    drive(demo_state(), "cluster", play)


def test_a_check_that_hangs_is_replaced() -> None:
    state = demo_state()
    result = state.check("cluster")
    lock = state._lock("cluster")
    with lock:
        state.replace_check("cluster")
        assert state.check("cluster").findings == result.findings


def test_a_page_keeps_its_advanced_fields_open() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "integration_bridge" not in text_of(pilot)
        assert "^Q quit  ^T more  F2" in last_line(text_of(pilot))
        assert "^T fewer" in last_line(await press(pilot, "ctrl+t"))
        await press(pilot, "ctrl+n")
        await press(pilot, "ctrl+p")
        assert not field(pilot, "integration_bridge").is_hidden

    drive(demo_state(), "network", play, (100, 24))


@pytest.mark.parametrize("text", [page_help(), help_text(), plan_keys.help_text(None), HELP, HELP_AT_THE_END])
def test_the_lines_of_a_help_are_not_wrapped_at_80_columns(text: str) -> None:
    assert max(map(len, text.splitlines())) <= TextViewer.columns(80)


def test_the_help_of_the_last_page_names_only_keys_that_act_there() -> None:
    others = ("In a field", "In the findings", "In the table", "  Ctrl+T", "  Tab", "  Space")
    assert "Ctrl+G           plan" in help_text() and not any(part in help_text() for part in others)


def test_a_planned_fix_is_cancelled_by_the_key_of_the_last_line() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2")
        assert " f fix" in last_line(text_of(pilot))
        shown = await press(pilot, "f")
        assert "f cancel the fix" in [line[28:] for line in shown.splitlines()], "where the texts begin"
        assert " f cancel the fix" in last_line(shown)

    drive(demo_state("drs-off"), "cluster", play)


def test_a_row_without_the_focus_names_two_keys_one_after_the_other() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "F2 then f " in text_of(pilot) and "F2 then a " in text_of(pilot)

    drive(demo_state("drs-off"), "cluster", play)


def test_only_the_current_row_shows_its_keys() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "f turn on fully automated DRS" in await press(pilot, "f2")
        shown = await press(pilot, "down")
        assert "f turn on" not in shown and "f fix" not in last_line(shown)
        assert "f turn on fully automated DRS" in await press(pilot, "up")

    drive(demo_state("drs-off"), "cluster", play)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("slash", *"drs"), "drs"),
        (("a", *"any", "down", "y", "enter"), "y"),
    ],
)
def test_keys_that_arrive_together_go_where_the_first_one_leads(keys: tuple[str, ...], text: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2")
        await press_at_once(pilot, *keys)
        assert [line.value for line in pilot.app.screen.query(TextInput) if line.has_focus] == [text]

    drive(demo_state("drs-off"), "cluster", play)
