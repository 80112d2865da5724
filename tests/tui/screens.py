"""A terminal's screen as xterm and its successors draw it: a cluster of characters is one glyph of one or two cells."""

from __future__ import annotations

import re

import pyte
from rich.cells import cell_len, split_graphemes

UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*[u]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte prints instead of ignoring them."""

Look = tuple[str, ...]
"""What one sees of a cell: its text, colours and attributes."""


class TerminalScreen:
    """A pyte screen that draws clusters, and blanks the other half of a wide character if one half is overwritten."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self)

    def __getattr__(self, name: str) -> object:
        return getattr(self._screen, name)  # pyte calls one method for each sequence

    def feed(self, output: bytes) -> None:
        self._stream.feed(UNKNOWN.sub(b"", output))

    def resize_to(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)

    def draw(self, text: str) -> None:
        """Draws text at the cursor. At the right edge, characters replace each other: Textual switches wrapping off."""
        screen = self._screen
        line = screen.buffer[screen.cursor.y]
        for start, end, width in split_graphemes(text)[0]:
            if width == 0:
                self._combine(text[start:end])
                continue
            x = min(screen.cursor.x, screen.columns - width)
            if x > 0 and line[x].data == "":
                line[x - 1] = line[x - 1]._replace(data=" ")
            if x + width < screen.columns and line[x + width].data == "":
                line[x + width] = line[x + width]._replace(data=" ")
            line[x] = screen.cursor.attrs._replace(data=text[start:end])
            if width == 2:
                line[x + 1] = screen.cursor.attrs._replace(data="")
            screen.cursor.x = x + width
        screen.dirty.add(screen.cursor.y)

    def _combine(self, mark: str) -> None:
        """Adds a mark to the last character, except a mark that would make it wider."""
        line, last = self._screen.buffer[self._screen.cursor.y], self._screen.cursor.x - 1
        width = 1
        if last > 0 and line[last].data == "":
            last, width = last - 1, 2
        if last >= 0 and cell_len(line[last].data + mark) == width:
            line[last] = line[last]._replace(data=line[last].data + mark)

    def erase_in_display(self, how: int = 0, *arguments: object, **options: object) -> None:
        """Fills the erased screen with the background, including cells that were never written."""
        screen = self._screen
        if how != 2:
            screen.erase_in_display(how, *arguments, **options)
            return
        for y in range(screen.lines):
            screen.buffer[y].update(dict.fromkeys(range(screen.columns), screen.cursor.attrs))

    def text(self) -> str:
        """The text on the screen."""
        size = range(self._screen.columns)
        return "\n".join("".join(self._screen.buffer[y][x].data for x in size) for y in range(self._screen.lines))

    def looks(self) -> list[list[Look]]:
        """The look of each cell. A blank without line or reverse shows nothing but its background."""
        screen = self._screen
        return [[_look(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _look(cell: pyte.screens.Char) -> Look:
    names = [name for name in ("underscore", "reverse", "strikethrough") if getattr(cell, name)]
    if cell.data == " " and not names:
        return (" ", cell.bg)
    return (
        cell.data,
        cell.bg,
        cell.fg,
        *names,
        *(name for name in ("bold", "italics", "blink") if getattr(cell, name)),
    )


def differences(one: TerminalScreen, other: TerminalScreen) -> list[str]:
    """The cells that look different, as text."""
    return [
        f"row {y}, column {x}: {left} {right}"
        for y, (row, other_row) in enumerate(zip(one.looks(), other.looks(), strict=True))
        for x, (left, right) in enumerate(zip(row, other_row, strict=True))
        if left != right
    ]
