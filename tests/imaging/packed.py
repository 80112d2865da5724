"""Packs bytes for tests."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
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


def xz_with_dictionary(data: bytes, size: int) -> bytes:
    """An xz file whose reader needs a dictionary of this size."""
    return lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": size}])


def zstd_with_window(data: bytes, log: int) -> bytes:
    """A zstd frame whose reader needs a window of 2^log bytes."""
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log})
    return compressor.compress(data) + compressor.flush()
