"""Keys that are typed before the first screen: they are not echoed, the screen gets them, the terminal is restored."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from tests.tui.terminals import PATIENCE, PtyProgram, terminal

SLOW_START = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "mhv_tui.cli.wizard":
            time.sleep(1.5)
sys.meta_path.insert(0, Slow())
from mhv_tui.cli import main
sys.exit(main())
"""
"""The program, which imports the wizard slowly."""

PROGRAM = [sys.executable, "-c", SLOW_START]


def wait_until_quiet(term: PtyProgram) -> None:
    """Waits until the terminal echoes nothing, which is long before the first screen."""
    deadline = time.monotonic() + PATIENCE
    while term.has_line_mode():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert term.read(0.01) == b""


def test_keys_typed_before_the_first_screen_are_not_echoed_and_not_lost() -> None:
    with terminal("--demo", "--fresh", program=PROGRAM) as term:
        wait_until_quiet(term)
        term.press(b"\x1b[A\x1b[A")
        assert term.read(0.5) == b""
        term.wait_for(r">name ")
        term.press(b"\x11")
        assert term.exit_code(10) == 0 and term.has_line_mode()
    with terminal("--demo", "--fresh", "--session", "a/b", program=PROGRAM) as term:
        wait_until_quiet(term)
        assert term.exit_code(10) == 2 and term.has_line_mode()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGHUP, -1), (signal.SIGINT, 130)])
def test_a_signal_before_the_first_screen_restores_the_terminal(number: int, code: int) -> None:
    with terminal("--demo", "--fresh", program=PROGRAM) as term:
        wait_until_quiet(term)
        term.signal(number)
        assert term.exit_code(10) == code and term.has_line_mode()


def test_line_prompts_echo_keys_as_ever() -> None:
    with terminal("--demo", "--fresh", "--plain", program=PROGRAM) as term:
        term.wait_for("Page 1 of 10")
        assert term.has_line_mode()
