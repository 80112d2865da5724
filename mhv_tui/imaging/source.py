"""A disk image as its clusters of 64 KiB in the order of the disk, and the error of a damaged image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from mhv_tui.core.errors import MhvError

SECTOR = 512
CLUSTER = 1 << 16
ZEROS = bytes(CLUSTER)
LIMIT = 2 << 40
"""The largest disk, and the largest file, in bytes: a VMDK has 32-bit numbers of sectors."""


class ImageError(MhvError):
    """The image is damaged, changed while it was read, or cannot be converted; the sentence begins with "the file"."""


class Piece(NamedTuple):
    """Where the file has the data of one cluster of the disk."""

    grain: int
    """The number of the cluster in the disk."""
    offset: int
    length: int
    """The number of bytes to read; for a compressed cluster, other bytes can follow its data."""
    size: int
    """The number of bytes of the cluster that belong to the disk: CLUSTER, less if the disk ends in the cluster."""
    is_compressed: bool


@dataclass(frozen=True)
class SourceDisk:
    """A readable disk image. A cluster that `pieces` leaves out contains zeros."""

    virtual_size: int
    data_size: int
    """About the sum of the lengths of all pieces, for the progress."""
    pieces: Callable[[], Iterator[Piece]]
    """Yields the pieces in the order of the disk. Raises ImageError if the tables of the image are damaged."""


def size_of(file: BinaryIO) -> int:
    return file.seek(0, 2)


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Returns exactly `length` bytes. Raises ImageError if the file ends before."""
    file.seek(offset)
    data = file.read(length)
    while len(data) < length:
        more = file.read(length - len(data))
        if not more:
            raise ImageError(f"the file is incomplete: it ends before byte {offset + length}")
        data += more
    return data


def reason_against_size(size: int) -> str:
    """Why a VMDK cannot have this virtual size; "" if it can."""
    if not size:
        return "the file contains a disk of size 0"
    if size % SECTOR:
        return f"the disk has {size} bytes, not a multiple of {SECTOR}"
    return "the disk is larger than 2 TiB" if size > LIMIT else ""
