"""Unpacking while reading: every packing, damage at every place, and bounds on time, size and memory."""

from __future__ import annotations

import io
import random
import sys
import time
import tracemalloc
from collections.abc import Callable

import pytest

from mhv_tui.core.streams import ReadAt
from mhv_tui.imaging.unpack import (
    PACKINGS,
    STEP,
    PackedDataError,
    TooLarge,
    beginning,
    chunks,
    stated_size,
)
from tests.imaging.packed import PACK, xz_with_dictionary, zstd_with_window

MIB = 1 << 20
NOISE = random.Random(5).randbytes(300_000)
DATA = NOISE + bytes(2 * MIB) + NOISE[:1000]


def unpacked(packed: bytes, packing: str, limit: int = 1 << 40) -> bytes:
    return b"".join(chunks(io.BytesIO(packed).read, packing, limit))


def reader(data: bytes) -> ReadAt:
    return lambda at, count: data[at : at + count]


def endless(block: bytes) -> Callable[[int], bytes]:
    """A reader of the same block for ever."""
    return lambda count: block * (count // len(block))


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_unpacked(packing: str) -> None:
    packed = PACK[packing](DATA)
    assert unpacked(packed, packing) == DATA
    assert unpacked(packed + packed + bytes(600) + packed + bytes(2 * STEP), packing) == 3 * DATA
    assert beginning(io.BytesIO(packed).read, packing, 5000) == DATA[:5000]
    assert beginning(io.BytesIO(PACK[packing](b"short")).read, packing, 5000) == b"short"


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("share", [0.0, 0.00002, 0.0001, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_incomplete(packing: str, share: float) -> None:
    packed = PACK[packing](DATA)
    with pytest.raises(PackedDataError, match=r"is incomplete: its .* data ends too early"):
        unpacked(packed[: int(len(packed) * share)], packing)


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_damaged_file_is_reported(packing: str) -> None:
    packed = PACK[packing](DATA)
    at = 6 if packing == "xz" else 4
    for damaged in (packed + b"rubbish" * 20, packed[:at] + b"\xff" * 64 + packed[at + 64 :]):
        with pytest.raises(PackedDataError, match=r"is damaged|is incomplete"):
            unpacked(damaged, packing)


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_bomb_stops_at_the_limit_in_little_memory(packing: str) -> None:
    bomb = PACK[packing](bytes(64 * MIB))
    tracemalloc.start()
    with pytest.raises(TooLarge, match=r"has more than 20\.0 MiB of data inside"):
        for chunk in chunks(io.BytesIO(bomb).read, packing, 20 * MIB):
            assert len(chunk) <= MIB
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * MIB


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_beginning_of_endless_empty_streams_ends_soon(packing: str) -> None:
    began = time.monotonic()
    with pytest.raises(PackedDataError, match="tiny pieces"):
        beginning(endless(PACK[packing](b"")), packing, 100)
    assert time.monotonic() - began < 2


def test_the_zeros_behind_a_small_file_end_soon() -> None:
    stream = iter([PACK["gzip"](b"x")])
    with pytest.raises(PackedDataError, match="contain almost nothing"):
        beginning(lambda count: next(stream, bytes(count)), "gzip", 100)


@pytest.mark.parametrize(
    ("packing", "packed"), [("xz", xz_with_dictionary(DATA, 32)), ("zstd", zstd_with_window(NOISE[:99_000], 28))]
)
def test_a_huge_window_is_refused_before_it_is_allocated(packing: str, packed: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(PackedDataError, match=f"needs more than 128 MiB of memory to be unpacked with {packing}"):
        unpacked(packed, packing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MIB


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("size", [0, 1, 200, 255, 256, 300, 65535, 65536, 66000, 3 * MIB])
def test_the_stated_size_is_the_unpacked_size(packing: str, size: int) -> None:
    packed = PACK[packing](bytes(size))
    stated = stated_size(reader(packed), len(packed), packing, 0)
    assert stated == (0 if packing == "bzip2" else size)


def test_gzip_states_the_size_modulo_4_gib() -> None:
    packed = PACK["gzip"](bytes(5 * MIB))

    def at_least(least: int) -> int:
        return stated_size(reader(packed), len(packed), "gzip", least)

    assert at_least(5 * MIB) == 5 * MIB
    assert at_least(5 * MIB + 1) == at_least(4 << 30) == (4 << 30) + 5 * MIB
    assert at_least((4 << 30) + 6 * MIB) == (8 << 30) + 5 * MIB


@pytest.mark.parametrize("packing", PACKINGS)
def test_no_bytes_make_the_stated_size_fail(packing: str) -> None:
    for number in range(200):
        data = random.Random(number).randbytes(number % 60) + (b"YZ" if number % 2 else b"")
        assert stated_size(reader(data), len(data), packing, 0) >= 0


def test_without_the_library_of_zstd_the_sentence_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression" if sys.version_info >= (3, 14) else "backports", None)
    with pytest.raises(PackedDataError, match=r"backports\.zstd is not installed"):
        unpacked(PACK["zstd"](b"x"), "zstd")


def test_the_largest_window_is_unpacked() -> None:
    assert unpacked(zstd_with_window(NOISE[:99_000], 27), "zstd") == NOISE[:99_000]
    assert unpacked(xz_with_dictionary(DATA, 28), "xz") == DATA  # 64 MiB, as xz -9 has
