"""Bytes that the wizard writes to a terminal of 80x24: medians over several keys, and a screen at rest."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminals import PtyProgram, terminal

QUIET = 0.12
"""Seconds without output after which a key has had its effect."""


@pytest.fixture
def wizard() -> Iterator[PtyProgram]:
    """The wizard on its first page, after the checks."""
    with terminal("--demo", "--fresh") as term:
        term.wait_for("OpenStack cloud")
        term.wait_until_idle()
        yield term


def bytes_of(term: PtyProgram, keys: bytes, quiet: float = QUIET) -> int:
    """The number of bytes written after these keys."""
    term.press(keys)
    return len(term.read_until_quiet(quiet))


def test_the_first_screen(wizard: PtyProgram) -> None:
    assert len(wizard.raw) <= 4000


def test_a_key_in_a_field(wizard: PtyProgram) -> None:
    bytes_of(wizard, b"\x1b[A\x1b[A", quiet=0.8)
    counts = [bytes_of(wizard, character.encode()) for character in "production-1"]
    assert 0 < statistics.median(counts) <= 100, counts


def test_tab(wizard: PtyProgram) -> None:
    counts = [bytes_of(wizard, b"\t") for _ in range(9)]
    assert 0 < statistics.median(counts) <= 600, counts


def test_ctrl_l_draws_the_whole_screen_again(wizard: PtyProgram) -> None:
    before = wizard.screen()
    wizard.display.feed(b"\x1b[2J\x1b[Hbroken")
    assert "broken" in wizard.screen()
    wizard.press(b"\x0c")
    wizard.read_until_quiet(QUIET)
    assert wizard.screen() == before


def test_the_next_page(wizard: PtyProgram) -> None:
    counts = [bytes_of(wizard, b"\x0e", quiet=0.8) for _ in range(5)]
    assert 0 < statistics.median(counts) <= 3000, counts


def test_an_arrow_in_a_list(wizard: PtyProgram) -> None:
    """The list is the plan, which opens from each page."""
    wizard.press(b"\x07")
    wizard.read_until_quiet(1.0)
    counts = [bytes_of(wizard, key) for key in [b"\x1b[B"] * 5 + [b"\x1b[A"] * 4]
    assert 0 < statistics.median(counts) <= 300, counts


def test_an_arrow_in_a_matrix(wizard: PtyProgram) -> None:
    """The matrix of the first page is below its findings."""
    wizard.press(b"\x1b[B" * 6)
    wizard.read_until_quiet(1.0)
    counts = [bytes_of(wizard, key) for key in [b"\x1b[C"] * 4 + [b"\x1b[D"] * 4]
    assert 0 < statistics.median(counts) <= 300, counts


def test_a_screen_at_rest_writes_nothing_and_does_not_wake(wizard: PtyProgram) -> None:
    wizard.read(1.0)
    wakes = context_switches(wizard.pid)
    assert wizard.read(3.0) == b""
    assert context_switches(wizard.pid) - wakes <= 3


def context_switches(pid: int) -> int:
    """How often the threads of the process have slept and woken."""
    statuses = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return sum(int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for status in statuses)


def test_a_running_check() -> None:
    """A slow check of the vCenter page shows that it runs."""
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="2") as term:
        term.wait_for("OpenStack cloud")
        term.press(b"\x12")
        term.read(1.0)
        assert len(term.read(4.0)) / 4 <= 150
