"""Writes the fewest bytes that make the terminal show a grid: cursor moves, changes of style, erasures and text.

Only sequences of the VT100 are used, and the erasures of the VT220 if the terminal fills them with the background.
No character is repeated with REP: several terminals with the type of an xterm ignore it, and tmux repeats only ASCII.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

from rich.cells import cell_len, get_character_cell_size

from mhv_tui.tui.terminal.capabilities import Capabilities
from mhv_tui.tui.terminal.glyphs import encodable
from mhv_tui.tui.terminal.grid import BLANK, Cell
from mhv_tui.tui.terminal.moves import Position, move
from mhv_tui.tui.terminal.styles import DEFAULT, Style, style_for_blank, transition

TerminalSize = tuple[int, int]
"""Columns and rows."""

ScreenState = tuple[list[list[Cell]], TerminalSize, Style, Position]
"""Cells, size, current style and cursor of a terminal."""

LONGEST_GAP = 8
"""A longer gap between two changes is never rewritten: a move is at most 8 bytes long."""

JUMP = 4
"""Bytes of a move to the right."""


class Painter:
    """What one terminal shows. `paint` returns what to write; the caller must write it all, in this order."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._capabilities = capabilities
        self._rows: list[list[Cell]] = []
        self._size: TerminalSize = (0, 0)
        self._style = DEFAULT
        self._cursor: Position = (None, None)
        self._output: list[str] = []

    def forget(self) -> None:
        """Assumes nothing about the screen from now on, for example because its size changed."""
        self._size, self._cursor = (0, 0), (None, None)

    @property
    def knows_screen(self) -> bool:
        """False if the next `paint` returns the whole screen."""
        return self._size != (0, 0)

    def state(self) -> ScreenState:
        """Returns what the terminal shows, for `restore` after a `paint` whose output was not written."""
        return self._rows, self._size, self._style, self._cursor

    def restore(self, state: ScreenState) -> None:
        self._rows, self._size, self._style, self._cursor = state

    def paint(self, rows: list[list[Cell]], size: TerminalSize, cursor: tuple[int, int]) -> str:
        """Returns what changes the screen to `rows`, cropped or padded to `size`, with the cursor at `cursor`."""
        self._output = []
        columns, lines = size
        new_rows = [self._fitted(row, columns) for row in rows[:lines]]
        new_rows += [[BLANK] * columns] * (lines - len(new_rows))
        if size != self._size:
            self._clear(new_rows, size)
        for y, (old, new) in enumerate(zip(self._rows, new_rows, strict=True)):
            if old != new:
                self._paint_shorter(y, old, new)
        self._rows = new_rows
        self._move(min(cursor[0], lines - 1), min(cursor[1], columns - 1))
        return "".join(self._output)

    def reset(self) -> str:
        """Returns what resets the style, and clears a screen that stays visible, before the program leaves it."""
        self.forget()
        output, self._style = transition(self._style, DEFAULT), DEFAULT
        return output if self._capabilities.alternate else f"{output}\x1b[H\x1b[J"

    def _fitted(self, row: list[Cell], columns: int) -> list[Cell]:
        fitted = row[:columns] + [BLANK] * (columns - len(row))
        if len(row) > columns and row[columns][0] == "":  # a wide character that does not fit
            fitted[-1] = (" ", fitted[-1][1])
        encoding = self._capabilities.encoding
        return fitted if encoding == "utf-8" else encodable(fitted, encoding)

    def _clear(self, new_rows: list[list[Cell]], size: TerminalSize) -> None:
        """Clears the screen, with the commonest background if the terminal can."""
        blanks = Counter(cell for row in new_rows for cell in row if is_erasable(cell))
        blank = blanks.most_common(1)[0][0] if blanks and self._capabilities.erases else BLANK
        self._pen(blank[1])
        self._output.append("\x1b[2J")
        self._rows, self._size = [[blank] * size[0]] * size[1], size

    def _paint_shorter(self, y: int, old: list[Cell], new: list[Cell]) -> None:
        """Paints one row: over the old one or, if that is shorter, after an erasure of its end."""
        output, state = self._output, (self._style, self._cursor)
        self._output = []
        self._paint_row(y, old, new)
        over, over_state = self._output, (self._style, self._cursor)
        start = changed_columns(old, new)[0]
        blanks = Counter(cell for cell in new[start:] if is_erasable(cell))
        if self._capabilities.erases and len(blanks) and len(over) > 2:
            self._output, (self._style, self._cursor) = [], state
            blank = blanks.most_common(1)[0][0]
            self._erase(y, start, blank, "\x1b[K")
            self._paint_row(y, old[:start] + [blank] * (len(new) - start), new)
            if byte_length(self._output) < byte_length(over):
                over, over_state = self._output, (self._style, self._cursor)
        self._output, (self._style, self._cursor) = output + over, over_state

    def _paint_row(self, y: int, old: list[Cell], new: list[Cell]) -> None:
        columns = changed_columns(old, new)
        index = 0
        while index < len(columns):
            x, next_index = columns[index], index + 1
            if len(new[x][0]) > 1 or width_at(new, x) > 1:
                self._paint_cluster(y, x, new)
            else:
                end = run_end(new, x)
                next_index = bisect_left(columns, end)
                is_last = next_index == len(columns)
                self._paint_run(y, x, columns[next_index - 1] + 1, new, end == len(new), is_last)
            index = next_index

    def _paint_cluster(self, y: int, x: int, row: list[Cell]) -> None:
        """Writes a wide character, or several that are one."""
        text, style = row[x]
        width = width_at(row, x)
        self._go(y, x, row, style)
        self._pen(style)
        if usual_width(text) < width:
            self._write(" " * width, y, x + width, row)  # a simple terminal leaves the second cell as it was
            self._move(y, x)
        self._write(text, y, x + width, row)
        if usual_width(text) != width:
            self._cursor = (y, None)

    def _paint_run(self, y: int, x: int, end: int, row: list[Cell], is_tail: bool, is_last: bool) -> None:
        """Writes or erases equal cells from `x` to `end`.

        `is_tail`: all cells up to the edge are equal. `is_last`: nothing follows in this row.
        """
        cell, count = row[x], end - x
        text = cell[0] * count
        if self._capabilities.erases and is_erasable(cell):
            erasure = "\x1b[K" if is_tail else f"\x1b[{count}X"
            if len(erasure) + (0 if is_last else JUMP) < len(text):
                self._erase(y, x, cell, erasure)
                return
        self._go(y, x, row, self._style_for(cell))
        self._pen(self._style_for(cell))
        self._write(text, y, end, row)

    def _style_for(self, cell: Cell) -> Style:
        return style_for_blank(self._style, cell[1]) if cell[0] == " " else cell[1]

    def _write(self, text: str, y: int, end: int, row: list[Cell]) -> None:
        """Writes text that ends before the column `end`. At the right edge, terminals put the cursor differently."""
        self._output.append(text)
        self._cursor = (y, end if end < len(row) else None)

    def _erase(self, y: int, x: int, blank: Cell, sequence: str) -> None:
        self._move(y, x)
        self._pen(style_for_blank(self._style, blank[1]))
        self._output.append(sequence)

    def _pen(self, style: Style) -> None:
        self._output.append(transition(self._style, style))
        self._style = style

    def _move(self, y: int, x: int) -> None:
        self._output.append(move(self._cursor, y, x))
        self._cursor = (y, x)

    def _go(self, y: int, x: int, row: list[Cell], style: Style) -> None:
        """Moves the cursor to `x`; writes the cells up to it instead if that is shorter, before text in `style`."""
        column = self._cursor[1]
        if self._cursor[0] == y and column is not None and 0 < x - column <= LONGEST_GAP:
            gap = row[column:x]
            pen, output = self._style, []
            for text, gap_style in gap:
                new_pen = style_for_blank(pen, gap_style) if text == " " else gap_style
                output += [transition(pen, new_pen), text]
                pen = new_pen
            rewritten = byte_length([*output, transition(pen, style)])
            jump = byte_length([move(self._cursor, y, x), transition(self._style, style)])
            if rewritten <= jump and all(len(text) == 1 for text, _ in gap):
                self._output += output
                self._style, self._cursor = pen, (y, x)
        self._move(y, x)


