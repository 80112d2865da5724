"""Writes what is inside a packed file or an archive to this machine's disk, within its free space."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.ports import OnProgress
from mhv_tui.core.text import size as as_size
from mhv_tui.imaging import unpack as unpacker

INNER = "unpacked"
"""The name of the file that is written."""
RESERVE = 256 << 20
"""Bytes that remain free on the disk."""
HOLE = 1 << 16
"""The size of the blocks of zeros for which no space is used."""


def beginning(file: BinaryIO, packing: str, count: int, name: str) -> bytes:
    """Returns the first `count` unpacked bytes of the open file `name`."""
    try:
        return unpacker.beginning(file.read, packing, count)
    except unpacker.PackedDataError as error:
        raise _refused(error, name) from None


def unpack(file: BinaryIO, packing: str, target: Path, name: str, on_progress: OnProgress) -> None:
    """Unpacks the open file `name` into a new file. The unpacked size must not exceed the free space."""
    room, total = _room(target.parent), os.fstat(file.fileno()).st_size

    def reported() -> Iterator[bytes]:
        for chunk in unpacker.chunks(file.read, packing, room):
            yield chunk
            on_progress(file.tell(), total)

    try:
        _write(reported(), target)
    except unpacker.PackedDataError as error:
        raise _refused(error, name) from None


def extract(file: BinaryIO, at: int, size: int, target: Path, name: str, on_progress: OnProgress) -> None:
    """Copies `size` bytes of the open file `name` from `at` on into a new file."""
    if size > _room(target.parent):
        detail = f"{as_size(size)} of the archive do not fit into {target.parent}"
        raise failure("IM15", detail, subject=name)
    file.seek(at)

    def reported() -> Iterator[bytes]:
        for done in range(0, size, unpacker.CHUNK):
            chunk = file.read(min(unpacker.CHUNK, size - done))
            yield chunk
            on_progress(done + len(chunk), size)

    _write(reported(), target)
    if target.stat().st_size != size:
        raise failure("IM07", "the archive is incomplete: it ends within its disk", subject=name)


def _room(directory: Path) -> int:
    return max(0, shutil.disk_usage(directory).free - RESERVE)


def _write(chunks: Iterable[bytes], target: Path) -> None:
    """Writes a file with holes instead of blocks of zeros. Raises FindingError if the disk is full."""
    total = 0
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for chunk in chunks:
            for at in range(0, len(chunk), HOLE):
                block = chunk[at : at + HOLE]
                if block.count(0) < len(block):
                    os.pwrite(handle, block, total + at)
            total += len(chunk)
        os.ftruncate(handle, total)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise failure("IM15", f"the disk of {target.parent} is full", subject=str(target.parent)) from None
    finally:
        os.close(handle)


def _refused(error: unpacker.PackedDataError, name: str) -> FindingError:
    if isinstance(error, unpacker.TooLarge):
        return failure("IM15", f"the file {error}, more than is free on this machine", subject=name)
    return failure("IM21", f"the file {error}", subject=name)
