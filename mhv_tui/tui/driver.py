"""The terminal as the wizard needs it: one that may go away. What is written to a terminal that is gone is dropped,
and its end of file ends the reading thread, so that neither a traceback nor a spinning thread outlives it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import termios
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver


class LossyStream:
    """A text stream whose reader may be gone."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes, or drops what nobody can read any more."""
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flushes, or lets it be."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def fileno(self) -> int:
        """The stream's own."""
        return self._stream.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's own driver, which outlives its terminal in good order."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._file = cast(Any, LossyStream(cast("IO[str]", sys.__stderr__)))

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own word, not COLUMNS and LINES: those stay behind when it is resized."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
            return columns or 80, rows or 24
        except OSError:
            return super()._get_terminal_size()

    def run_input_thread(self) -> None:
        """Reads keys until the terminal ends."""
        with contextlib.suppress(OSError):
            super().run_input_thread()


def terminal_closed() -> bool:
    """True where the terminal on standard input was hung up. No signal says so where SIGHUP never arrives."""
    try:
        termios.tcgetattr(0)
    except termios.error:
        return not os.isatty(0)
    return False
