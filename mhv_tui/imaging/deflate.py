"""Inflates the clusters of a qcow2 image and makes the zlib streams of a VMDK, with fast libraries if installed.

zlib-ng inflates about 1.5 times as fast as zlib and refuses the same damaged streams (isal accepts a few of them). isal
deflates five times as fast as zlib. Without isal, clusters are stored: zlib would need longer than it saves.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from mhv_tui.imaging.source import CLUSTER, ImageError

WRAPPING = 6
"""The number of bytes that a zlib stream has more than its raw deflate stream."""
_STREAM_HEADER = b"\x78\x9c"
_BLOCK = CLUSTER - 1
"""The most bytes in a deflate block without compression (RFC 1951, 3.2.4)."""
_FIRST_BLOCK = b"\x78\x01\x00" + _BLOCK.to_bytes(2, "little") + bytes(2)
_LAST_BLOCK = b"\x01\x01\x00\xfe\xff"

Parts = tuple[bytes | memoryview, ...]
"""The bytes of a stream in parts, not copied into one object."""


def stored(content: bytes) -> Parts:
    """The zlib stream of a cluster without compression."""
    view = memoryview(content)
    return _FIRST_BLOCK, view[:_BLOCK], _LAST_BLOCK, view[_BLOCK:], adler32(content)


def adler32(content: bytes) -> bytes:
    """The checksum at the end of a zlib stream."""
    return zlib.adler32(content).to_bytes(4, "big")


@dataclass(frozen=True)
class Codec:
    inflater: ModuleType = zlib
    """zlib, or a module with the same functions."""
    deflate: Callable[[bytes], Parts] = stored
    """Returns the zlib stream of a cluster, always the same one for the same bytes; safe in threads.

    The last part is the checksum.
    """

    def inflate(self, data: bytes, grain: int) -> tuple[bytes, int]:
        """Returns the CLUSTER bytes of a raw deflate stream and the length of the stream; other bytes may follow it.

        Raises ImageError, which names the cluster `grain`, if the stream is damaged or has another number of bytes.
        """
        inflater = self.inflater.decompressobj(wbits=-zlib.MAX_WBITS)
        try:
            content: bytes = inflater.decompress(data, CLUSTER + 1)
        except self.inflater.error:
            content = b""
        if len(content) != CLUSTER or not inflater.eof:
            raise ImageError(f"the file is damaged: the compressed cluster {grain} of the disk cannot be inflated")
        return content, len(data) - len(inflater.unused_data)


def fastest() -> Codec:
    """The codec with the fast libraries that are installed (the extra `fast`)."""
    isal = _installed("isal.isal_zlib")

    def deflate(content: bytes) -> Parts:
        assert isal
        stream: bytes = isal.compress(content, 0)  # its other levels do not always return the same bytes
        return (stream[:-4], stream[-4:]) if len(stream) < CLUSTER else stored(content)

    return Codec(_installed("zlib_ng.zlib_ng") or zlib, deflate if isal else stored)


def _installed(module: str) -> ModuleType | None:
    try:
        return import_module(module)
    except ImportError:
        return None


def as_stream(deflated: bytes, checksum: bytes) -> Parts:
    """A raw deflate stream as a zlib stream; `checksum` is the adler32 of the inflated bytes."""
    return _STREAM_HEADER, deflated, checksum
