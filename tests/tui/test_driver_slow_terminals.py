"""Slow and stalled terminals: the work continues, old frames are dropped, and keys keep up."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.tui.terminals import PtyProgram, terminal

TICKING_APP = [sys.executable, "-m", "tests.tui.ticking_app"]


@pytest.mark.parametrize("seconds", [2.5, pytest.param(8.0, marks=pytest.mark.slow)])
def test_the_work_continues_while_the_terminal_takes_nothing(seconds: float, tmp_path: Path) -> None:
    """Each redraw writes about 1,600 characters: a terminal that nobody reads takes few of them."""
    counter = tmp_path / "ticks"
    with terminal(str(counter), program=TICKING_APP) as term:
        term.wait_for("tick 3")
        before = int(counter.read_text())
        time.sleep(seconds)
        after = int(counter.read_text())
        assert after - before >= seconds * 10 * 0.7
        backlog = len(term.read(0.05))
        assert backlog < 40_000  # what the kernel keeps
        shown = re.search(r"tick (\d+)", term.wait_for("tick"))
        assert shown and int(shown[1]) >= after
        term.press(b"q")
        assert term.exit_code(10) == 0


def test_a_stalled_terminal_does_not_hold_the_wizard_up() -> None:
    """Nobody reads the terminal any more, which is full. A signal still ends the wizard."""
    with terminal("--demo", "--fresh") as term:
        term.wait_for("OpenStack cloud")
        for _ in range(40):
            term.press(b"\x0e" * 3 + b"\x10" * 3)
            time.sleep(0.02)
        term.signal(signal.SIGTERM)
        assert term.exit_code(10, is_reading=False) == 143


def type_at_rate(term: PtyProgram, text: str, keys_per_second: int, bytes_per_second: int) -> int:
    """Types while the terminal takes only so many bytes a second. Returns how many bytes come later than a second."""
    for character in text:
        term.press(character.encode())
        term.read_at_most(bytes_per_second // keys_per_second, 1 / keys_per_second)
    term.read_at_most(bytes_per_second, 1.0)
    late = term.read(0.3)
    assert text in term.display.text()
    return len(late)


@pytest.mark.parametrize(
    ("keys_per_second", "bytes_per_second"), [(10, 8000), (5, 960)], ids=["64 kbit/s", "9600 baud"]
)
def test_keys_keep_up_with_a_slow_line(keys_per_second: int, bytes_per_second: int) -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("OpenStack cloud")
        term.wait_until_idle()
        term.go_to_form()
        term.press(b"\x15")
        assert type_at_rate(term, "a-cloud-with-a-long-name", keys_per_second, bytes_per_second) == 0


def test_a_page_appears_within_4_seconds_at_9600_baud() -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("OpenStack cloud")
        term.wait_until_idle()
        term.press(b"\x0e")
        term.wait_for("vCenter Server")
        assert len(term.read_at_most(4 * 960, 2.0)) < 4 * 960
