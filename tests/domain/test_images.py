"""Properties of images for VMware: those that fit the bytes are written, the others are reported."""

from __future__ import annotations

import pytest

from mhv_tui.domain import images
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.releases import by_name

SPARSE = Disk("vmdk", 1, 1, "monolithicSparse", "ide")
STREAM = Disk("vmdk", 1, 1, "streamOptimized", "lsilogic")
FLAT = Disk("raw", 1, 1)
GOOD = {"hypervisor_type": "vmware", "vmware_disktype": "sparse", "vmware_adaptertype": "ide"}


@pytest.mark.parametrize(
    ("disk", "release", "disk_type", "adapter"),
    [
        (SPARSE, "havana", "sparse", "ide"),
        (STREAM, "kilo", "streamOptimized", "lsiLogic"),
        (FLAT, "havana", "preallocated", "lsiLogic"),
    ],
)
def test_properties_come_from_the_bytes(disk: Disk, release: str, disk_type: str, adapter: str) -> None:
    properties = images.image_properties(disk, by_name(release))
    assert properties == {"hypervisor_type": "vmware", "vmware_disktype": disk_type, "vmware_adaptertype": adapter}
    assert images.lint(properties, by_name(release), disk) == []


def test_what_contradicts_the_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="monolithicSparse"):
        images.image_properties(SPARSE, by_name("zed"), "streamOptimized")
    with pytest.raises(ValueError, match="made for ide"):
        images.image_properties(SPARSE, by_name("zed"), adapter="lsiLogic")
    with pytest.raises(ValueError, match="without conversion"):
        images.image_properties(STREAM, by_name("juno"))
    with pytest.raises(ValueError, match="without conversion"):
        images.image_properties(Disk("qcow2", 1), by_name("zed"))
    assert images.image_properties(STREAM, by_name("zed"), adapter="paraVirtual")["vmware_adaptertype"] == "paraVirtual"


@pytest.mark.parametrize(
    ("release", "datastores", "asked", "disk_type", "subformat"),
    [
        ("havana", ["VMFS"], "auto", "sparse", "monolithicSparse"),
        ("zed", ["NFS", "vsan"], "auto", "streamOptimized", "streamOptimized"),
        ("zed", [], "streamOptimized", "streamOptimized", "streamOptimized"),
        ("zed", ["NFS"], "preallocated", "preallocated", "monolithicFlat"),
    ],
)
def test_targets(release: str, datastores: list[str], asked: str, disk_type: str, subformat: str) -> None:
    target = images.target(by_name(release), datastores, asked)
    assert (target.disk_type, target.subformat, target.qemu_adapter) == (disk_type, subformat, "lsilogic")


@pytest.mark.parametrize(
    ("release", "datastores", "asked", "adapter"),
    [
        ("juno", ["vsan"], "auto", "lsiLogic"),
        ("zed", ["vsan"], "sparse", "lsiLogic"),
        ("icehouse", [], "thick", "lsiLogic"),
        ("icehouse", [], "auto", "paraVirtual"),
    ],
)
def test_impossible_targets(release: str, datastores: list[str], asked: str, adapter: str) -> None:
    with pytest.raises(ValueError):
        images.target(by_name(release), datastores, asked, adapter)


