"""Archives, packed data and VHDX metadata for the fuzz tests, and how one input is given to their readers."""

from __future__ import annotations

import io
import random

from mhv_tui.core.streams import ReadAt
from mhv_tui.imaging import ova, unpack, vhdx
from tests.adapters.hostile_sources import archive, ovf, vhdx_metadata
from tests.imaging.packed import PACK

ARCHIVES = (
    archive(ovf("a.vmdk"), ("a.vmdk", b"x" * 600), ("b.vmdk", b"y")),
    b"x".ljust(124, b"\0") + b"00000000021\0".ljust(32, b"0") + b"x".ljust(356, b"\0") + b"17 size=20000000\n",
)
PACKED = tuple(pack(random.Random(3).randbytes(500) + bytes(9000)) for pack in PACK.values())
MAGICS = {"xz": b"\xfd7z", "bzip2": b"BZh", "zstd": b"\x28\xb5"}
TABLE = 192 << 10
VHDX = (vhdx_metadata(region=TABLE + 1024),)


def reader(data: bytes, begin: int = 0) -> ReadAt:
    """Reads `data` as the part of a file from `begin` on."""
    return lambda at, count: data[max(0, at - begin) :][:count]


def read_archive(data: bytes) -> object:
    return ova.disk_of(ova.members(reader(data), len(data)), reader(data))


def read_packed(data: bytes) -> object:
    sizes = [unpack.stated_size(reader(data), len(data), packing, 0) for packing in unpack.PACKINGS]
    packing = next((name for name, magic in MAGICS.items() if data.startswith(magic)), "gzip")
    assert len(unpack.beginning(io.BytesIO(data).read, packing, 4096)) <= 4096
    return sizes


def read_vhdx(data: bytes) -> object:
    return vhdx.metadata(reader(data, TABLE))
