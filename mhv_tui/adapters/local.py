"""Implements core.local.Local: reads this machine's files, and runs qemu-img as a child that ends with mhv-tui.

Opens regular files only. Never leaves a half-written target: renames it into place when it is complete. `domain.disks`
checks a file before qemu-img reads it, over the same open descriptor, and the file must not change meanwhile. qemu-img
gets the format and the protocol, opens no backing file, and runs confined (see confined.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mhv_tui.adapters import cloud_entries, qemu_img, unpacking
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.local_streams import (
    FileState,
    FileStream,
    TranscodedStream,
    ensure_unchanged,
    state_of,
    transcoded,
)
from mhv_tui.core.openstack import CloudEntries
from mhv_tui.core.paths import expanded, open_regular
from mhv_tui.core.ports import OnProgress
from mhv_tui.domain import disks
from mhv_tui.imaging.transcode import unsupported

SCRATCH = "mhv-tui-image-"
UNLOCKED = 10.0
"""Seconds that another run may take to lock its new directory; a younger directory is not removed."""


class ThisMachine:
    """The files, the qemu-img and the logins of this machine."""

    def cloud_entries(self) -> CloudEntries:
        """Returns the clouds in clouds.yaml and in the environment."""
        return cloud_entries.cloud_entries()

    def stat(self, path: Path) -> tuple[int, float] | None:
        """Returns a file's size in bytes and time of last change; None if the file does not exist."""
        try:
            seen = expanded(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from None
        return seen.st_size, seen.st_mtime

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[Path]:
        """Yields a path that leads to this very file, even if another file takes its place meanwhile."""
        with _opened(path) as file:
            yield Path(_again(file))

    def head(self, path: Path, count: int) -> bytes:
        """Returns the first `count` bytes of a file."""
        with _opened(path) as file:
            return _read(path, file, 0, count)

    def tail(self, path: Path, count: int) -> bytes:
        """Returns the last `count` bytes of a file."""
        with _opened(path) as file:
            return _read(path, file, max(0, os.fstat(file.fileno()).st_size - count), count)

    @contextlib.contextmanager
    def stream(self, path: Path, at: int = 0, size: int = 0) -> Iterator[FileStream]:
        """Yields the bytes of a file. They come from one descriptor, and the file must not change meanwhile."""
        with _opened(path) as file:
            yield FileStream(file, _name(path), state_of(file), at, size)

    def untranscodable(self, path: Path, source_format: str) -> str:
        """Returns why `transcoded` cannot convert an image; "" if it can."""
        with _opened(path) as file, _readable(path):
            return unsupported(file, source_format)

    @contextlib.contextmanager
    def transcoded(
        self, path: Path, source_format: str, adapter: str, on_progress: OnProgress
    ) -> Iterator[TranscodedStream]:
        """Yields an image as streamOptimized VMDK, converted while it is read; reports the first pass in bytes."""
        with _opened(path) as file:
            state = _judged(path, file, source_format)
            yield transcoded(file, _name(path), state, source_format, adapter, on_progress)

    def part(self, path: Path, at: int, count: int) -> bytes:
        """Returns `count` bytes of a file from `at` on, fewer at its end."""
        with _opened(path) as file:
            return _read(path, file, min(at, os.fstat(file.fileno()).st_size), count)

    def unpacked_head(self, path: Path, packing: str, count: int) -> bytes:
        """Returns the first `count` bytes of what a file packs."""
        with _opened(path) as file, _readable(path):
            return unpacking.beginning(file, packing, count, _name(path))

    @contextlib.contextmanager
    def unpacked(self, path: Path, packing: str, on_progress: OnProgress) -> Iterator[Path]:
        """Yields the unpacked file in a scratch directory."""
        with _opened(path) as file, self.scratch() as directory:
            target, before = directory / unpacking.INNER, state_of(file)
            with _readable(path):
                unpacking.unpack(file, packing, target, _name(path), on_progress)
            ensure_unchanged(file, _name(path), before)
            yield target

    @contextlib.contextmanager
    def extracted(self, path: Path, at: int, size: int, on_progress: OnProgress) -> Iterator[Path]:
        """Yields a copy of a part of a file in a scratch directory."""
        with _opened(path) as file, self.scratch() as directory:
            target, before = directory / unpacking.INNER, state_of(file)
            with _readable(path):
                unpacking.extract(file, at, size, target, _name(path), on_progress)
            ensure_unchanged(file, _name(path), before)
            yield target

    def free_space(self, directory: Path) -> int:
        """Returns the free bytes on the file system of a directory, or of its nearest existing parent."""
        directory = expanded(directory).absolute()
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free

    def qemu_img(self) -> str:
        """Returns the version of qemu-img; "" if it is not installed."""
        return qemu_img.version()

    def convert(
        self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, on_progress: OnProgress
    ) -> None:
        """Converts an image to VMDK with qemu-img; reports progress in percent. Leaves a complete target or none."""
        program = qemu_img.installed()
        partial = target.absolute().with_name(f".{target.name}.partial")
        with _opened(source) as file:
            before = _judged(source, file, source_format)
            try:
                partial.unlink(missing_ok=True)
                partial.touch(0o600, exist_ok=False)
                options = f"subformat={subformat},adapter_type={adapter}"
                qemu_img.convert(program, file, _name(source), source_format, partial, options, on_progress)
                ensure_unchanged(file, _name(source), before)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yields a new directory in $TMPDIR and deletes it afterwards. After a killed run, the next run deletes it."""
        remove_abandoned()
        with tempfile.TemporaryDirectory(prefix=SCRATCH) as directory:
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield Path(directory)
            finally:
                os.close(handle)


def remove_abandoned() -> None:
    """Removes the directories of killed runs: directories of this user that are not new and that no process locks."""
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
    """Opens a regular file. Raises FindingError."""
    try:
        return os.fdopen(open_regular(expanded(path)), "rb")
    except OSError as error:
        raise _unreadable(path, error) from None


def _again(file: BinaryIO) -> str:
    """Returns a path under which this process and its children can open an open file again."""
    return f"/proc/self/fd/{file.fileno()}"


def _name(path: Path) -> str:
    """Returns the real path of a file, also for a path of `_again`."""
    return os.path.realpath(expanded(path))  # unlike Path.resolve, it raises nothing for a link to itself


def _read(path: Path, file: BinaryIO, at: int, count: int) -> bytes:
    try:
        file.seek(at)
        return file.read(count)
    except OSError as error:
        raise _unreadable(path, error) from None


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreadable(path, error) from None


def _judged(path: Path, file: BinaryIO, driver: str) -> FileState:
    """Returns the state of an open file. Raises FindingError if qemu-img must not read it with this driver."""
    state = state_of(file)
    head, tail = (_read(path, file, at, n) for at, n in ((0, disks.HEAD), (max(0, state[0] - disks.TAIL), disks.TAIL)))
    refusal = disks.refusal(disks.inspect(head, state[0], tail), driver)
    if refusal:
        raise failure(refusal[0], refusal[1], subject=_name(path))
    return state


def _unreadable(path: Path, error: OSError) -> Exception:
    return failure("IM19", f"{_name(path)} cannot be read: {error.strerror or error}", subject=str(path))
