"""The thread that writes: order of controls and frames, whole frames, and terminals that are closed or stalled."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from textual._ansi_sequences import SYNC_END, SYNC_START

from mhv_tui.tui.terminal.capabilities import Capabilities
from mhv_tui.tui.terminal.grid import Grid
from mhv_tui.tui.terminal.writer import ENTER_SCREEN, LEAVE_SCREEN, LONG_FRAME, PATIENCE, FrameWriter

TEXT = "\x1b[1;1H" + "\n".join(["some text " * 6] * (LONG_FRAME // 60 + 1))


class Pipe:
    """A writer whose terminal is a pipe."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.reader, writer = os.pipe()
        self.file = os.fdopen(writer, "w")
        self.writer = FrameWriter(self.file, Grid(), capabilities)
        self.writer.start()
        self._read = b""

    def wait_for(self, text: bytes) -> None:
        """Reads until the writer has written this text."""
        while text not in self._read:
            self._read += os.read(self.reader, 100_000)

    def output(self) -> str:
        """Stops the writer; returns all that it wrote."""
        self.writer.stop()
        self.file.close()
        with os.fdopen(self.reader, "rb") as reader:
            return (self._read + reader.read()).decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    yield Pipe(Capabilities())


def test_controls_and_frames_keep_their_order(pipe: Pipe) -> None:
    pipe.writer.write(ENTER_SCREEN)
    pipe.writer.write("\x1b[?25l")
    pipe.writer.write("\x1b[1;1Hhello")
    pipe.wait_for(b"hello")
    pipe.writer.write("\x1b[1;1Hnever shown")
    pipe.writer.write(LEAVE_SCREEN)
    pipe.writer.write("\x1b[?25h")
    output = pipe.output()
    assert output.startswith(f"{ENTER_SCREEN}\x1b[?25l")
    assert output.endswith(f"{LEAVE_SCREEN}\x1b[?25h")
    assert "hello" in output


def test_the_pointer_of_the_mouse_keeps_its_shape(pipe: Pipe) -> None:
    pipe.writer.write("\x1b]22;default\x07")
    pipe.writer.write("\x07")
    assert pipe.output() == "\x07"


def test_a_long_frame_is_shown_at_once_if_the_terminal_can(pipe: Pipe) -> None:
    pipe.writer.write(ENTER_SCREEN)
    pipe.writer.write(SYNC_START)
    pipe.writer.write(TEXT)
    pipe.writer.write(SYNC_END)
    pipe.wait_for(SYNC_END.encode())
    output = pipe.output()
    assert output.count(SYNC_START) == output.count(SYNC_END) == 1
    assert output.index(SYNC_START) < output.index("text") < output.index(SYNC_END)


def test_a_simple_terminal_gets_no_recent_controls() -> None:
    pipe = Pipe(Capabilities(alternate=False))
    for control in (ENTER_SCREEN, "\x1b[?25l", "\x1b[?2026$p", "\x1b[>25u", "\x1b]52;c;eA==\x07", LEAVE_SCREEN):
        pipe.writer.write(control)
    assert pipe.output() == "\x1b[?25l\x1b[H\x1b[J"


def test_output_to_a_closed_terminal_is_dropped(pipe: Pipe) -> None:
    os.close(pipe.reader)
    pipe.writer.write(ENTER_SCREEN)
    pipe.writer.write(TEXT)
    time.sleep(0.1)
    pipe.writer.write("\x1b[1;1Hmore")
    began = time.monotonic()
    pipe.writer.stop()
    assert not pipe.writer.is_alive() and time.monotonic() - began < PATIENCE
    pipe.file.close()


def test_the_end_waits_for_a_stalled_terminal_only_for_a_time(pipe: Pipe) -> None:
    pipe.writer.write("\x07" * 100_000)
    time.sleep(0.1)
    began = time.monotonic()
    pipe.writer.stop()
    assert pipe.writer.is_alive()
    assert PATIENCE <= time.monotonic() - began < 3 * PATIENCE
    assert len(os.read(pipe.reader, 100_000)) > 1000  # now the terminal takes the rest
    assert set(pipe.output()) == {"\x07"}
