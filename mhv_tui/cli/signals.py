"""Signal handlers of commands: a signal ends a question at once, but a run only after its current change."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType

from mhv_tui.cli.output import say
from mhv_tui.core.errors import Cancelled
from mhv_tui.engine.stop import Stop

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}

AT_ONCE = "press Ctrl+C{again} to stop at once, which can leave a change incomplete"
"""What the operator can do while a run ends; said once. The next run, or undo, continues an incomplete change."""

SignalHandler = Callable[[int, FrameType | None], None]


@contextlib.contextmanager
def stopping() -> Iterator[Stop]:
    """Handles signals during a run: a signal ends the run after the current change, a second Ctrl+C at once."""
    stop = Stop()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and stop.requested:
            raise KeyboardInterrupt
        if not stop.requested:
            stop.request(EXIT_CODES[signal.Signals(number)])
            again = " again" if number == signal.SIGINT else ""
            say(f"mhv-tui stops after the current change; {AT_ONCE.format(again=again)}", sys.stderr)

    with _handled(dict.fromkeys(EXIT_CODES, ask_to_stop)):
        yield stop


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Handles signals during a question: a signal raises KeyboardInterrupt or Cancelled at once."""

    def cancel(number: int, frame: FrameType | None) -> None:
        raise Cancelled(EXIT_CODES[signal.Signals(number)])

    if threading.current_thread() is not threading.main_thread():  # other threads cannot set handlers
        yield
        return
    with _handled({signal.SIGINT: signal.default_int_handler, signal.SIGTERM: cancel, signal.SIGHUP: cancel}):
        yield


@contextlib.contextmanager
def _handled(handlers: Mapping[signal.Signals, SignalHandler]) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
