"""What the terminal can do, from its terminfo entry, and the encoding of its text."""

from __future__ import annotations

import curses
import os
import sys

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class Capabilities:
    """`erases`: it fills erased cells with the current background. `alternate`: it has a second screen."""

    erases: bool = False
    alternate: bool = True
    encoding: str = "utf-8"


def capabilities_of(term: str, fd: int) -> Capabilities:
    """Returns the capabilities of the terminal type `term`; for an unknown type, those of the simplest xterm."""
    encoding = terminal_encoding()
    try:
        curses.setupterm(term, fd)
    except curses.error:
        return Capabilities(encoding=encoding)
    erases = curses.tigetflag("bce") > 0 and bool(curses.tigetstr("ech"))
    return Capabilities(erases, bool(curses.tigetstr("smcup")), encoding)


def terminal_encoding() -> str:
    """Returns the encoding of the terminal's text. In the locale C, Python assumes UTF-8, but the terminal is ASCII."""
    if sys.flags.utf8_mode and os.environ.get("PYTHONUTF8") != "1" and "utf8" not in sys._xoptions:
        return "ascii"
    stream = sys.__stderr__
    return (stream.encoding if stream else None) or "utf-8"
