"""Details of Textual that driver and screens depend on. If one of them changes, read driver.py and screens.py."""

from __future__ import annotations

import asyncio
import inspect
import threading
from importlib.metadata import version

import pytest
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from mhv_tui.tui.driver import TerminalDriver
from mhv_tui.tui.terminal.writer import ENTER_SCREEN, LEAVE_SCREEN, FrameWriter


def source(function: object) -> str:
    assert inspect.isfunction(function)
    return inspect.getsource(function)


def test_the_version_is_the_one_that_was_examined() -> None:
    assert version("textual") == "8.2.8"


def test_the_stock_driver_assigns_a_writer_thread_and_calls_it() -> None:
    start = source(LinuxDriver.start_application_mode)
    assert "self._writer_thread = WriterThread(self._file)" in start
    assert "self._writer_thread.start()" in start
    assert "self._writer_thread.write(data)" in source(LinuxDriver.write)
    assert "self._writer_thread.stop()" in source(LinuxDriver.close)
    assert list(inspect.signature(WriterThread).parameters) == ["file"]


def test_the_stock_driver_asks_for_the_size_after_each_resize() -> None:
    assert source(LinuxDriver.start_application_mode).count("self._get_terminal_size()") == 1
    assert "_get_terminal_size" not in source(LinuxDriver.write)


def test_the_stock_driver_wakes_its_input_thread_by_one_event() -> None:
    disable = source(LinuxDriver.disable_input)
    assert disable.index("self.exit_event.set()") < disable.index("self._key_thread.join()")
    assert disable.count("self.exit_event.clear()") == 1


def test_a_screen_that_needs_a_frame_of_all_widgets_is_drawn_after_its_layout() -> None:
    update = source(Screen._on_timer_update)
    layout, frame = update.index("self._refresh_layout("), update.index("if self._repaint_required:")
    assert layout < frame < update.index("self._compositor_refresh()")


def test_no_frame_is_shown_during_a_batch() -> None:
    assert "if self._batch_count:\n                return" in source(App._display)


@pytest.mark.parametrize("sequence", [ENTER_SCREEN, LEAVE_SCREEN])
def test_the_stock_driver_changes_screens_by_these_sequences(sequence: str) -> None:
    body = source(LinuxDriver.start_application_mode) + source(LinuxDriver.stop_application_mode)
    assert repr(sequence).strip("'") in body


def test_frames_are_synchronized_by_these_sequences() -> None:
    assert (SYNC_START, SYNC_END) == ("\x1b[?2026h", "\x1b[?2026l")


def test_a_lone_escape_becomes_a_key_by_a_tick() -> None:
    parser = XTermParser()
    assert list(parser.feed("\x1b")) == []
    threading.Event().wait(0.12)
    keys = [message for message in parser.tick() if isinstance(message, events.Key)]
    assert [key.key for key in keys] == ["escape"]


def test_the_driver_puts_a_frame_writer_in_place_of_the_writer_thread() -> None:
    async def writer_of_a_driver() -> WriterThread | None:
        driver = TerminalDriver(App())
        assert driver._writer_thread is None
        with open("/dev/null", "w") as null:
            driver._writer_thread = WriterThread(null)
        return driver._writer_thread

    assert isinstance(asyncio.run(writer_of_a_driver()), FrameWriter)
