"""Packs bytes for tests."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import sys
import zlib
from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def _zstd(data: bytes) -> bytes:
    return zstd.compress(data)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zstd": _zstd,
}


def xz_with_dictionary(data: bytes, code: int) -> bytes:
    """An xz file whose reader needs a dictionary of 2^(code / 2 + 12) bytes; `code` is even and at most 38."""
    packed = lzma.compress(data)
    length = (packed[12] + 1) * 4  # of the block's header, which ends with its checksum
    header = packed[12:16] + bytes([code]) + packed[17 : 12 + length - 4]
    return packed[:12] + header + struct.pack("<I", zlib.crc32(header)) + packed[12 + length :]


def zstd_with_window(data: bytes, log: int) -> bytes:
    """A zstd frame whose reader needs a window of 2^log bytes, with at most 128 KiB of data."""
    return b"\x28\xb5\x2f\xfd\0" + bytes([(log - 10) << 3]) + (len(data) << 3 | 1).to_bytes(3, "little") + data
