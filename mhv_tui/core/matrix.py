"""A matrix: what is known about rows × columns, such as which host mounts which datastore. Plain data, no I/O.

A step builds it from its facts and findings: a cell states a fact, and its level is that of the finding about it.
`fitted` shortens a matrix that is larger than the space for it, and keeps everything that has a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import NamedTuple, TypeVar

from mhv_tui.core.findings import GLYPHS, LEVELS, Finding, Level
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import count, join_names

T = TypeVar("T")

RANKS: Mapping[Level, int] = {level: rank for rank, level in enumerate(LEVELS)}
QUIET: tuple[Level, ...] = ("skipped", "ok")
"""The levels of cells without a problem: they have no glyph, and a matrix that is too large counts them only."""

LONG = 28
"""The most characters of the name of merged rows with the noun; a longer name has the number only."""


class MatrixCell(NamedTuple):
    """One fact. The texts can come from a remote system and are not safe to show; `padded` makes them safe."""

    word: str
    sentence: str = ""
    """A whole sentence that states the fact; "" if the cell is of several merged rows or columns."""
    level: Level = "ok"
    code: str = ""
    """The code of the finding about this fact; "" if there is none."""
    subject: str = ""
    """The subject of this finding."""

    @property
    def glyph(self) -> str:
        return "" if self.level in QUIET else GLYPHS[self.level]

    @property
    def text(self) -> str:
        return f"{self.glyph} {self.word}" if self.glyph else self.word


@dataclass(frozen=True)
class MatrixRow:
    """A row: its name and a cell for each column."""

    name: str
    cells: tuple[MatrixCell, ...]
    count: int = 1
    """The number of rows that are merged into this one."""
    summary: bool = False
    """True if the row counts rows that are not shown."""

    @property
    def level(self) -> Level:
        """The worst level of the row's cells."""
        return max((cell.level for cell in self.cells), key=RANKS.__getitem__, default="ok")


@dataclass(frozen=True)
class MatrixColumn:
    """A column. If it is `pinned`, it stays visible while the other columns scroll, and is not merged with others."""

    name: str
    pinned: bool = False


@dataclass(frozen=True)
class Matrix:
    """A title, columns and rows. The nouns are the words for what the rows and the columns that scroll are."""

    title: str
    corner: str
    """The heading of the row names."""
    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]
    column_noun: str = ""
    """Empty if columns are different facts, which are never merged."""
    whole: Matrix | None = field(default=None, compare=False)
    """The complete matrix, if this one is shortened."""

    @property
    def row_noun(self) -> str:
        return self.corner

    @property
    def level(self) -> Level:
        """The worst level of all cells."""
        return max((row.level for row in self.rows), key=RANKS.__getitem__, default="ok")

    @property
    def has_problem(self) -> bool:
        return self.level in ("warning", "failure")


Problems = Mapping[tuple[str, str], Finding]
"""(code, subject) -> the worst finding with a level other than ok and skipped."""


def problems_of(findings: Iterable[Finding]) -> Problems:
    """Returns the problems among the findings of a step, by code and subject."""
    rows = sorted((f for f in findings if f.level not in QUIET), key=lambda f: RANKS[f.level])
    return {(f.code, f.subject): f for f in rows}


def judged(word: str, sentence: str, finding: Finding | None) -> MatrixCell:
    """Returns a cell with the level of the finding about it, if there is one. An accepted failure is a warning."""
    if finding is None:
        return MatrixCell(word, sentence)
    level = finding.shown_level
    return MatrixCell(word, sentence, level, finding.code, finding.subject)


def natural(name: str) -> list[str | int]:
    """Returns a key that sorts names as people do: esx2 before esx10."""
    return [int(part) if number % 2 else part for number, part in enumerate(re.split(r"([0-9]+)", name))]


def short_names(names: Sequence[str]) -> list[str]:
    """Returns the names without their domain; the whole names if the short ones are addresses or not unique."""
    short = [name.partition(".")[0] for name in names]
    return short if len(set(short)) == len(names) and not any(map(str.isdigit, short)) else list(names)


