"""Converts a qcow2 or raw image into a streamOptimized VMDK while its bytes are read, without a temporary file.

The first pass learns the size of each grain, so that the directory is in front and the size of the VMDK is known.
The second pass yields the bytes. A compressed cluster passes through: its deflate stream becomes the grain's.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby, islice
from types import ModuleType
from typing import BinaryIO, NamedTuple, TypeVar

from mhv_tui.imaging import qcow2, raw
from mhv_tui.imaging import streamoptimized as vmdk
from mhv_tui.imaging.deflate import WRAPPING, Codec, Parts, adler32, as_stream, fastest
from mhv_tui.imaging.source import CLUSTER, SECTOR, ZEROS, ImageError, Piece, SourceDisk, read_at

T = TypeVar("T")
R = TypeVar("R")

FORMATS: dict[str, ModuleType] = {"qcow2": qcow2, "raw": raw}
BATCH = 16
"""The number of clusters that one thread converts at once."""
MOST_THREADS = 8
_MOST_SECTORS = 0xFFFFFFFF
_CHANGED = "the file changed while it was read"


def unsupported(file: BinaryIO, format: str) -> str:
    """Why qemu-img must convert this image, as a sentence without full stop; "" if not. Reads the header."""
    if format not in FORMATS:
        return f"the format {format} is not read here"
    return str(FORMATS[format].unsupported(file))


class _Job(NamedTuple):
    """A cluster to convert, with its bytes in the file."""

    piece: Piece
    data: bytes
    length: int = 0
    """The length of the grain's zlib stream; 0 in the first pass."""
    checksum: bytes = b""
    """The adler32 of the cluster; empty in the first pass."""


class _Batch(NamedTuple):
    """Grains whose numbers have the same quotient by BATCH, without those that contain only zeros."""

    numbers: list[int]
    lengths: list[int]
    """The length of each grain's zlib stream."""
    checksums: bytes
    """The adler32 of each grain's content."""
    crc: int
    """The crc32 of all streams that passed through, and of the checksums of the others."""
    parts: list[Parts]
    """The grains as they are in the VMDK."""


