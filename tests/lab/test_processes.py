"""Processes of the lab, known by a pid and a word of their command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.lab import host

MARK = "--machine=mhv0-plain1"


@pytest.fixture
def restless(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that executes itself again and again, always with MARK in its command line."""
    script = tmp_path / "again"
    script.write_text('exec sh "$0" "$@"\n')
    with subprocess.Popen(["sh", str(script), MARK]) as process:
        yield process
        process.kill()


def test_a_process_that_executes_another_program_is_alive(restless: subprocess.Popen[bytes]) -> None:
    assert all(host.alive(restless.pid, MARK) for _ in range(1000))
    assert not host.alive(restless.pid, "--machine=mhv0-plain2")


def test_a_process_that_ended_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", MARK], stdin=subprocess.PIPE) as process:
        assert host.alive(process.pid, MARK)
        process.kill()
        assert process.stdin is not None
        while host.alive(process.pid, MARK):  # until it is a zombie
            pass
    assert not host.alive(process.pid, MARK)
