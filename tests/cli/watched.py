"""Runs a program and samples the arguments and the environment of it and of its children while they run."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.tui.terminals import ROOT

EVERY = 0.005
"""Seconds between two samples."""


class Watch:
    """Samples a process and its descendants in a thread until it is stopped."""

    def __init__(self, pid: int, operator: frozenset[str]) -> None:
        self.argv: set[bytes] = set()
        self.environ: set[bytes] = set()
        """The variables of every process, without those by which the operator gives secrets."""
        self._operator = tuple(f"{name}=".encode() for name in operator)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_stopped, args=(pid,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _sample_until_stopped(self, pid: int) -> None:
        while not self._stop.wait(EVERY):
            for process in descendants(pid):
                with suppress(OSError):
                    self.argv.add((process / "cmdline").read_bytes())
                    variables = (process / "environ").read_bytes().split(b"\0")
                    self.environ.update(row for row in variables if not row.startswith(self._operator))


def descendants(pid: int) -> Iterator[Path]:
    """The directories in /proc of a process and of all its children."""
    process = Path(f"/proc/{pid}")
    yield process
    with suppress(OSError):
        for task in (process / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from descendants(int(child))


def run(argv: Sequence[str], env: Mapping[str, str], operator: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """The streams of a program, and what was sampled while it ran; `operator`: variables that may have secrets."""
    everything = {**os.environ, "PYTHONUTF8": "1", **env}
    program = subprocess.Popen(argv, cwd=ROOT, env=everything, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watch = Watch(program.pid, operator)
    try:
        stdout, stderr = program.communicate(timeout=300)
    finally:
        watch.stop()
    sampled = {"argv": b"\n".join(sorted(watch.argv)), "environ": b"\n".join(sorted(watch.environ))}
    assert sampled["argv"] and sampled["environ"], "nothing was sampled"
    return {"stdout": stdout, "stderr": stderr, **sampled}
