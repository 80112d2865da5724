"""Lays out a matrix for a number of columns of the screen, and draws it as lines of text.

Only the visible cells are drawn: a matrix can have 64 hosts and 200 datastores.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.matrix import QUIET, RANKS, Matrix, fitted
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count

WIDEST = 30
"""The screen columns of the widest name or cell; a longer text is cut with an ellipsis."""
GAP = 2
"""The screen columns around each cell, for the marks of the cursor."""

AMONG_LINES = (100, 12)
"""The columns and rows of the largest matrix among lines for people."""


@dataclass(frozen=True)
class Sizes:
    """The screen columns of the row names and of each column of a matrix, without gaps."""

    name: int
    columns: tuple[int, ...]
    ranks: tuple[int, ...] = ()
    """The rank of the worst problem of each column; 0 for a column without a problem."""

    @property
    def total(self) -> int:
        return self.name + sum(self.columns) + GAP * (len(self.columns) + 1)


@dataclass(frozen=True)
class MatrixTable:
    """A matrix as texts that are safe to show: of each row its name, then its cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"{self.title}: a row does not have {len(self.head)} texts")


def text_width(text: str) -> int:
    """Returns the screen columns of a text: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def padded(text: str, width: int) -> str:
    """Returns a safe text of exactly `width` screen columns: cut with an ellipsis, or filled with spaces."""
    safe = shown(text)
    if text_width(safe) > width:
        while safe and text_width(safe) > width - 1:
            safe = safe[:-1]
        safe += "…" if width else ""
    return safe + " " * (width - text_width(safe))


def sizes_of(matrix: Matrix) -> Sizes:
    """Returns the screen columns that the names and the columns of a matrix need."""
    rows = [row.cells for row in matrix.rows if not row.summary]
    columns = [
        min(max([text_width(column.name), *(text_width(row[number].text) for row in rows)]), WIDEST)
        for number, column in enumerate(matrix.columns)
    ]
    names = [text_width(row.name) for row in matrix.rows if not row.summary]
    ranks = tuple(
        max((RANKS[cells[number].level] for cells in rows if cells[number].level not in QUIET), default=0)
        for number in range(len(matrix.columns))
    )
    return Sizes(min(max([text_width(matrix.corner), *names]), WIDEST), tuple(columns), ranks)


def window(sizes: Sequence[int], room: int, first: int, current: int) -> range:
    """Returns the items from `first` on that fit into `room`, moved so that `current` is among them; at least one."""
    first = max(min(first, current), 0)
    while first < current and sum(sizes[first : current + 1]) > room:
        first += 1
    last = first
    while last < len(sizes) and sum(sizes[first : last + 1]) <= room:
        last += 1
    while last == len(sizes) and first > 0 and sum(sizes[first - 1 : last]) <= room:
        first -= 1
    return range(first, max(last, min(first + 1, len(sizes))))


def visible_columns(matrix: Matrix, sizes: Sizes, width: int, first: int = 0, current: int = 0) -> list[int]:
    """Returns the numbers of the columns to draw: a window of those that scroll, then the pinned ones if they fit.

    `first`: the column at which the window begins; `current`: a column that is always drawn. A pinned column makes room
    for those that scroll and have a worse problem.
    """
    room = width - sizes.name - GAP
    numbers = range(len(matrix.columns))
    scrolling = [number for number in numbers if not matrix.columns[number].pinned]
    pinned = [number for number in numbers if matrix.columns[number].pinned]
    widest = max((sizes.columns[number] + GAP for number in scrolling), default=0)
    for spare in sorted(pinned, key=lambda number: (number == current, sizes.ranks[number])):
        worse = sum(sizes.columns[n] + GAP for n in scrolling if sizes.ranks[n] > sizes.ranks[spare])
        if sum(sizes.columns[n] + GAP for n in pinned) + max(widest, worse * (spare != current)) > room:
            pinned.remove(spare)
    room -= sum(sizes.columns[number] + GAP for number in pinned)
    at = scrolling.index(current) if current in scrolling else min(first, max(len(scrolling) - 1, 0))
    part = window([sizes.columns[number] + GAP for number in scrolling], room, first, at)
    return [*(scrolling[position] for position in part), *pinned]


def first_columns(matrix: Matrix, sizes: Sizes, width: int) -> list[int]:
    """Returns the columns to draw at first: with the worst problem of those that scroll, else from the first one on."""
    scrolling = (number for number, column in enumerate(matrix.columns) if not column.pinned)
    return visible_columns(matrix, sizes, width, 0, max(scrolling, key=lambda number: sizes.ranks[number], default=0))


def problem_signs(matrix: Matrix) -> str:
    """The glyphs of the problems with their numbers, such as `1 ✗  2 !`."""
    cells = [cell for row in (matrix.whole or matrix).rows for cell in row.cells if cell.glyph]
    glyphs = dict.fromkeys(cell.glyph for cell in sorted(cells, key=lambda cell: -RANKS[cell.level]))
    return "  ".join(f"{sum(cell.glyph == glyph for cell in cells)} {glyph}" for glyph in glyphs) or "no problem"


def hidden_signs(matrix: Matrix, columns: Sequence[int], rows: range, room: int) -> str:
    """The signs for columns and rows that are not drawn; without words if the words do not fit into `room`."""
    numbers = range(len(matrix.columns))
    left = sum(number < columns[0] and not matrix.columns[number].pinned for number in numbers)
    right = len([number for number in numbers if number not in columns]) - left
    above, below = rows.start, len(matrix.rows) - rows.stop
    for is_short in (False, True):
        left_text, right_text = (f"{n}" if is_short else count(n, "more column") for n in (left, right))
        below_text = f"{below}" if is_short else count(below, "more row")
        signs = [f"← {left_text}" if left else "", f"{right_text} →" if right else ""]
        signs += [f"↑ {above}" if above else "", f"{below_text} ↓" if below else ""]
        text = "  ".join(filter(None, signs))
        if len(text) <= room:
            break
    return text


def fits(matrix: Matrix, width: int, height: int) -> bool:
    """Returns whether all rows and columns of a matrix can be drawn at once, without the title and the heading."""
    if len(matrix.rows) > height or len(matrix.columns) * (GAP + 1) > width:
        return False
    return sizes_of(matrix).total <= width


def table_of(matrix: Matrix, width: int, height: int) -> MatrixTable:
    """Returns the matrix as texts, shortened for the width and the height; signs name what is not in the table.

    If columns must be left out, those with a problem stay, then the first ones.
    """
    short = fitted(matrix, height, lambda candidate: fits(candidate, width, height))
    numbers = _chosen_columns(short, width)
    hidden = len(short.columns) - len(numbers)
    rows = [(shown(row.name), *(shown(row.cells[number].text) for number in numbers)) for row in short.rows]
    if len(rows) > height:
        rest = count(sum(row.count for row in short.rows[height - 1 :]), f"more {matrix.row_noun}")
        rows = [*rows[: height - 1], (f"… {rest}", *("" for _ in numbers))]
    title = shown(matrix.title) + (f" ({count(hidden, 'more column')})" if hidden else "")
    head = (matrix.corner, *(shown(short.columns[number].name) for number in numbers))
    return MatrixTable(title, head, tuple(rows))


def _chosen_columns(matrix: Matrix, width: int) -> list[int]:
    sizes, room = sizes_of(matrix), width
    room -= sizes.name + GAP

    def rank(number: int) -> tuple[bool, bool]:
        is_quiet = all(row.cells[number].level in QUIET for row in matrix.rows)
        return is_quiet, not matrix.columns[number].pinned

    chosen = []
    for number in sorted(range(len(matrix.columns)), key=rank):
        room -= sizes.columns[number] + GAP
        if room >= 0:
            chosen.append(number)
    return sorted(chosen)


def table_lines(table: MatrixTable) -> list[str]:
    """Returns the heading and the rows of a table as aligned lines."""
    rows = [table.head, *table.rows]
    in_columns = [row for row in rows if any(row[1:]) or row is table.head]
    widths = [max(text_width(row[number]) for row in in_columns) for number in range(len(table.head))]
    return ["  ".join(map(padded, row, widths)).rstrip() if row in in_columns else row[0] for row in rows]


def titled_lines(matrix: Matrix, columns: int = 0) -> list[str]:
    """Returns a matrix as aligned lines below its title; it is shortened if it is large.

    `columns`: those of the terminal; 0 if there is none. The columns that have no room there follow as another table.
    """
    table = table_of(matrix, *AMONG_LINES)
    parts = _parts(table, columns) if columns else [table]
    return [f"{table.title}:", *(line for part in parts for line in table_lines(part))]


def _parts(table: MatrixTable, width: int) -> list[MatrixTable]:
    """The table as tables of at most `width` columns, each with the names of the rows."""
    rows = [row for row in table.rows if any(row[1:])]
    name, *widths = [max(map(text_width, texts)) for texts in zip(table.head, *rows, strict=True)]
    groups, room = [[0]], width - name
    for number, size in enumerate(widths, 1):
        room -= size + GAP
        if room < 0 and len(groups[-1]) > 1:
            groups, room = [*groups, [0]], width - name - size - GAP
        groups[-1].append(number)
    return [_with_columns(table, group) for group in groups]


def _with_columns(table: MatrixTable, numbers: Sequence[int]) -> MatrixTable:
    head, *rows = [tuple(row[number] for number in numbers) for row in (table.head, *table.rows)]
    return MatrixTable(table.title, head, tuple(rows))