LINT = {
    "good": (GOOD, "zed", SPARSE, []),
    "the article's spelling": (
        {"hypervisor_type": "vmware", "vmware-disktype": "sparse", "vmware-adaptertype": "lsiLogic"},
        "zed",
        SPARSE,
        ["IM01", "IM02", "IM03"],
    ),
    "misspelled": ({**GOOD, "vmware_adaptertyp": "ide"}, "zed", None, ["IM01"]),
    "others are left alone": ({**GOOD, "my-own": "x", "hw-thing": "y"}, "zed", None, []),
    "nothing set": ({}, "zed", None, ["IM05", "IM02"]),
    "typo": ({**GOOD, "hypervisor_type": "vmwere"}, "zed", None, ["IM05"]),
    "any case from Juno": ({**GOOD, "hypervisor_type": "VMware"}, "juno", None, []),
    "exact before": ({**GOOD, "hypervisor_type": "VMware"}, "icehouse", None, ["IM05"]),
    "the newer name wins": ({**GOOD, "img_hv_type": "qemu"}, "zed", None, ["IM05"]),
    "unknown disk type": ({**GOOD, "vmware_disktype": "streamOptimized"}, "juno", None, ["IM02"]),
    "wrong disk type": ({**GOOD, "vmware_disktype": "streamOptimized"}, "zed", SPARSE, ["IM02"]),
    "wrong adapter": ({**GOOD, "vmware_adaptertype": "lsiLogic"}, "zed", SPARSE, ["IM03"]),
    "unknown adapter": ({**GOOD, "vmware_adaptertype": "nvme"}, "zed", None, ["IM03"]),
    "any case of SCSI from Liberty": ({**GOOD, "vmware_adaptertype": "lsilogic"}, "liberty", None, []),
    "no model": ({**GOOD, "hw_disk_bus": "scsi"}, "zed", None, ["IM03"]),
    "no model before Liberty": ({**GOOD, "hw_disk_bus": "scsi"}, "kilo", None, []),
    "the model of the old name": (
        {**GOOD, "hw_disk_bus": "scsi", "vmware_adaptertype": "lsiLogic"},
        "liberty",
        None,
        [],
    ),
    "an own model": (
        {**GOOD, "vmware_adaptertype": "lsiLogic", "hw_disk_bus": "scsi", "hw_scsi_model": "vmpvscsi"},
        "zed",
        None,
        [],
    ),
    "an own model of other disks": (
        {**GOOD, "hw_disk_bus": "scsi", "hw_scsi_model": "vmpvscsi"},
        "zed",
        None,
        ["IM03"],
    ),
    "a model of KVM's": (
        {**GOOD, "vmware_adaptertype": "lsiLogic", "hw_disk_bus": "scsi", "hw_scsi_model": "virtio-scsi"},
        "zed",
        None,
        ["IM03"],
    ),
    # What nova 34.0.0 makes of habits of KVM: ImageMeta, VMwareImage.from_image and convert_vif_model.
    "the bus overrides the adapter": ({**GOOD, "hw_disk_bus": "virtio"}, "2026.1", SPARSE, ["IM03"]),
    "the bus overrides the adapter, bytes unknown": ({**GOOD, "hw_disk_bus": "virtio"}, "2026.1", None, ["IM03"]),
    "the bus is not read before Liberty": ({**GOOD, "hw_disk_bus": "virtio"}, "kilo", SPARSE, []),
    "the bus of the bytes": ({**GOOD, "vmware_adaptertype": "paraVirtual", "hw_disk_bus": "ide"}, "zed", SPARSE, []),
    "a bus of KVM's without an adapter": (
        {"hypervisor_type": "vmware", "vmware_disktype": "streamOptimized", "hw_disk_bus": "virtio"},
        "zed",
        STREAM,
        [],
    ),
    "a model of KVM's without a bus": (
        {**GOOD, "vmware_adaptertype": "paraVirtual", "hw_scsi_model": "virtio-scsi"},
        "zed",
        None,
        ["IM03"],
    ),
    "a model of the same disks": (
        {**GOOD, "vmware_disktype": "streamOptimized", "vmware_adaptertype": "lsiLogic", "hw_scsi_model": "vmpvscsi"},
        "zed",
        STREAM,
        [],
    ),
    "an adapter in capital letters": ({**GOOD, "vmware_adaptertype": "IDE"}, "zed", SPARSE, ["IM03"]),
    "virtio": ({**GOOD, "hw_vif_model": "virtio"}, "zed", None, ["IM20"]),
    "rtl8139": ({**GOOD, "hw_vif_model": "rtl8139"}, "havana", None, ["IM20"]),
    "e1000e before Juno": ({**GOOD, "hw_vif_model": "e1000e"}, "icehouse", None, ["IM20"]),
    "vmxnet3": ({**GOOD, "hw_vif_model": "vmxnet3"}, "liberty", None, []),
    "vmxnet3 before Liberty": ({**GOOD, "hw_vif_model": "vmxnet3"}, "juno", None, ["IM20"]),
    "VMware's name": ({**GOOD, "hw_vif_model": "VirtualVmxnet3"}, "icehouse", None, []),
    "VMware's name in Juno": ({**GOOD, "hw_vif_model": "VirtualVmxnet3"}, "juno", None, ["IM20"]),
    "VMware's name in any case": ({**GOOD, "hw_vif_model": "virtualvmxnet3"}, "zed", None, []),
    "VMware's name in its own case only": ({**GOOD, "hw_vif_model": "virtuale1000"}, "juno", None, ["IM20"]),
    "firmware in capital letters": ({**GOOD, "hw_firmware_type": "UEFI"}, "zed", None, ["IM20"]),
    "firmware before Mitaka": ({**GOOD, "hw_firmware_type": "UEFI"}, "liberty", None, []),
    "firmware": ({**GOOD, "hw_firmware_type": "uefi"}, "zed", None, []),
    "no operating system": ({**GOOD, "os_type": "Linux64"}, "zed", None, ["IM20"]),
    "an operating system": ({**GOOD, "os_type": "Linux"}, "zed", None, []),
    "a bus of no release": ({**GOOD, "hw_disk_bus": "nvme"}, "zed", SPARSE, ["IM20"]),
    "a version that is no number": ({**GOOD, "vmware_image_version": "1.0"}, "zed", None, ["IM20"]),
    "os_distro overrides": ({**GOOD, "os_distro": "ubuntu", "vmware_ostype": "ubuntu64Guest"}, "zed", None, ["IM04"]),
    "os_distro before Liberty": ({**GOOD, "os_distro": "ubuntu"}, "kilo", None, []),
    "os_distro as guestId": ({**GOOD, "os_distro": "ubuntu64Guest"}, "zed", None, []),
    "a guestId that ends otherwise": ({**GOOD, "os_distro": "otherGuest64"}, "zed", None, []),
    "a guestId before Liberty": ({**GOOD, "vmware_ostype": "otherGuest64"}, "havana", None, []),
    "a word for a guestId": ({**GOOD, "vmware_ostype": "ubuntu"}, "zed", None, ["IM04"]),
    "a word for a guestId before Liberty": ({**GOOD, "vmware_ostype": "ubuntu"}, "havana", None, ["IM04"]),
    "os_distro corrects the guestId": (
        {**GOOD, "vmware_ostype": "ubuntu", "os_distro": "ubuntu64Guest"},
        "zed",
        None,
        [],
    ),
}


@pytest.mark.parametrize("name", LINT)
def test_lint(name: str) -> None:
    properties, release, disk, codes = LINT[name]
    found = images.lint(properties, by_name(release), disk, "ubuntu")
    assert [f.code for f in found] == codes
    assert all(f.remedy and f.detail and f.subject == "ubuntu" for f in found)


def test_a_guest_type_that_is_newer_than_novas_list_may_be_right() -> None:
    found = images.lint({**GOOD, "os_distro": "rhel9_64Guest"}, by_name("2026.1"))
    assert [(f.code, f.level) for f in found] == [("IM04", "warning")]
    found = images.lint({**GOOD, "os_distro": "ubuntu", "vmware_ostype": "ubuntu64Guest"}, by_name("zed"))
    assert (found[0].level, found[0].remedy) == ("failure", "Remove os_distro, or set it to ubuntu64Guest")


def test_datastore_types() -> None:
    assert images.datastore_types(by_name("juno")) == ("VMFS", "NFS")
    assert "NFS41" in images.datastore_types(by_name("liberty"))
