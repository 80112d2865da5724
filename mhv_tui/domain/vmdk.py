"""VMware's virtual disk format: the header of a sparse extent and the text descriptor, read from bytes.

Opens nothing that a descriptor names, and never looks further than the bytes it is given: an image is hostile input.
Source: VMware's Virtual Disk Format 5.0, compared with what qemu-img 7.2 writes.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

SECTOR = 512
MAGIC = b"KDMV"
OLD_MAGIC = b"COWD"
"""Of the sparse files that ESX kept for snapshots; part of a disk, never a whole one."""
TEXT_MAGIC = b"# Disk DescriptorFile"
AT_END = 0xFFFFFFFFFFFFFFFF
"""A grain directory here stands behind the data; a footer tells where."""
NO_PARENT = "ffffffff"

_HEADER = struct.Struct("<4sIIQQQQIQQQB4sH")
_EXTENT = re.compile(r'^(RW|RDONLY|NOACCESS)\s+(\d+)\s+(\w+)(?:\s+"([^"]*)")?', re.M)
_PAIR = re.compile(r'^\s*([\w.]+)\s*=\s*"?([^"\r\n]*?)"?\s*$', re.M)


@dataclass(frozen=True)
class Extent:
    """One line of the descriptor: where a part of the disk lies. The name is shown, never opened."""

    sectors: int
    kind: str
    """SPARSE, FLAT, VMFS, ZERO, ..."""
    name: str


@dataclass(frozen=True)
class Descriptor:
    """The text part of a VMDK."""

    create_type: str
    adapter: str
    """ddb.adapterType: ide, lsilogic, buslogic or legacyESX."""
    parent: str
    """What it names as its parent; empty for a whole disk."""
    extents: tuple[Extent, ...]

    @property
    def capacity(self) -> int:
        """Bytes of the disk that the extents make up."""
        return sum(extent.sectors for extent in self.extents) * SECTOR


@dataclass(frozen=True)
class Header:
    """The first sector of a sparse extent, or its footer."""

    version: int
    compressed: bool
    capacity: int
    """Bytes of the disk inside."""
    descriptor_at: int
    descriptor_length: int
    """Bytes."""
    directory_at_end: bool
    overhead: int
    """Bytes of the metadata in front of the data."""
    garbled: bool
    """The newline bytes were changed on the way, as a transfer in text mode does."""


def read_header(data: bytes) -> Header | None:
    """The header at the start of `data`; None where there is none."""
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        return None
    (_, version, flags, capacity, _, at, length, _, _, directory, overhead, _, newlines, algorithm) = (
        _HEADER.unpack_from(data)
    )
    return Header(
        version=version,
        compressed=bool(flags & 1 << 16) and algorithm == 1,
        capacity=capacity * SECTOR,
        descriptor_at=at * SECTOR,
        descriptor_length=length * SECTOR,
        directory_at_end=directory == AT_END,
        overhead=overhead * SECTOR,
        garbled=bool(flags & 1) and newlines != b"\n \r\n",
    )


def read_footer(tail: bytes) -> Header | None:
    """The footer in the last bytes of a file: the sector before the end-of-stream marker."""
    return read_header(tail[-2 * SECTOR : -SECTOR]) if len(tail) >= 2 * SECTOR else None


def read_descriptor(data: bytes) -> Descriptor:
    """The descriptor in `data`, which ends at its first NUL; what it does not say is empty."""
    text = data.split(b"\0", 1)[0].decode("utf-8", "replace")
    values = {key.lower(): value.strip() for key, value in _PAIR.findall(text)}
    has_parent = values.get("parentcid", NO_PARENT).lower() != NO_PARENT
    return Descriptor(
        create_type=values.get("createtype", ""),
        adapter=values.get("ddb.adaptertype", ""),
        parent=(values.get("parentfilenamehint") or "another disk") if has_parent else "",
        extents=tuple(Extent(int(n), kind, name) for _, n, kind, name in _EXTENT.findall(text)),
    )