def merged_rows(matrix: Matrix) -> Matrix:
    """Merges the rows whose cells are alike into one row, such as `esx1 … esx12 (12 hosts)`, and keeps the order."""
    groups = _groups(matrix.rows, lambda row: [(cell.word, cell.level, cell.code) for cell in row.cells])
    rows = [_merged_row(group, matrix.row_noun) if len(group) > 1 else group[0] for group in groups]
    return replace(matrix, rows=tuple(rows))


def _merged_row(group: Sequence[MatrixRow], noun: str) -> MatrixRow:
    cells = tuple(cell._replace(sentence="") for cell in group[0].cells)
    return MatrixRow(_name([row.name for row in group], noun), cells, sum(row.count for row in group))


def merged_columns(matrix: Matrix) -> Matrix:
    """Merges the columns whose cells are alike into one column, such as `11 hosts`; keeps pinned ones and the order."""
    if not matrix.column_noun:
        return matrix
    scrolling = [number for number, column in enumerate(matrix.columns) if not column.pinned]
    groups = _groups(scrolling, lambda number: [(r.cells[number].word, r.cells[number].level) for r in matrix.rows])
    pinned = [number for number, column in enumerate(matrix.columns) if column.pinned]
    merged = [MatrixColumn(count(len(g), matrix.column_noun)) if len(g) > 1 else matrix.columns[g[0]] for g in groups]
    columns = (*merged, *(matrix.columns[number] for number in pinned))
    rows = tuple(replace(row, cells=tuple(_merged_cells(row, groups, pinned))) for row in matrix.rows)
    return replace(matrix, columns=columns, rows=rows)


def _merged_cells(row: MatrixRow, groups: Iterable[Sequence[int]], pinned: Iterable[int]) -> Iterator[MatrixCell]:
    for group in groups:
        yield row.cells[group[0]]._replace(sentence="") if len(group) > 1 else row.cells[group[0]]
    yield from (row.cells[number] for number in pinned)


def few_rows(matrix: Matrix, height: int) -> Matrix:
    """Returns the rows with a problem, as many others as `height` allows, and a row that counts those left out."""
    quiet = [number for number, row in enumerate(matrix.rows) if row.level in QUIET]
    hidden = quiet[max(height - 1 - (len(matrix.rows) - len(quiet)), 0) :]
    if len(matrix.rows) <= height or len(hidden) < 2:
        return matrix
    noun = f"more {matrix.row_noun}" if len(hidden) < len(matrix.rows) else matrix.row_noun
    number = sum(matrix.rows[n].count for n in hidden)
    counted = MatrixRow(f"{count(number, noun)} without a problem", _blank(matrix), number, summary=True)
    return replace(matrix, rows=(*(row for n, row in enumerate(matrix.rows) if n not in hidden), counted))


def _blank(matrix: Matrix) -> tuple[MatrixCell, ...]:
    return tuple(MatrixCell("", "", "skipped") for _ in matrix.columns)


def fitted(matrix: Matrix, height: int, fits: Callable[[Matrix], bool]) -> Matrix:
    """Returns the matrix, or the least shortened form of it that fits; the shortest form if none fits."""
    candidate = matrix
    for candidate in _shorter(matrix, height):
        if fits(candidate):
            break
    return candidate if candidate is matrix else replace(candidate, whole=matrix)


def _shorter(matrix: Matrix, height: int) -> Iterator[Matrix]:
    yield matrix
    rows = merged_rows(matrix)
    yield rows
    yield merged_columns(matrix)
    yield merged_columns(rows)
    yield few_rows(rows, height)
    yield merged_columns(few_rows(rows, height))


def _groups(items: Iterable[T], key: Callable[[T], list[tuple[str, ...]]]) -> list[list[T]]:
    """The items in groups with the same key, in the order of the first item of each group."""
    groups: dict[tuple[tuple[str, ...], ...], list[T]] = {}
    for item in items:
        groups.setdefault(tuple(key(item)), []).append(item)
    return list(groups.values())


def _name(names: Sequence[str], noun: str) -> str:
    if len(names) < 3:
        return join_names(names)
    span = f"{names[0]} … {names[-1]}"
    name = f"{span} ({count(len(names), noun)})"
    return name if len(name) <= LONG else f"{span} ({len(names)})"
