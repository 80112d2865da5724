"""Runs commands as real processes that end by a real SIGKILL at a given write.

`python -m tests.engine.fork_server` loads the program once and forks for each run, which takes milliseconds. A run
counts its writes: each append to a journal and each file that it replaces. A kill is (number of the write, phase):
"before" nothing of it is in place, "during" half of it is on disk, "after" all of it is, and nothing that follows.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mhv_tui.cli import main
from mhv_tui.engine.freeze import thaw

PHASES = ("before", "during", "after")
LIMIT = 60
"""Seconds after which a run that hangs is ended, with the exit code -14."""


@dataclass(frozen=True)
class Launch:
    """One process: its arguments, its state directory, and where it is killed (in number and phase), if anywhere."""

    argv: tuple[str, ...]
    state: str
    kill: tuple[int, str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code (minus the signal's number if one ended it), its writes and its output."""

    code: int
    writes: tuple[str, ...]
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, object]]:
        """The events of a command with --json; a killed process may have written a part of the last one."""
        return [json.loads(line) for line in self.out.splitlines() if line.endswith("}")]


class Launcher:
    """The server, from the side of the tests."""

    def __init__(self, directory: Path) -> None:
        self._outputs = directory
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def run(self, *launches: Launch) -> list[Ended]:
        """Starts all of these at once and waits for their ends."""
        assert self._server.stdin and self._server.stdout
        rows = [(asdict(launch), str(self._outputs / str(i))) for i, launch in enumerate(launches)]
        print(json.dumps(rows), file=self._server.stdin, flush=True)
        return [self._ended(i, code) for i, code in enumerate(json.loads(self._server.stdout.readline()))]

    def _ended(self, number: int, code: int) -> Ended:
        texts = [(self._outputs / f"{number}.{kind}").read_text() for kind in ("writes", "out", "err")]
        return Ended(code, tuple(texts[0].split()), texts[1], texts[2])

    def close(self) -> None:
        assert self._server.stdin and self._server.stdout
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(LIMIT)


@contextmanager
def launcher(directory: Path) -> Iterator[Launcher]:
    """A server that ends with the block; the outputs of its runs are in the directory."""
    server = Launcher(directory)
    try:
        yield server
    finally:
        server.close()


class Writes:
    """Counts the writes of this process in the order in which they are done, and kills it at one of them."""

    def __init__(self, record: int, kill: tuple[int, str] | None) -> None:
        self._record = record
        self._kill = kill
        self._number = 0
        self._write, self._fsync, self._replace = os.write, os.fsync, os.replace
        for name in ("write", "fsync", "replace"):
            setattr(os, name, getattr(self, name))

    def _die_if(self, phase: str) -> None:
        if self._kill == (self._number, phase):
            os.kill(os.getpid(), signal.SIGKILL)

    def _begin(self, name: str) -> None:
        self._number += 1
        self._write(self._record, f"{name}\n".encode())
        self._die_if("before")

    def write(self, handle: int, data: bytes) -> int:
        name = _name_of(handle)
        if name != "journal.jsonl":
            return self._write(handle, data)
        self._begin(name)
        if self._kill == (self._number, "during"):
            self._write(handle, data[: len(data) // 2])
        self._die_if("during")
        done = self._write(handle, data)
        self._die_if("after")
        return done

    def fsync(self, handle: int) -> None:
        name = _name_of(handle)
        if name.endswith(".tmp"):
            self._begin(name[1:].rpartition(".tmp")[0].rpartition(".")[0])
            if self._kill == (self._number, "during"):
                os.ftruncate(handle, os.fstat(handle).st_size // 2)
            self._die_if("during")
        self._fsync(handle)

    def replace(self, source: str, target: str) -> None:
        self._replace(source, target)
        self._die_if("after")


def _name_of(handle: int) -> str:
    return os.path.basename(os.readlink(f"/proc/self/fd/{handle}"))


def _fork(launch: Launch, out: str) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os._exit(_run(launch, out))
    finally:
        os._exit(70)


def _run(launch: Launch, out: str) -> int:
    """In the child: the command, with its outputs in files."""
    signal.alarm(LIMIT)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for stream, kind in enumerate(("out", "err"), 1):
        os.dup2(os.open(f"{out}.{kind}", flags), stream)
    os.environ.update({"XDG_STATE_HOME": launch.state, **launch.environment})
    Writes(os.open(f"{out}.writes", flags), launch.kill)
    try:
        code = main(launch.argv)
    except SystemExit as end:
        code = int(str(end.code or 0))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _warm_up() -> None:
    """Loads all that a run needs, by runs in a directory that is then removed."""
    with tempfile.TemporaryDirectory() as directory, open(os.devnull, "w") as nowhere:
        os.environ["XDG_STATE_HOME"] = directory
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            for command in ("apply --demo --yes", "sessions", "export demo --to report", "undo demo --yes"):
                assert main(command.split()) == 0
    gc.collect()
    gc.freeze()  # so that a child copies fewer pages
    gc.disable()


def serve() -> None:
    """Answers each line, a list of launches and of where their outputs go, by the list of their exit codes."""
    _warm_up()
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        children = [_fork(_launch(row), out) for row, out in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(codes), file=replies, flush=True)


def _launch(row: Mapping[str, object]) -> Launch:
    launch: Launch = thaw(Launch, row)
    return launch


if __name__ == "__main__":
    serve()
