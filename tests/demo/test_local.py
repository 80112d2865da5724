"""The simulated local machine: files with correct first bytes, and a qemu-img that writes correct headers."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from mhv_tui.demo import disk_bytes
from mhv_tui.demo.backend import DemoBackend

from .test_cloud import ignore
from .test_world import code

IMAGE = Path("/home/me/ubuntu.qcow2")


def test_an_image_has_a_qcow2_header(world: DemoBackend) -> None:
    head = world.local.head(IMAGE, 512)
    magic, version = struct.unpack_from(">4sI", head)
    assert (magic, version, len(head)) == (b"QFI\xfb", 3, 512)
    assert disk_bytes.virtual_size(head, 0) == 2361393152
    assert world.local.stat(IMAGE) == (681574400, 1790000000.0)
    assert world.local.stat(Path("none.qcow2")) is None


@pytest.mark.qemu_img
def test_qemu_img_accepts_the_header(world: DemoBackend, tmp_path: Path) -> None:
    path = tmp_path / "head.qcow2"
    path.write_bytes(world.local.head(IMAGE, 1 << 20))
    output = subprocess.run(["qemu-img", "info", path], capture_output=True, text=True, timeout=20, check=True).stdout
    assert "file format: qcow2" in output and "2361393152 bytes" in output


@pytest.mark.parametrize("subformat", ["monolithicSparse", "streamOptimized", "monolithicFlat"])
def test_a_conversion_writes_a_matching_descriptor(world: DemoBackend, subformat: str) -> None:
    progress: list[int] = []
    target = Path("/var/tmp/x/disk.vmdk")
    world.local.convert(IMAGE, "qcow2", target, subformat, "lsilogic", lambda done, total: progress.append(done))
    head = world.local.head(target, 64 * 1024)
    assert disk_bytes.create_type(head) == subformat and b'ddb.adapterType = "lsilogic"' in head
    assert progress == sorted(progress) and progress[-1] == 100
    flat = world.local.stat(target.with_name("disk-flat.vmdk"))
    assert (flat is not None) == (subformat == "monolithicFlat")


def test_a_conversion_fails_with_its_code(world: DemoBackend) -> None:
    local, target = world.local, Path("/var/tmp/t.vmdk")
    text = Path("not-an-image.qcow2")
    assert code(lambda: local.convert(text, "qcow2", target, "monolithicSparse", "ide", ignore)) == "IM08"
    world.store.state["local"]["free"] = 1000
    assert code(lambda: local.convert(IMAGE, "qcow2", target, "monolithicSparse", "ide", ignore)) == "IM15"
    world.store.state["local"]["qemu_img"] = ""
    assert code(lambda: local.convert(IMAGE, "qcow2", target, "monolithicSparse", "ide", ignore)) == "IM16"
    assert local.stat(target) is None


def test_a_scratch_directory_is_deleted_and_real_files_do_not_exist(world: DemoBackend, tmp_path: Path) -> None:
    with world.local.scratch() as directory:
        target = directory / "d.vmdk"
        world.local.convert(IMAGE, "qcow2", target, "monolithicSparse", "ide", ignore)
        assert world.local.stat(target) is not None
    assert world.local.stat(target) is None
    real = tmp_path / "real.qcow2"
    real.write_bytes(b"x")
    assert world.local.stat(real) is None
