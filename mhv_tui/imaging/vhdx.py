"""Reads the size of a VHDX disk from its metadata region. Source: Microsoft's [MS-VHDX], revision 7.0, chapter 2.6."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

from mhv_tui.core.streams import ReadAt

KIB = 1 << 10
REGION_TABLES = (192 * KIB, 256 * KIB)
"""The positions of the two copies of the region table."""
METADATA_REGION = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
FILE_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
VIRTUAL_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
HAS_PARENT = 2
MOST_ENTRIES = 2047


@dataclass(frozen=True)
class Metadata:
    """What the metadata region states about the disk."""

    size: int
    """The size of the disk in bytes."""
    has_parent: bool
    """True if the file contains only the difference to another disk."""


def metadata(read_at: ReadAt) -> Metadata | None:
    """Returns the metadata of a VHDX file; None if neither region table leads to it."""
    return next(filter(None, (_behind(read_at, table) for table in REGION_TABLES)), None)


def _behind(read_at: ReadAt, table: int) -> Metadata | None:
    regions = _entries(read_at(table, 64 * KIB), b"regi", 8, 16, "<QI")
    region = regions.get(METADATA_REGION, (0, 0))[0]
    items = _entries(read_at(region, 64 * KIB), b"metadata", 10, 32, "<II") if region else {}
    if VIRTUAL_DISK_SIZE not in items:
        return None
    size = read_at(region + items[VIRTUAL_DISK_SIZE][0], 8).ljust(8, b"\0")
    parameters = read_at(region + items[FILE_PARAMETERS][0], 8) if FILE_PARAMETERS in items else b""
    flags = int.from_bytes(parameters[4:8], "little")
    return Metadata(int.from_bytes(size, "little"), bool(flags & HAS_PARENT))


def _entries(table: bytes, signature: bytes, count_at: int, first: int, form: str) -> dict[UUID, tuple[int, int]]:
    """Parses a table of 32-byte entries that begin with an id; the two numbers after it have this form."""
    if not table.startswith(signature):
        return {}
    count = min(int.from_bytes(table[count_at : count_at + 2], "little"), MOST_ENTRIES)
    rows = (table[first + 32 * n : first + 32 * n + 32] for n in range(count))
    return {UUID(bytes_le=row[:16]): struct.unpack_from(form, row, 16) for row in rows if len(row) == 32}
