"""Reads the files of a recording of a vCenter: a directory, or a .tar.xz that is never unpacked on the disk.

A recording may come from anybody: sizes and numbers are limited, and nothing outside the directory or the file is read.
"""

from __future__ import annotations

import io
import lzma
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import open_regular, read_regular
from mhv_tui.demo.scenes import PACKED

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MIB = 1 << 20
FILE_LIMIT = 64 * MIB
"""Bytes of the largest file. A host has about 2 MB, and the largest object of the recordings that were tried, 4 MB."""
MOST_FILES = 30_000
"""In a packed recording, which takes seconds. 10,000 virtual machines and 500 hosts have some 13,000."""
SIZE_LIMIT = 2048 * MIB
"""Bytes of all files, unpacked. 460 virtual machines have 52 MiB."""
HEADER_LIMIT = MIB
"""Bytes of the headers before a file in a packed recording."""
MEMORY_LIMIT = 256 * MIB
"""Bytes of memory to unpack xz."""
CHUNK = 1 << 16
REMEDY = "name a directory or a .tar.xz that `mhv-tui record` or `govc object.save` has written"


def refuse(path: Path, reason: str) -> UsageError:
    return UsageError(f"{path}: {reason}", REMEDY)


def files(path: Path, is_used: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yields the name and the content of each file of a recording whose name is used. Raises UsageError."""
    rows = _packed(path, is_used) if path.name.endswith(PACKED) else _plain(path, is_used)
    try:
        yield from rows
    except OSError as error:
        raise refuse(path, f"it cannot be read: {error.strerror or error}") from None
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise refuse(path, f"it is not a complete .tar.xz: {error}") from None


def _plain(path: Path, is_used: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    for file in sorted(path.iterdir()):
        if is_used(file.name):
            yield file.name, read_regular(file, FILE_LIMIT)


class _Unpacker(io.RawIOBase):
    """Unpacks xz while it is read. `allowed`: the bytes that may still be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_LIMIT)
        self.allowed = HEADER_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = b""
        while not data and not self._xz.eof:
            packed = self._file.read(CHUNK) if self._xz.needs_input else b""
            if self._xz.needs_input and not packed:
                raise EOFError("it ends too early")
            data = self._xz.decompress(packed, len(view))
        self.allowed -= len(data)
        if self.allowed < 0:
            raise tarfile.ReadError(f"a header has more than {HEADER_LIMIT // MIB} MiB")
        view[: len(data)] = data
        return len(data)


def _packed(path: Path, is_used: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    with os.fdopen(open_regular(path), "rb") as file:
        unpacker = _Unpacker(file)
        with tarfile.open(fileobj=io.BufferedReader(unpacker), mode="r|") as archive:
            size = 0
            for number, member in enumerate(archive):
                _check(path, member)
                size += member.size
                if number >= MOST_FILES or size > SIZE_LIMIT:
                    raise refuse(path, f"it has more than {MOST_FILES} files or {SIZE_LIMIT // MIB} MiB")
                unpacker.allowed = member.size + HEADER_LIMIT
                name = PurePosixPath(member.name).name
                content = archive.extractfile(member) if is_used(name) else None
                if content is not None:
                    yield name, content.read()


def _check(path: Path, member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise refuse(path, f"it has the path {member.name}, which leads out of the recording")
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise refuse(path, f"it has {member.name}, which is neither a file nor a directory")
    if member.size > FILE_LIMIT:
        raise refuse(path, f"it has the file {member.name} with more than {FILE_LIMIT // MIB} MiB")
