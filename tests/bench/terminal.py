"""Measures bytes and times on a terminal of 80x24: the wizard, the wizard with Textual's own driver, dialog, whiptail.

Run `python -m tests.bench.terminal [ROUNDS]` from the root of the repository. dialog and whiptail are measured if they
are installed. Bytes are medians; times are the least of all rounds, because other programs can only lengthen them.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.tui.terminals import PROGRAM, PtyProgram, terminal

QUIET = 0.12
"""Seconds without output after which a key has had its effect."""

ITEMS = [word for number in range(1, 11) for word in (f"esx{number}", f"host {number} of the cluster")]
DIALOG = ["--inputbox", "Name of the cloud", "10", "60"]
DIALOG_MENU = ["--menu", "Choose a host", "20", "60", "10", *ITEMS]
DOWN = b"\x1b[B"


@dataclass(frozen=True)
class Program:
    """A program to measure. `ready`: a pattern of its first screen; keys of None cannot be pressed in it."""

    name: str
    command: Sequence[str]
    ready: str
    key: bytes | None = None
    tab: bytes | None = None
    before_arrows: bytes = b""
    arrow: bytes | None = None
    page: bytes | None = None
    quit: bytes = b"\x1b"


@dataclass
class Figures:
    """What was measured, by the name of the column."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, column: str, *values: float) -> None:
        self.values.setdefault(column, []).extend(values)


COLUMNS: dict[str, Callable[[list[float]], float]] = {
    "first B": statistics.median,
    "key B": statistics.median,
    "Tab B": statistics.median,
    "arrow B": statistics.median,
    "page B": statistics.median,
    "idle B/s": statistics.median,
    "key ms": min,
    "first ms": min,
    "first CPU ms": min,
    "quit ms": min,
}
"""Each column, and how its values become one."""


def programs() -> list[Program]:
    """The programs that are installed."""
    arguments = ["--demo", "--fresh"]
    stock = [sys.executable, "-m", "tests.tui.stock_wizard", *arguments]
    hello = [sys.executable, "-m", "tests.bench.stock_hello"]
    rows = [
        _wizard("mhv-tui", [*PROGRAM, *arguments]),
        _wizard("mhv-tui, stock driver", stock),
        Program("Textual, two widgets", hello, "Name of the cloud", key=b"x", quit=b"\x11"),
    ]
    for name in ("dialog", "whiptail"):
        if path := shutil.which(name):
            rows.append(Program(name, [path, *DIALOG], "Name of the cloud", key=b"x", tab=b"\t", quit=b"\x1b\x1b"))
            rows.append(Program(f"{name} menu", [path, *DIALOG_MENU], "esx1", arrow=DOWN, quit=b"\x1b\x1b"))
    return rows


def _wizard(name: str, command: Sequence[str]) -> Program:
    return Program(name, command, "OpenStack cloud", b"x", b"\t", b"\x07", DOWN, b"\x0e", b"\x11")


def measure(program: Program, figures: Figures) -> None:
    """Runs the program once and adds its figures."""
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="mhv-tui-bench-")
    began = time.monotonic()
    with terminal(program=program.command) as term:
        while not re.search(program.ready, term.display.text()):
            term.read(0.003)
            assert time.monotonic() < began + 30, f"{program.name} does not start:\n{term.display.text()}"
        figures.add("first ms", 1000 * (time.monotonic() - began))
        figures.add("first CPU ms", 1000 * cpu_seconds(term.pid))
        term.wait_until_idle()
        figures.add("first B", len(term.raw))
        figures.add("idle B/s", len(term.read(2.0)) / 2)
        press(term, figures, "key B", [program.key] * 8, "key ms")
        if program.key and program.page:  # the typed name is not the one of a cloud
            term.press(b"\x7f" * 8)
            term.wait_until_idle()
        press(term, figures, "Tab B", [program.tab] * 6)
        press(term, figures, "page B", [program.page] * 4)
        term.press(program.before_arrows)
        term.wait_until_idle()
        press(term, figures, "arrow B", [program.arrow] * 6)
        began = time.monotonic()
        term.press(program.quit)
        term.exit_code(20)
        figures.add("quit ms", 1000 * (time.monotonic() - began))


def press(term: PtyProgram, figures: Figures, column: str, keys: Sequence[bytes | None], latency: str = "") -> None:
    """Presses each key; adds the bytes that follow it, and the time until the first of them."""
    for key in keys:
        if key is None:
            return
        began = time.monotonic()
        term.press(key)
        output = b""
        while not output and time.monotonic() < began + 1:
            output = term.read_at_most(1, 0.001) if latency else term.read(QUIET)
        if latency:
            figures.add(latency, 1000 * (time.monotonic() - began))
        figures.add(column, len(output) + len(term.read_until_quiet(QUIET)))


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of the process so far, exact to less than a millisecond."""
    schedules = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(schedule.split()[0]) for schedule in schedules) / 1e9


def cell(figures: Figures, column: str) -> str:
    values = figures.values.get(column)
    return f"{COLUMNS[column](values):13.0f}" if values else f"{'-':>13}"


def main() -> None:
    """Prints one row for each program."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the first run compiles; the others load
    print(f"{'':24}" + "".join(f"{column:>13}" for column in COLUMNS))
    for program in programs():
        figures = Figures()
        for _ in range(rounds):
            measure(program, figures)
        print(f"{program.name:24}" + "".join(cell(figures, column) for column in COLUMNS), flush=True)


if __name__ == "__main__":
    main()
