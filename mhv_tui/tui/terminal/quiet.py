"""Keeps keys that are typed before the first screen: they are not echoed, and the screen reads them.

Without it, the terminal echoes them, and waits with them for Enter, until the screen has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
from types import FrameType
from typing import Any

ENDS = (signal.SIGTERM, signal.SIGHUP)
"""The signals that end the process before the screen handles them."""

NO_KEY = b"\0"
"""The control character that no key sends."""

IFLAG, LFLAG, CC = 0, 3, 6
"""The positions of the input modes, the local modes and the control characters in the terminal's attributes."""

_before: list[list[Any]] = []
"""The attributes of the terminal to restore; empty if it is as it was."""


def begin() -> None:
    """Switches echo and line mode of the terminal of stdin off; Ctrl+C still ends the process. Needs the foreground."""
    with contextlib.suppress(OSError, ValueError, termios.error):
        handle = sys.stdin.fileno()
        if os.tcgetpgrp(handle) != os.getpgrp():  # a process in the background would be stopped
            return
        before, quiet = termios.tcgetattr(handle), termios.tcgetattr(handle)
        quiet[LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        quiet[IFLAG] &= ~(termios.IXON | termios.ICRNL)
        quiet[CC][termios.VMIN] = 1
        quiet[CC][termios.VSUSP] = quiet[CC][termios.VQUIT] = NO_KEY
        _before.append(before)
        for number in ENDS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end_process)
        termios.tcsetattr(handle, termios.TCSANOW, quiet)


def hand_over() -> list[Any] | None:
    """Returns the attributes that the screen restores at its end; None if the terminal is as it was."""
    return _before.pop() if _before else None


def end() -> None:
    """Restores the terminal, unless it was handed over."""
    if before := hand_over():
        with contextlib.suppress(OSError, ValueError, termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, before)


def _end_process(number: int, frame: FrameType | None) -> None:
    end()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
