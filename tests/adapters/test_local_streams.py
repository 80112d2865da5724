"""The bytes of an image for its upload: as they are or as VMDK, each time the same, and never of a changed file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.core.errors import FindingError
from mhv_tui.core.streams import ByteStream
from tests.adapters.hostile import made

MIB = 1 << 20


def ignore(done: int, total: int) -> None:
    """Ignores progress."""


def content_of(stream: ByteStream) -> bytes:
    content = b"".join(stream.chunks())
    assert len(content) == stream.size
    return content


def written(directory: Path) -> Path:
    """A qcow2 image with content, which ends inside a cluster."""
    path = directory / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), str(8 * MIB + 512)], check=True, timeout=60)
    subprocess.run(["qemu-io", "-c", "write -P 7 0 5M", str(path)], check=True, timeout=60, capture_output=True)
    return path


def test_a_file_is_streamed_as_it_is_each_time(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(os.urandom(3 * MIB + 1))
    with ThisMachine().stream(path) as stream:
        assert content_of(stream) == content_of(stream) == path.read_bytes()


def test_a_file_that_shrinks_or_grows_is_not_streamed_to_its_end(tmp_path: Path) -> None:
    for size in (MIB, 4 * MIB):
        path = tmp_path / "disk"
        path.write_bytes(bytes(3 * MIB))
        with ThisMachine().stream(path) as stream:
            chunks = stream.chunks()
            assert len(next(chunks)) == MIB
            os.truncate(path, size)
            with pytest.raises(FindingError) as changed:
                next(chunks)
        assert changed.value.finding.code == "IM07" and str(path) in changed.value.message


@pytest.mark.qemu_img
def test_an_image_is_converted_while_it_is_read(tmp_path: Path) -> None:
    source, target, progress = written(tmp_path), tmp_path / "disk.vmdk", list[tuple[int, int]]()
    assert ThisMachine().untranscodable(source, "qcow2") == ""
    with ThisMachine().transcoded(source, "qcow2", "lsilogic", lambda *report: progress.append(report)) as stream:
        target.write_bytes(content_of(stream))
        assert target.read_bytes() == content_of(stream)
    assert progress[-1][0] == progress[-1][1] > 0
    done = subprocess.run(["qemu-img", "compare", str(source), str(target)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.qemu_img
def test_an_image_with_another_compression_is_left_to_qemu_img(tmp_path: Path) -> None:
    (tmp_path / "zstd").write_bytes(made(tmp_path, "-f", "qcow2", "-o", "compression_type=zstd"))
    (tmp_path / "vhd").write_bytes(made(tmp_path, "-f", "vpc"))
    assert ThisMachine().untranscodable(tmp_path / "zstd", "qcow2")
    assert "vpc" in ThisMachine().untranscodable(tmp_path / "vhd", "vpc")


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")


def shrunk(path: Path) -> None:
    os.truncate(path, 4 * MIB)


@pytest.mark.qemu_img
@pytest.mark.parametrize("change", [overwritten, shrunk])
@pytest.mark.parametrize("moment", ["in the first pass", "between the passes", "in the second pass"])
def test_an_image_that_changes_is_not_sent(tmp_path: Path, change: Callable[[Path], None], moment: str) -> None:
    source = written(tmp_path)

    def changed(done: int, total: int) -> None:
        if moment == "in the first pass" and done == total:
            change(source)

    def sent() -> Iterator[bytes]:
        with ThisMachine().transcoded(source, "qcow2", "lsilogic", changed) as stream:
            if moment == "between the passes":
                change(source)
            for chunk in stream.chunks():
                yield chunk
                if moment == "in the second pass":
                    change(source)

    with pytest.raises(FindingError) as refused:
        list(sent())
    assert refused.value.finding.code == "IM07" and str(source) in refused.value.message


@pytest.mark.qemu_img
def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    source = written(tmp_path)
    shrunk(source)
    with pytest.raises(FindingError) as refused, ThisMachine().transcoded(source, "qcow2", "lsilogic", ignore):
        pass
    assert refused.value.finding.code == "IM19" and str(source) in refused.value.message
