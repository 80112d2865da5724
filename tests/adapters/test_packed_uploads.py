"""Packed files and archives on their way to Glance: the right disk arrives, and nothing remains on this machine."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters import unpacking
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.sources import inspected
from mhv_tui.core.errors import Cancelled, FindingError
from tests.adapters.hostile import made
from tests.adapters.hostile_sources import archive, ova, ovf
from tests.adapters.hostile_uploads import applied, change
from tests.imaging.packed import PACK

qemu_img = pytest.mark.qemu_img
MIB = 1 << 20
Usage = namedtuple("Usage", "total used free")
RAW = bytes(510) + b"\x55\xaa" + b"data" * 128 * 1024 + bytes(6 * MIB)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary directory."""
    directory = tmp_path / "scratch"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def image(directory: Path, *options: str) -> bytes:
    """RAW as an image of this format."""
    source, target = directory / "raw", directory / "image"
    source.write_bytes(RAW)
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", *options, str(source), str(target)], check=True)
    return target.read_bytes()


def raw_of(vmdk: bytes, directory: Path) -> bytes:
    """The disk in a VMDK."""
    (directory / "sent").write_bytes(vmdk)
    argv = ["qemu-img", "convert", "-f", "vmdk", "-O", "raw", str(directory / "sent"), str(directory / "back")]
    subprocess.run(argv, check=True, timeout=60)
    return (directory / "back").read_bytes()


STREAM = ("vmdk", "-o", "subformat=streamOptimized,adapter_type=lsilogic")
FORMATS = {"qcow2": ("qcow2",), "raw": ("raw",), "vmdk": STREAM, "vpc": ("vpc",), "vhdx": ("vhdx",), "vdi": ("vdi",)}


@qemu_img
@pytest.mark.parametrize("driver", FORMATS)
@pytest.mark.parametrize("packing", [*PACK, "ova", "ova in gzip"])
def test_the_disk_inside_is_converted(packing: str, driver: str, place: Path, tmp_path: Path, scratch: Path) -> None:
    inner = image(tmp_path, *FORMATS[driver])
    wraps: dict[str, Callable[[bytes], bytes]] = {**PACK, "ova": ova, "ova in gzip": lambda d: gzip.compress(ova(d))}
    (place / "source").write_bytes(wraps[packing](inner))
    disk, _ = inspected(ThisMachine(), place / "source") or (None, "")
    assert disk is not None and disk.usable and not disk.doubt, disk
    (sent,) = applied(change(place / "source", driver), tmp_path)
    assert b"streamOptimized" in sent[:2048] and raw_of(sent, tmp_path)[: len(RAW)] == RAW
    assert not list(scratch.iterdir())


@qemu_img
@pytest.mark.parametrize("options", [(), ("-o", "cluster_size=4096"), ("-o", "compression_type=zstd", "-c")])
def test_qemu_img_converts_only_what_the_upload_cannot(
    options: tuple[str, ...], place: Path, tmp_path: Path, scratch: Path
) -> None:
    (place / "source").write_bytes(gzip.compress(image(tmp_path, "qcow2", *options)))
    upload = replace(change(place / "source", "qcow2", qemu_img=False), packing="gzip")
    (sent,) = applied(upload, tmp_path)
    assert raw_of(sent, tmp_path)[: len(RAW)] == RAW and not list(scratch.iterdir())
    flags = int.from_bytes(sent[8:12], "little")
    assert flags == (0x30003 if options else 0x30001)  # qemu-img writes a second grain directory, mhv-tui does not


@qemu_img
@pytest.mark.parametrize("packing", [*PACK, "ova"])
def test_a_stream_inside_is_uploaded_as_it_is(packing: str, place: Path, tmp_path: Path, scratch: Path) -> None:
    inner = image(tmp_path, *STREAM)
    (place / "source").write_bytes({**PACK, "ova": ova}[packing](inner))
    assert applied(change(place / "source", "vmdk", ""), tmp_path) == [inner]
    assert not list(scratch.iterdir())


