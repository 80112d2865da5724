"""What the files that qemu-img writes are, from their bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mhv_tui.domain.disks import HEAD, TAIL, inspect


@pytest.mark.qemu_img
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-f", "qcow2"], ("qcow2", "", "")),
        (["-f", "vmdk"], ("vmdk", "monolithicSparse", "ide")),
        (
            ["-f", "vmdk", "-o", "subformat=streamOptimized,adapter_type=lsilogic"],
            ("vmdk", "streamOptimized", "lsilogic"),
        ),
        (["-f", "vdi"], ("vdi", "", "")),
    ],
)
def test_what_qemu_img_writes(options: list[str], expected: tuple[str, str, str], tmp_path: Path) -> None:
    path = tmp_path / "disk"
    subprocess.run(["qemu-img", "create", "-q", *options, str(path), "10M"], check=True, timeout=60)
    data = path.read_bytes()
    disk = inspect(data[:HEAD], len(data), data[-TAIL:])
    assert (disk.format, disk.subtype, disk.adapter) == expected
    assert (disk.virtual_size, disk.problems) == (10 << 20, ())
