"""Unpacks gzip, xz, bzip2 and zstd while reading, in bounded memory: packed data is hostile input.

Sources: RFC 1952 (gzip); the .xz file format 1.2.1; RFC 8878 (zstd).
"""

from __future__ import annotations

import bz2
import lzma
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from mhv_tui.core.streams import ReadAt
from mhv_tui.core.text import size as as_size

PACKINGS = ("gzip", "xz", "bzip2", "zstd")
CHUNK = 1 << 20
"""The largest number of unpacked bytes that `chunks` yields at a time."""
STEP = 1 << 16
"""The number of packed bytes that are read at a time."""
MEMORY = 1 << 27
"""The largest window or dictionary in bytes. `xz -9` needs 65 MiB, `zstd --ultra -22` 128 MiB."""
TO_IDENTIFY = 4 << 20
"""The packed bytes that `beginning` reads at most. A block of bzip2, the largest unit, has fewer than 1 MiB."""
TINY, MOST_TINY = 512, 1000
"""A disk is not packed in more than 1000 streams of fewer than 512 bytes. To begin a stream takes time."""

Read = Callable[[int], bytes]
"""Reads the next bytes, at most this number; b"" at the end."""


class PackedDataError(Exception):
    """Packed data cannot be unpacked; the text is a sentence without its subject."""


class TooLarge(PackedDataError):
    """The unpacked data is larger than the limit."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib with the interface of the other decompressors."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


def _zstd() -> tuple[_Decompressor, type[Exception]]:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise PackedDataError("is packed with zstd, and the Python package backports.zstd is not installed") from None
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MEMORY.bit_length() - 1}
    return zstd.ZstdDecompressor(options=options), zstd.ZstdError


def _decompressor(packing: str) -> tuple[_Decompressor, type[Exception]]:
    """Returns a new decompressor, and the exception with which it reports damaged data."""
    if packing == "gzip":
        return _Gzip(), zlib.error
    if packing == "xz":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY), lzma.LZMAError
    return (bz2.BZ2Decompressor(), OSError) if packing == "bzip2" else _zstd()


def chunks(read: Read, packing: str, limit: int) -> Iterator[bytes]:
    """Yields the unpacked data of all streams that `read` returns, which may have zeros between and after them.

    Raises PackedDataError if the data is damaged or incomplete, and TooLarge after `limit` bytes.
    """
    (stream, error), pending, total = _decompressor(packing), b"", 0
    begin, tiny = 0, 0
    while True:
        if stream.eof:
            tiny, begin = tiny + (total - begin < TINY), total
            if tiny > MOST_TINY:
                raise PackedDataError(f"is not a packed disk: its {packing} data consist of tiny pieces")
            pending = stream.unused_data.lstrip(b"\0") or _next_stream(read)
            if not pending:
                return
            stream, error = _decompressor(packing)
        data, pending = (pending or read(STEP), b"") if stream.needs_input else (b"", pending)
        try:
            unpacked = stream.decompress(data, CHUNK)
        except error as reason:
            raise PackedDataError(_reason(str(reason), packing)) from None
        total += len(unpacked)
        if total > limit:
            raise TooLarge(f"has more than {as_size(limit)} of data inside its {packing} packing")
        if unpacked:
            yield unpacked
        elif not data and stream.needs_input and not stream.eof:
            raise PackedDataError(f"is incomplete: its {packing} data ends too early")


def _next_stream(read: Read) -> bytes:
    """Skips zeros; returns the beginning of the next stream, or b"" at the end."""
    while data := read(STEP):
        if begin := data.lstrip(b"\0"):
            return begin
    return b""


def _reason(text: str, packing: str) -> str:
    if "memory" in text.lower():
        return f"needs more than {MEMORY >> 20} MiB of memory to be unpacked with {packing}"
    return f"is damaged: its {packing} data cannot be unpacked"


def beginning(read: Read, packing: str, count: int) -> bytes:
    """Returns the first `count` bytes of the unpacked data, fewer if it is shorter. Reads at most TO_IDENTIFY bytes.

    Raises PackedDataError if the data is damaged or incomplete before that.
    """
    left, head = TO_IDENTIFY, bytearray()

    def read_some(number: int) -> bytes:
        nonlocal left
        if left <= 0:
            raise PackedDataError(
                f"is not a disk: {TO_IDENTIFY >> 20} MiB of its {packing} data contain almost nothing"
            )
        left -= number
        return read(number)

    for chunk in chunks(read_some, packing, 1 << 62):
        head += chunk
        if len(head) >= count:
            break
    return bytes(head[:count])


def stated_size(read_at: ReadAt, size: int, packing: str, least: int) -> int:
    """Returns the unpacked size that packed data of `size` bytes states about itself; 0 if it states none.

    It may be wrong. gzip states the size modulo 4 GiB; `least` is the size that it cannot be below.
    """
    if packing == "gzip":
        stated: int = struct.unpack("<I", read_at(max(0, size - 4), 4).rjust(4, b"\0"))[0]
        return stated + max(0, -(-(least - stated) // (1 << 32))) * (1 << 32)
    if packing == "xz":
        return _size_in_index(read_at, size)
    return _size_in_frame(read_at(0, 18)) if packing == "zstd" else 0


XZ_FOOTER = struct.Struct("<IIH2s")
LONGEST_INDEX = 4 << 20


def _size_in_index(read_at: ReadAt, size: int) -> int:
    """Adds the sizes in the index at the end of an xz file of one stream."""
    footer = read_at(max(0, size - XZ_FOOTER.size), XZ_FOOTER.size)
    if len(footer) < XZ_FOOTER.size or not footer.endswith(b"YZ"):
        return 0
    length = (XZ_FOOTER.unpack(footer)[1] + 1) * 4
    if length > min(LONGEST_INDEX, size):
        return 0
    numbers = _numbers(read_at(size - XZ_FOOTER.size - length, length)[1:])
    records = next(numbers, 0)
    pairs = zip(range(records), numbers, numbers, strict=False)
    return sum(unpacked for _, _, unpacked in pairs)


def _numbers(data: bytes) -> Iterator[int]:
    """Yields the numbers of variable length in an index: 7 bits in a byte, the lowest first."""
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
        elif shift >= 63:
            return


def _size_in_frame(header: bytes) -> int:
    """Returns the content size in the header of a zstd frame; 0 if the header has none."""
    descriptor = header.ljust(18, b"\0")[4]
    is_single, form = bool(descriptor & 0x20), descriptor >> 6
    length = (1 if is_single else 0, 2, 4, 8)[form]
    at = 5 + (not is_single) + (0, 1, 2, 4)[descriptor & 3]
    return int.from_bytes(header[at : at + length], "little") + (256 if length == 2 else 0)
