"""This machine: files, hashes, and qemu-img as a child that leaves nothing half-done behind."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.local import SCRATCH, ThisMachine
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Vault


@pytest.fixture
def here() -> ThisMachine:
    return ThisMachine()


def silent(done: int, total: int) -> None:
    """Ignores progress."""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A qcow2 with 64 MiB of data."""
    raw, qcow2 = tmp_path / "disk.raw", tmp_path / "disk.qcow2"
    raw.write_bytes(bytes(range(256)) * (1 << 18))
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(qcow2)], check=True)
    raw.unlink()
    return qcow2


def test_the_size_and_the_first_bytes_of_a_file(here: ThisMachine, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    stat = here.stat(file)
    assert stat is not None and stat[0] == 3_000_000
    assert here.head(file, 4) == b"xxxx"


def test_a_file_that_is_not_there_is_none_or_a_trouble(here: ThisMachine, tmp_path: Path) -> None:
    assert here.stat(tmp_path / "none") is None
    with pytest.raises(FindingError) as refused:
        here.head(tmp_path / "none", 4)
    assert refused.value.finding.code == "IM19"


def test_free_space_of_a_directory_to_be_made_is_its_parents(here: ThisMachine, tmp_path: Path) -> None:
    assert here.free_space(tmp_path / "not" / "yet") > 0


def test_scratch_is_gone_afterwards(here: ThisMachine) -> None:
    with here.scratch() as directory:
        (directory / "file").write_text("x")
    assert not directory.exists()


def test_scratch_of_a_killed_run_is_removed_by_the_next_and_a_live_ones_is_kept(
    here: ThisMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    killed, link, strange = tmp_path / f"{SCRATCH}killed", tmp_path / f"{SCRATCH}link", tmp_path / "mhv-tui-other"
    for directory in (killed, strange):
        directory.mkdir()
        (directory / "disk.vmdk").write_bytes(b"x")
    link.symlink_to(strange)
    with here.scratch() as live, here.scratch() as second:
        assert sorted(tmp_path.iterdir()) == sorted([live, second, link, strange])
        killed.mkdir()
        RealBackend(Vault()).close()
        assert sorted(tmp_path.iterdir()) == sorted([live, second, link, strange])
    assert sorted(tmp_path.iterdir()) == sorted([link, strange])
    assert (strange / "disk.vmdk").exists()


@pytest.mark.qemu_img
def test_qemu_img_converts_and_tells_its_progress(here: ThisMachine, disk: Path, tmp_path: Path) -> None:
    assert here.qemu_img().split(".")[0].isdigit()
    target, ticks = tmp_path / "disk.vmdk", []
    here.convert(disk, "qcow2", target, "streamOptimized", "ide", lambda done, total: ticks.append((done, total)))
    assert b"streamOptimized" in target.read_bytes()[:2048]
    assert ticks[0] == (0, 100) and ticks[-1] == (100, 100)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.qcow2", "disk.vmdk"]


@pytest.mark.qemu_img
def test_a_failed_conversion_leaves_nothing(here: ThisMachine, disk: Path, tmp_path: Path) -> None:
    with disk.open("r+b") as file:
        file.seek(40)  # where the header says that the first table lies
        file.write((77).to_bytes(8, "big"))
    with pytest.raises(FindingError) as refused:
        here.convert(disk, "qcow2", tmp_path / "disk.vmdk", "streamOptimized", "ide", silent)
    assert refused.value.finding.code == "IM19" and "json:" not in refused.value.message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.qcow2"]


@pytest.mark.qemu_img
def test_a_stopped_conversion_ends_its_child_and_leaves_nothing(here: ThisMachine, disk: Path, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        here.convert(disk, "qcow2", tmp_path / "disk.vmdk", "streamOptimized", "ide", stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk.qcow2"]


def test_without_qemu_img_there_is_no_version(
    here: ThisMachine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert here.qemu_img() == ""
    with pytest.raises(FindingError) as refused:
        here.convert(tmp_path / "a", "qcow2", tmp_path / "b", "streamOptimized", "ide", silent)
    assert refused.value.finding.code == "IM16"
