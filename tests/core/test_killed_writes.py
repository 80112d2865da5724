"""A process that is killed at any moment of a write leaves the old text or the new one, and no file for ever."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mhv_tui.core.files import write_atomic

WRITER = """
import fcntl, os, sys, time
from pathlib import Path
from mhv_tui.core.files import write_atomic
name, when = sys.argv[2].split(" ")
module = fcntl if name == "flock" else os
real = getattr(module, name)
def killed(*arguments):
    if when == "after":
        real(*arguments)
    os.kill(os.getpid(), 9)
setattr(module, name, killed)
write_atomic(Path(sys.argv[1]), "new")
"""
"""Is killed before or after one of the calls of a write."""

CALLS = ("flock", "fsync", "fchmod", "replace")
MOMENTS = [f"{call} {when}" for call in CALLS for when in ("before", "after")]
NAMES = ("world.json", "answers.toml", "findings.json", "bundle", ".hidden", "a b*?[x].toml")


def killed(path: Path, moment: str) -> None:
    """A writer that is killed at a moment."""
    run = subprocess.run([sys.executable, "-c", WRITER, str(path), moment], timeout=60)
    assert run.returncode == -signal.SIGKILL


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_text_is_whole_and_the_next_write_leaves_one_file(moment: str, tmp_path: Path) -> None:
    path = tmp_path / "alone" / "world.json"
    path.parent.mkdir()
    path.write_text("old")
    killed(path, moment)
    assert path.read_text() == ("new" if moment == "replace after" else "old")
    write_atomic(path, "next")
    assert names(path) == ["world.json"] and path.read_text() == "next"


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_cleared_by_its_own_next_write(name: str, tmp_path: Path) -> None:
    path = tmp_path / "alone" / name
    path.parent.mkdir()
    for _ in range(2):
        killed(path, "fsync before")
    assert len(names(path)) >= 1 and not path.exists()
    write_atomic(path, "next")
    assert names(path) == [name]
