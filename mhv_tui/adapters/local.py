"""The port core.ports.Local: this machine's files, and qemu-img as a child that ends when we stop.

Refuses to leave a half-written file behind: the target is renamed into place when it is complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mhv_tui.adapters.troubles import failure
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import Tick

CHUNK = 1 << 20


class ThisMachine:
    """This machine."""

    def stat(self, path: Path) -> tuple[int, float] | None:
        """Size in bytes and mtime; None where there is no such file."""
        try:
            seen = expanded(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from None
        return seen.st_size, seen.st_mtime

    def head(self, path: Path, count: int) -> bytes:
        """The first `count` bytes."""
        try:
            with expanded(path).open("rb") as file:
                return file.read(count)
        except OSError as error:
            raise _unreadable(path, error) from None

    def free_space(self, directory: Path) -> int:
        """Bytes free for us there, or where its nearest existing parent is."""
        directory = expanded(directory).absolute()
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free

    def qemu_img(self) -> str:
        """Its version, or ""."""
        program = shutil.which("qemu-img")
        if program is None:
            return ""
        try:
            done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=15)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = re.search(r"version (\d+(?:\.\d+)+)", done.stdout)
        return found.group(1) if found else ""

    def convert(self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, tick: Tick) -> None:
        """qemu-img convert to VMDK; ticks in percent. The target is complete or absent."""
        program = shutil.which("qemu-img")
        if program is None:
            raise failure("IM16", "qemu-img is not installed here")
        partial = target.with_name(f".{target.name}.partial")
        options = f"subformat={subformat},adapter_type={adapter}"
        command = [program, "convert", "-p", "-f", source_format, "-O", "vmdk", "-o", options]
        try:
            words = _followed([*command, "--", str(expanded(source)), str(partial)], tick)
            if words:
                raise failure("IM19", f"qemu-img did not convert {source.name}: {words}", subject=str(source))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def sha256(self, path: Path, tick: Tick) -> str:
        """Hex digest of a file; ticks in bytes."""
        digest = hashlib.sha256()
        try:
            with expanded(path).open("rb") as file:
                total, done = os.fstat(file.fileno()).st_size, 0
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    done += len(chunk)
                    tick(done, total)
        except OSError as error:
            raise _unreadable(path, error) from None
        return digest.hexdigest()

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory of ours that is gone afterwards; $TMPDIR says where."""
        with tempfile.TemporaryDirectory(prefix="mhv-tui-") as directory:
            yield Path(directory)


def _followed(command: list[str], tick: Tick) -> str:
    """Runs qemu-img; "" where it ended well, else its last words. Ends it when we are stopped."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        ) as child,
    ):
        try:
            _tick_through(child, tick)
        except BaseException:
            _end(child)
            raise
        if child.wait() == 0:
            return ""
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {child.returncode}"


def _tick_through(child: subprocess.Popen[bytes], tick: Tick) -> None:
    """qemu-img -p writes "    (12.34/100%)" and a carriage return."""
    assert child.stdout is not None
    tick(0, 100)
    seen = b""
    while chunk := os.read(child.stdout.fileno(), 4096):
        seen = (seen + chunk)[-256:]
        shares = re.findall(rb"\((\d+)(?:\.\d+)?/100%\)", seen)
        if shares:
            tick(int(shares[-1]), 100)


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()


def _unreadable(path: Path, error: OSError) -> Exception:
    return failure("IM19", f"{path} cannot be read: {error.strerror or error}", subject=str(path))
