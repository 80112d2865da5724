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
"""The value of a header whose grain directory is after the data; the footer contains its position."""
NO_PARENT = "ffffffff"

WHOLE = ("monolithicSparse", "streamOptimized")
"""The createTypes of a disk that is one sparse file. Since OSSA-2023-002 Glance and nova accept only these."""
ON_DEVICE = ("vmfsRDM", "vmfsRawDeviceMap", "vmfsPassthroughRawDeviceMap", "fullDevice", "partitionedDevice")
"""The createTypes of a disk whose data is on a physical disk or LUN."""
DESCRIPTOR_AT = SECTOR
DESCRIPTOR_LENGTH = 20 * SECTOR
"""The bytes at DESCRIPTOR_AT in which qemu searches the name of a parent, whatever the header states."""

JOIN = "join them first, with `qemu-img convert -f vmdk -O qcow2`"

_HEADER = struct.Struct("<4sIIQQQQIQQQB4sH")
_ACCESS = ("RW", "RDONLY", "NOACCESS")
"""The first word of each descriptor line about an extent."""
_DIGITS = 18
"""The maximum number of digits in a number of sectors; more digits cannot be the size of a disk."""


@dataclass(frozen=True)
class Extent:
    """An extent, a part of the disk: one line of the descriptor. The file that it names is never opened."""

    access: str
    """The access mode: RW, RDONLY or NOACCESS."""
    sectors: int
    """The number of sectors; -1 if the line has no readable number."""
    kind: str
    """The type of the extent: SPARSE, FLAT, VMFS, ZERO, ..."""
    name: str


@dataclass(frozen=True)
class Descriptor:
    """The text part of a VMDK."""

    create_type: str
    """The value of createType; empty if the descriptor does not contain it exactly once."""
    adapter: str
    """The value of ddb.adapterType: ide, lsilogic, buslogic or legacyESX."""
    parent: str
    """The name of the parent disk; empty for a disk without a parent."""
    extents: tuple[Extent, ...]

    @property
    def capacity(self) -> int:
        """The size in bytes of the disk that consists of the extents."""
        return sum(max(extent.sectors, 0) for extent in self.extents) * SECTOR


@dataclass(frozen=True)
class Header:
    """The header in the first sector of a sparse extent, or its footer."""

    version: int
    capacity: int
    """The size in bytes of the disk inside the file."""
    descriptor_at: int
    descriptor_length: int
    """The length of the descriptor in bytes."""
    directory_at_end: bool
    overhead: int
    """The size in bytes of the metadata before the data."""
    garbled: bool
    """True if the newline bytes of the header were changed, for example by a transfer in text mode."""


def read_header(data: bytes) -> Header | None:
    """Returns the header at the start of `data`; None if `data` does not begin with a header."""
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
    """Returns the footer in a file's last bytes: the sector before the end-of-stream marker; None without a footer."""
    return read_header(tail[-2 * SECTOR : -SECTOR]) if len(tail) >= 2 * SECTOR else None


def read_descriptor(data: bytes) -> Descriptor:
    """Parses the descriptor in `data`, which ends at the first NUL byte. Missing values are empty."""
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
    """Parses a line such as `RW 20480 SPARSE "disk.vmdk"`."""
    access, sectors, kind, rest = (*line.split(None, 3), "", "", "")[:4]
    readable = sectors.isascii() and sectors.isdigit() and len(sectors) <= _DIGITS
    name = rest[1:].partition('"')[0] if rest.startswith('"') else rest
    return Extent(access.upper(), int(sectors) if readable else -1, kind.upper(), name)


def embedded(data: bytes, head: Header) -> Descriptor:
    """Returns the descriptor of a sparse file with the first bytes `data`: all that any reader uses as descriptor."""
    return read_descriptor(data[DESCRIPTOR_AT : DESCRIPTOR_AT + max(head.descriptor_length, DESCRIPTOR_LENGTH)])


def where_the_data_is(text: Descriptor) -> str:
    """Returns the second half of a sentence about a file that is only a descriptor: which file to give instead."""
    kinds, names = {extent.kind for extent in text.extents}, [extent.name for extent in text.extents if extent.name]
    if text.parent:
        return f"it describes a snapshot, the difference to {text.parent}; delete the snapshots in vSphere first"
    if text.create_type in ON_DEVICE:
        return "the data of the disk is on a device; copy the device to a raw file first"
    if len(text.extents) > 1 or kinds & {"SPARSE", "VMFSSPARSE", "SESPARSE"}:
        return f"the data of the disk is in {join_names(names)}; {JOIN}"
    return (
        f"the data of the disk is in {join_names(names) if names else 'a file that it does not name'}; give that file"
    )


def reasons_against(head: Header, text: Descriptor) -> Iterator[str]:
    """Yields a sentence for each reason why a sparse file alone is not a whole disk.

    For such a file a reader may open other files: without a capacity in the header, qemu opens the extents' files.
    """
    if not head.descriptor_at or text == Descriptor("", "", "", ()):
        yield f"the file has no descriptor, so it is one part of a disk in several files; {JOIN} of the descriptor"
    elif head.descriptor_at != DESCRIPTOR_AT:
        yield "the file's descriptor is not in the sector after the header"
    if text.parent:
        yield f"the file contains only the difference to {text.parent}"
    if text.create_type not in WHOLE:
        stated = f"is {text.create_type}" if text.create_type else "is not stated exactly once"
        yield f"the file's createType {stated}; only {join_names(WHOLE)} are accepted"
    if len(text.extents) != 1:
        yield f"the file is not a whole disk: its descriptor has {len(text.extents)} extents, not 1"
    for extent in text.extents:
        yield from _against_extent(head, extent)


def _against_extent(head: Header, extent: Extent) -> Iterator[str]:
    if extent.kind != "SPARSE" or extent.access == "NOACCESS":
        kind = extent.kind or "of no type"
        yield f"the file's extent is {extent.access} {kind}; only RW SPARSE and RDONLY SPARSE are accepted"
    if not extent.name or extent.name in (".", "..") or any(sign in extent.name for sign in "/\\:"):
        yield f"the VMDK refers to {extent.name or 'no file'}; only a file name without a directory is accepted"
    if not head.capacity or extent.sectors * SECTOR != head.capacity:
        sectors = extent.sectors if extent.sectors >= 0 else "an unreadable number of"
        total = head.capacity // SECTOR
        yield f"the file's header has {total} sectors and its extent {sectors}; both must be the same number above 0"
