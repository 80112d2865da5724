"""The page `image` with a packed file and with real files: what it says, plans, needs and uploads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.images import UploadImage
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.demo.backend import DemoBackend
from tests.adapters.hostile_sources import archive, ova, ovf
from tests.domain.test_disks import qcow2, vhd, vmdk
from tests.steps.sentences import headless
from tests.steps.walked_world import levels, page, put, state

Begin = Callable[..., Context]
GIB = 1 << 30
RAW = bytes(510) + b"\x55\xaa" + bytes(1 << 20)
STREAM = vmdk().ljust(128 * 512, b"\0")


def real(begin: Begin, path: Path, data: bytes, **answers: str) -> Context:
    """The simulated world with a real file as the source."""
    path.write_bytes(data)
    ctx = begin(answers={"image": {"source": str(path), **answers}})
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.local = ThisMachine()
    return ctx


def details(findings: tuple[Finding, ...], code: str) -> list[str]:
    return [finding.detail for finding in findings if finding.code == code]


def test_a_packed_image_is_unpacked_and_converted_during_its_upload(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "local > images > ubuntu.qcow2 > packed", True)
    result = page(ctx, "image")
    (upload,) = result.plan
    assert isinstance(upload, UploadImage) and headless(result.findings) == []
    assert upload.summary == "unpack, convert to streamOptimized VMDK and upload ubuntu.qcow2 as ubuntu-vmware"
    assert upload.phases == ("unpacking", "reading", "uploading")
    assert upload.preview().splitlines()[0] == "unpack gzip: ubuntu.qcow2 (temporary)"
    assert any("gzip around qcow2, 2.2 GiB inside" in detail for detail in details(result.findings, "IM08"))
    phases: list[str] = []
    loud = replace(ctx, on_progress=lambda *progress: phases.append(progress[4]))
    upload.apply(loud, upload.before(loud))
    assert list(dict.fromkeys(phases)) == ["unpacking", "reading", "uploading"]
    assert levels(page(ctx, "image").findings, "IM18") == {"ok"}
    assert not state(ctx)["local"]["temporary"]


@pytest.mark.parametrize(
    ("data", "conversion", "free", "level", "words"),
    [
        (gzip.compress(RAW, mtime=0), "auto", 1 << 30, "ok", "the unpacked file needs 1.0 MiB"),
        (
            gzip.compress(RAW, mtime=0),
            "qemu-img",
            1 << 30,
            "ok",
            "needs 1.0 MiB and the conversion needs up to 1.0 MiB",
        ),
        (gzip.compress(RAW, mtime=0), "auto", 1000, "failure", "the unpacked file needs"),
        (ova(STREAM), "auto", 1000, "skipped", "is not converted"),
    ],
)
def test_the_space_that_is_needed(
    data: bytes, conversion: str, free: int, level: str, words: str, world_of: Begin, tmp_path: Path
) -> None:
    result = page(real(world_of, tmp_path / "x", data, conversion=conversion), "image")
    assert result.view is not None
    view = replace(result.view, facts=replace(result.view.facts, free=free))
    findings = [f for check in result.step.work.preconditions for f in check.findings(view) if f.code == "IM15"]
    assert [f.level for f in findings] == [level] and words in findings[0].detail


@pytest.mark.parametrize(
    ("data", "code", "level", "words"),
    [
        (ova(STREAM), "IM08", "ok", "an OVA archive with x-disk1.vmdk: vmdk (streamOptimized)"),
        (
            gzip.compress(bytes(0x8001) + b"CD001" + bytes(1 << 18), mtime=0),
            "IM08",
            "failure",
            "the file is a CD image",
        ),
        (ova(STREAM[:70_000] + vhd(2)), "IM08", "ok", "vmdk (streamOptimized)"),
        (gzip.compress(ova(STREAM), mtime=0), "IM08", "ok", "gzip around an OVA archive with x-disk1.vmdk: vmdk"),
        (gzip.compress(qcow2().ljust(1 << 18, b"\0"), mtime=0), "IM08", "ok", "gzip around qcow2, 10.0 MiB inside"),
        (b"\7" * 4096, "IM08", "warning", "no partition table, file system or boot sector"),
        (archive(ovf(), ("a.iso", b"")), "IM13", "failure", "contains no VMDK"),
        (gzip.compress(RAW, mtime=0)[:20], "IM21", "failure", "its gzip data ends too early"),
    ],
)
def test_what_the_page_says(data: bytes, code: str, level: str, words: str, world_of: Begin, tmp_path: Path) -> None:
    result = page(real(world_of, tmp_path / "x", data), "image")
    assert level in levels(result.findings, code) and words in " ".join(details(result.findings, code))
    assert headless(result.findings) == [] and bool(result.plan) == (level != "failure")


def test_the_disk_of_an_ova_is_uploaded_without_a_temporary_file(world_of: Begin, tmp_path: Path) -> None:
    (upload,) = page(real(world_of, tmp_path / "x.ova", ova(STREAM)), "image").plan
    assert isinstance(upload, UploadImage) and (upload.subformat, upload.packing, upload.phases) == ("", "OVA", ())
    assert upload.summary == "upload x.ova as ubuntu-vmware" and "temporary" not in upload.preview()
