"""Runs qemu-img as a child that ends with mhv-tui. It gets the image as an open file and runs confined."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO

from mhv_tui.adapters import confined
from mhv_tui.adapters.failures import failure
from mhv_tui.core.ports import OnProgress


def version() -> str:
    """Returns the version of qemu-img; "" if it is not installed."""
    path = shutil.which("qemu-img")
    if path is None:
        return ""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=15)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"version (\d+(?:\.\d+)+)", done.stdout)
    return found.group(1) if found else ""


def installed() -> str:
    """Returns the path of qemu-img. Raises FindingError if it is not installed."""
    path = shutil.which("qemu-img")
    if path is None:
        raise failure("IM16", "qemu-img is not installed here")
    return path


def convert(
    program: str, file: BinaryIO, name: str, driver: str, target: Path, options: str, on_progress: OnProgress
) -> None:
    """Converts the open file `name` to the existing file `target`; progress is in percent.

    Raises FindingError with qemu-img's last line of error output.
    """
    opened = f"/proc/self/fd/{file.fileno()}"
    node = {"driver": driver, "backing": None, "file": {"driver": "file", "filename": opened}}
    source = f"json:{json.dumps(node)}"
    argv = [program, "convert", "-p", "-O", "vmdk", "-o", options, "--", source, str(target)]
    words = _followed(confined.command(file.fileno(), target, argv), file.fileno(), on_progress)
    if words:
        words = words.replace(source, name).replace(opened, name)
        raise failure("IM19", f"qemu-img did not convert {name}: {words}", subject=name)


def _followed(command: list[str], kept_open: int, on_progress: OnProgress) -> str:
    """Runs qemu-img; returns "" on success, else its last error line. Ends qemu-img if mhv-tui is interrupted."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            pass_fds=(kept_open,),
        ) as child,
    ):
        try:
            _report_progress(child, on_progress)
        except BaseException:
            _end(child)
            raise
        if child.wait() == 0:
            return ""
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {child.returncode}"


def _report_progress(child: subprocess.Popen[bytes], on_progress: OnProgress) -> None:
    """Reports the progress of `qemu-img -p`, which prints "    (12.34/100%)" and a carriage return."""
    assert child.stdout is not None
    on_progress(0, 100)
    seen = b""
    while chunk := os.read(child.stdout.fileno(), 4096):
        seen = (seen + chunk)[-256:]
        shares = re.findall(rb"\((\d+)(?:\.\d+)?/100%\)", seen)
        if shares:
            on_progress(int(shares[-1]), 100)


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
