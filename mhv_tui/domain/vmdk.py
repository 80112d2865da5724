"""VMware's virtual disk format: the header of a sparse extent and the text descriptor, read from bytes.

Opens no file that a descriptor names, and reads only the given bytes: an image is hostile input.
Sources: VMware's Virtual Disk Format 5.0; what qemu-img 7.2 writes; what qemu's block/vmdk.c follows when it reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mhv_tui.core.text import join_names

SECTOR = 512
MAGIC = b"KDMV"
TEXT_MAGIC = b"# Disk DescriptorFile"
AT_END = 0xFFFFFFFFFFFFFFFF
"""The grain directory is after the data; a footer has its position."""
NO_PARENT = "ffffffff"

WHOLE = ("monolithicSparse", "streamOptimized")
"""createTypes of a disk that is one sparse file. Glance and nova accept these alone since OSSA-2023-002."""
DESCRIPTOR_AT = SECTOR
DESCRIPTOR_LENGTH = 20 * SECTOR
"""Where qemu searches a sparse file for the name of a parent, whatever its header says of the descriptor."""

_HEADER = struct.Struct("<4sIIQQQQIQQQB4sH")
_ACCESS = ("RW", "RDONLY", "NOACCESS")
"""The first word of an extent's line."""
_DIGITS = 18
"""The longest number of sectors that is read: more digits are no size of a disk."""


@dataclass(frozen=True)
class Extent:
    """One line of the descriptor: a part of the disk. The file of that name is never opened."""

    access: str
    """RW, RDONLY or NOACCESS."""
    sectors: int
    """-1 if the line has no readable number."""
    kind: str
    """SPARSE, FLAT, VMFS, ZERO, ..."""
    name: str


@dataclass(frozen=True)
class Descriptor:
    """The text part of a VMDK."""

    create_type: str
    """Empty if it is not given exactly once."""
    adapter: str
    """ddb.adapterType: ide, lsilogic, buslogic or legacyESX."""
    parent: str
    """Name of its parent; empty for a whole disk."""
    extents: tuple[Extent, ...]

    @property
    def capacity(self) -> int:
        """Bytes of the disk that consists of the extents."""
        return sum(max(extent.sectors, 0) for extent in self.extents) * SECTOR


@dataclass(frozen=True)
class Header:
    """The first sector of a sparse extent, or its footer."""

    version: int
    capacity: int
    """Bytes of the disk inside."""
    descriptor_at: int
    descriptor_length: int
    """Bytes."""
    directory_at_end: bool
    overhead: int
    """Bytes of the metadata in front of the data."""
    garbled: bool
    """True if the newline bytes were changed, as by a transfer in text mode."""


def read_header(data: bytes) -> Header | None:
    """The header at the start of `data`; None if there is none."""
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        return None
    (_, version, flags, capacity, _, at, length, _, _, directory, overhead, _, newlines, _) = _HEADER.unpack_from(data)
    return Header(
        version=version,
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
    """The descriptor in `data`, which ends at its first NUL; values that it lacks are empty."""
    text = data.split(b"\0", 1)[0].decode("utf-8", "replace")
    lines = [line.strip() for line in text.split("\n")]
    pairs = (line.partition("=") for line in lines)
    values = {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
    folded = text.lower()
    # qemu follows this word wherever it stands, also in a comment and beside a parentCID that says there is no parent.
    has_parent = "parentfilenamehint" in folded or values.get("parentcid", NO_PARENT).lower() != NO_PARENT
    return Descriptor(
        create_type=values.get("createtype", "") if folded.count("createtype") == 1 else "",
        adapter=values.get("ddb.adaptertype", ""),
        parent=(values.get("parentfilenamehint") or "another disk") if has_parent else "",
        extents=tuple(_extent(line) for line in lines if (line.upper().split(None, 1) or [""])[0] in _ACCESS),
    )


def _extent(line: str) -> Extent:
    """A line such as `RW 20480 SPARSE "disk.vmdk"`."""
    access, sectors, kind, rest = (*line.split(None, 3), "", "", "")[:4]
    readable = sectors.isascii() and sectors.isdigit() and len(sectors) <= _DIGITS
    name = rest[1:].partition('"')[0] if rest.startswith('"') else rest
    return Extent(access.upper(), int(sectors) if readable else -1, kind.upper(), name)


def embedded(data: bytes, head: Header) -> Descriptor:
    """The descriptor of a sparse file whose first bytes are `data`: all that any reader takes for it."""
    return read_descriptor(data[DESCRIPTOR_AT : DESCRIPTOR_AT + max(head.descriptor_length, DESCRIPTOR_LENGTH)])


def reasons_against(head: Header, text: Descriptor) -> Iterator[str]:
    """Why a sparse file is not one whole disk by itself: a sentence for each reason.

    With any of these a reader may open other files: with no capacity in the header, qemu opens what the extents name.
    """
    if head.descriptor_at != DESCRIPTOR_AT:
        yield "the file's descriptor is not in the sector behind its header"
    if text.parent:
        yield f"the file is only the difference to {text.parent}"
    if text.create_type not in WHOLE:
        stated = f"is {text.create_type}" if text.create_type else "is not stated exactly once"
        yield f"the file's createType {stated}; {join_names(WHOLE)} are accepted"
    if len(text.extents) != 1:
        yield f"the file is one of several files of a disk: it has {len(text.extents)} extents, not 1"
    for extent in text.extents:
        yield from _against_extent(head, extent)


def _against_extent(head: Header, extent: Extent) -> Iterator[str]:
    if extent.kind != "SPARSE" or extent.access == "NOACCESS":
        kind = extent.kind or "of no kind"
        yield f"the file's extent is {extent.access} {kind}; only RW SPARSE and RDONLY SPARSE are accepted"
    if not extent.name or extent.name in (".", "..") or any(sign in extent.name for sign in "/\\:"):
        yield f"the file's extent names {extent.name or 'no file'}; only a file name without a directory is accepted"
    if not head.capacity or extent.sectors * SECTOR != head.capacity:
        sectors = extent.sectors if extent.sectors >= 0 else "an unreadable number of"
        total = head.capacity // SECTOR
        yield f"the file's header has {total} sectors, its extent {sectors}; one number above 0 is accepted"