@dataclass(frozen=True)
class _Record:
    """What the first pass learned: 12 bytes for each grain, 4 for each batch."""

    numbers: array[int] = field(default_factory=lambda: array("I"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    checksums: bytearray = field(default_factory=bytearray)
    crcs: array[int] = field(default_factory=lambda: array("I"))

    def add(self, batch: _Batch) -> None:
        self.numbers.extend(batch.numbers)
        self.lengths.extend(batch.lengths)
        self.checksums.extend(batch.checksums)
        self.crcs.append(batch.crc)

    def checksum(self, at: int) -> bytes:
        return bytes(self.checksums[4 * at : 4 * at + 4])

    def content_id(self) -> bytes:
        """16 bytes that identify the content of the disk."""
        return hashlib.sha256(self.numbers.tobytes() + self.checksums).digest()[:16]


@dataclass(frozen=True)
class VmdkStream:
    """A ByteStream of the VMDK. The file must stay open, and nothing else may read it while `chunks` yields."""

    size: int
    _file: BinaryIO
    _disk: SourceDisk
    _front: bytes
    """The header and the descriptor."""
    _codec: Codec
    _record: _Record

    def chunks(self) -> Generator[bytes, None, None]:
        """Yields the bytes from the start. Raises ImageError if the file changed."""
        record, size = self._record, self._disk.virtual_size
        yield self._front
        tables = vmdk.tables(size, record.numbers, record.lengths)
        while part := b"".join(islice(tables, BATCH)):
            yield part
        crcs = iter(record.crcs)
        for batch in _converted(self._jobs(), self._codec):
            if batch.crc != next(crcs, None):
                raise ImageError(_CHANGED)
            yield b"".join(chain.from_iterable(batch.parts))
        if next(crcs, None) is not None:
            raise ImageError(_CHANGED)
        yield vmdk.END_OF_STREAM

    def _jobs(self) -> Iterator[list[_Job]]:
        record, at = self._record, 0
        for batch in _batches(self._disk):
            jobs = []
            for piece in batch:
                if at < len(record.numbers) and record.numbers[at] == piece.grain:
                    data = read_at(self._file, piece.offset, piece.length)
                    jobs.append(_Job(piece, data, record.lengths[at], record.checksum(at)))
                    at += 1
            yield jobs


def vmdk_stream(
    file: BinaryIO,
    format: str,
    adapter: str,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    codec: Codec | None = None,
) -> VmdkStream:
    """Makes the first pass over the image and returns the VMDK. Memory: below 32 MB, and 12 bytes for each grain.

    `format` is a key of FORMATS, `adapter` one of `streamoptimized.HEADS`. `on_progress` gets the bytes read and their
    approximate total; an exception that it raises ends the work. Raises ImageError if the image is damaged or
    `unsupported`.
    """
    disk: SourceDisk = FORMATS[format].open_disk(file)
    codec = codec or fastest()
    record = _Record()
    for batch in _converted(_first_jobs(file, disk, on_progress), codec):
        record.add(batch)
    on_progress(disk.data_size, disk.data_size)
    sectors = vmdk.overhead(disk.virtual_size) + sum(map(vmdk.sectors, record.lengths)) + 1
    if sectors > _MOST_SECTORS:
        raise ImageError("the file contains too much data: a VMDK has at most 2 TiB")
    front = vmdk.header(disk.virtual_size) + vmdk.descriptor(disk.virtual_size, adapter, record.content_id())
    return VmdkStream(sectors * SECTOR, file, disk, front, codec, record)


def _first_jobs(file: BinaryIO, disk: SourceDisk, on_progress: Callable[[int, int], None]) -> Iterator[list[_Job]]:
    done = 0
    for batch in _batches(disk):
        yield [_Job(piece, read_at(file, piece.offset, piece.length)) for piece in batch]
        done += sum(piece.length for piece in batch)
        on_progress(min(done, disk.data_size), disk.data_size)


def _batches(disk: SourceDisk) -> Iterator[list[Piece]]:
    """The pieces by their place in the disk, so that holes, which can move at any time, do not matter."""
    return (list(pieces) for _, pieces in groupby(disk.pieces(), lambda piece: piece.grain // BATCH))


def _in_order(jobs: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
    """Does the work in threads, a few jobs ahead. Yields the results in the order of the jobs."""
    threads = min(os.cpu_count() or 1, MOST_THREADS)
    pending: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for job in jobs:
            pending.append(pool.submit(work, job))
            if len(pending) > threads + 1:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _converted(jobs: Iterable[list[_Job]], codec: Codec) -> Iterator[_Batch]:
    return (batch for batch in _in_order(jobs, partial(_batch, codec)) if batch.numbers)


def _batch(codec: Codec, jobs: list[_Job]) -> _Batch:
    batch, crc = _Batch([], [], b"", 0, []), 0
    checksums = []
    for job in jobs:
        stream, identity = _stream(codec, job)
        if stream:
            length = sum(map(len, stream))
            marker, padding = vmdk.around(job.piece.grain, length)
            batch.numbers.append(job.piece.grain)
            batch.lengths.append(length)
            batch.parts.append((marker, *stream, padding))
            checksums.append(bytes(stream[-1]))
            crc = zlib.crc32(identity, crc)
    return batch._replace(checksums=b"".join(checksums), crc=crc)


def _stream(codec: Codec, job: _Job) -> tuple[Parts, bytes]:
    """The zlib stream of a cluster, zeroed behind the end of the disk; empty if the cluster contains only zeros.

    The second value identifies the stream: its deflate stream if that passed through, else its checksum.
    """
    piece, data = job.piece, job.data
    passes = piece.is_compressed and piece.size == CLUSTER and piece.length <= vmdk.LARGEST_STREAM - WRAPPING
    if passes and job.length:
        data = data[: job.length - WRAPPING]
        return as_stream(data, job.checksum), data
    content, length = codec.inflate(data, piece.grain) if piece.is_compressed else (data, 0)
    if piece.size < CLUSTER:
        content = content[: piece.size].ljust(CLUSTER, b"\0")
    if content == ZEROS:
        return (), b""
    if passes:
        return as_stream(data[:length], adler32(content)), data[:length]
    stream = codec.deflate(content)
    return stream, bytes(stream[-1])
