"""Reads a streamOptimized VMDK twice: by its tables as a disk, and grain by grain as a stream. Both must agree."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import pyvmdk

SECTOR = 512
GRAIN = 128 * SECTOR


def header(vmdk: bytes) -> dict[str, int]:
    """The fields of the header by their names in the specification."""
    names = "version flags capacity grainSize descriptorOffset descriptorSize numGTEsPerGT rgdOffset gdOffset overHead"
    fields = dict(zip(names.split(), struct.unpack_from("<IIQQQQIQQQ", vmdk, 4), strict=True))
    fields["uncleanShutdown"] = vmdk[72]
    fields["compressAlgorithm"] = int.from_bytes(vmdk[77:79], "little")
    return fields


def streamed(vmdk: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Sector in the file, number and content of each grain, as a reader of the stream sees them."""
    at = header(vmdk)["overHead"] * SECTOR
    while True:
        lba, size = struct.unpack_from("<QI", vmdk, at)
        if size == 0:
            assert vmdk[at:] == bytes(SECTOR), "the end-of-stream marker is the last sector"
            return
        end = at + 12 + size
        content = zlib.decompress(vmdk[at + 12 : end])
        assert len(content) == GRAIN
        assert any(content)
        assert lba % 128 == 0
        yield at // SECTOR, lba // 128, content
        at = end + -end % SECTOR
        assert vmdk[end:at] == bytes(at - end)


def by_tables(vmdk: bytes) -> dict[int, int]:
    """Number of a grain -> its sector in the file, as the directory and the tables state."""
    fields = header(vmdk)
    grains = -(-fields["capacity"] // 128)
    directory = struct.unpack_from(f"<{-(-grains // 512)}I", vmdk, fields["gdOffset"] * SECTOR)
    tables = [entry for at in directory for entry in struct.unpack_from("<512I", vmdk, at * SECTOR)]
    return {number: sector for number, sector in enumerate(tables) if sector}


def content(vmdk: bytes) -> bytes:
    """The bytes of the disk; asserts that the grains are in order and that the tables refer to each of them."""
    disk = bytearray(-(-header(vmdk)["capacity"] // 128) * GRAIN)
    grains = list(streamed(vmdk))
    numbers = [number for _, number, _ in grains]
    assert numbers == sorted(set(numbers))
    assert by_tables(vmdk) == {number: sector for sector, number, _ in grains}
    for _, number, data in grains:
        disk[number * GRAIN : (number + 1) * GRAIN] = data
    capacity = header(vmdk)["capacity"] * SECTOR
    assert not any(disk[capacity:]), "the bytes behind the end of the disk are zeros"
    return bytes(disk[:capacity])


def content_by_libvmdk(vmdk: bytes) -> bytes:
    handle = pyvmdk.handle()
    handle.open_file_object(io.BytesIO(vmdk))
    handle.open_extent_data_files_as_file_objects([io.BytesIO(vmdk)])
    data: bytes = handle.read_buffer_at_offset(handle.get_media_size(), 0)
    return data
