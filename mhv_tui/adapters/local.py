"""The port core.ports.Local: this machine's files, and qemu-img as a child that ends when we stop.

Refuses to leave a half-written file behind: the target is renamed into place when it is complete. Opens regular files
only. Refuses to give qemu-img a file that `domain.disks` has not judged: what is judged and what qemu-img reads is one
open descriptor, and the file must not change meanwhile. qemu-img gets the format and the
protocol, opens no backing file, and runs `confined`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mhv_tui.adapters import confined
from mhv_tui.adapters.failures import failure
from mhv_tui.core.paths import expanded, open_regular
from mhv_tui.core.ports import OnProgress
from mhv_tui.domain import disks

CHUNK = 1 << 20
SCRATCH = "mhv-tui-image-"
UNLOCKED = 10.0
"""Seconds within which a new directory of another run gets its lock."""


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

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[Path]:
        """A path that leads to this very file until the end, whatever is put in its place meanwhile."""
        with _opened(path) as file:
            yield Path(_again(file))

    def head(self, path: Path, count: int) -> bytes:
        """The first `count` bytes."""
        with _opened(path) as file:
            return _read(path, file, 0, count)

    def tail(self, path: Path, count: int) -> bytes:
        """The last `count` bytes."""
        with _opened(path) as file:
            return _read(path, file, max(0, os.fstat(file.fileno()).st_size - count), count)

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

    def convert(
        self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, on_progress: OnProgress
    ) -> None:
        """qemu-img convert to VMDK; ticks in percent. The target is complete or absent."""
        program = shutil.which("qemu-img")
        if program is None:
            raise failure("IM16", "qemu-img is not installed here")
        partial = target.absolute().with_name(f".{target.name}.partial")
        with _opened(source) as file:
            before = _judged(source, file, source_format)
            try:
                partial.unlink(missing_ok=True)
                partial.touch(0o600, exist_ok=False)
                _convert(
                    program, file, source_format, partial, f"subformat={subformat},adapter_type={adapter}", on_progress
                )
                if _state(file) != before:
                    raise failure("IM07", "the file changed while it was converted", subject=_name(source))
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)

    def sha256(self, path: Path, on_progress: OnProgress) -> str:
        """Hex digest of a file; ticks in bytes."""
        digest = hashlib.sha256()
        try:
            with _opened(path) as file:
                total, done = os.fstat(file.fileno()).st_size, 0
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    done += len(chunk)
                    on_progress(done, total)
        except OSError as error:
            raise _unreadable(path, error) from None
        return digest.hexdigest()

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory of ours that is gone afterwards, at the latest with the next run; $TMPDIR says where."""
        remove_abandoned()
        with tempfile.TemporaryDirectory(prefix=SCRATCH) as directory:
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield Path(directory)
            finally:
                os.close(handle)


def remove_abandoned() -> None:
    """Removes the directories of killed runs: they are ours, not brand-new, and no process holds their lock."""
    for directory in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError):
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(handle)
                if status.st_uid == os.geteuid() and time.time() - status.st_ctime > UNLOCKED:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(directory)
            finally:
                os.close(handle)


def _opened(path: Path) -> BinaryIO:
    """A regular file, open. Raises Trouble."""
    try:
        return os.fdopen(open_regular(expanded(path)), "rb")
    except OSError as error:
        raise _unreadable(path, error) from None


def _again(file: BinaryIO) -> str:
    """A name under which we and our children can open an open file once more."""
    return f"/proc/self/fd/{file.fileno()}"


def _name(path: Path) -> str:
    """The file's own name, also of one that is open."""
    return str(expanded(path).resolve())


def _read(path: Path, file: BinaryIO, at: int, count: int) -> bytes:
    try:
        file.seek(at)
        return file.read(count)
    except OSError as error:
        raise _unreadable(path, error) from None


def _state(file: BinaryIO) -> tuple[int, int, int]:
    """What changes if somebody writes to a file."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _judged(path: Path, file: BinaryIO, driver: str) -> tuple[int, int, int]:
    """The state of an open file that may be read with that driver of qemu-img. Raises Trouble for any other."""
    state = _state(file)
    head, tail = (_read(path, file, at, n) for at, n in ((0, disks.HEAD), (max(0, state[0] - disks.TAIL), disks.TAIL)))
    refusal = disks.refusal(disks.inspect(head, state[0], tail), driver)
    if refusal:
        raise failure(refusal[0], refusal[1], subject=_name(path))
    return state


def _convert(program: str, file: BinaryIO, driver: str, target: Path, options: str, on_progress: OnProgress) -> None:
    """Runs qemu-img on an open file. Raises Trouble with its last words."""
    node = {"driver": driver, "backing": None, "file": {"driver": "file", "filename": _again(file)}}
    source = f"json:{json.dumps(node)}"
    argv = [program, "convert", "-p", "-O", "vmdk", "-o", options, "--", source, str(target)]
    words = _followed(confined.command(file.fileno(), target, argv), file.fileno(), on_progress)
    if words:
        name = _name(Path(_again(file)))
        words = words.replace(source, name).replace(_again(file), name)
        raise failure("IM19", f"qemu-img did not convert {name}: {words}", subject=name)


def _followed(command: list[str], kept_open: int, on_progress: OnProgress) -> str:
    """Runs qemu-img; "" if it ended well, else its last words. Ends it when we are stopped."""
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
    """qemu-img -p writes "    (12.34/100%)" and a carriage return."""
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


def _unreadable(path: Path, error: OSError) -> Exception:
    return failure("IM19", f"{_name(path)} cannot be read: {error.strerror or error}", subject=str(path))
