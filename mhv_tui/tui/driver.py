"""A terminal driver that tolerates a closed terminal: output is dropped, and the input thread ends at end of file.

Without it, a closed terminal leaves a traceback or a thread that uses a whole CPU core.
"""

from __future__ import annotations

import contextlib
import os
import sys
import termios
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver


class LossyStream:
    """A text stream that ignores all output if the terminal is closed."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's Linux driver, with a LossyStream."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = cast(Any, LossyStream(cast("IO[str]", sys.__stderr__)))

    def _get_terminal_size(self) -> tuple[int, int]:
        """Returns the size that the terminal reports, because COLUMNS and LINES keep the old size after a resize."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
            return columns or 80, rows or 24
        except OSError:
            return super()._get_terminal_size()

    def run_input_thread(self) -> None:
        """Reads keys until the terminal closes."""
        with contextlib.suppress(OSError):
            super().run_input_thread()


def terminal_closed() -> bool:
    """Returns True if the terminal on standard input was closed. Needed if SIGHUP is ignored or not sent."""
    try:
        termios.tcgetattr(0)
    except termios.error:
        return not os.isatty(0)
    return False
