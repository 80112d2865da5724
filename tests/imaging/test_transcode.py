"""Images with every kind of cluster become a VMDK with the same bytes; two readers read it."""

from __future__ import annotations

import io
import random
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mhv_tui.imaging import transcode
from mhv_tui.imaging.deflate import Codec, fastest
from mhv_tui.imaging.source import ImageError
from tests.imaging import reader
from tests.imaging.builder import CLUSTER, ENTRIES, KINDS, VERSION_3_KINDS, Built, build, content_of

SECTOR = 512
CODECS = {"zlib": Codec(), "fast": fastest()}


def vmdk_of(data: bytes, format: str = "qcow2", codec: Codec | None = None) -> bytes:
    stream = transcode.vmdk_stream(io.BytesIO(data), format, "lsilogic", codec=codec)
    vmdk = b"".join(stream.chunks())
    assert len(vmdk) == stream.size
    assert b"".join(stream.chunks()) == vmdk, "the bytes are the same each time"
    return vmdk


@st.composite
def images(draw: st.DrawFn) -> Built:
    version = draw(st.sampled_from([2, 3]))
    kinds = [kind for kind in KINDS if version == 3 or kind not in VERSION_3_KINDS]
    last = draw(st.sampled_from([0, 1, 15, 16, 40, 512]))
    inside = draw(st.dictionaries(st.integers(0, last), st.sampled_from(kinds), max_size=24))
    ending = draw(st.dictionaries(st.just(last), st.sampled_from(kinds)))
    size = last * CLUSTER + SECTOR * draw(st.integers(1, 128))
    return build(size, dict(sorted({**inside, **ending}.items())), version, draw(st.booleans()))


@given(image=images(), codec=st.sampled_from(sorted(CODECS)))
@settings(max_examples=60)
def test_two_readers_find_the_bytes_of_any_image(image: Built, codec: str) -> None:
    vmdk = vmdk_of(bytes(image.data), codec=CODECS[codec])
    assert reader.content(vmdk) == image.content
    assert reader.content_by_libvmdk(vmdk) == image.content


@given(image=images(), codec=st.sampled_from(sorted(CODECS)))
@settings(max_examples=20)
def test_a_raw_image_is_the_same_disk(image: Built, codec: str) -> None:
    assert reader.content(vmdk_of(image.content, "raw", CODECS[codec])) == image.content


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grains", [1, 16, 33])
def test_a_disk_with_one_kind_of_cluster(kind: str, grains: int) -> None:
    kinds = {number: row for number in range(grains) for row in KINDS if row == kind}
    image = build(grains * CLUSTER, kinds)
    assert reader.content(vmdk_of(bytes(image.data))) == image.content


def test_an_empty_disk_has_no_grain_and_an_end_marker() -> None:
    vmdk = vmdk_of(bytes(build(5 * CLUSTER, {}).data))
    assert reader.content(vmdk) == bytes(5 * CLUSTER)
    assert len(vmdk) == (reader.header(vmdk)["overHead"] + 1) * SECTOR


def test_what_is_behind_the_end_of_the_disk_is_no_part_of_the_vmdk() -> None:
    image = build(SECTOR, {0: "compressed"})
    ((_, _, grain),) = reader.streamed(vmdk_of(bytes(image.data)))
    assert grain == image.content + bytes(CLUSTER - SECTOR)


def test_a_compressed_cluster_passes_through() -> None:
    image = build(2 * CLUSTER, {0: "compressed"})
    offset = image.entry(0) & ((1 << 54) - 1)
    start = bytes(image.data[offset : offset + 200])
    assert b"\x78\x9c" + start in vmdk_of(bytes(image.data))


def test_more_than_one_table_of_clusters() -> None:
    kinds = {grain: KINDS[grain % 2] for grain in (0, ENTRIES - 1, ENTRIES, ENTRIES + 513, 2 * ENTRIES)}
    image = build((2 * ENTRIES + 1) * CLUSTER, kinds)
    vmdk = vmdk_of(bytes(image.data))
    grains = list(reader.streamed(vmdk))
    assert [(number, data) for _, number, data in grains] == [
        (grain, content_of(grain, kind)) for grain, kind in kinds.items()
    ]
    assert reader.by_tables(vmdk) == {number: sector for sector, number, _ in grains}


