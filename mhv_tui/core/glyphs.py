"""ASCII characters for glyphs, each as wide as its glyph, for terminals and streams whose encoding lacks the glyph."""

from __future__ import annotations

import unicodedata

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


def ascii_of(glyph: str) -> str:
    """Returns one ASCII character that looks like the glyph; "?" if there is none."""
    if "\u2500" <= glyph[0] <= "\u257f":
        return REPLACEMENTS.get(glyph[0], "+")
    letter = unicodedata.normalize("NFD", glyph)[0]
    return REPLACEMENTS.get(glyph[0]) or (letter if letter.isascii() else "?")
