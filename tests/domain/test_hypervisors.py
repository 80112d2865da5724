"""The hypervisors of the article and their later states, by release."""

from __future__ import annotations

import pytest

from mhv_tui.domain.hypervisors import HYPERVISORS, recognise, tag_for
from mhv_tui.domain.images import lint
from mhv_tui.domain.releases import all_releases, by_name


@pytest.mark.parametrize("name", list(HYPERVISORS))
def test_every_row_covers_every_release(name: str) -> None:
    row = HYPERVISORS[name]
    assert row.tag in row.matches and row.shown and row.formats and row.title
    assert row.states[0][0].name == "havana"
    assert [since for since, _ in row.states] == sorted(since for since, _ in row.states)
    assert all(row.state(release) for release in all_releases())


@pytest.mark.parametrize(
    ("shown", "release", "expected"),
    [
        ("QEMU", "zed", "kvm"),
        ("VMware vCenter Server", "2026.1", "vmware"),
        ("XenServer", "train", "xenserver"),
        ("xen", "liberty", "xapi"),
        ("Xen", "liberty", "xen"),
        ("Xen", "mitaka", "xen"),
        ("Xen", "victoria", "xen"),
        ("XENSERVER", "mitaka", "xenserver"),
        ("powervm", "havana", "powervm"),
        ("phyp", "queens", "phyp"),
        ("hyperv", "zed", "hyperv"),
        ("ironic", "zed", "ironic"),
        ("LXC", "zed", "lxc"),
        ("lxd", "queens", "lxd"),
        ("zvm", "rocky", "zvm"),
        ("VMware ESXi", "havana", "esxi"),
        ("bhyve", "zed", None),
    ],
)
def test_recognised_by_what_is_shown(shown: str, release: str, expected: str | None) -> None:
    found = recognise(shown, by_name(release))
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(
    ("name", "release", "state"),
    [
        ("vmware", "train", "supported"),
        ("vmware", "ussuri", "deprecated"),
        ("vmware", "zed", "supported"),
        ("vmware", "2023.2", "experimental"),
        ("esxi", "juno", "removed"),
        ("uml", "wallaby", "removed"),
        ("xenserver", "victoria", "removed"),
        ("hyperv", "2024.1", "removed"),
        ("ironic", "havana", "absent"),
        ("lxc", "2026.1", "deprecated"),
    ],
)
def test_states(name: str, release: str, state: str) -> None:
    assert HYPERVISORS[name].state(by_name(release)) == state


def test_every_tag_is_one_that_the_scheduler_knows() -> None:
    for row in HYPERVISORS.values():
        found = lint({"hypervisor_type": row.tag, "vmware_disktype": "sparse"}, by_name("zed"))
        assert all("is meant?" not in f.detail for f in found), row.tag


def test_every_machine_under_libvirt_takes_the_images_of_three_parts() -> None:
    """supports_image_type_ami, _aki and _ari of nova/virt/libvirt/driver.py."""
    rows = [row for row in HYPERVISORS.values() if row.driver == "libvirt.LibvirtDriver"]
    assert rows and all({"ami", "aki", "ari"} <= set(row.formats) for row in rows)


@pytest.mark.parametrize(
    ("disk_format", "others", "tag"),
    [
        ("qcow2", ["kvm"], "qemu"),
        ("raw", ["kvm", "ironic"], ""),
        ("vmdk", ["kvm"], ""),
        ("vhdx", ["kvm", "hyperv"], "hyperv"),
        ("ami", ["kvm"], "qemu"),
        ("ami", ["kvm", "ironic"], ""),
        ("aki", ["kvm", "xenserver"], ""),
        ("ari", ["lxc"], "lxc"),
        ("root-tar", ["kvm", "lxd"], "lxd"),
    ],
)
def test_tags_for_existing_images(disk_format: str, others: list[str], tag: str) -> None:
    assert tag_for(disk_format, [HYPERVISORS[name] for name in others]) == tag
