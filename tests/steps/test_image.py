"""The page `image`: the plan for each kind of file; existing images are adopted, repaired or reported."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.images import MARK, UploadImage
from mhv_tui.core.changes import totals
from mhv_tui.core.context import Context
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.releases import by_name
from mhv_tui.steps.image.conversion import image_plan
from tests.steps.sentences import headless
from tests.steps.walked_world import levels, page, put, state

Begin = Callable[..., Context]
QCOW2 = Disk("qcow2", 600 << 20, 3 << 30, version=3)
RAW = Disk("raw", 3 << 30, 3 << 30, "gpt")
SPARSE_IDE = Disk("vmdk", 1 << 30, 3 << 30, "monolithicSparse", "ide", 1)
SPARSE_LSI = Disk("vmdk", 1 << 30, 3 << 30, "monolithicSparse", "lsilogic", 1)
STREAM = Disk("vmdk", 1 << 30, 3 << 30, "streamOptimized", "lsilogic", 3)
VHD = Disk("vhd", 1 << 30, 3 << 30, "dynamic")
ISO = Disk("iso", 1 << 30, 1 << 30)
NFS, VSAN = ("NFS",), ("vsan",)

PLANS = (
    # release, datastores, disk, image.disk_type, hangs -> vmware_disktype, vmware_adaptertype, subformat
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


@pytest.mark.parametrize(("release", "stores", "disk", "disk_type", "hangs", "expected"), PLANS)
def test_the_plan_for_each_kind_of_file(
    release: str, stores: tuple[str, ...], disk: Disk, disk_type: str, hangs: bool, expected: tuple[str, str, str]
) -> None:
    plan = image_plan(
        release=by_name(release), datastores=stores, disk=disk, disk_type=disk_type, guest="", mark="mark", hangs=hangs
    )
    rows = {p.name: p.value for p in plan.properties}
    assert not plan.problem
    assert (rows["vmware_disktype"], rows["vmware_adaptertype"], plan.subformat) == expected
    assert (rows["hypervisor_type"], rows[MARK]) == ("vmware", "mark")


NOT_CONVERTIBLE = (
    ("zed", VSAN, QCOW2, "sparse", "DS07"),
    ("havana", NFS, QCOW2, "streamOptimized", "IM02"),
    ("zed", NFS, QCOW2, "thick", "IM02"),
    ("zed", NFS, ISO, "auto", "IM08"),
)


@pytest.mark.parametrize(("release", "stores", "disk", "disk_type", "code"), NOT_CONVERTIBLE)
def test_a_file_that_cannot_be_converted_is_reported(
    release: str, stores: tuple[str, ...], disk: Disk, disk_type: str, code: str
) -> None:
    plan = image_plan(
        release=by_name(release), datastores=stores, disk=disk, disk_type=disk_type, guest="", mark="mark", hangs=False
    )
    assert plan.problem and plan.code == code


def test_the_guest_type_is_planned_as_a_property() -> None:
    plan = image_plan(
        release=by_name("zed"),
        datastores=NFS,
        disk=QCOW2,
        disk_type="auto",
        guest="ubuntu64Guest",
        mark="mark",
        hangs=False,
    )
    assert ("vmware_ostype", "ubuntu64Guest") in [(p.name, p.value) for p in plan.properties]


IMAGE = {"status": "active", "disk_format": "vmdk", "container_format": "bare", "size": 1}
WRONG = {"name": "old", **IMAGE, "properties": {"vmware-disktype": "sparse", "hypervisor_type": "vmware"}}
QEMU_IMG = {"image": {"conversion": "qemu-img"}}
CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("IM19", "failure", {}, {"image": {"source": "nowhere.qcow2"}}),
    ("IM08", "failure", {}, {"image": {"source": "not-an-image.qcow2"}}),
    ("IM16", "failure", {"local > qemu_img": ""}, QEMU_IMG),
    ("IM16", "failure", {"local > qemu_img": "2.0.0"}, QEMU_IMG),
    ("IM16", "failure", {"local > qemu_img": ""}, {"image": {"disk_type": "sparse"}}),
    ("IM15", "failure", {"local > free": 1000}, QEMU_IMG),
    ("IM15", "warning", {"local > free": 1 << 30}, QEMU_IMG),
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


@pytest.mark.parametrize(("code", "level", "changed", "answers"), CASES)
def test_case(code: str, level: str, changed: dict[str, Any], answers: dict[str, Any], world_of: Begin) -> None:
    ctx = world_of(answers=answers)
    for place, value in changed.items():
        put(ctx, place, value)
    result = page(ctx, "image")
    assert level in levels(result.findings, code), [(f.code, f.level, f.detail) for f in result.findings]
    assert headless(result.findings) == []


@pytest.mark.parametrize(
    ("image", "what", "remedy"),
    [
        ("own", "an upload of this session was interrupted", "apply deletes this image and uploads it again"),
        ("other", "the image is not complete", "If another run uploads this image at present, wait"),
    ],
)
def test_only_an_incomplete_image_of_this_session_is_replaced(
    image: str, what: str, remedy: str, world_of: Begin
) -> None:
    ctx = replace(world_of(), begun={"image:prod:ubuntu-vmware": [{"image": "own"}]})
    row = {"name": "ubuntu-vmware", **IMAGE, "status": "saving", "properties": {}}
    put(ctx, f"cloud > images > {image}", row)
    result = page(ctx, "image")
    (incomplete,) = [f for f in result.findings if f.code == "IM11"]
    assert remedy in incomplete.remedy and incomplete.detail == f"{what}: ubuntu-vmware has the status saving"
    (upload,) = result.plan
    deletes = (
        "First deletes the incomplete image ubuntu-vmware of an interrupted upload. No service starts or restarts."
    )
    nothing = "nothing to delete. No service starts or restarts."
    assert totals([upload]) == f"1 change: 1 to create{f'. {deletes}' if image == 'own' else f', {nothing}'}"
    upload.apply(ctx, upload.before(ctx))
    assert (image in state(ctx)["cloud"]["images"]) == (image == "other")


@pytest.mark.parametrize(
    ("release", "disk_type", "code", "level"),
    (
        ("zed", "thin", "IM17", "ok"),
        ("epoxy", "thin", "IM17", "failure"),
        ("zed", "auto", "IM08", "warning"),  # its name says qcow2
    ),
)
def test_bare_data(release: str, disk_type: str, code: str, level: str, world_of: Begin) -> None:
    result = page(world_of(answers={"image": {"disk_type": disk_type}, "cloud": {"release": release}}), "image")
    assert result.view is not None
    view = replace(result.view, facts=replace(result.view.facts, disk=RAW))
    assert level in levels([f for check in result.step.work.preconditions for f in check.findings(view)], code)


@pytest.mark.timeout(60)
def test_a_pipe_as_the_source_is_reported_by_this_page_alone(world_of: Begin, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ctx = world_of(answers={"image": {"source": str(tmp_path / "pipe")}})
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.local = ThisMachine()
    (finding,) = [f for f in page(ctx, "image").findings if f.code == "IM19"]
    assert finding.fatal, "without a file there is nothing to upload, also if the finding is accepted"
    assert finding.level == "failure" and "not a regular file" in finding.detail
    assert not page(ctx, "datastore").stops


def test_an_uploaded_image_is_recognised_and_repaired_and_not_uploaded_twice(world_of: Begin) -> None:
    ctx = world_of(built=True)
    assert not page(ctx, "image").plan
    key = next(k for k, row in state(ctx)["cloud"]["images"].items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > properties > vmware_disktype", "preallocated")
    result = page(ctx, "image")
    assert [c.summary for c in result.plan] == ["repair image ubuntu-vmware: vmware_disktype=streamOptimized"]
    assert levels(result.findings, "IM05") == {"missing"}


def test_the_source_may_be_deleted_after_the_upload(world_of: Begin) -> None:
    ctx = world_of(built=True)
    del state(ctx)["local"]["images"]["ubuntu.qcow2"]
    result = page(ctx, "image")
    assert [f.level for f in result.findings if f.code == "IM19"] == ["skipped"]
    assert not result.stops and not result.plan


def test_a_foreign_vmdk_of_that_name_is_adopted_and_its_property_names_are_corrected(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {**WRONG, "name": "ubuntu-vmware"})
    result = page(ctx, "image")
    assert [c.summary for c in result.plan] == [
        "repair image ubuntu-vmware: vmware_disktype=sparse, remove vmware-disktype"
    ]


def test_property_names_of_other_images_are_corrected_only_on_request(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", WRONG)
    result = page(ctx, "image")
    assert "repair:prod:x" in [c.id for c in result.fixes] and "repair:prod:x" not in [c.id for c in result.plan]


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
    ({**SPARSE, "hw_vif_model": "virtio"}, {"IM20"}, ""),
    ({"vmware_disktype": "sparse", "img_hv_type": "vmware"}, set[str](), ""),
    ({"vmware_disktype": "sparse"}, set[str](), "hypervisor_type=vmware"),
)


@pytest.mark.parametrize(("properties", "codes", "repaired"), ADOPTED)
def test_an_adopted_image_is_read_as_nova_reads_it(
    properties: dict[str, str], codes: set[str], repaired: str, world_of: Begin
) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "ubuntu-vmware", **IMAGE, "properties": properties})
    result = page(ctx, "image")
    assert {f.code for f in result.findings if f.stops} == codes
    assert ("ok" in levels(result.findings, "IM18")) == (not codes and not repaired)
    expected = [f"repair image ubuntu-vmware: {repaired}"] if repaired and not codes else []
    assert [c.summary for c in result.plan] == expected
    assert levels(result.findings, "IM05") == ({"missing"} if repaired else set())


def test_our_image_is_repaired_under_the_names_that_nova_reads(world_of: Begin) -> None:
    ctx = world_of(built=True)
    key = next(k for k, row in state(ctx)["cloud"]["images"].items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > properties > hw_disk_type", "preallocated")
    (repair,) = page(ctx, "image").plan
    assert repair.summary == "repair image ubuntu-vmware: hw_disk_type=streamOptimized"
    repair.apply(ctx, repair.before(ctx))
    assert levels(page(ctx, "image").findings, "IM18") == {"ok"}


def test_an_unknown_guest_type_is_reported_before_the_upload(world_of: Begin) -> None:
    result = page(world_of(answers={"image": {"vmware_ostype": "ubuntu"}}), "image")
    assert levels(result.findings, "IM04") == {"failure"} and not result.plan


def test_without_a_source_the_faults_of_an_adopted_image_stop_nothing(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "ubuntu-vmware", **IMAGE, "properties": {**SPARSE, **BOGUS}})
    del state(ctx)["local"]["images"]["ubuntu.qcow2"]
    result = page(ctx, "image")
    assert not result.stops and levels(result.findings, "IM02") == {"warning"}
