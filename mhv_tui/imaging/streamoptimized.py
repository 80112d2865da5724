"""Writes the parts of a streamOptimized VMDK: header, descriptor, grain directory, grain tables, grains, end marker.

Sources: VMware's Virtual Disk Format 5.0; the layout that VMware's open-vmdk writes (directory in front, no footer).
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence

from mhv_tui.imaging.source import CLUSTER, SECTOR

GRAIN_SECTORS = CLUSTER // SECTOR
TABLE_ENTRIES = 512
TABLE_SECTORS = TABLE_ENTRIES * 4 // SECTOR
DESCRIPTOR_SECTORS = 20
DIRECTORY_AT = 1 + DESCRIPTOR_SECTORS
"""The sector of the grain directory."""
LARGEST_STREAM = (GRAIN_SECTORS + 1) * SECTOR - 12
"""The largest zlib stream in bytes that VMware's open-vmdk reads."""
END_OF_STREAM = bytes(SECTOR)

_HEADER = struct.Struct("<4sIIQQQQIQQQB4sH433x")
_VERSION = 3
_FLAGS = 1 | 1 << 16 | 1 << 17
"""The newline bytes are valid, grains are compressed, grains have markers."""
_DEFLATE = 1
_MARKER = struct.Struct("<QI")

HEADS = {"ide": 16, "lsilogic": 255, "buslogic": 255, "legacyESX": 255}
"""Adapter type -> number of heads in the geometry; a track has 63 sectors."""
_TRACK = 63
_MOST_CYLINDERS = {16: 16383, 255: 65535}

_DESCRIPTOR = """\
# Disk DescriptorFile
version=1
encoding="UTF-8"
CID={cid}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW {sectors} SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.longContentID = "{long_id}"
ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "{cylinders}"
ddb.geometry.heads = "{heads}"
ddb.geometry.sectors = "63"
ddb.adapterType = "{adapter}"
ddb.toolsInstallType = "4"
ddb.toolsVersion = "2147483647"
"""


def _tables(virtual_size: int) -> int:
    return -(-virtual_size // (CLUSTER * TABLE_ENTRIES))


def _directory_sectors(virtual_size: int) -> int:
    return -(-4 * _tables(virtual_size) // SECTOR)


def overhead(virtual_size: int) -> int:
    """The number of sectors before the first grain."""
    return DIRECTORY_AT + _directory_sectors(virtual_size) + TABLE_SECTORS * _tables(virtual_size)


def header(virtual_size: int) -> bytes:
    return _HEADER.pack(
        *(b"KDMV", _VERSION, _FLAGS, virtual_size // SECTOR, GRAIN_SECTORS, 1, DESCRIPTOR_SECTORS),
        *(TABLE_ENTRIES, 0, DIRECTORY_AT, overhead(virtual_size), 0, b"\n \r\n", _DEFLATE),
    )


def descriptor(virtual_size: int, adapter: str, content_id: bytes) -> bytes:
    """The descriptor in its sectors. `content_id` is 16 bytes, the same ones for the same content.

    Raises KeyError for an adapter that HEADS lacks.
    """
    heads = HEADS[adapter]
    number = int.from_bytes(content_id[-4:], "big")
    cid = f"{min(number, 0xFFFFFFFD):08x}"  # the two numbers above stand for no parent and a disk of zeros
    text = _DESCRIPTOR.format(
        cid=cid,
        long_id=content_id[:-4].hex() + cid,
        sectors=virtual_size // SECTOR,
        cylinders=min(-(-virtual_size // (SECTOR * heads * _TRACK)), _MOST_CYLINDERS[heads]),
        heads=heads,
        adapter=adapter,
    )
    return text.encode("ascii").ljust(DESCRIPTOR_SECTORS * SECTOR, b"\0")


def sectors(length: int) -> int:
    """The number of sectors of a grain whose zlib stream has `length` bytes."""
    return -(-(_MARKER.size + length) // SECTOR)


def around(number: int, length: int) -> tuple[bytes, bytes]:
    """What surrounds the zlib stream of a grain: its marker, and the zeros up to the end of the sector."""
    return _MARKER.pack(number * GRAIN_SECTORS, length), bytes(-(_MARKER.size + length) % SECTOR)


def tables(virtual_size: int, numbers: Sequence[int], lengths: Sequence[int]) -> Iterator[bytes]:
    """The grain directory and the grain tables. `numbers` are those of the grains, `lengths` those of their streams."""
    count = _tables(virtual_size)
    first = DIRECTORY_AT + _directory_sectors(virtual_size)
    directory = array("I", range(first, first + count * TABLE_SECTORS, TABLE_SECTORS))
    yield _little(directory).ljust(_directory_sectors(virtual_size) * SECTOR, b"\0")
    at, position = 0, overhead(virtual_size)
    for start in range(0, count * TABLE_ENTRIES, TABLE_ENTRIES):
        table = array("I", bytes(4 * TABLE_ENTRIES))
        while at < len(numbers) and numbers[at] < start + TABLE_ENTRIES:
            table[numbers[at] - start] = position
            position += sectors(lengths[at])
            at += 1
        yield _little(table)


def _little(table: array[int]) -> bytes:
    if sys.byteorder == "big":
        table.byteswap()
    return table.tobytes()
