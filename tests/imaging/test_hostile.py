"""Damaged and hostile images: each has its sentence within two seconds, in little memory, and names no other file."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.imaging import transcode
from mhv_tui.imaging.source import ImageError
from tests.imaging.builder import CLUSTER, COMPRESSED, COPIED, ENTRIES, ZERO, Built, Kind, build, deflated

MEMORY = 48 << 20
SECONDS = 2.0
KINDS: dict[int, Kind] = {0: "plain", 1: "compressed", 2: "compressed", 4: "zero", 5: "plain"}


def image(version: int = 3) -> Built:
    kinds = {grain: kind for grain, kind in KINDS.items() if version == 3 or kind != "zero"}
    return build(6 * CLUSTER, kinds, version)


def sentence(file: io.BytesIO, format: str = "qcow2") -> str:
    """The reason or the error; asserts the limits."""
    tracemalloc.start()
    began = time.process_time()
    try:
        if reason := transcode.unsupported(file, format):
            with pytest.raises(ImageError, match=r"^the (file|disk)"):
                transcode.vmdk_stream(file, format, "ide")
            return f"unsupported: {reason}"
        with pytest.raises(ImageError) as raised:
            transcode.vmdk_stream(file, format, "ide")
        return raised.value.message
    finally:
        assert time.process_time() - began < SECONDS
        assert tracemalloc.get_traced_memory()[1] < MEMORY
        tracemalloc.stop()


HEADER: dict[str, tuple[int, str, int, str]] = {
    "wrong magic": (0, ">I", 0, "does not begin with a whole qcow2 header"),
    "version 4": (4, ">I", 4, "the unknown qcow2 version 4"),
    "version 1": (4, ">I", 1, "the unknown qcow2 version 1"),
    "backing file": (8, ">Q", 104, "needs a backing file"),
    "clusters of 512 bytes": (20, ">I", 9, "2^9 bytes, not 64 KiB"),
    "clusters of 2 MiB": (20, ">I", 21, "2^21 bytes, not 64 KiB"),
    "clusters without limit": (20, ">I", 0xFFFFFFFF, "not 64 KiB"),
    "no size": (24, ">Q", 0, "a disk of size 0"),
    "half a sector": (24, ">Q", 6 * CLUSTER - 256, "not a multiple of 512"),
    "8 EiB": (24, ">Q", 1 << 63, "larger than 2 TiB"),
    "all bits in the size": (24, ">Q", (1 << 64) - 512, "larger than 2 TiB"),
    "3 TiB": (24, ">Q", 3 << 40, "larger than 2 TiB"),
    "AES": (32, ">I", 1, "is encrypted"),
    "LUKS": (32, ">I", 2, "is encrypted"),
    "no first table": (36, ">I", 0, "0 entries, too few"),
    "huge first table": (36, ">I", 0xFFFFFFFF, "4294967295 entries, too few or too many"),
    "first table of 32 MiB": (36, ">I", 4 << 20, "beyond the file's end"),
    "first table outside": (40, ">Q", 1 << 50, "beyond the file's end"),
    "first table unaligned": (40, ">Q", CLUSTER + 8, "not aligned"),
    "first table in the header": (40, ">Q", 0, "the first table at byte 0 is used twice"),
    "corrupt": (72, ">Q", 2, "marked as corrupt"),
    "external data file": (72, ">Q", 4, "in another file"),
    "compression type": (72, ">Q", 8, "not compressed with deflate"),
    "extended L2 entries": (72, ">Q", 16, "extended L2 entries"),
    "unknown feature": (72, ">Q", 1 << 63, "an unknown feature"),
    "short header": (100, ">I", 72, "an impossible length of 72 bytes"),
    "long header": (100, ">I", CLUSTER + 8, "an impossible length of 65544 bytes"),
}
"""Name -> place, form and value of a field, and a part of the sentence."""


@pytest.mark.parametrize("name", HEADER)
def test_a_field_of_the_header(name: str) -> None:
    built = image()
    at, form, value, part = HEADER[name]
    built.put(at, form, value)
    assert part in sentence(io.BytesIO(built.data))


def test_zstd_in_the_header() -> None:
    built = image()
    built.put(100, ">I", 112)
    built.put(104, ">B", 1)
    assert "not compressed with deflate" in sentence(io.BytesIO(built.data))


def plain_entry(value: int) -> Callable[[Built], None]:
    return lambda built: built.set_entry(5, value)


def first_table(index: int, value: int) -> Callable[[Built], None]:
    return lambda built: built.put(CLUSTER + 8 * index, ">Q", value)


def same_cluster_twice(built: Built) -> None:
    built.set_entry(5, built.entry(0))


def data_is_a_table(built: Built) -> None:
    built.set_entry(5, built.entries[0] // CLUSTER * CLUSTER | COPIED)


def compressed_into_plain(built: Built) -> None:
    built.set_entry(1, (built.entry(0) & ~COPIED) | 10 << 54 | COMPRESSED)


def two_tables(value: int) -> Callable[[Built], None]:
    """Two entries of the first table."""

    def change(built: Built) -> None:
        built.put(24, ">Q", 2 * ENTRIES * CLUSTER)
        built.put(36, ">I", 2)
        built.put(CLUSTER + 8, ">Q", value)

    return change


def cut(length: int) -> Callable[[Built], None]:
    def change(built: Built) -> None:
        del built.data[length:]

    return change


def stream(data: bytes) -> Callable[[Built], None]:
    """Replaces a compressed cluster by another stream, at the end of the file."""

    def change(built: Built) -> None:
        offset = len(built.data)
        built.data += data
        built.set_entry(1, offset | ((len(built.data) - 1) // 512 - offset // 512) << 54 | COMPRESSED)

    return change


def table_of_one_cluster(built: Built) -> None:
    """A full table whose entries refer to the same compressed cluster of two sectors."""
    built.put(24, ">Q", ENTRIES * CLUSTER)
    entry = (built.entry(1) & ((1 << 54) - 1)) | 1 << 54 | COMPRESSED
    for grain in range(ENTRIES):
        built.put(built.entries[0] + 8 * grain, ">Q", entry)


TABLES: dict[str, tuple[Callable[[Built], None], str]] = {
    "data outside": (plain_entry(1 << 40 | COPIED), "a cluster at byte 1099511627776 is not aligned or beyond"),
    "data far outside": (plain_entry(0x00FFFFFFFFFF0000 | COPIED), "beyond the file's end"),
    "data unaligned": (plain_entry((3 * CLUSTER + 512) | COPIED), "not aligned"),
    "data in the header": (plain_entry(ZERO << 3), "unknown bits"),
    "reserved bits": (plain_entry(1 << 60), "unknown bits"),
    "zero cluster unaligned": (plain_entry(512 | ZERO), "unaligned offset"),
    "two entries at one cluster": (same_cluster_twice, "is used twice"),
    "data is a table": (data_is_a_table, "is used twice"),
    "data is the first table": (plain_entry(CLUSTER | COPIED), "is used twice"),
    "compressed data is a plain cluster": (compressed_into_plain, "is in a table or"),
    "compressed data outside": (lambda built: built.set_entry(1, 1 << 45 | COMPRESSED), "beyond the file's end"),
    "compressed data is a table": (lambda built: built.set_entry(1, CLUSTER | COMPRESSED), "is in a table"),
    "one compressed cluster often": (table_of_one_cluster, "its compressed clusters overlap"),
    "table is the first table": (first_table(0, CLUSTER | COPIED), "a table at byte 65536 is used twice"),
    "table outside": (first_table(0, 1 << 50 | COPIED), "beyond the file's end"),
    "table unaligned": (first_table(0, 3 * CLUSTER + 512), "not aligned"),
    "table with reserved bits": (first_table(0, 3 * CLUSTER | 1), "an entry with unknown bits"),
    "two tables at one place": (two_tables(3 * CLUSTER | COPIED), "is used twice"),
    "table in the header": (two_tables(1 << 62), "unknown bits"),
    "no stream": (stream(b"\xff" * 900), "the compressed cluster 1 of the disk"),
    "stream of zeros": (stream(bytes(900)), "the compressed cluster 1 of the disk"),
    "stream too short": (stream(deflated(b"x" * 65535)), "the compressed cluster 1 of the disk"),
    "stream too long": (stream(deflated(b"x" * 65537)), "the compressed cluster 1 of the disk"),
    "stream of 64 MiB": (stream(deflated(bytes(1 << 26))), "the compressed cluster 1 of the disk"),
    "stream without end": (stream(deflated(bytes(CLUSTER))[:-2]), "the compressed cluster 1 of the disk"),
    "empty file": (cut(0), "does not begin with a whole qcow2 header"),
    "header only": (cut(104), "beyond the file's end"),
    "half a header": (cut(60), "does not begin with a whole qcow2 header"),
    "without tables": (cut(2 * CLUSTER), "beyond the file's end"),
    "half a table": (cut(3 * CLUSTER + 100), "a table at byte 196608 is not aligned or beyond"),
    "without the last cluster": (cut(-CLUSTER), "beyond the file's end"),
    "without the last sector": (cut(-512), "beyond the file's end"),
}


@pytest.mark.parametrize("name", TABLES)
def test_damaged_tables_and_clusters(name: str) -> None:
    built = image()
    change, part = TABLES[name]
    change(built)
    assert part in sentence(io.BytesIO(built.data))


def test_a_zero_cluster_in_version_2_is_damage() -> None:
    built = image(version=2)
    built.set_entry(5, ZERO)
    assert "unknown bits" in sentence(io.BytesIO(built.data))


@pytest.mark.parametrize(("size", "part"), [(0, "a disk of size 0"), (700, "not a multiple of 512")])
def test_a_raw_image_of_another_size(size: int, part: str) -> None:
    assert part in sentence(io.BytesIO(bytes(size)), "raw")


def test_another_format_is_for_qemu_img() -> None:
    assert transcode.unsupported(io.BytesIO(b"KDMV"), "vmdk") == "the format vmdk is not read here"


@pytest.mark.parametrize("size", [1 << 40, 2 << 40])
def test_a_huge_sparse_file_needs_little_time_and_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "disk.raw"
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size - 700)
        file.write(b"end")
    with path.open("rb") as file:
        began = time.process_time()
        stream = transcode.vmdk_stream(file, "raw", "lsilogic")
        assert time.process_time() - began < SECONDS
        tracemalloc.start()
        assert sum(map(len, stream.chunks())) == stream.size
        assert tracemalloc.get_traced_memory()[1] < MEMORY
        tracemalloc.stop()


def test_a_raw_file_above_2_tib(tmp_path: Path) -> None:
    path = tmp_path / "disk.raw"
    with path.open("wb") as file:
        file.truncate((2 << 40) + 512)
    with path.open("rb") as file:
        assert transcode.unsupported(file, "raw") == "the disk is larger than 2 TiB"
