"""A matrix is merged and cut only if it is too large, and keeps each problem; its table is aligned and safe."""

from __future__ import annotations

import time

import pytest

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.matrix import (
    Matrix,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    few_rows,
    judged,
    merged_columns,
    merged_rows,
    natural,
    problems_of,
    short_names,
)
from mhv_tui.core.matrix_text import (
    MatrixTable,
    first_columns,
    padded,
    sizes_of,
    table_lines,
    table_of,
    text_width,
    visible_columns,
    window,
)

BAD = MatrixCell("not mounted", "nfs is not mounted", "failure", "DS04", "nfs")
OK = MatrixCell("rw", "nfs is mounted")


def hosts_by_rows(cells: dict[str, tuple[MatrixCell, ...]]) -> Matrix:
    columns = tuple(MatrixColumn(f"fact{number}") for number in range(len(next(iter(cells.values())))))
    return Matrix("Hosts", "host", columns, tuple(MatrixRow(name, row) for name, row in cells.items()))


def datastores(hosts: int, rows: int, bad: tuple[int, int] = (-1, -1)) -> Matrix:
    columns = (*(MatrixColumn(f"esx{n}") for n in range(1, hosts + 1)), MatrixColumn("nova", pinned=True))
    matrix_rows = [
        MatrixRow(f"ds{r}", (*(BAD if (r, c) == bad else OK for c in range(hosts)), MatrixCell("spare")))
        for r in range(rows)
    ]
    return Matrix("Hosts × datastores", "datastore", columns, tuple(matrix_rows), "host")


def test_hosts_with_the_same_cells_merge_and_keep_the_order() -> None:
    alike = {f"esx{number}": (OK, OK) for number in range(1, 13)}
    matrix = merged_rows(hosts_by_rows({**alike, "esx5": (OK, BAD)}))
    assert [row.name for row in matrix.rows] == ["esx1 … esx12 (11 hosts)", "esx5"]
    assert matrix.rows[0].cells[0].sentence == "" and matrix.rows[1].cells[1] is BAD


def test_two_rows_are_named_both() -> None:
    assert [row.name for row in merged_rows(hosts_by_rows({"a": (OK,), "b": (OK,)})).rows] == ["a and b"]


def test_columns_merge_except_pinned_ones() -> None:
    matrix = merged_columns(datastores(12, 2, bad=(1, 3)))
    assert [column.name for column in matrix.columns] == ["11 hosts", "esx4", "nova"]
    assert [cell.word for cell in matrix.rows[1].cells] == ["rw", "not mounted", "spare"]


def test_columns_that_are_different_facts_do_not_merge() -> None:
    matrix = hosts_by_rows({"esx1": (OK, OK)})
    assert merged_columns(matrix) is matrix


def test_rows_with_a_problem_stay_and_the_others_are_counted() -> None:
    matrix = few_rows(datastores(2, 50, bad=(40, 0)), 4)
    assert [row.name for row in matrix.rows] == ["ds0", "ds1", "ds40", "47 more datastores without a problem"]
    assert matrix.rows[-1].summary and matrix.has_problem
    only = few_rows(datastores(2, 50), 1)
    assert [row.name for row in only.rows] == ["50 datastores without a problem"] and not only.has_problem


def test_one_row_is_not_replaced_by_a_line_that_counts_it() -> None:
    matrix = datastores(2, 3, bad=(0, 0))
    assert few_rows(matrix, 3) is matrix


def test_a_table_that_fits_is_complete_and_aligned() -> None:
    assert table_lines(table_of(datastores(2, 2, bad=(1, 1)), 80, 10)) == [
        "datastore  esx1  esx2           nova",
        "ds0        rw    rw             spare",
        "ds1        rw    ✗ not mounted  spare",
    ]


def test_a_large_table_shows_the_problem_and_what_is_left_out() -> None:
    table = table_of(datastores(64, 200, bad=(150, 60)), 80, 6)
    assert table.title == "Hosts × datastores" and table.head == (
        "datastore",
        "63 hosts",
        "esx61",
        "nova",
    )
    assert ("ds150", "rw", "✗ not mounted", "spare") in table.rows
    assert [row[0] for row in table.rows] == ["ds0 … ds199 (199 datastores)", "ds150"]


def test_a_table_with_too_many_problems_says_how_many_rows_and_columns_are_left_out() -> None:
    cells = {
        f"esx{number}": tuple(MatrixCell(f"{number}.{n}", level="warning") for n in range(30)) for number in range(20)
    }
    table = table_of(hosts_by_rows(cells), 40, 5)
    assert "more columns)" in table.title and len(table.rows) == 5 and table.rows[-1][0] == "… 16 more hosts"
    assert max(map(text_width, table_lines(table))) <= 40


def test_columns_with_a_problem_stay_if_others_must_go() -> None:
    cells = (*(MatrixCell(f"quiet fact {n}") for n in range(5)), MatrixCell("broken", level="failure"))
    table = table_of(hosts_by_rows({"esx1": cells}), 40, 5)
    assert table.head[-1] == "fact5" and "✗ broken" in table.rows[0] and table.title == "Hosts (4 more columns)"


