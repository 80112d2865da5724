"""The two formats of a compressed cluster: raw deflate in a qcow2 image, a zlib stream around it in a VMDK.

zlib inflates, because isal accepts a few damaged streams that other readers refuse. isal deflates if it is installed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from mhv_tui.imaging.source import CLUSTER, ImageError

Deflate = Callable[[bytes], bytes]
"""Returns the zlib stream of a cluster; always the same one for the same bytes."""

_STREAM_HEADER = b"\x78\x9c"
WRAPPING = 6
"""The bytes that a zlib stream has more than its raw deflate stream."""


def inflate(data: bytes, grain: int) -> tuple[bytes, int]:
    """Returns the CLUSTER bytes of a raw deflate stream and the length of the stream; other bytes may follow it.

    Raises ImageError, which names the cluster `grain`, if the stream is damaged or contains another number of bytes.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(data, CLUSTER + 1)
    except zlib.error:
        content = b""
    if len(content) != CLUSTER or not inflater.eof:
        raise ImageError(f"the file is damaged: the compressed cluster {grain} of the disk cannot be inflated")
    return content, len(data) - len(inflater.unused_data)


def as_stream(deflated: bytes, checksum: int) -> bytes:
    """A raw deflate stream as a zlib stream; `checksum` is the adler32 of the inflated bytes."""
    return b"".join((_STREAM_HEADER, deflated, checksum.to_bytes(4, "big")))


def deflate_with_zlib(content: bytes) -> bytes:
    deflater = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL + 1, zlib.Z_RLE)
    return deflater.compress(content) + deflater.flush()


def fastest() -> Deflate:
    """isal's deflate if it is installed (the extra `fast`), else zlib's."""
    try:
        from isal import isal_zlib
    except ImportError:
        return deflate_with_zlib
    return lambda content: isal_zlib.compress(content, 0)  # its other levels are not deterministic
