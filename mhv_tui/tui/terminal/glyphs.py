"""Rows of cells for a terminal whose encoding lacks some characters."""

from __future__ import annotations

from functools import lru_cache

from mhv_tui.core.glyphs import ascii_of
from mhv_tui.tui.terminal.grid import Cell


def encodable(row: list[Cell], encoding: str) -> list[Cell]:
    """Returns the row with a replacement for each character that the encoding does not have."""
    cells: list[Cell] = []
    is_replaced = False
    for text, style in row:
        if text:
            replacement = replace(text, encoding)
            is_replaced = replacement != text
            cells.append((replacement, style))
        else:  # the second cell of a wide character
            cells.append(("?" if is_replaced else "", style))
    return cells


@lru_cache(maxsize=1024)
def replace(text: str, encoding: str) -> str:
    """Returns the text if the encoding has it; else one ASCII character."""
    return text if is_encodable(text, encoding) else ascii_of(text)


def is_encodable(text: str, encoding: str) -> bool:
    """Returns True if the encoding has every character of the text."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
