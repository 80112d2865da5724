"""The matrix of a page in the wizard: what it shows at three sizes, its keys, and 64 hosts × 200 datastores."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix, MatrixCell, MatrixColumn, MatrixRow
from mhv_tui.tui.dialogs import TextViewer
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.page import Page
from tests.tui.matrices import focus, large_state, part_of, view_of
from tests.tui.page_keys import drive
from tests.tui.snapshots import demo_state, settled, text_of
from tests.tui.text_dumps import SIZES, check_dump

PAGES = {
    "datastore": ("local-datastore", "datastore"),
    "network": ("port-group-vlan", "network"),
    "cluster": ("drs-off", "cluster"),
    "cloud": ("article", "cloud"),
}
Use = Callable[[Pilot[int]], Awaitable[None]]


def focused(pilot: Pilot[int]) -> str | None:
    """The id of the widget that has the focus."""
    return pilot.app.focused.id if pilot.app.focused else None


def keys_of(pilot: Pilot[int]) -> str:
    """The last line of the screen."""
    return text_of(pilot).splitlines()[-1]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_the_matrix_of_a_page_at_rest_and_with_the_focus(name: str, size: tuple[int, int]) -> None:
    async def use(pilot: Pilot[int]) -> None:
        at_rest = part_of(pilot)
        check_dump(f"matrix-{name}-{size[0]}x{size[1]}", f"{at_rest}\nwith the focus:\n{await focus(pilot)}")

    drive(demo_state(PAGES[name][0]), PAGES[name][1], use, size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_large_matrix_short_and_complete(size: tuple[int, int]) -> None:
    async def use(pilot: Pilot[int]) -> None:
        parts = [part_of(pilot), await focus(pilot), await focus(pilot, "ctrl+end", "space")]
        parts.append(await focus(pilot, "pageup", "left", "left"))
        check_dump(f"matrix-large-{size[0]}x{size[1]}", "\n".join(parts))

    drive(large_state(64, 200 if size == SIZES[0] else 40), "datastore", use, size)


def test_a_large_matrix_appears_fast() -> None:
    columns = (*(MatrixColumn(f"esx{n}") for n in range(64)), MatrixColumn("nova", pinned=True))
    rows = tuple(MatrixRow(f"ds{n}", tuple(MatrixCell("rw", f"{n}") for _ in columns)) for n in range(200))
    matrix = Matrix("Hosts × datastores", "datastore", columns, rows, "host")

    async def use(pilot: Pilot[int]) -> None:
        view, began = view_of(pilot), time.perf_counter()
        view.show(matrix, ())
        shown = view.render()
        assert time.perf_counter() - began < 2 and "200" in shown.plain
        assert len(shown.plain.splitlines()) < 10

    drive(demo_state(), "datastore", use)


def test_no_matrix_takes_no_room_and_no_focus() -> None:
    async def use(pilot: Pilot[int]) -> None:
        view = view_of(pilot)
        assert not view.display and view not in pilot.app.screen.focus_chain

    drive(demo_state(), "vcenter", use)


def test_the_cursor_begins_at_the_worst_cell_and_stays_inside() -> None:
    async def use(pilot: Pilot[int]) -> None:
        assert "[✗ absent]" in await focus(pilot)
        assert "[rw" in await focus(pilot, "left") == await focus(pilot, "left", "left")
        assert "[not selected]" in await focus(pilot, "end", "down", "right", "right")
        assert "[–" in await focus(pilot, "home")

    drive(demo_state("local-datastore"), "datastore", use)


def test_the_columns_with_the_worst_problems_are_visible_before_pinned_ones() -> None:
    state = demo_state("regex-nothing")
    state.give("datastore", "datastore_regex", "")

    async def use(pilot: Pilot[int]) -> None:
        assert " 1 more column → ──" in text_of(pilot) and "←" not in text_of(pilot)
        assert text_of(pilot).count("✗ absent") == 2 and "free of size" not in text_of(pilot)
        assert "free of size" in await focus(pilot, "end", "left"), "the current column"

    drive(state, "datastore", use)


def test_enter_explains_a_cell_with_its_finding() -> None:
    async def use(pilot: Pilot[int]) -> None:
        await focus(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, TextViewer)
        text = text_of(pilot)
        assert "DS04 problem" in text and "Mount the datastore on every host" in text

    drive(demo_state("local-datastore"), "datastore", use)


@pytest.mark.parametrize("key", ["enter", "x"])
def test_enter_and_x_on_a_good_cell_state_its_fact_and_then_those_of_its_row(key: str) -> None:
    async def use(pilot: Pilot[int]) -> None:
        assert "local-esx1 is mounted on esx1 only" in await focus(pilot, "left")
        await pilot.press(key)
        await settled(pilot)
        title, cell, blank, row, other = [line[5:] for line in text_of(pilot).splitlines() if "│" in line][:5]
        assert "esx1, esx1: rw" in title and "is mounted on esx1 only, for reading and writing." in cell
        assert not blank.strip(" │") and "the row local-esx1:" in row and "is not mounted on esx2." in other

    drive(demo_state("local-datastore"), "datastore", use)


def test_on_a_wide_screen_the_explanation_is_that_of_the_current_cell() -> None:
    async def use(pilot: Pilot[int]) -> None:
        await focus(pilot)
        assert "Symptom:" in beside(pilot)
        await focus(pilot, "left")
        assert beside(pilot).startswith("local-esx1 is mounted on esx1 only, for reading and writing.")
        await focus(pilot, "right")
        assert "Symptom:" in beside(pilot)

    drive(demo_state("local-datastore"), "datastore", use, (120, 40))


def beside(pilot: Pilot[int]) -> str:
    """The text beside the findings."""
    return str(pilot.app.screen.query_one("#explanation Static", Static).content)


def test_the_facts_of_a_host_do_not_contradict_each_other_and_begin_with_a_capital_letter() -> None:
    async def use(pilot: Pilot[int]) -> str:
        await focus(pilot, "left")
        return view_of(pilot).facts

    shown = drive(demo_state("drs-off"), "cluster", use)
    assert shown.startswith("esx1 is connected and not in maintenance mode, so nova counts it.\n\n")
    assert "The other cells of the row esx1:\nDRS of DC0_C0 is off." in shown
    assert "\nEvery virtual machine on esx1" in shown


def test_f_requests_the_fix_of_a_cell_and_cancels_it() -> None:
    async def use(pilot: Pilot[int]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, Page)
        assert "[✗ off]" in await focus(pilot) and " f fix" in keys_of(pilot)
        await pilot.press("f")
        await settled(pilot)
        assert [fix.code for fix in screen.state.answers.single_fixes] == ["CL05"] and "[+ auto]" in part_of(pilot)
        await pilot.press("f")
        await settled(pilot)
        assert not screen.state.answers.single_fixes and "[✗ off]" in part_of(pilot)

    drive(demo_state("drs-off"), "cluster", use)


def test_a_key_that_cannot_act_on_a_cell_says_why() -> None:
    async def use(pilot: Pilot[int]) -> None:
        await focus(pilot)
        assert " f fill in  a accept" in keys_of(pilot)
        for key in ("f", "a", "y"):
            await focus(pilot, "left", key)
            assert ("Nothing to copy: this" if key == "y" else "This") + " cell has no problem" in keys_of(pilot)
            await focus(pilot, "right")
            assert " f fill in" in keys_of(pilot) and "Space" not in keys_of(pilot)

    drive(demo_state("local-datastore"), "datastore", use)


def test_the_failure_of_a_cell_can_be_accepted() -> None:
    async def use(pilot: Pilot[int]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, Page)
        await focus(pilot)
        await pilot.press("a", "o", "k", "enter", "enter")
        await settled(pilot)
        assert [accept.code for accept in screen.state.answers.accepts] == ["DS04"]
        assert "! absent" in part_of(pilot)

    drive(demo_state("local-datastore"), "datastore", use)


def test_up_and_down_move_between_the_findings_and_the_matrix() -> None:
    async def use(pilot: Pilot[int]) -> None:
        rows = pilot.app.screen.query_one(FindingsList)
        rows.focus()
        await pilot.press(*["down"] * rows.option_count)
        assert focused(pilot) == "matrix"
        await pilot.press("up")
        assert focused(pilot) == "findings" and rows.highlighted == rows.option_count - 1
        await pilot.press("tab", "space")
        assert focused(pilot) == "matrix" and "The whole table is shown." in keys_of(pilot)
        await pilot.press("escape")
        assert focused(pilot) == "findings"

    drive(demo_state("local-datastore"), "datastore", use)


def test_down_from_the_last_finding_stays_if_there_is_no_matrix() -> None:
    async def use(pilot: Pilot[int]) -> None:
        rows = pilot.app.screen.query_one(FindingsList)
        rows.focus()
        await pilot.press(*["down"] * (rows.option_count + 1))
        assert focused(pilot) == "findings"

    drive(demo_state(), "vcenter", use)


def test_the_complete_matrix_stays_behind_a_dialog_and_is_short_after_the_focus_leaves() -> None:
    async def use(pilot: Pilot[int]) -> None:
        complete = await focus(pilot, "ctrl+end", "enter")
        assert "[✗ absent]" in complete and "nfs-029" in complete
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, TextViewer)
        await pilot.press("escape")
        await settled(pilot)
        assert part_of(pilot) == complete
        await pilot.press("escape")
        await settled(pilot)
        assert "without a problem" in part_of(pilot) and focused(pilot) == "matrix"

    drive(large_state(16, 30), "datastore", use)


def test_a_merged_cell_lists_each_of_its_rows_and_space_shortens_the_matrix_again() -> None:
    async def use(pilot: Pilot[int]) -> None:
        at_first, short = await focus(pilot), await focus(pilot, "left", "left")
        assert "[rw" in short and "11 hosts: rw   Enter lists each" in short
        assert "Space all rows" in keys_of(pilot)
        complete = await focus(pilot, "enter")
        assert "11 hosts" not in complete and "esx11" in complete and "Space fewer rows" in keys_of(pilot)
        assert await focus(pilot, "space") == at_first == await focus(pilot, "space", "space")

    drive(large_state(12, 4), "datastore", use)


def test_another_size_of_the_terminal_keeps_the_widths() -> None:
    async def use(pilot: Pilot[int]) -> None:
        for size in ((120, 40), (60, 20), (200, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            width = view_of(pilot).region.width
            assert max(map(len, part_of(pilot).splitlines())) <= width
            assert len(part_of(pilot).splitlines()) == view_of(pilot).region.height

    drive(large_state(12, 20), "datastore", use)


def test_a_new_result_replaces_the_matrix_and_keeps_the_cursor_inside() -> None:
    columns = (MatrixColumn("a"), MatrixColumn("b"))
    row = MatrixRow("r", (MatrixCell("x", "s"), MatrixCell("y", "t", "failure", "DS04", "r")))
    one, three = (Matrix("T", "r", columns, (row,) * number) for number in (1, 3))
    finding = Finding("DS04", "failure", "t", "detail of r", "remedy", subject="r")

    async def use(pilot: Pilot[int]) -> None:
        view = view_of(pilot)
        view.show(three, [finding])
        assert "[✗ y]" in await focus(pilot, "down", "down") and view.finding is finding
        view.show(one, [])
        await pilot.pause()
        assert "[✗ y]" in part_of(pilot) and view.finding is None
        view.show(None, [])
        await pilot.pause()
        assert not view.display

    drive(demo_state(), "cluster", use)


def test_names_of_a_hostile_vcenter_do_not_break_the_lines() -> None:
    cell = MatrixCell("x\x1b[2J", "a \x1b[31msentence\n")
    matrix = Matrix("T\n", "h", (MatrixColumn("漢字\t"),), (MatrixRow("\u202eesx", (cell,)),))

    async def use(pilot: Pilot[int]) -> None:
        view_of(pilot).show(matrix, [])
        text = await focus(pilot)
        assert len(text.splitlines()) == 4 and all(line.isprintable() for line in text.splitlines())

    drive(demo_state(), "cluster", use)
