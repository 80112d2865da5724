"""The grid of cells that the screen asks for, read from the sequences that Textual writes.

Textual writes frames of cursor positions (CUP), styles (SGR), line feeds and text. Everything else is a control.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, split_graphemes

from mhv_tui.tui.terminal.styles import DEFAULT, Style, apply_parameters, blank_style

Cell = tuple[str, Style]
"""One cell: its text and its style. The text is "" in the second cell of a wide character."""

BLANK: Cell = (" ", DEFAULT)

TOKEN = re.compile(
    r"\x1b\[(?P<style>[0-9;]*)m"
    r"|\x1b\[(?P<row>\d*);?(?P<column>\d*)H"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<newline>\n)"
    r"|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)"  # a link: only its text is shown
    r"|(?P<control>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^\[\]]|\x07)"
)

NARROW = re.compile(r"[ -~¡-\u00ac\u00ae-\u02ff\u2500-\u25fc\u2800-\u28ff…✓✗]*")
"""Text of characters that are one cell wide each. Most text matches, and needs no search for wide characters."""


class StyledCells(dict[str, Cell]):
    """Character -> its cell in one style."""

    def __init__(self, style: Style) -> None:
        super().__init__({" ": (" ", blank_style(style))})
        self._style = style

    def __missing__(self, character: str) -> Cell:
        cell = self[character] = (character, self._style)
        return cell


class Grid:
    """Rows of cells, which grow as needed. `cursor`: row and column (from 0) at which the next text is written."""

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []
        self.cursor = (0, 0)
        self._style = DEFAULT
        self._cells: dict[Style, StyledCells] = {}
        """Style -> the cells of this style, which are made once for each character."""

    def apply(self, output: str) -> list[str]:
        """Draws the output of a program; returns its controls. Other control characters are dropped."""
        controls: list[str] = []
        for match in TOKEN.finditer(output):
            kind = match.lastgroup
            if kind == "text":
                self._draw(match[0])
            elif kind == "style":
                self._style = apply_parameters(self._style, match["style"])
            elif kind == "newline":
                self.cursor = (self.cursor[0] + 1, 0)
            elif kind in ("row", "column"):
                self.cursor = (int(match["row"] or 1) - 1, int(match["column"] or 1) - 1)
            elif kind == "control":
                controls.append(match[0])
        return controls

    def _draw(self, text: str) -> None:
        style = self._style
        known = self._cells.get(style) or self._cells.setdefault(style, StyledCells(style))
        blank = known[" "]
        y, x = self.cursor
        row = self._row(y, x)
        if NARROW.fullmatch(text):
            cells: list[Cell] = list(map(known.__getitem__, text))
        else:
            cells = []
            for start, end, width in split_graphemes(text)[0]:
                cluster = text[start:end]
                if width == 0 or (cells and is_half_flag(cells[-1][0]) and is_half_flag(cluster)):
                    _combine(cells or row, len(cells) or x, cluster)
                else:
                    cells.append(blank if cluster == " " else (cluster, style))
                    width -= 1
                cells += [("", style)] * width
        self._put(row, x, cells)
        self.cursor = (y, x + len(cells))

    def _row(self, y: int, x: int) -> list[Cell]:
        """Returns row `y` with at least `x` cells."""
        while len(self.rows) <= y:
            self.rows.append([])
        row = self.rows[y]
        row.extend([BLANK] * (x - len(row)))
        return row

    @staticmethod
    def _put(row: list[Cell], x: int, cells: list[Cell]) -> None:
        """Replaces the cells from `x`. The other half of a wide character that loses one half becomes a blank."""
        end = x + len(cells)
        if cells and 0 < x < len(row) and row[x][0] == "":
            row[x - 1] = (" ", blank_style(row[x - 1][1]))
        if cells and end < len(row) and row[end][0] == "":
            row[end] = (" ", blank_style(row[end][1]))
        row[x:end] = cells


def is_half_flag(text: str) -> bool:
    """Returns True for a regional indicator: two of them are one flag of two cells."""
    return len(text) == 1 and "\U0001f1e6" <= text <= "\U0001f1ff"


def _combine(cells: list[Cell], end: int, mark: str) -> None:
    """Adds a mark to the last character before the cell `end`, except a mark that would make it wider."""
    for index in range(end - 1, -1, -1):
        text, style = cells[index]
        if text:
            width = len(cells[index:end])
            if is_half_flag(text) or cell_len(text + mark) == width:
                cells[index] = (text + mark, style)
            return
