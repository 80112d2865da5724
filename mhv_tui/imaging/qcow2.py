"""Reads the tables of a qcow2 image: which cluster of the disk is where in the file.

Never opens a file that the image names. Source: docs/interop/qcow2.txt and block/qcow2*.c of qemu 7.2.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mhv_tui.imaging.source import (
    CLUSTER,
    LIMIT,
    SECTOR,
    ZEROS,
    ImageError,
    Piece,
    SourceDisk,
    read_at,
    reason_against_size,
    size_of,
)

MAGIC = b"QFI\xfb"
CLUSTER_BITS = 16
ENTRIES = CLUSTER // 8
"""The number of entries in an L2 table, each for one cluster."""
_MOST_TABLES = (32 << 20) // 8
"""The number of entries of the first table that qemu accepts."""
DIRTY = 1
"""The only incompatible feature that does not matter here: the reference counts may be wrong."""

_HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_OFFSET = 0x00FF_FFFF_FFFF_FE00
_COPIED, _COMPRESSED, _ZERO = 1 << 63, 1 << 62, 1
_LENGTH_AT = 62 - (CLUSTER_BITS - 8)
"""The first bit of the number of sectors in the entry of a compressed cluster; the bits below are the offset."""
_FEATURES = {
    2: "it is marked as corrupt",
    4: "the data of the disk is in another file",
    8: "its clusters are not compressed with deflate",
    16: "it has extended L2 entries",
}
"""Incompatible feature -> reason."""


@dataclass(frozen=True)
class _Head:
    """The fields of a header that matter here."""

    version: int
    backing_at: int
    cluster_bits: int
    size: int
    encryption: int
    l1_length: int
    l1_at: int
    features: int
    compression: int


def _head(file: BinaryIO) -> _Head:
    """Raises ImageError if the file does not begin with a header of a known version."""
    file.seek(0)
    data = file.read(_HEADER.size + 1)
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise ImageError("the file does not begin with a whole qcow2 header")
    _, version, backing_at, _, bits, size, encryption, l1_length, l1_at, *rest = _HEADER.unpack_from(data)
    if version not in (2, 3):
        raise ImageError(f"the file has the unknown qcow2 version {version}")
    features, length = (rest[4], rest[8]) if version == 3 else (0, _HEADER.size)
    compression = data[_HEADER.size] if length > _HEADER.size and len(data) > _HEADER.size else 0
    if not _HEADER.size <= length <= CLUSTER:
        raise ImageError(f"the file's header states an impossible length of {length} bytes")
    return _Head(version, backing_at, bits, size, encryption, l1_length, l1_at, features, compression)


def _reasons(head: _Head, file_size: int) -> Iterator[str]:
    yield from _foreign_features(head)
    if head.cluster_bits != CLUSTER_BITS:
        yield f"the file's clusters have 2^{head.cluster_bits} bytes, not 64 KiB"
    if reason := reason_against_size(head.size):
        yield reason
    if file_size > LIMIT:
        yield "the file is larger than 2 TiB"
    if not _tables(head.size) <= head.l1_length <= _MOST_TABLES:
        yield f"the file's first table has {head.l1_length} entries, too few or too many for the disk"
    if head.l1_at % CLUSTER or head.l1_at + 8 * head.l1_length > file_size:
        yield "the file's first table is not aligned or beyond the file's end"


def _foreign_features(head: _Head) -> Iterator[str]:
    if head.backing_at:
        yield "the file needs a backing file"
    if head.encryption:
        yield "the file is encrypted"
    for bit in (1 << number for number in range(64)):
        if head.features & bit & ~DIRTY:
            yield f"the file cannot be read here: {_FEATURES.get(bit, 'it needs an unknown feature')}"
    if head.compression:
        yield f"the file cannot be read here: {_FEATURES[8]}"


def _tables(virtual_size: int) -> int:
    """The number of L2 tables that a disk of this size needs at most."""
    return -(-virtual_size // (ENTRIES * CLUSTER))


def unsupported(file: BinaryIO) -> str:
    """Why this module cannot read the image, as a sentence without full stop; "" if it can. Reads the header only."""
    try:
        return next(_reasons(_head(file), size_of(file)), "")
    except ImageError as error:
        return error.message


def open_disk(file: BinaryIO) -> SourceDisk:
    """Reads the header and the first table. Raises ImageError if `unsupported` has a reason or the table is damaged."""
    if reason := unsupported(file):
        raise ImageError(reason)
    tables = _ClusterTables(file, _head(file))
    return SourceDisk(tables.virtual_size, tables.file_size, tables.pieces)


def _table(data: bytes) -> array[int]:
    table = array("Q", data)
    if sys.byteorder == "little":
        table.byteswap()
    return table


class _Claims:
    """Which clusters of the file are in use: two entries that refer to one cluster make a small file a large disk."""

    def __init__(self, file_size: int) -> None:
        self._file_size = file_size
        self._claimed = bytearray(-(-file_size // CLUSTER))
        self._compressed = 0

    def cluster(self, offset: int, length: int, name: str) -> None:
        """Claims the cluster at `offset`, of which `length` bytes are read."""
        if offset % CLUSTER or offset + length > self._file_size:
            raise ImageError(f"the file is damaged: {name} at byte {offset} is not aligned or beyond the file's end")
        if self._claimed[offset // CLUSTER]:
            raise ImageError(f"the file is damaged: {name} at byte {offset} is used twice")
        self._claimed[offset // CLUSTER] = 1

    def compressed(self, offset: int, length: int) -> int:
        """Claims a compressed cluster of at most `length` bytes; returns the number of bytes to read."""
        length = min(length, self._file_size - offset)
        last = offset + max(length - SECTOR, 0)
        if length <= 0 or self._claimed[offset // CLUSTER] or self._claimed[last // CLUSTER]:
            raise ImageError(
                f"the file is damaged: a compressed cluster at byte {offset} is in a table or beyond the file's end"
            )
        self._compressed += max(length - SECTOR, 0) + 1
        if self._compressed > self._file_size:
            raise ImageError("the file is damaged: its compressed clusters overlap")
        return length


class _ClusterTables:
    """The first table (L1) in memory, and the tables of clusters (L2) as they are read."""

    def __init__(self, file: BinaryIO, head: _Head) -> None:
        self._file = file
        self._head = head
        self.virtual_size = head.size
        self.file_size = size_of(file)
        self._l1 = _table(read_at(file, head.l1_at, 8 * head.l1_length))
        self._claims()

    def _claims(self) -> _Claims:
        """The claims of all tables. Raises ImageError if they overlap or are outside the file."""
        claims = _Claims(self.file_size)
        claims.cluster(0, _HEADER.size, "the header")
        for at in range(0, 8 * len(self._l1), CLUSTER):
            claims.cluster(self._head.l1_at + at, min(CLUSTER, 8 * len(self._l1) - at), "the first table")
        for entry in filter(None, self._l1):
            if entry & ~_OFFSET & ~_COPIED:
                raise ImageError("the file is damaged: its first table has an entry with unknown bits")
            if entry & _OFFSET:
                claims.cluster(entry & _OFFSET, CLUSTER, "a table")
        return claims

    def pieces(self) -> Iterator[Piece]:
        claims = self._claims()
        for index, entry in enumerate(self._l1[: _tables(self.virtual_size)]):
            if offset := entry & _OFFSET:
                data = read_at(self._file, offset, CLUSTER)
                if data != ZEROS:
                    yield from self._pieces_of(_table(data), index * ENTRIES, claims)

    def _pieces_of(self, table: array[int], first: int, claims: _Claims) -> Iterator[Piece]:
        for grain, entry in enumerate(table, first):
            size = min(CLUSTER, self.virtual_size - grain * CLUSTER)
            if size <= 0:
                break
            if entry & _COMPRESSED:
                yield _compressed_piece(grain, entry, size, claims)
            elif self._has_data(entry):
                offset = entry & _OFFSET
                claims.cluster(offset, size, "a cluster")
                yield Piece(grain, offset, size, size, False)

    def _has_data(self, entry: int) -> bool:
        """False for a cluster of zeros. Raises ImageError for an entry that qemu of some version would refuse."""
        unknown = entry & ~_OFFSET & ~_COPIED
        if unknown == _ZERO and self._head.version == 3 and not (entry & _OFFSET) % CLUSTER:
            return False
        if unknown:
            raise ImageError("the file is damaged: the entry of a cluster has unknown bits or an unaligned offset")
        return bool(entry & _OFFSET)


def _compressed_piece(grain: int, entry: int, size: int, claims: _Claims) -> Piece:
    offset = entry & ((1 << _LENGTH_AT) - 1)
    sectors = ((entry & (_COMPRESSED - 1)) >> _LENGTH_AT) + 1
    return Piece(grain, offset, claims.compressed(offset, sectors * SECTOR - offset % SECTOR), size, True)
