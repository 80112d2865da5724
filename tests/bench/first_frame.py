"""Measures the first frame and the end of the wizard beside those of the smallest app of Textual, in the same run.

Run `python -m tests.bench.first_frame [ROUNDS]` from the root of the repository. The programs take turns, so that a
busy machine slows all of them alike. All figures are medians.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.terminal import cpu_seconds
from tests.tui.terminals import PROGRAM, terminal

ANSWERS = """
mhv_answers = 1
[cloud]
auth_url = "http://127.0.0.1:{port}/v3"
username = "admin"
password = {{ env = "BENCH_PASSWORD" }}
project_name = "admin"
"""
COMMANDS = (("--help",), ("--version",), ("sessions",), ("check", "--demo", "--step", "cloud"))
"""The commands whose CPU time is measured as a whole."""


@dataclass
class Row:
    """A program on a terminal. `ready`: a pattern of its first screen."""

    name: str
    command: Sequence[str]
    ready: str
    first: list[float] = field(default_factory=list)
    """Milliseconds of CPU from exec to the first page."""
    quit: list[float] = field(default_factory=list)
    """Milliseconds from Ctrl+Q to the end of the process."""


def measure(row: Row) -> None:
    """Runs the program once and adds its figures."""
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="mhv-tui-bench-")
    with terminal(program=row.command, BENCH_PASSWORD="s3cret") as term:
        began = time.monotonic()
        while not re.search(row.ready, term.display.text()):
            term.read(0.002)
            assert time.monotonic() < began + 30, f"{row.name} does not start:\n{term.display.text()}"
        row.first.append(1000 * cpu_seconds(term.pid))
        term.read_until_quiet(0.3)
        began = time.monotonic()
        term.press(b"\x11")
        while not term.ended():
            term.read(0.002)
        row.quit.append(1000 * (time.monotonic() - began))


def command_cpu(arguments: Sequence[str]) -> float:
    """Milliseconds of CPU of a whole command without a terminal."""
    child = os.posix_spawn(
        sys.executable,
        [*PROGRAM, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)],
    )
    usage = os.wait4(child, 0)[2]
    return 1000 * (usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Prints a line for each program, with ratios to the smallest app of Textual, and a line for each command."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the first run compiles; the others load
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent, tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "answers.toml"
        file.write_text(ANSWERS.format(port=silent.getsockname()[1]))
        hello = [sys.executable, "-m", "tests.bench.stock_hello"]
        rows = [
            Row("Textual, two widgets", hello, "Name of the cloud"),
            Row("mhv-tui --demo", [*PROGRAM, "--demo", "--fresh"], " 1 of 10 "),
            Row("mhv-tui, a cloud hangs", [*PROGRAM, "--answers", str(file)], " 2 of 10 "),
        ]
        for row in rows:
            measure(row)
            row.first.clear()
            row.quit.clear()
        for _ in range(rounds):
            for row in rows:
                measure(row)
    print(f"{'':24}{'first CPU ms':>14}{'ratio':>8}{'quit ms':>10}{'ratio':>8}")
    first, end = (statistics.median(values) for values in (rows[0].first, rows[0].quit))
    for row in rows:
        figures = statistics.median(row.first), statistics.median(row.quit)
        print(f"{row.name:24}{figures[0]:14.0f}{figures[0] / first:8.2f}{figures[1]:10.0f}{figures[1] / end:8.2f}")
    for arguments in COMMANDS:
        cpu = statistics.median(command_cpu(arguments) for _ in range(rounds))
        print(f"{'mhv-tui ' + ' '.join(arguments):38}{cpu:6.0f} ms of CPU")


if __name__ == "__main__":
    main()
