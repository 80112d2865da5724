"""qemu-img makes the images and judges the VMDKs; a damaged image never becomes other data than qemu-img reads."""

from __future__ import annotations

import io
import random
import subprocess
from pathlib import Path

import pytest

from mhv_tui.imaging import transcode
from mhv_tui.imaging.source import ImageError
from tests.imaging import reader
from tests.imaging.builder import CLUSTER, KINDS, Built, build

pytestmark = pytest.mark.qemu_img

SIZE = 20 * CLUSTER + 1536
WRITES = (
    "write -P 1 0 64k",
    "write -P 2 100k 300k",
    "write -c -P 3 512k 64k",
    "write -c -P 4 576k 64k",
    "write -z 640k 64k",
    "write -P 5 704k 64k",
    "write -z -u 704k 64k",
    "write -P 0 768k 64k",
    "write -P 6 1280k 1536",
)


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)


def as_raw(path: Path, format: str) -> bytes | None:
    """The bytes of the disk as qemu-img reads it; None if it refuses the file."""
    target = path.with_suffix(".out")
    command = ["qemu-img", "convert", "-f", format, "-O", "raw", str(path), str(target)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    return target.read_bytes() if done.returncode == 0 else None


def vmdk_of(path: Path, format: str = "qcow2") -> bytes:
    with path.open("rb") as file:
        assert transcode.unsupported(file, format) == ""
        stream = transcode.vmdk_stream(file, format, "lsilogic")
        return b"".join(stream.chunks())


def check(path: Path, format: str = "qcow2") -> None:
    vmdk = path.with_suffix(".vmdk")
    vmdk.write_bytes(vmdk_of(path, format))
    run("qemu-img", "compare", "-f", format, "-F", "vmdk", path, vmdk)
    assert as_raw(vmdk, "vmdk") == as_raw(path, format) == reader.content(vmdk.read_bytes())


OPTIONS = [
    "compat=0.10",
    "compat=1.1",
    "lazy_refcounts=on",
    "preallocation=metadata",
    "preallocation=falloc",
    "preallocation=full",
    *(f"refcount_bits={bits}" for bits in (1, 2, 4, 8, 32, 64)),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_an_image_with_options_and_every_kind_of_cluster(options: str, tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-f", "qcow2", "-o", options, path, SIZE)
    refused = "write -c" if options.startswith("preallocation") else "no command"
    writes = [write for write in WRITES if not write.startswith(refused)]
    run("qemu-io", "-f", "qcow2", *(word for write in writes for word in ("-c", write)), path)
    check(path)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", [512, CLUSTER - 512, CLUSTER, SIZE])
def test_an_empty_image(options: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-f", "qcow2", "-o", options, path, size)
    check(path)


def test_internal_snapshots(tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    run("qemu-img", "create", "-f", "qcow2", path, SIZE)
    for number, write in enumerate(WRITES):
        run("qemu-io", "-f", "qcow2", "-c", write, path)
        run("qemu-img", "snapshot", "-c", f"snapshot-{number}", path)
    run("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 200k", path)
    check(path)


def test_the_dirty_bit(tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    built = build(3 * CLUSTER, {0: "plain", 2: "compressed"})
    built.put(72, ">Q", 1)
    path.write_bytes(built.data)
    check(path)


@pytest.mark.parametrize("options", [[], ["-c"], ["-o", "compat=0.10"], ["-o", "preallocation=metadata"], ["-S", "0"]])
@pytest.mark.parametrize("size", [512, 9 * CLUSTER, SIZE])
def test_a_full_image_of_qemu_img_convert(options: list[str], size: int, tmp_path: Path) -> None:
    raw, path = tmp_path / "disk.raw", tmp_path / "disk.qcow2"
    source = random.Random(size)
    raw.write_bytes(b"".join(source.choice([source.randbytes(512), bytes(512)]) for _ in range(size // 512)))
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options, raw, path)
    check(path)
    check(raw, "raw")


def sample(seed: int) -> Built:
    source = random.Random(seed)
    last = source.choice([1, 20, 40])
    kinds = {grain: source.choice(KINDS) for grain in range(last + 1) if source.random() < 0.6}
    return build(last * CLUSTER + 512 * source.randint(1, 128), kinds, shuffled=bool(seed % 2))


@pytest.mark.parametrize("seed", range(12))
def test_built_images(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    path.write_bytes(sample(seed).data)
    check(path)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(12, 300))
def test_many_built_images(seed: int, tmp_path: Path) -> None:
    test_built_images(seed, tmp_path)


def flip(seed: int, path: Path) -> bool:
    """Damages an image in one bit, or in three outside the header. True if it is accepted.

    Then the data must be those that qemu-img reads, or those before the damage if qemu-img refuses it.
    """
    source = random.Random(seed)
    kinds = {grain: KINDS[grain % len(KINDS)] for grain in range(9)}
    built = build(9 * CLUSTER - 512, kinds, version=3)
    stream = built.entry(1) & ((1 << 54) - 1)
    header, tables = range(112), [range(CLUSTER, CLUSTER + 16), range(3 * CLUSTER, 3 * CLUSTER + 72)]
    area = source.choice([header, *tables, range(stream, stream + 400)])
    for _ in range(1 if area is header else source.choice([1, 1, 3])):
        built.data[source.choice(area)] ^= 1 << source.randrange(8)
    path.write_bytes(built.data)
    with path.open("rb") as file:
        if transcode.unsupported(file, "qcow2"):
            return False
        try:
            vmdk = b"".join(transcode.vmdk_stream(file, "qcow2", "lsilogic").chunks())
        except ImageError:
            return False
    by_qemu = as_raw(path, "qcow2")
    assert reader.content(vmdk) == (built.content if by_qemu is None else by_qemu)
    return True


@pytest.mark.parametrize("seeds", [range(40)])
def test_flipped_bits_never_become_other_data(seeds: range, tmp_path: Path) -> None:
    accepted = [flip(seed, tmp_path / "disk.qcow2") for seed in seeds]
    assert any(accepted)
    assert not all(accepted)


@pytest.mark.matrix
@pytest.mark.parametrize("seeds", [range(start, start + 100) for start in range(1000, 4000, 100)], ids=str)
def test_many_flipped_bits_never_become_other_data(seeds: range, tmp_path: Path) -> None:
    test_flipped_bits_never_become_other_data(seeds, tmp_path)


def test_a_file_like_object_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    path.write_bytes(sample(3).data)
    stream = transcode.vmdk_stream(io.BytesIO(path.read_bytes()), "qcow2", "lsilogic")
    assert b"".join(stream.chunks()) == vmdk_of(path)
