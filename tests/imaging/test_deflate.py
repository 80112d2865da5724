"""Both codecs accept the same streams, and their streams fit the readers."""

from __future__ import annotations

import random
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from mhv_tui.imaging.deflate import Codec, adler32, as_stream, fastest
from mhv_tui.imaging.source import CLUSTER, ImageError
from mhv_tui.imaging.streamoptimized import LARGEST_STREAM
from tests.imaging.builder import content_of, deflated

CODECS = {"zlib": Codec(), "fast": fastest()}
CONTENTS = [content_of(grain, "plain") for grain in range(24)]


def outcome(codec: Codec, stream: bytes) -> tuple[bytes, int] | None:
    try:
        return codec.inflate(stream, 0)
    except ImageError:
        return None


def test_the_fast_libraries_are_installed_for_the_tests() -> None:
    assert CODECS["fast"].inflater is not zlib
    assert CODECS["fast"].deflate is not Codec().deflate


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_is_the_cluster_and_not_too_large_for_readers(codec: str) -> None:
    streams = [b"".join(CODECS[codec].deflate(content)) for content in CONTENTS]
    assert [zlib.decompress(stream) for stream in streams] == CONTENTS
    assert max(map(len, streams)) <= LARGEST_STREAM
    assert max(map(len, streams)) > CLUSTER, "one cluster is random"


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_cluster_gives_the_same_stream(codec: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        streams = list(pool.map(CODECS[codec].deflate, CONTENTS * 20))
    assert streams == streams[: len(CONTENTS)] * 20


@pytest.mark.parametrize("codec", CODECS)
def test_inflate_knows_where_the_stream_ends(codec: str) -> None:
    for content in CONTENTS:
        stream = deflated(content)
        assert CODECS[codec].inflate(stream + b"rest", 7) == (content, len(stream))
        assert zlib.decompress(b"".join(as_stream(stream, adler32(content)))) == content


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\xff" * 600,
        deflated(bytes(CLUSTER))[:-1],
        deflated(bytes(CLUSTER - 1)),
        deflated(bytes(CLUSTER + 1)),
        deflated(bytes(1 << 26)),
    ],
    ids=["empty", "no stream", "without its end", "a byte too few", "a byte too many", "64 MiB"],
)
def test_a_damaged_stream_names_its_cluster(codec: str, stream: bytes) -> None:
    with pytest.raises(ImageError, match="the compressed cluster 7 of the disk cannot be inflated"):
        CODECS[codec].inflate(stream, 7)


def differences(seed: int, count: int) -> tuple[int, int]:
    """How many of `count` damaged streams the codecs see differently, and how many zlib accepts."""
    source = random.Random(seed)
    different = accepted = 0
    for _ in range(count):
        stream = bytearray(deflated(content_of(source.randrange(60), "compressed")))
        stream[source.randrange(min(len(stream), source.choice([20, 100, CLUSTER])))] ^= 1 << source.randrange(8)
        results = [outcome(codec, bytes(stream)) for codec in CODECS.values()]
        different += results[0] != results[1]
        accepted += results[0] is not None
    return different, accepted


def test_both_codecs_accept_the_same_damaged_streams() -> None:
    different, accepted = differences(1, 400)
    assert different == 0
    assert accepted > 0


@pytest.mark.matrix
def test_both_codecs_accept_the_same_of_many_damaged_streams() -> None:
    assert differences(2, 20_000)[0] == 0