@pytest.mark.parametrize("holes", [[], [(0, 3)], [(2, 40)], [(5, 6), (90, 100)]])
def test_the_holes_of_a_raw_file_are_not_read(tmp_path: Path, holes: list[tuple[int, int]]) -> None:
    """Holes in units of 12 KiB, so that they begin and end inside clusters."""
    source = random.Random(1)
    path, content = tmp_path / "disk.raw", bytearray(source.randbytes(100 * 12288 + 512))
    with path.open("wb") as file:
        for start, end in holes:
            content[start * 12288 : end * 12288] = bytes((end - start) * 12288)
        for at in range(0, len(content), 4096):
            if any(content[at : at + 4096]):
                file.seek(at)
                file.write(content[at : at + 4096])
        file.truncate(len(content))
    with path.open("rb") as file:
        stream = transcode.vmdk_stream(file, "raw", "lsilogic")
        assert reader.content(b"".join(stream.chunks())) == content
    assert b"".join(stream_of(bytes(content)).chunks()) == vmdk_of(bytes(content), "raw")


def stream_of(content: bytes) -> transcode.VmdkStream:
    return transcode.vmdk_stream(io.BytesIO(content), "raw", "lsilogic")


class SlowFile(io.BytesIO):
    """A file whose `read` returns few bytes, as that of a pipe or of a packed file can."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 5000))


def test_a_file_that_returns_few_bytes_at_once() -> None:
    image = build(9 * CLUSTER, {1: "plain", 2: "compressed", 8: "plain"})
    stream = transcode.vmdk_stream(SlowFile(image.data), "qcow2", "lsilogic")
    assert reader.content(b"".join(stream.chunks())) == image.content


def damage_content(image: Built) -> None:
    image.data[(image.entry(0) & ((1 << 54) - 1)) + 40] ^= 1


def damage_plain(image: Built) -> None:
    image.data[(image.entry(20) & ~(1 << 63)) + 40] ^= 1


def remove_cluster(image: Built) -> None:
    image.set_entry(20, 0)


def shorten(image: Built) -> None:
    del image.data[-CLUSTER // 2 :]


@pytest.mark.parametrize("change", [damage_content, damage_plain, remove_cluster, shorten])
def test_a_file_that_changes_between_the_passes_is_an_error(change: Callable[[Built], None]) -> None:
    image = build(50 * CLUSTER, {0: "compressed", 20: "plain", 40: "zero", 49: "plain"})
    file = io.BytesIO(image.data)
    stream = transcode.vmdk_stream(file, "qcow2", "lsilogic")
    change(image)
    file.seek(0)
    file.truncate(0)
    file.write(image.data)
    received: list[bytes] = []
    with pytest.raises(ImageError, match=r"^the file "):
        received.extend(stream.chunks())
    assert sum(map(len, received)) < stream.size


def test_progress_grows_to_its_total() -> None:
    image = build(60 * CLUSTER, dict.fromkeys(range(60), "plain"))
    reports: list[tuple[int, int]] = []
    transcode.vmdk_stream(io.BytesIO(image.data), "qcow2", "ide", lambda *report: reports.append(report))
    assert len(reports) == 5
    assert reports == sorted(reports)
    assert {total for _, total in reports} == {len(image.data)}
    assert reports[-1] == (len(image.data), len(image.data))


class Stopped(Exception):
    pass


@pytest.mark.parametrize("calls", [0, 1, 3, 4])
def test_an_exception_of_the_callback_ends_the_first_pass_and_its_threads(calls: int) -> None:
    """60 clusters are 4 batches, so there are five reports."""
    image = build(60 * CLUSTER, dict.fromkeys(range(60), "plain"))
    left = iter(range(calls))

    def stop(done: int, total: int) -> None:
        if next(left, None) is None:
            raise Stopped

    before = threading.active_count()
    with pytest.raises(Stopped):
        transcode.vmdk_stream(io.BytesIO(image.data), "qcow2", "ide", stop)
    assert threading.active_count() == before


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    image = build(200 * CLUSTER, dict.fromkeys(range(200), "plain"))
    before = threading.active_count()
    chunks = transcode.vmdk_stream(io.BytesIO(image.data), "qcow2", "ide").chunks()
    assert [len(next(chunks)) for _ in range(4)]
    chunks.close()
    assert threading.active_count() == before


class RepeatedFile(io.RawIOBase):
    """A file of `size` bytes that repeats a few clusters, so that a test needs no large file."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.position = 0
        self.part = b"".join(content_of(grain, "plain") for grain in range(32))

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (self.size if whence == 2 else 0)
        return self.position

    def read(self, size: int = -1) -> bytes:
        start = self.position % len(self.part)
        data = self.part[start : start + size]
        self.position += len(data)
        return data


@pytest.mark.matrix
def test_the_memory_hardly_grows_with_the_image() -> None:
    peaks = []
    for size in (1 << 28, 1 << 31):
        tracemalloc.start()
        stream = transcode.vmdk_stream(cast(BinaryIO, RepeatedFile(size)), "raw", "lsilogic")
        assert sum(map(len, stream.chunks())) == stream.size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 32 << 20
    assert peaks[1] - peaks[0] < 2 << 20
