"""Reads the index of a tar archive, such as an OVA: where each file begins. Extracts nothing and opens no name in it.

The standard library's tarfile reads each pax header whole, however long it says that it is; here all reads are bounded.
Sources: POSIX.1-2008 pax; the tar manual of GNU; DMTF DSP0243 (OVF 2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from mhv_tui.core.streams import ReadAt

BLOCK = 512
MOST_HEADERS = 1000
LONGEST_HEADER = 1 << 12
"""The bytes of a pax header or long name that are read. The names of an OVA's files are shorter."""
LONGEST_OVF = 1 << 20
REGULAR = (b"0", b"\0", b"7")
"""The types of a member that is a regular file. The other types are links, devices, directories and sparse files."""

_RECORD = re.compile(rb"(\d{1,6}) ")


@dataclass(frozen=True)
class Member:
    """A file in the archive."""

    name: str
    at: int
    """Its position in the archive in bytes."""
    size: int
    is_regular: bool


def members(read_at: ReadAt, end: int) -> list[Member]:
    """Returns the files in the first `end` bytes of an archive, in their order; the last one may be incomplete.

    Raises ValueError with a sentence without its subject if the archive is damaged.
    """
    rows: list[Member] = []
    at, name, size, headers = 0, "", -1, 0
    while at + BLOCK <= end and any(header := read_at(at, BLOCK)):
        headers += 1
        if headers > MOST_HEADERS:
            raise ValueError(f"has more than {MOST_HEADERS} files")
        member = _member(header, at)
        kind = header[156:157]
        if kind == b"L":
            name = _text(read_at(member.at, min(member.size, LONGEST_HEADER)))
        elif kind == b"x":
            name, size = _pax(read_at(member.at, min(member.size, LONGEST_HEADER)), name)
        elif kind not in (b"g", b"K"):
            length = size if size >= 0 else member.size
            member = Member(name or member.name, member.at, length, member.is_regular)
            name, size = "", -1
            rows.append(member)
        at = member.at + -(-member.size // BLOCK) * BLOCK
    return rows


def _member(header: bytes, at: int) -> Member:
    """Parses one header. Its checksum counts its own field as blanks."""
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    if len(header) < BLOCK or _number(header[148:156]) != total:
        raise ValueError(f"has a damaged header at byte {at}")
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = _text(header[:100])
    return Member(
        f"{prefix}/{name}" if prefix else name, at + BLOCK, _number(header[124:136]), header[156:157] in REGULAR
    )


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(field: bytes) -> int:
    """Parses octal digits, or the binary form for files over 8 GiB."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return max(0, int(field.strip(b" \0") or b"0", 8))
    except ValueError:
        raise ValueError("has a header with an unreadable number") from None


def _pax(data: bytes, name: str) -> tuple[str, int]:
    """Returns name and size in a pax header, records such as `17 size=20000000`; `name` and -1 if they are absent."""
    size, at = -1, 0
    while match := _RECORD.match(data, at):
        end = at + int(match[1])
        key, _, value = data[match.end() : end].rstrip(b"\n").partition(b"=")
        if key == b"path":
            name = value.decode("utf-8", "replace")
        elif key == b"size" and re.fullmatch(rb"\d{1,18}", value):
            size = int(value)
        at = max(end, match.end())
    return name, size


def disk_of(rows: list[Member], read_at: ReadAt) -> Member:
    """Returns the one disk of an OVA: its only VMDK, or the only one of several that its OVF describes.

    Raises ValueError with a sentence without its subject.
    """
    disks = [row for row in rows if row.name.lower().endswith(".vmdk")]
    if len(disks) > 1:
        described = _described(rows, read_at)
        disks = [row for row in disks if row.name in described] or disks
    names = ", ".join(row.name for row in disks[:5])
    if len(disks) > 1:
        raise ValueError(f"contains {len(disks)} disks ({names}); give one of them as a file of its own")
    if not disks and any(re.search(r"\.vmdk\.\d+$", row.name.lower()) for row in rows):
        raise ValueError("contains a VMDK in several parts; join the parts, then give the VMDK")
    if not disks:
        raise ValueError("contains no VMDK")
    if not disks[0].is_regular:
        raise ValueError(f"contains {names} only as a link, a device or a sparse file")
    return disks[0]


def _described(rows: list[Member], read_at: ReadAt) -> set[str]:
    """Returns the file names of the disks that the OVF describes; none if it is not XML. Follows no URL."""
    ovf = next((row for row in rows if row.name.lower().endswith(".ovf") and row.is_regular), None)
    try:
        elements = _elements(read_at(ovf.at, min(ovf.size, LONGEST_OVF)) if ovf else b"")
    except (expat.ExpatError, LookupError, ValueError):  # the last two: an unknown encoding, a declared entity
        return set()
    files = {attributes.get("id"): attributes.get("href", "") for tag, attributes in elements if tag == "File"}
    disks = [attributes.get("fileRef") for tag, attributes in elements if tag == "Disk"]
    return {files[disk] for disk in disks if disk in files}


def _elements(text: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of an XML document with their attributes, without namespaces. Refuses a document with entities."""
    elements: list[tuple[str, dict[str, str]]] = []

    def add(tag: str, attributes: dict[str, str]) -> None:
        elements.append((_local(tag), {_local(name): value for name, value in attributes.items()}))

    def refuse(*declaration: object) -> None:
        raise ValueError("an OVF declares no entity")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EntityDeclHandler = add, refuse
    parser.Parse(text, True)
    return elements


def _local(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition("}")[2]
