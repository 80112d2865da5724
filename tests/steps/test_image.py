"""The page `image`: what a file is decides what becomes of it; what Glance has is adopted, repaired or told."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.images import MARK, UploadImage
from mhv_tui.core.context import Context
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.releases import by_name
from mhv_tui.steps.image.conversion import image_plan
from tests.steps.built import levels, page, put, state
from tests.steps.sentences import headless

Begin = Callable[..., Context]
QCOW2 = Disk("qcow2", 600 << 20, 3 << 30, version=3)
RAW = Disk("raw", 3 << 30, 3 << 30, "gpt")
SPARSE_IDE = Disk("vmdk", 1 << 30, 3 << 30, "monolithicSparse", "ide", 1)
SPARSE_LSI = Disk("vmdk", 1 << 30, 3 << 30, "monolithicSparse", "lsilogic", 1)
STREAM = Disk("vmdk", 1 << 30, 3 << 30, "streamOptimized", "lsilogic", 3)
VHD = Disk("vhd", 1 << 30, 3 << 30, "dynamic")
ISO = Disk("iso", 1 << 30, 1 << 30)
NFS, VSAN = ("NFS",), ("vsan",)

WISHES = (
    # release, datastores, disk, asked, hangs -> vmware_disktype, vmware_adaptertype, subformat
    ("zed", NFS, QCOW2, "auto", False, ("streamOptimized", "lsiLogic", "streamOptimized")),
    ("kilo", NFS, QCOW2, "auto", False, ("streamOptimized", "lsiLogic", "streamOptimized")),
    ("juno", NFS, QCOW2, "auto", False, ("sparse", "lsiLogic", "monolithicSparse")),
    ("havana", NFS, RAW, "auto", False, ("sparse", "lsiLogic", "monolithicSparse")),
    ("zed", NFS, QCOW2, "auto", True, ("sparse", "lsiLogic", "monolithicSparse")),
    ("zed", VSAN, QCOW2, "auto", True, ("streamOptimized", "lsiLogic", "streamOptimized")),
    ("zed", NFS, QCOW2, "sparse", False, ("sparse", "lsiLogic", "monolithicSparse")),
    ("zed", NFS, SPARSE_IDE, "auto", False, ("sparse", "ide", "")),
    ("zed", NFS, SPARSE_LSI, "auto", False, ("sparse", "lsiLogic", "")),
    ("zed", NFS, STREAM, "auto", True, ("streamOptimized", "lsiLogic", "")),
    ("zed", VSAN, SPARSE_IDE, "auto", False, ("streamOptimized", "lsiLogic", "streamOptimized")),
    ("zed", NFS, RAW, "preallocated", False, ("preallocated", "lsiLogic", "")),
    ("zed", NFS, VHD, "auto", False, ("streamOptimized", "lsiLogic", "streamOptimized")),
)


@pytest.mark.parametrize(("release", "stores", "disk", "asked", "hangs", "wanted"), WISHES)
def test_what_becomes_of_a_file(
    release: str, stores: tuple[str, ...], disk: Disk, asked: str, hangs: bool, wanted: tuple[str, str, str]
) -> None:
    made = image_plan(
        release=by_name(release), datastores=stores, disk=disk, disk_type=asked, guest="", mark="mark", hangs=hangs
    )
    rows = {p.name: p.value for p in made.properties}
    assert not made.problem
    assert (rows["vmware_disktype"], rows["vmware_adaptertype"], made.subformat) == wanted
    assert (rows["hypervisor_type"], rows[MARK]) == ("vmware", "mark")


NO_WAY = (
    ("zed", VSAN, QCOW2, "sparse", "DS07"),
    ("havana", NFS, QCOW2, "streamOptimized", "IM02"),
    ("zed", NFS, QCOW2, "thick", "IM02"),
    ("zed", NFS, ISO, "auto", "IM08"),
)


@pytest.mark.parametrize(("release", "stores", "disk", "asked", "code"), NO_WAY)
def test_where_there_is_no_way_it_is_said(
    release: str, stores: tuple[str, ...], disk: Disk, asked: str, code: str
) -> None:
    made = image_plan(
        release=by_name(release), datastores=stores, disk=disk, disk_type=asked, guest="", mark="mark", hangs=False
    )
    assert made.problem and made.code == code


def test_the_guests_type_goes_along() -> None:
    made = image_plan(
        release=by_name("zed"),
        datastores=NFS,
        disk=QCOW2,
        disk_type="auto",
        guest="ubuntu64Guest",
        mark="mark",
        hangs=False,
    )
    assert ("vmware_ostype", "ubuntu64Guest") in [(p.name, p.value) for p in made.properties]


IMAGE = {"status": "active", "disk_format": "vmdk", "container_format": "bare", "size": 1}
WRONG = {"name": "old", **IMAGE, "properties": {"vmware-disktype": "sparse", "hypervisor_type": "vmware"}}
CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("IM19", "failure", {}, {"image": {"source": "nowhere.qcow2"}}),
    ("IM08", "failure", {}, {"image": {"source": "not-an-image.qcow2"}}),
    ("IM16", "failure", {"local > qemu_img": ""}, {}),
    ("IM16", "failure", {"local > qemu_img": "2.0.0"}, {}),
    ("IM15", "failure", {"local > free": 1000}, {}),
    ("IM15", "warning", {"local > free": 1 << 30}, {}),
    ("IM02", "failure", {}, {"image": {"disk_type": "thin"}}),
    ("IM18", "missing", {}, {}),
    ("IM18", "failure", {"cloud > images > x": {"name": "ubuntu-vmware", **IMAGE, "properties": {MARK: "other"}}}, {}),
    (
        "IM11",
        "warning",
        {"cloud > images > x": {"name": "ubuntu-vmware", **IMAGE, "status": "queued", "properties": {}}},
        {},
    ),
    ("IM01", "warning", {"cloud > images > x": WRONG}, {}),
)


@pytest.mark.parametrize(("code", "level", "changed", "asked"), CASES)
def test_case(code: str, level: str, changed: dict[str, Any], asked: dict[str, Any], world_of: Begin) -> None:
    ctx = world_of(asked=asked)
    for place, value in changed.items():
        put(ctx, place, value)
    seen = page(ctx, "image")
    assert level in levels(seen.findings, code), [(f.code, f.level, f.detail) for f in seen.findings]
    assert headless(seen.findings) == []


@pytest.mark.parametrize(
    ("release", "asked", "code", "level"),
    (
        ("zed", "thin", "IM17", "ok"),
        ("epoxy", "thin", "IM17", "failure"),
        ("zed", "auto", "IM08", "warning"),  # its name says qcow2
    ),
)
def test_bare_data(release: str, asked: str, code: str, level: str, world_of: Begin) -> None:
    seen = page(world_of(asked={"image": {"disk_type": asked}, "cloud": {"release": release}}), "image")
    assert seen.view is not None
    look = replace(seen.view, facts=replace(seen.view.facts, disk=RAW))
    assert level in levels([f for check in seen.step.preconditions for f in check.findings(look)], code)


@pytest.mark.timeout(60)
def test_a_pipe_as_the_source_is_reported_by_this_page_alone(world_of: Begin, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ctx = world_of(asked={"image": {"source": str(tmp_path / "pipe")}})
    ctx.backend.local = ThisMachine()
    (finding,) = [f for f in page(ctx, "image").findings if f.code == "IM19"]
    assert finding.level == "failure" and "not a regular file" in finding.detail
    assert not page(ctx, "datastore").stops


def test_an_uploaded_image_is_known_again_and_repaired_not_made_twice(world_of: Begin) -> None:
    ctx = world_of(built=True)
    assert not page(ctx, "image").plan
    key = next(k for k, row in state(ctx)["cloud"]["images"].items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > properties > vmware_disktype", "preallocated")
    seen = page(ctx, "image")
    assert [c.summary for c in seen.plan] == ["repair image ubuntu-vmware: vmware_disktype=streamOptimized"]
    assert levels(seen.findings, "IM05") == {"missing"}


def test_the_source_may_go_once_its_image_is_there(world_of: Begin) -> None:
    ctx = world_of(built=True)
    del state(ctx)["local"]["images"]["ubuntu.qcow2"]
    seen = page(ctx, "image")
    assert [f.level for f in seen.findings if f.code == "IM19"] == ["skipped"]
    assert not seen.stops and not seen.plan


def test_a_strangers_vmdk_of_that_name_is_adopted_and_its_names_mended(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {**WRONG, "name": "ubuntu-vmware"})
    seen = page(ctx, "image")
    assert [c.summary for c in seen.plan] == ["repair image ubuntu-vmware: vmware_disktype=sparse, no vmware-disktype"]


def test_another_images_names_are_mended_only_where_asked(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", WRONG)
    seen = page(ctx, "image")
    assert "repair:prod:x" in [c.id for c in seen.fixes] and "repair:prod:x" not in [c.id for c in seen.plan]


def test_the_plan_names_conversion_and_properties(world_of: Begin) -> None:
    (change,) = page(world_of(), "image").plan
    assert isinstance(change, UploadImage)
    assert (change.source_format, change.subformat, change.adapter, change.min_disk) == (
        *("qcow2", "streamOptimized", "lsilogic"),
        3,
    )
    assert "vmware_adaptertype = lsiLogic" in change.preview()


BOGUS = {"img_hv_type": "qemu", "os_distro": "ubuntu", "hw_disk_bus": "scsi", "vmware_disktype": "bogus"}
SPARSE = {"hypervisor_type": "vmware", "vmware_disktype": "sparse"}
ADOPTED = (
    # properties of the adopted image -> codes that stop, what is repaired
    ({**SPARSE, **BOGUS}, {"IM02", "IM03", "IM04"}, "img_hv_type=vmware"),
    ({**SPARSE, "vmware_disktype": "bogus"}, {"IM02"}, ""),
    ({**SPARSE, "hw_disk_type": "bogus"}, {"IM02"}, ""),
    ({"vmware_disktype": "sparse", "img_hv_type": "vmware"}, set[str](), ""),
    ({"vmware_disktype": "sparse"}, set[str](), "hypervisor_type=vmware"),
)


@pytest.mark.parametrize(("properties", "codes", "repaired"), ADOPTED)
def test_an_adopted_image_is_read_as_nova_reads_it(
    properties: dict[str, str], codes: set[str], repaired: str, world_of: Begin
) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "ubuntu-vmware", **IMAGE, "properties": properties})
    seen = page(ctx, "image")
    assert {f.code for f in seen.findings if f.stops} == codes
    assert ("ok" in levels(seen.findings, "IM18")) == (not codes and not repaired)
    wanted = [f"repair image ubuntu-vmware: {repaired}"] if repaired and not codes else []
    assert [c.summary for c in seen.plan] == wanted
    assert levels(seen.findings, "IM05") == ({"missing"} if repaired else set())


def test_ours_is_repaired_under_the_name_that_nova_reads(world_of: Begin) -> None:
    ctx = world_of(built=True)
    key = next(k for k, row in state(ctx)["cloud"]["images"].items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > properties > hw_disk_type", "preallocated")
    (repair,) = page(ctx, "image").plan
    assert repair.summary == "repair image ubuntu-vmware: hw_disk_type=streamOptimized"
    repair.apply(ctx, repair.before(ctx))
    assert levels(page(ctx, "image").findings, "IM18") == {"ok"}


def test_a_guests_type_that_nova_does_not_know_is_told_before_the_upload(world_of: Begin) -> None:
    seen = page(world_of(asked={"image": {"vmware_ostype": "ubuntu"}}), "image")
    assert levels(seen.findings, "IM04") == {"failure"} and not seen.plan


def test_without_the_source_an_adopted_images_faults_stop_nothing(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "ubuntu-vmware", **IMAGE, "properties": {**SPARSE, **BOGUS}})
    del state(ctx)["local"]["images"]["ubuntu.qcow2"]
    seen = page(ctx, "image")
    assert not seen.stops and levels(seen.findings, "IM02") == {"warning"}