def test_names_from_outside_are_safe_and_aligned() -> None:
    matrix = hosts_by_rows(
        {"esx\x1b[31m1": (MatrixCell("漢字"), MatrixCell("x")), "esx2": (MatrixCell("ok"), MatrixCell("y\u202e"))}
    )
    lines = table_lines(table_of(matrix, 80, 5))
    assert all(line.isprintable() for line in lines)
    assert text_width("漢字") == 4 and lines[1].index("x", 10) + 2 == lines[2].index("y")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("漢字漢字", 5, "漢字…"), ("漢字漢字", 4, "漢… "), ("abc", 0, "")],
)
def test_a_padded_text_has_exactly_its_width(text: str, width: int, expected: str) -> None:
    assert padded(text, width) == expected and text_width(expected) == width


@pytest.mark.parametrize(
    ("sizes", "room", "first", "current", "expected"),
    [
        ([3] * 10, 9, 0, 0, range(3)),
        ([3] * 10, 9, 0, 5, range(3, 6)),
        ([3] * 10, 9, 7, 2, range(2, 5)),
        ([3] * 10, 2, 0, 4, range(4, 5)),
        ([3] * 10, 9, 9, 9, range(7, 10)),
        ([], 9, 0, 0, range(0)),
    ],
)
def test_the_window_contains_the_current_item(
    sizes: list[int], room: int, first: int, current: int, expected: range
) -> None:
    assert window(sizes, room, first, current) == expected


def test_pinned_columns_stay_while_the_others_scroll() -> None:
    matrix = datastores(64, 3)
    sizes = sizes_of(matrix)
    for current in range(65):
        numbers = visible_columns(matrix, sizes, 60, 0, current)
        assert current in numbers and 64 in numbers and numbers == sorted(numbers)
        assert sizes.name + 2 + sum(sizes.columns[number] + 2 for number in numbers) <= 60


def test_a_column_with_a_problem_is_among_the_first_columns_that_are_drawn() -> None:
    words = [MatrixCell("rw", level="failure" if number in (40, 64) else "ok") for number in range(65)]
    columns = tuple(MatrixColumn(f"esx{number}", pinned=number == 64) for number in range(65))
    matrix = Matrix("T", "datastore", columns, (MatrixRow("nfs", tuple(words)),), "host")
    numbers = first_columns(matrix, sizes_of(matrix), 60)
    assert 40 in numbers and 64 in numbers


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["esx1.example.org", "esx2.example.org"], ["esx1", "esx2"]),
        (["esx1.a.org", "esx1.b.org"], ["esx1.a.org", "esx1.b.org"]),
        (["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"]),
        (["192.0.2.1", "198.51.100.2"], ["192.0.2.1", "198.51.100.2"]),
    ],
)
def test_a_name_is_short_if_it_stays_unique(names: list[str], expected: list[str]) -> None:
    assert short_names(names) == expected


@pytest.mark.parametrize(
    ("level", "accepted", "text"),
    [("failure", "", "✗ ro"), ("failure", "known", "! ro"), ("missing", "", "+ ro"), ("unknown", "", "? ro")],
)
def test_a_cell_has_the_level_of_its_finding(level: Level, accepted: str, text: str) -> None:
    finding = Finding("DS14", level, "Writable", "it is read-only", "remount it", subject="nfs", accepted=accepted)
    cell = judged("ro", "nfs is read-only", problems_of([finding]).get(("DS14", "nfs")))
    assert (cell.text, cell.code, cell.subject) == (text, "DS14", "nfs")


def test_a_passed_check_is_no_problem() -> None:
    assert problems_of([Finding("DS14", "ok", "x"), Finding("DS04", "skipped", "y")]) == {}
    assert judged("rw", "it is mounted", None) == MatrixCell("rw", "it is mounted")


def test_the_worst_of_two_findings_judges_a_cell() -> None:
    findings = [Finding("X", "failure", "t", "d", "r"), Finding("X", "warning", "t", "d", "r")]
    assert problems_of(findings)["X", ""].level == "failure" == problems_of(findings[::-1])["X", ""].level


def test_a_table_whose_rows_differ_in_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a row does not have 2 texts"):
        MatrixTable("t", ("a", "b"), (("1",),))


def test_a_matrix_of_64_hosts_and_200_datastores_is_shortened_at_once() -> None:
    matrix, began = datastores(64, 200, bad=(150, 60)), time.perf_counter()
    table_of(matrix, 80, 6)
    assert time.perf_counter() - began < 2


def test_names_are_sorted_as_people_count() -> None:
    names = ["esx10", "esx2", "b", "esx1-10", "esx1-9", "7", ""]
    assert sorted(names, key=natural) == ["", "7", "b", "esx1-9", "esx1-10", "esx2", "esx10"]
