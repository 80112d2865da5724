"""The terminal driver: writes only cells that change, and tolerates a slow, suspended, resized or closed terminal.

It depends on details of textual 8.2.8, which tests/tui/test_driver_seams.py checks.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterator
from threading import Event
from typing import Any

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from mhv_tui.tui.terminal.capabilities import capabilities_of
from mhv_tui.tui.terminal.grid import Grid
from mhv_tui.tui.terminal.quiet import hand_over
from mhv_tui.tui.terminal.writer import FrameWriter

SETTLING = 0.2
"""Seconds after a change of the terminal's size, in which Textual draws the new screen itself."""

ALT = "\x1b([0-9?/]|(?![bf])[a-z])"
"""Esc and a character that arrive together: terminals send the same for Alt with the character, which no key is.

Alt+b and Alt+f are excepted: terminals send them for Alt with an arrow key.
"""


class TerminalClosed(Message):
    """The terminal was closed: no key will arrive any more."""


class WakingEvent(Event):
    """An event that also makes `fileno` readable."""

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = os.pipe()

    def fileno(self) -> int:
        return self._reader

    def set(self) -> None:
        super().set()
        os.write(self._writer, b"\0")

    def clear(self) -> None:
        super().clear()
        os.read(self._reader, 1)


class TerminalDriver(LinuxDriver):
    """Textual's Linux driver with a FrameWriter, and without a timer that wakes an idle screen."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._grid = Grid()
        self._output: FrameWriter | None = None
        super().__init__(*arguments, **options)
        self._capabilities = capabilities_of(os.environ.get("TERM", ""), self.fileno)
        self.exit_event = self._end_of_input = WakingEvent()

    @property
    def _writer_thread(self) -> WriterThread | None:
        """The thread that writes. LinuxDriver assigns a new WriterThread when it takes the terminal."""
        return self._output

    @_writer_thread.setter
    def _writer_thread(self, thread: WriterThread | None) -> None:
        self._output = FrameWriter(thread._file, self._grid, self._capabilities) if thread else None

    @property
    def _is_active(self) -> bool:
        return self._output is not None and self._output.is_alive()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Returns the size that the terminal reports, because COLUMNS and LINES keep the old size after a resize.

        LinuxDriver calls this after each change of the size.
        """
        self._loop.call_soon_threadsafe(self._forget_screen)
        try:
            columns, rows = os.get_terminal_size(self.fileno)
            return columns or 80, rows or 24
        except OSError:
            return super()._get_terminal_size()

    def _forget_screen(self) -> None:
        if self._output:
            self._output.forget()
            self._loop.call_later(SETTLING, self._output.repaint)

    @property
    def attrs_before(self) -> list[Any] | None:
        """The terminal's attributes to restore. LinuxDriver assigns the present ones when it takes the terminal."""
        return self._attributes

    @attrs_before.setter
    def attrs_before(self, attributes: list[Any] | None) -> None:
        self._attributes = (hand_over() or attributes) if attributes else None

    @property
    def has_drawn(self) -> bool:
        """True as soon as the terminal got its first frame."""
        return self._output is not None and self._output.has_drawn

    def redraw(self) -> None:
        """Writes the whole screen again, for a terminal that shows something else."""
        if self._output:
            self._output.forget()
            self._output.repaint()

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Resize):  # reported by the terminal itself
            self._loop.call_soon_threadsafe(self._forget_screen)
        super().process_message(message)

    def _sigtstp_application(self, *arguments: object) -> None:
        """Suspends the process, while the app runs as soon as the event loop is idle."""
        if self._loop.is_closed():
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *arguments: object) -> None:
        """Takes the terminal again after a stop. SIGSTOP stops the process without a chance to release it before."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_terminal)

    def _take_terminal(self) -> None:
        if self._auto_restart:
            if self._is_active:
                self.suspend_application_mode()
            self.resume_application_mode()

    def run_input_thread(self) -> None:
        """Reads keys until `disable_input`, or until the terminal closes."""
        parser = XTermParser(self._debug)
        for text in self._typed_texts():
            if alt := re.fullmatch(ALT, text):
                self.process_message(events.Key("escape", "\x1b"))
            for message in parser.feed(alt[1] if alt else text) if text else parser.tick():
                self.process_message(message)

    def _typed_texts(self) -> Iterator[str]:
        """Yields typed text, and "" if no text follows within the time that tells the Esc key from other keys."""
        decode = getincrementaldecoder(self._input_encoding())(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._end_of_input, selectors.EVENT_READ)
            timeout: float | None = None
            while not self.exit_event.is_set():
                if not selector.select(timeout):
                    timeout = None
                    yield ""
                elif not self.exit_event.is_set():
                    typed = self._read()
                    if not typed:
                        self.send_message(TerminalClosed())
                        return
                    timeout = constants.ESCAPE_DELAY + 0.005
                    yield decode(typed)

    def _read(self) -> bytes:
        """Returns what was typed; b"" if the terminal was closed."""
        with contextlib.suppress(OSError):
            return os.read(self.fileno, 4096)
        return b""

    def _input_encoding(self) -> str:
        encoding = self._capabilities.encoding
        return "utf-8" if encoding == "ascii" else encoding
