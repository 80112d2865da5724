"""Files that an operator names and that are no regular file, too large, or made to fill the memory."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MEMORY = 1 << 30
"""Bytes of address space that a command may use here."""


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 << 30)


def missing(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def bomb(path: Path) -> None:
    """1.1 GiB of zeros, packed."""
    packer = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        for _ in range(1100):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())


MAKERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "fifo": (fifo, "the file is a pipe or a device, not a regular file"),
    "device": (device, "the file is a pipe or a device, not a regular file"),
    "directory": (directory, "Is a directory"),
    "missing": (missing, "No such file"),
    "huge": (huge, "has more than"),
}


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mhv_tui", *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=limit_memory, check=False)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    "command", [["answers", "check"], ["check"], ["explain", "--log"], ["export", "--to", "answers"]]
)
def test_a_file_that_cannot_be_read_is_reported_at_once(command: list[str], kind: str, tmp_path: Path) -> None:
    make, reason = MAKERS[kind]
    path = tmp_path / "named.toml"
    make(path)
    done = run(*command, path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    is_export = command[0] == "export" and kind in ("directory", "missing")
    assert str(path) in done.stderr and (reason in done.stderr or is_export)


def test_a_packed_log_that_never_ends_is_refused(tmp_path: Path) -> None:
    bomb(tmp_path / "nova.log.gz")
    done = run("explain", "--log", tmp_path / "nova.log.gz")
    assert done.returncode == 2 and "it has more than 1 GiB; name a part of the log" in done.stderr


def test_a_log_of_long_lines_keeps_its_line_numbers(tmp_path: Path) -> None:
    line = "2026-11-22 11:00:00.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']\n"
    path = tmp_path / "nova.log"
    path.write_text("x" * 3_000_000 + "\n" + line + "y" * 200_000 + line)
    done = run("explain", "--log", path)
    assert done.returncode == 0 and done.stdout.startswith(f"{path}:2: VC07") and "log:3" not in done.stdout


def test_a_packed_log_is_read_line_by_line(tmp_path: Path) -> None:
    lines = (f"2026-11-22 11:00:{n % 60:02} INFO harmless line {n}\n" for n in range(300_000))
    with gzip.open(tmp_path / "nova.log.gz", "wt", compresslevel=1) as file:
        file.writelines(lines)
        file.write("2026-11-22 11:00:00.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']\n")
    assert ":300001: VC07" in run("explain", "--log", tmp_path / "nova.log.gz").stdout
