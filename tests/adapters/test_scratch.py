"""What a run that was killed during a conversion leaves in $TMPDIR is removed by the next, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters.local import SCRATCH, ThisMachine

LATER = 60.0
"""Seconds after which a directory is no longer new."""

CONVERTING = """
import sys
from pathlib import Path
from mhv_tui.adapters.local import ThisMachine
here = ThisMachine()
with here.scratch() as directory:
    target, source = directory / "disk.vmdk", Path(sys.argv[1])
    here.convert(source, "raw", target, "x", "ide", lambda done, total: print("converting", flush=True))
"""
PROGRAM = '#!/bin/sh\necho "half a disk" >"$(eval echo \\${$#})"\nexec sleep 60\n'
"""A qemu-img that writes a part of its last argument and does not end."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory for temporary files, in which everything is an hour old."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LATER)
    yield directory


def filled(path: Path, *names: str) -> None:
    path.mkdir()
    for name in names:
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(b"x" * 1000)


def with_link(path: Path) -> None:
    filled(path, "disk.vmdk")
    filled(path.with_name("precious"), "file")
    (path / "link").symlink_to(path.with_name("precious"))


def of_another_user(path: Path) -> None:
    filled(path, "disk.vmdk")
    os.chown(path, 12345, 12345)


LEFT: dict[str, tuple[Callable[[Path], object], bool]] = {
    # what is in its place -> how it is made, whether the next run removes it
    "empty": (lambda path: filled(path), True),
    "half a disk": (lambda path: filled(path, ".disk.vmdk.partial"), True),
    "a whole disk": (lambda path: filled(path, "disk.vmdk"), True),
    "a directory in it": (lambda path: filled(path, "deep/disk.vmdk"), True),
    "a link in it": (with_link, True),
    "a file of this name": (lambda path: path.write_bytes(b"x"), False),
    "a link of this name": (lambda path: path.symlink_to("/etc"), False),
    "a pipe of this name": (lambda path: os.mkfifo(path), False),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_a_killed_run_left_is_removed(name: str, place: Path) -> None:
    make, removed = LEFT[name]
    left = place / f"{SCRATCH}left"
    make(left)
    there = set(place.iterdir()) - ({left} if removed else set())
    with ThisMachine().scratch() as own:
        assert set(place.iterdir()) == there | {own}
    assert set(place.iterdir()) == there
    assert not (place / "precious").exists() or (place / "precious" / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="left out: a file of another user needs root")
def test_a_directory_of_another_user_stays(place: Path) -> None:
    of_another_user(place / f"{SCRATCH}left")
    with ThisMachine().scratch():
        assert (place / f"{SCRATCH}left" / "disk.vmdk").exists()


def test_a_new_directory_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its run may not have locked it yet."""
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    filled(place / f"{SCRATCH}left")
    with ThisMachine().scratch():
        assert (place / f"{SCRATCH}left").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_run_that_is_killed_during_its_conversion(number: signal.Signals, place: Path, tmp_path: Path) -> None:
    """A stopped run continues later, so its directory stays."""
    (tmp_path / "qemu-img").write_text(PROGRAM)
    (tmp_path / "qemu-img").chmod(0o755)
    (tmp_path / "disk").write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 20))
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(place)}
    command = [sys.executable, "-c", CONVERTING, str(tmp_path / "disk")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"converting\n"
        (left,) = place.iterdir()
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait(10)
        with ThisMachine().scratch():
            assert left.exists() == (number == signal.SIGSTOP)
        process.kill()
