"""Makes stdout and stderr accept every character in any encoding, and measures the terminal behind a stream."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import sys
from io import TextIOWrapper
from typing import TextIO

from mhv_tui.core.glyphs import REPLACEMENTS

ASCII_TEXTS = {**REPLACEMENTS, "…": "...", "├": "|", "└": "`"}
"""The ASCII text for each glyph that a stream cannot encode. In text, unlike on a screen, its width may change."""


def open_closed_streams() -> None:
    """Opens /dev/null for each of stdin, stdout and stderr that was closed when the program started."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def accept_any_text() -> None:
    """Lets stdout and stderr replace characters that they cannot encode by ASCII, instead of raising an error."""
    codecs.register_error("mhv-glyphs", _replacement)
    for stream, errors in ((sys.stdout, "mhv-glyphs"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def columns_of(stream: TextIO) -> int:
    """Returns the columns of the terminal to which a stream writes; 0 if it writes to no terminal."""
    with contextlib.suppress(OSError, ValueError):
        if stream.isatty():
            return shutil.get_terminal_size().columns
    return 0


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(ASCII_TEXTS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end
