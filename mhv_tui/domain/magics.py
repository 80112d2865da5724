"""What a file is by bytes at a fixed place: a row of disk_formats.toml, or a raw disk by its beginning."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from mhv_tui.domain.tables import read

SECTOR = 512


def raw_kind(header: bytes) -> str:
    """What shows that bare bytes are a disk: gpt, mbr, filesystem or boot (a boot sector); "" if nothing does.

    An MBR has four entries whose first byte is 0 or 0x80; its signature alone is too short to tell. A boot sector
    without partitions begins with a jump.
    """
    if any(header[at : at + 8] == b"EFI PART" for at in (SECTOR, 8 * SECTOR)):
        return "gpt"
    if any(has_magic(row, header, b"") for row in read("disk_formats")["filesystems"].values()):
        return "filesystem"
    if header[510:512] != b"\x55\xaa":
        return ""
    if not set(header[446:510:16]) - {0, 0x80}:
        return "mbr"
    return "boot" if header[:1] in (b"\xeb", b"\xe9") else ""


def has_magic(row: Mapping[str, Any], header: bytes, tail: bytes) -> bool:
    """Whether the magic of a row of disk_formats.toml is in its place."""
    at, magic = int(row["at"]), bytes.fromhex(row["magic"])
    data, start = (header, at) if at >= 0 else (tail, len(tail) + at)
    return start >= 0 and data[start : start + len(magic)] == magic


def least_size(header: bytes) -> int:
    """Returns the bytes that a raw disk has at least, from its partition table: with a GPT its size; 0 without one."""
    for sector in (SECTOR, 8 * SECTOR):
        if header[sector : sector + 8] == b"EFI PART" and len(header) >= sector + 40:
            return (int.from_bytes(header[sector + 32 : sector + 40], "little") + 1) * sector
    if raw_kind(header) != "mbr":
        return 0
    ends: list[int] = [sum(struct.unpack_from("<II", header, at + 8)) for at in range(446, 510, 16)]
    return max(ends) * SECTOR
