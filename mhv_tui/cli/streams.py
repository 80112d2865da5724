"""Lets stdout and stderr take every character, whatever their encoding is."""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper

ASCII_GLYPHS = {"✓": "v", "✗": "x", "·": ".", "…": "...", "–": "-"}
"""Replaces our glyphs if a stream's encoding lacks them; the word beside each glyph has the same meaning."""


def accept_any_text() -> None:
    """Writes characters that a stream cannot encode as ASCII glyphs or escapes, so that no line is lost."""
    codecs.register_error("mhv-glyphs", _replacement)
    for stream, errors in ((sys.stdout, "mhv-glyphs"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(ASCII_GLYPHS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end
