"""ASCII characters for glyphs that the terminal's encoding does not have, each as wide as its glyph."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from mhv_tui.tui.terminal.grid import Cell

ASCII_GLYPHS = {
    "-": "─━┄┅┈┉╌╍═╴╶╸╺╼╾–—‐‑−▔▁▂▃🭶🭻⎺⎻⎼⎽",
    "|": "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▏▎▍▌▐▕⎸⎹",
    "/": "╱",
    "\\": "╲",
    "#": "█▉▊▋▇▆▅▄▀■▓▒▙▛▜▟",
    ".": "·•░▪∙⋅▖▗▘▝",
    "*": "●★◆◉✱✻✦",
    "o": "○◐◑◒◓◔◕◦◌◎",
    "v": "✓✔▼▾▿↓⌄",
    "^": "▲▴△↑⌃",
    ">": "▶▸▹→❯›»⏵",
    "<": "◀◂◃←❮‹«",
    "x": "✗✘×✖☒",
    "!": "⚠❗",
    "i": "ⓘℹ",
    "~": "…⋯≈",
    "=": "≡≣",
    '"': "“”„",
    "'": "‘’‚",
    " ": "\u00a0\u2007\u2009\u202f",
}
"""Each ASCII character, and the glyphs that it replaces. Other box drawing characters become a plus sign."""

REPLACEMENTS = {glyph: ascii_glyph for ascii_glyph, glyphs in ASCII_GLYPHS.items() for glyph in glyphs}


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
    if is_encodable(text, encoding):
        return text
    if "\u2500" <= text[0] <= "\u257f":
        return REPLACEMENTS.get(text[0], "+")
    letter = unicodedata.normalize("NFD", text)[0]
    return REPLACEMENTS.get(text[0]) or (letter if letter.isascii() else "?")


def is_encodable(text: str, encoding: str) -> bool:
    """Returns True if the encoding has every character of the text."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
