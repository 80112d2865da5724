"""Files written whole: by many threads at once, by processes that are killed, beside links and under any umask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mhv_tui.core.files import write_atomic

WRITER = """
import os, signal, sys, time
from pathlib import Path
from mhv_tui.core.files import write_atomic
def interrupted(handle):
    print("writing", flush=True)
    sys.stdin.read()
os.fsync = interrupted
write_atomic(Path(sys.argv[1]), "the writer's")
"""
"""Stops in the middle of a write until its standard input is closed."""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is alone in its directory."""
    path = tmp_path / "alone" / "world.json"
    path.parent.mkdir()
    path.write_text("old")
    return path


@pytest.fixture
def writer(target: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the middle of a write of `target`."""
    command = [sys.executable, "-c", WRITER, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_many_threads_write_one_file(target: Path) -> None:
    texts = [f"{number} " * 5000 for number in range(16)]

    def write_and_read(text: str) -> set[str]:
        read = set()
        for _ in range(20):
            write_atomic(target, text)
            read.add(target.read_text())
        return read

    with ThreadPoolExecutor(len(texts)) as pool:
        read = set().union(*pool.map(write_and_read, texts))
    assert read <= set(texts)
    assert names(target) == ["world.json"]


def test_what_a_killed_process_leaves_is_removed_by_the_next_write(target: Path, writer: subprocess.Popen[str]) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait(10)
    assert len(names(target)) == 2 and target.read_text() == "old"
    write_atomic(target.with_name("other.json"), "other")
    assert len(names(target)) == 3
    write_atomic(target, "new")
    assert names(target) == ["other.json", "world.json"]


def test_a_running_process_keeps_what_it_is_writing(target: Path, writer: subprocess.Popen[str]) -> None:
    write_atomic(target, "new")
    assert len(names(target)) == 2 and target.read_text() == "new"
    writer.communicate(timeout=10)
    assert writer.returncode == 0
    assert names(target) == ["world.json"] and target.read_text() == "the writer's"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
def test_the_mode_is_the_one_asked_for_whatever_the_umask(target: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        write_atomic(target, "new", mode)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == mode


def test_a_link_is_replaced_and_what_it_leads_to_stays(target: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomic(link, "new")
    assert not link.is_symlink() and link.read_text() == "new"
    assert target.read_text() == "old"


def test_a_link_with_the_name_of_a_temporary_file_stays(target: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    link = target.with_name(".world.json.abcdefgh.tmp")
    link.symlink_to(tmp_path / "victim")
    write_atomic(target, "new")
    assert link.is_symlink() and (tmp_path / "victim").read_text() == "precious"


def test_a_failed_replacement_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "directory", "text")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
