"""The page `image` reviews the cloud's existing images: one row each, with its repair or where it may land."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mhv_tui.core.context import Context
from tests.steps.test_image import IMAGE
from tests.steps.walked_world import levels, page, put, state

Begin = Callable[..., Context]
GOOD = {"hypervisor_type": "vmware", "vmware_disktype": "sparse", "vmware_adaptertype": "ide"}
REVIEWED: tuple[tuple[dict[str, str], str, str], ...] = (
    # properties of an existing image -> the code of its row, what its repair does ("" without one)
    (GOOD, "IM22", ""),
    ({**GOOD, "vmware-ostype": "otherGuest"}, "IM01", "vmware_ostype=otherGuest, remove vmware-ostype"),
    ({**GOOD, "hypervisor_type": "vmwere"}, "IM22", "hypervisor_type=vmware"),
    ({"vmware_disktype": "sparse"}, "IM22", "hypervisor_type=vmware"),
    ({**GOOD, "hypervisor_type": "ESXi"}, "IM22", "hypervisor_type=vmware"),
    ({**GOOD, "hypervisor_type": "kvn"}, "IM05", ""),
    ({**GOOD, "hypervisor_type": "qemu"}, "IM05", ""),
    ({"hypervisor_type": "vmware"}, "IM02", ""),
    ({**GOOD, "vmware_disktype": "Sparse"}, "IM02", "vmware_disktype=sparse"),
    ({**GOOD, "vmware_disktype": "bogus"}, "IM02", ""),
    ({**GOOD, "hw_disk_bus": "virtio"}, "IM03", "remove hw_disk_bus"),
    ({**GOOD, "vmware_adaptertype": "lsiLogic", "hw_scsi_model": "virtio-scsi"}, "IM03", "remove hw_scsi_model"),
    ({**GOOD, "vmware_adaptertype": "paraVirtual", "hw_disk_bus": "ide"}, "IM03", ""),
    ({**GOOD, "vmware_adaptertype": "IDE"}, "IM03", "vmware_adaptertype=ide"),
    ({**GOOD, "vmware_adaptertype": "lsilogic"}, "IM22", ""),
    ({**GOOD, "vmware_adaptertype": "lsiLogic", "hw_disk_bus": "IDE"}, "IM20", "remove hw_disk_bus"),
    ({"hypervisor_type": "vmware", "vmware_disktype": "sparse", "hw_disk_bus": "IDE"}, "IM20", "hw_disk_bus=ide"),
    ({"hypervisor_type": "vmware", "vmware_disktype": "sparse", "hw_disk_bus": "nvme"}, "IM20", ""),
    ({**GOOD, "os_distro": "ubuntu"}, "IM04", "remove os_distro"),
    ({**GOOD, "vmware_ostype": "Ubuntu64Guest"}, "IM04", "vmware_ostype=ubuntu64Guest"),
    ({**GOOD, "hw_vif_model": "virtio", "os_type": "Linux64"}, "IM20", "remove hw_vif_model, remove os_type"),
    ({**GOOD, "hw_firmware_type": "UEFI"}, "IM20", "hw_firmware_type=uefi"),
    ({**GOOD, "hw_firmware_type": "efi"}, "IM20", ""),
)


def test_a_repair_that_leaves_a_problem_belongs_to_those_that_it_solves(world_of: Begin) -> None:
    ctx = world_of()
    properties = {"hypervisor_type": "vmware", "hw_vif_model": "virtio"}
    put(ctx, "cloud > images > x", {"name": "old", **IMAGE, "properties": properties})
    result = page(ctx, "image")
    (row,) = [f for f in result.findings if f.subject == "old"]
    (repair,) = [c for c in result.fixes if c.id == row.fix]
    assert row.code == "IM20" and "vmware_disktype is not set" in row.detail
    repair.apply(ctx, repair.before(ctx))
    (row,) = [f for f in page(ctx, "image").findings if f.subject == "old"]
    assert (row.code, row.fix) == ("IM02", None)


@pytest.mark.parametrize(("properties", "code", "repaired"), REVIEWED)
def test_each_existing_image_has_one_row_with_its_repair(
    properties: dict[str, str], code: str, repaired: str, world_of: Begin
) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "old", **IMAGE, "properties": properties})
    result = page(ctx, "image")
    (row,) = [f for f in result.findings if f.subject == "old"]
    assert (row.code, row.level) == (code, "warning" if repaired or code != "IM22" else "ok")
    assert "old" in row.detail and not result.stops
    repairs = [c for c in result.fixes if c.id == row.fix]
    assert [c.summary for c in repairs] == ([f"repair image old: {repaired}"] if repaired else [])
    for repair in repairs:
        receipt = {**repair.before(ctx), **repair.apply(ctx, repair.before(ctx))}
        assert levels(page(ctx, "image").findings, "IM22") == {"ok"}
        repair.undo(ctx, receipt)
        assert state(ctx)["cloud"]["images"]["x"]["properties"] == properties


def test_an_image_has_its_name_and_its_id_only_if_another_one_has_the_same_name(world_of: Begin) -> None:
    ctx = world_of()
    for id, name in (("x-1", "old"), ("x-2", "old"), ("x-3", "new"), ("x-4", "")):
        put(ctx, f"cloud > images > {id}", {"name": name, **IMAGE, "properties": {"hypervisor_type": "vmware"}})
    findings = [f for f in page(ctx, "image").findings if f.code == "IM02" and f.level == "warning"]
    assert [f.subject for f in findings] == ["old (x-1)", "old (x-2)", "new", "(x-4)"]
    assert all(f"image {f.subject}: " in f.detail for f in findings)


def test_the_row_of_an_image_says_what_nova_makes_of_it(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "old", **IMAGE, "properties": {**GOOD, "img_linked_clone": "false"}})
    put(ctx, "cloud > images > y", {"name": "bad", **IMAGE, "properties": {**GOOD, "hw_vif_model": "virtio"}})
    put(ctx, "cloud > images > z", {"name": "kvm", **IMAGE, "disk_format": "qcow2", "properties": GOOD})
    rows = {f.subject: f for f in page(ctx, "image").findings}
    assert (
        rows["old"].detail
        == "old: disk type sparse, adapter ide, network card VirtualE1000, guest otherGuest, full clone"
    )
    assert rows["bad"].detail.endswith(
        "hw_vif_model is virtio, which nova Zed refuses on VMware; no server boots from it"
    )
    assert (rows["kvm"].code, rows["kvm"].level) == ("IM24", "warning")


@pytest.mark.parametrize(
    ("disk_format", "tag_images", "level", "text"),
    (
        ("qcow2", True, "skipped", "only QEMU accepts qcow2; the page register tags it qemu"),
        ("qcow2", False, "warning", "only QEMU accepts qcow2"),
        ("vmdk", True, "warning", "each accepts vmdk"),
        ("dmg", True, "warning", "none accepts dmg"),
    ),
)
def test_an_image_without_hypervisor_type_says_where_nova_may_place_it(
    disk_format: str, tag_images: bool, level: str, text: str, world_of: Begin
) -> None:
    ctx = world_of(answers={"register": {"tag_images": tag_images}})
    put(ctx, "cloud > images > x", {"name": "old", **IMAGE, "disk_format": disk_format, "properties": {}})
    (row,) = [f for f in page(ctx, "image").findings if f.subject == "old"]
    assert (row.code, row.level) == ("IM23", level)
    assert row.detail == f"nova can place a server from image old on QEMU and VMware vCenter Server; {text}"


def test_remedies_of_an_existing_image_have_the_values_that_are_possible_and_the_command(world_of: Begin) -> None:
    ctx = world_of(answers={"register": {"tag_images": False}})
    put(ctx, "cloud > images > x", {"name": "old", **IMAGE, "properties": {"hypervisor_type": "vmware"}})
    put(ctx, "cloud > images > y", {"name": "my kvm", **IMAGE, "disk_format": "qcow2", "properties": GOOD})
    put(ctx, "cloud > images > z", {"name": "any", **IMAGE, "disk_format": "vmdk", "properties": {}})
    put(ctx, "cloud > images > a", {"name": "mac", **IMAGE, "disk_format": "dmg", "properties": {}})
    remedies = {f.subject: f.remedy for f in page(ctx, "image").findings}
    assert remedies["old"] == (
        "Run openstack image set --property vmware_disktype=TYPE old. TYPE is sparse for monolithicSparse; "
        "preallocated or thin or thick or eagerZeroedThick for raw; streamOptimized for streamOptimized. "
        "mhv-tui does not read the data of this image: openstack image save --file FILE old, then qemu-img info FILE "
        "shows its create type (raw has none)."
    )
    assert remedies["my kvm"] == (
        "For vCenter: openstack image save --file FILE 'my kvm', then set image.source to this file: mhv-tui converts "
        "and uploads it. For another hypervisor: openstack image set --property hypervisor_type=qemu 'my kvm', then "
        "openstack image unset --property vmware_adaptertype --property vmware_disktype 'my kvm'."
    )
    assert remedies["any"] == (
        "Run openstack image set --property hypervisor_type=TAG any. "
        "TAG is qemu for QEMU; vmware for VMware vCenter Server."
    )
    assert remedies["mac"].startswith("Convert the disk to qcow2 or vmdk, and upload it as another image.")


def test_an_adopted_image_is_repaired_on_request(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > images > x", {"name": "ubuntu-vmware", **IMAGE, "properties": {**GOOD, "hw_vif_model": "virtio"}})
    result = page(ctx, "image")
    (row,) = [f for f in result.findings if f.code == "IM20"]
    (repair,) = [c for c in result.fixes if c.id == row.fix]
    assert (row.level, repair.summary) == ("failure", "repair image ubuntu-vmware: remove hw_vif_model")
    repair.apply(ctx, repair.before(ctx))
    assert not page(ctx, "image").stops