@qemu_img
def test_the_ovf_decides_between_two_disks(place: Path, tmp_path: Path, scratch: Path) -> None:
    inner = image(tmp_path, *STREAM)
    names = ("../../etc/boot.vmdk", "/etc/passwd.vmdk")
    (place / "source").write_bytes(archive(ovf(names[1]), (names[0], b"other" * 999), (names[1], inner)))
    assert applied(change(place / "source", "vmdk", ""), tmp_path) == [inner]
    assert not list(scratch.iterdir()) and [path.name for path in place.iterdir()] == ["source"]


@qemu_img
def test_the_page_knows_what_a_packed_disk_needs(place: Path, tmp_path: Path) -> None:
    here = ThisMachine()
    for packing, pack in PACK.items():
        (place / "source").write_bytes(pack(made(tmp_path, "-f", "qcow2")))
        disk, _ = inspected(here, place / "source") or (None, "")
        assert disk and (disk.format, disk.packing, disk.virtual_size) == ("qcow2", packing, 32 << 10)
        (place / "source").write_bytes(pack(RAW))
        disk, _ = inspected(here, place / "source") or (None, "")
        known = 0 if packing == "bzip2" else len(RAW)
        assert disk and (disk.format, disk.unpacked, disk.virtual_size) == ("raw", known, known)


def free(count: int) -> Callable[[object], Usage]:
    return lambda path: Usage(1 << 40, 0, unpacking.RESERVE + count)


@pytest.mark.parametrize("wrap", [gzip.compress, ova])
def test_what_is_larger_than_the_free_space_stops_there(
    wrap: Callable[[bytes], bytes], place: Path, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "source").write_bytes(wrap(RAW))
    monkeypatch.setattr(shutil, "disk_usage", free(5 * MIB))
    here, path = ThisMachine(), place / "source"
    disk, _ = inspected(here, path) or (None, "")
    assert disk is not None
    read = here.unpacked(path, "gzip", silent) if disk.packing else here.extracted(path, disk.at, disk.unpacked, silent)
    with pytest.raises(FindingError) as refused, read:
        pass
    assert refused.value.finding.code == "IM15" and not list(scratch.iterdir())


def silent(done: int, total: int) -> None:
    """A on_progress that has no reader."""


def test_zeros_take_no_space(place: Path, scratch: Path) -> None:
    (place / "source").write_bytes(gzip.compress(RAW + bytes(64 * MIB) + b"x" * 512))
    with ThisMachine().unpacked(place / "source", "gzip", silent) as file:
        status = file.stat()
        assert status.st_size == len(RAW) + 64 * MIB + 512 and status.st_blocks * 512 < 4 * MIB
        assert file.read_bytes()[: len(RAW)] == RAW
    assert not list(scratch.iterdir())


def test_an_operator_who_stops_leaves_nothing(place: Path, scratch: Path) -> None:
    (place / "source").write_bytes(gzip.compress(RAW))

    def stop(done: int, total: int) -> None:
        raise Cancelled()

    with pytest.raises(Cancelled), ThisMachine().unpacked(place / "source", "gzip", stop):
        pass
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("packing", PACK)
def test_damage_behind_the_beginning_is_found_while_unpacking(
    packing: str, place: Path, tmp_path: Path, scratch: Path
) -> None:
    (place / "source").write_bytes(PACK[packing](RAW)[:-5])
    upload = change(place / "source", "raw")
    assert applied(upload, tmp_path) == [] and not list(scratch.iterdir())
    with pytest.raises(FindingError, match="is incomplete"), ThisMachine().unpacked(place / "source", packing, silent):
        pass


def test_another_disk_than_the_planned_one_is_refused_after_unpacking(
    place: Path, tmp_path: Path, scratch: Path
) -> None:
    footer = b"conectix".ljust(60, b"\0") + b"\0\0\0\2"
    (place / "source").write_bytes(gzip.compress(RAW + footer.ljust(512, b"\0")))
    assert applied(change(place / "source", "raw"), tmp_path) == [] and not list(scratch.iterdir())
