"""Builds small qcow2 images with any kind of cluster, so that the content of the disk is known without qemu-img."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CLUSTER = 1 << 16
ENTRIES = CLUSTER // 8
COPIED, COMPRESSED, ZERO = 1 << 63, 1 << 62, 1

Kind = Literal["plain", "compressed", "zero", "zero-allocated", "zeros-plain", "zeros-compressed"]
KINDS: tuple[Kind, ...] = ("plain", "compressed", "zero", "zero-allocated", "zeros-plain", "zeros-compressed")
VERSION_3_KINDS: tuple[Kind, ...] = ("zero", "zero-allocated")


def content_of(grain: int, kind: Kind) -> bytes:
    """The CLUSTER bytes that the image stores for a cluster: some compress well, some hardly, some not at all."""
    if kind not in ("plain", "compressed"):
        return bytes(CLUSTER)
    source = random.Random(grain)
    length = source.choice([1, 300, 20_000, 60_000 if kind == "compressed" else CLUSTER])
    return (source.randbytes(length) * (CLUSTER // length + 1))[:CLUSTER]


@dataclass
class Built:
    """A qcow2 image; tests damage `data` at the places that the other fields name."""

    data: bytearray
    size: int
    kinds: Mapping[int, Kind]
    entries: dict[int, int] = field(default_factory=dict)
    """Grain -> where its entry is in the file."""
    l1_at: int = CLUSTER

    @property
    def content(self) -> bytes:
        """The bytes of the disk."""
        disk = bytearray(self.size)
        for grain, kind in self.kinds.items():
            part = content_of(grain, kind)[: max(self.size - grain * CLUSTER, 0)]
            disk[grain * CLUSTER : grain * CLUSTER + len(part)] = part
        return bytes(disk)

    def entry(self, grain: int) -> int:
        return int.from_bytes(self.data[self.entries[grain] :][:8], "big")

    def set_entry(self, grain: int, value: int) -> None:
        self.put(self.entries[grain], ">Q", value)

    def put(self, at: int, form: str, value: int) -> None:
        struct.pack_into(form, self.data, at, value)


def build(size: int, kinds: Mapping[int, Kind], version: int = 3, shuffled: bool = False) -> Built:
    """An image of `size` bytes with these clusters. If `shuffled`, they are in the file in another order."""
    tables = max(1, -(-size // (ENTRIES * CLUSTER)))
    data = bytearray(CLUSTER * 3)  # header, L1 table, table of reference counts
    header = (b"QFI\xfb", version, 0, 0, 16, size, 0, tables, CLUSTER, 2 * CLUSTER, 1, 0, 0, 0, 0, 0, 4, 104)
    struct.pack_into(">4sIQIIQIIQQIIQQQQII", data, 0, *header)
    built = Built(data, size, kinds)
    for index in sorted({grain // ENTRIES for grain in kinds}):
        at = len(data)
        data += bytes(CLUSTER)
        built.put(CLUSTER + 8 * index, ">Q", at | COPIED)
        built.entries |= {grain: at + 8 * (grain % ENTRIES) for grain in kinds if grain // ENTRIES == index}
    order = list(kinds)
    if shuffled:
        random.Random(size).shuffle(order)
    for grain in order:
        built.set_entry(grain, _store(data, content_of(grain, kinds[grain]), kinds[grain]))
    return built


def _store(data: bytearray, content: bytes, kind: Kind) -> int:
    """Appends the cluster to the file; returns its entry."""
    if kind == "zero":
        return ZERO
    if kind.endswith("compressed"):
        return _store_compressed(data, deflated(content))
    data += bytes(-len(data) % CLUSTER)
    offset = len(data)
    data += content
    return offset | COPIED | (ZERO if kind == "zero-allocated" else 0)


def _store_compressed(data: bytearray, stream: bytes) -> int:
    offset = len(data)
    data += stream
    sectors = (len(data) - 1) // 512 - offset // 512
    return offset | sectors << 54 | COMPRESSED


def deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -12)
    return deflater.compress(content) + deflater.flush()