def changed_columns(old: list[Cell], new: list[Cell]) -> list[int]:
    """Returns the columns whose characters must be written, without second cells of wide characters.

    After a character whose width differs between terminals, all cells that it may cover are written too.
    """
    columns: list[int] = []
    covered = 0
    for x, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after and x >= covered:
            continue
        if after[0]:
            columns.append(x)
        if len(after[0]) > 1:
            covered = max(covered, x + usual_width(after[0]))
    return columns


def is_erasable(cell: Cell) -> bool:
    """Returns True for a blank that shows nothing but its background."""
    return cell[0] == " " and not cell[1].attributes


def run_end(row: list[Cell], x: int) -> int:
    """Returns the column after the last of the cells from `x` that are equal."""
    end = x + 1
    while end < len(row) and row[end] == row[x]:
        end += 1
    return end


def width_at(row: list[Cell], x: int) -> int:
    """Returns the number of cells of the character at `x`."""
    return 2 if x + 1 < len(row) and row[x + 1][0] == "" else 1


def usual_width(text: str) -> int:
    """Returns the width on a terminal that adds up the widths of all characters of a cluster."""
    return sum(get_character_cell_size(character) for character in text) if len(text) > 1 else cell_len(text)


def byte_length(output: list[str]) -> int:
    return len("".join(output).encode())
