"""The bytes of an open image file for an upload: as they are, or converted to a VMDK while they are read.

The file must not change: its size and times are compared before each part is given away.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mhv_tui.adapters.failures import failure
from mhv_tui.core.ports import OnProgress
from mhv_tui.core.streams import ByteStream
from mhv_tui.imaging.source import ImageError
from mhv_tui.imaging.transcode import vmdk_stream

CHUNK = 1 << 20
FileState = tuple[int, int, int]


def state_of(file: BinaryIO) -> FileState:
    """Returns size and times of an open file; they change if another process writes to the file."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass(frozen=True)
class FileStream:
    """Implements core.streams.ByteStream for the part of an open file from `at` on; `length` 0 means up to its end."""

    file: BinaryIO
    name: str
    state: FileState
    at: int
    length: int

    @property
    def size(self) -> int:
        return self.length or self.state[0] - self.at

    def chunks(self) -> Iterator[bytes]:
        with _errors_of(self.file, self.name, self.state):
            for done in range(0, self.size, CHUNK):
                self.file.seek(self.at + done)
                chunk = self.file.read(min(CHUNK, self.size - done))
                ensure_unchanged(self.file, self.name, self.state)
                yield chunk


@dataclass(frozen=True)
class TranscodedStream:
    """Implements core.streams.ByteStream for the VMDK that is made of an open file."""

    file: BinaryIO
    name: str
    state: FileState
    vmdk: ByteStream

    @property
    def size(self) -> int:
        return self.vmdk.size

    def chunks(self) -> Iterator[bytes]:
        with _errors_of(self.file, self.name, self.state):
            for chunk in self.vmdk.chunks():
                ensure_unchanged(self.file, self.name, self.state)
                yield chunk


def transcoded(
    file: BinaryIO, name: str, state: FileState, image_format: str, adapter: str, on_progress: OnProgress
) -> TranscodedStream:
    """Reads an open image once to learn the size of its VMDK, and returns the VMDK. Raises FindingError."""
    with _errors_of(file, name, state):
        vmdk = vmdk_stream(file, image_format, adapter, on_progress)
    ensure_unchanged(file, name, state)
    return TranscodedStream(file, name, state, vmdk)


def ensure_unchanged(file: BinaryIO, name: str, state: FileState) -> None:
    """Raises FindingError if another process wrote to an open file since `state` was taken."""
    if state_of(file) != state:
        raise failure("IM07", f"the file {name} changed while it was read", subject=name)


@contextlib.contextmanager
def _errors_of(file: BinaryIO, name: str, state: FileState) -> Iterator[None]:
    """Converts the errors of a file that is damaged, changed or unreadable to FindingError."""
    try:
        yield
    except ImageError as error:
        ensure_unchanged(file, name, state)
        raise failure("IM19", f"{name} cannot be converted: {error.message}", subject=name) from None
    except OSError as error:
        raise failure("IM19", f"{name} cannot be read: {error.strerror or error}", subject=name) from None
