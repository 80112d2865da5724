"""The thread that writes to the terminal. A slow terminal gets fewer frames, and nothing waits for it."""

from __future__ import annotations

import os
import select
import threading
import time
from typing import IO

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers._writer_thread import WriterThread

from mhv_tui.tui.terminal.capabilities import Capabilities
from mhv_tui.tui.terminal.grid import Grid
from mhv_tui.tui.terminal.painter import Painter, TerminalSize

ENTER_SCREEN = "\x1b[?1049h"
LEAVE_SCREEN = "\x1b[?1049l"

CHUNK = 512
"""Bytes of one write. A terminal that takes no chunk within PATIENCE is stalled."""

PATIENCE = 1.0
"""Seconds that the end of the program waits for a terminal that takes nothing."""

LONG_FRAME = 400
"""Bytes of a frame that the terminal is asked to show at once, if it can."""

NEW_SCREEN = 600
"""Bytes of a frame that changes most of the screen. Often, the next frames change it again."""

SETTLING = 0.04
"""Seconds to wait for the next frames before a new screen is written, so that the terminal gets only the last one."""


class FrameWriter(WriterThread):
    """Draws all output on `grid` and writes what changes on the terminal: the newest state, never an older frame."""

    def __init__(self, file: IO[str], grid: Grid, capabilities: Capabilities) -> None:
        super().__init__(file)
        self._fd = file.fileno()
        self._grid = grid
        self._capabilities = capabilities
        self._painter = Painter(capabilities)
        self._changed = threading.Condition()
        self._controls: list[str] = []
        self._is_dirty = False
        self._is_on_screen = False
        self._is_synchronized = False
        self._is_stopping = False
        self._is_closed = False
        self._is_resized = False
        self._progress = time.monotonic()
        self._settled = 0.0

    @property
    def has_drawn(self) -> bool:
        """True if a whole screen was drawn."""
        return self._painter.knows_screen

    def write(self, text: str) -> None:
        """Takes output of the program. Never waits for the terminal."""
        if text in (SYNC_START, SYNC_END):
            self._is_synchronized = True
            return
        with self._changed:
            controls = self._grid.apply(text)
            self._is_dirty = self._is_dirty or not controls
            for control in controls:
                self._add_control(control)
            self._changed.notify()

    def _add_control(self, control: str) -> None:
        if control == ENTER_SCREEN:
            self._is_on_screen = True
            self._is_dirty = bool(self._grid.rows)
        elif control == LEAVE_SCREEN:
            self._is_on_screen = False
            self._controls.append(self._painter.reset())
        if self._is_understood(control):
            self._controls.append(control)

    def _is_understood(self, control: str) -> bool:
        """Returns False for the mouse pointer's shape, and for what a simple terminal prints or misunderstands."""
        if control.startswith("\x1b]22;"):
            return False
        is_recent = control.startswith("\x1b]") or control.endswith(("u", "$p", "1049h", "1049l"))
        return self._capabilities.alternate or not is_recent

    def forget(self) -> None:
        """Makes the next frame a whole screen, because the terminal's size changed."""
        with self._changed:
            self._is_resized = True

    def repaint(self) -> None:
        """Writes the whole screen if no frame was written since `forget`."""
        with self._changed:
            self._is_dirty = self._is_dirty or self._is_resized
            self._changed.notify()

    def run(self) -> None:
        """Writes until `stop`."""
        while True:
            with self._changed:
                while not (self._controls or self._is_stopping or self._is_frame_ready()):
                    self._changed.wait(self._settled - time.monotonic() if self._is_dirty else None)
                output = "".join(self._controls)
                self._controls.clear()
                if self._is_on_screen and (self._is_stopping or self._is_frame_ready()):
                    output += self._next_frame()
                is_end = self._is_stopping
            self._send(output.encode(self._capabilities.encoding, "replace"))
            if is_end:
                return

    def _is_frame_ready(self) -> bool:
        return self._is_dirty and self._settled <= time.monotonic()

    def _next_frame(self) -> str:
        """Returns what shows the newest state; "" if a new screen must settle before."""
        if self._is_resized:
            self._is_resized = False
            self._painter.forget()
        if self._settled or self._painter.knows_screen:
            state = self._painter.state()
            frame = self._painter.paint(self._grid.rows, self._size(), self._grid.cursor)
            if self._settled or len(frame) <= NEW_SCREEN:
                self._is_dirty, self._settled = False, 0.0
                is_long = self._is_synchronized and len(frame) > LONG_FRAME
                return f"{SYNC_START}{frame}{SYNC_END}" if is_long else frame
            self._painter.restore(state)
        self._settled = time.monotonic() + SETTLING
        return ""

    def _size(self) -> TerminalSize:
        try:
            columns, rows = os.get_terminal_size(self._fd)
        except OSError:
            columns, rows = 0, 0
        return columns or 80, rows or 24

    def _send(self, output: bytes) -> None:
        """Writes to the terminal; waits as long as the terminal takes nothing. Output to a closed one is dropped."""
        while output and not self._is_closed:
            try:
                output = output[os.write(self._fd, output[:CHUNK]) :]
            except BlockingIOError:
                select.select([], [self._fd], [])
            except OSError:
                self._is_closed = True
            self._progress = time.monotonic()

    def stop(self) -> None:
        """Writes the rest and ends the thread. Gives up if the terminal takes nothing."""
        with self._changed:
            self._is_stopping = True
            self._progress = time.monotonic()
            self._changed.notify()
        while self.is_alive() and time.monotonic() < self._progress + PATIENCE:
            self.join(0.05)
