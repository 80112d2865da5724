"""What the terminal can do, from its terminfo entry, and the encoding of its text."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import MappingProxyType

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class Capabilities:
    """`erases`: it fills erased cells with the current background. `alternate`: it has a second screen."""

    erases: bool = False
    alternate: bool = True
    encoding: str = "utf-8"


COMMON: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {"xterm-256color": (True, True), "screen-256color": (False, True), "tmux-256color": (False, True)}
)
"""Terminal type -> `erases` and `alternate` as in terminfo. For these types, nothing waits for curses to load."""


def capabilities_of(term: str, fd: int) -> Capabilities:
    """Returns the capabilities of the terminal type `term`; for an unknown type, those of the simplest xterm."""
    erases, alternate = COMMON.get(term) or terminfo_of(term, fd)
    return Capabilities(erases, alternate, terminal_encoding())


def terminfo_of(term: str, fd: int) -> tuple[bool, bool]:
    """Returns `erases` and `alternate` as terminfo has them. Reads only one terminal type in a process."""
    import curses

    try:
        curses.setupterm(term, fd)
    except curses.error:
        return Capabilities.erases, Capabilities.alternate
    return curses.tigetflag("bce") > 0 and bool(curses.tigetstr("ech")), bool(curses.tigetstr("smcup"))


def terminal_encoding() -> str:
    """Returns the encoding of the terminal's text. In the locale C, Python assumes UTF-8, but the terminal is ASCII."""
    if sys.flags.utf8_mode and os.environ.get("PYTHONUTF8") != "1" and "utf8" not in sys._xoptions:
        return "ascii"
    stream = sys.__stderr__
    return (stream.encoding if stream else None) or "utf-8"
