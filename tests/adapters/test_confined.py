"""qemu-img runs confined: it opens its two files alone, and it ends when mhv-tui ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mhv_tui.adapters import confined
from tests.adapters.hostile import Witness


def confined_run(source: Path, target: Path, *argv: str) -> subprocess.CompletedProcess[bytes]:
    with source.open("rb") as file:
        command = confined.command(file.fileno(), target, argv)
        return subprocess.run(command, pass_fds=(file.fileno(),), capture_output=True, timeout=20)


def test_a_confined_program_opens_its_two_files_alone(canary: Path, witness: Witness, place: Path) -> None:
    source, target = place / "image", place / "out"
    source.write_bytes(b"image")
    target.touch()
    shell = shutil.which("sh")
    assert shell
    run = confined_run(source, target, shell, "-c", f"cat {source} >{target}; cat {canary}; : >{place}/new")
    assert target.read_bytes() == b"image"
    if confined.version():
        assert (run.stdout, witness.events(), (place / "new").exists()) == (b"", 0, False)


def children(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def gone(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    return True


def within(seconds: float, true: Callable[[], object]) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


def test_qemu_img_ends_when_we_are_killed(place: Path) -> None:
    program, source = place / "qemu-img", place / "disk"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    source.write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 20))
    code = (
        "from pathlib import Path; from mhv_tui.adapters.local import ThisMachine; "
        f"ThisMachine().convert(Path({str(source)!r}), 'raw', Path({str(place / 'out')!r}), 'x', 'ide', print)"
    )
    path = {"PATH": f"{place}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **path}, stdout=subprocess.DEVNULL
    ) as parent:

        def sleeping() -> bool:
            return any("sleep" in Path(f"/proc/{pid}/cmdline").read_text() for pid in children(parent.pid))

        assert within(20, sleeping)
        (child,) = children(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
    assert within(5, lambda: gone(child))
