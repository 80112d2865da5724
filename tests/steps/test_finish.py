"""The page `finish`: it has no answers, findings or changes, but the map of the cloud and the text for its users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from mhv_tui.core.answers import fields_of
from mhv_tui.core.context import Context
from mhv_tui.core.handover import Handover, MapRow, map_lines, users_text
from mhv_tui.core.matrix_text import text_width
from mhv_tui.steps import FLOW
from mhv_tui.steps.finish.answers import FinishAnswers
from tests.steps.walked_world import page, put, state

Begin = Callable[..., Context]

TYPES = {
    "QEMU": "tag qemu",
    "KVM": "tag qemu",
    "LXC": "tag lxc",
    "UML": "tag uml",
    "Xen": "tag xen",
    "XenServer": "tag xen",
    "hyperv": "tag hyperv",
    "ironic": "tag baremetal",
    "VMware vCenter Server": "tag vmware",
    "quantum-box": "tag not known",
}


def handover_of(ctx: Context) -> Handover:
    result = page(ctx, "finish")
    assert result.view is not None
    handover = result.step.work.handover(result.view)
    assert handover is not None
    return handover


def drawn(handover: Handover, width: int = 76) -> list[str]:
    return [line for _, line in map_lines(handover.rows, width)]


def add_node(ctx: Context, host: str, kind: str, **service: str) -> None:
    row = {"hostname": host, "type": kind, "service_host": host}
    put(ctx, f"cloud > hypervisors > h-{host}-{kind}", row)
    fields = {"binary": "nova-compute", "host": host, "state": "up", "status": "enabled", **service}
    put(ctx, f"cloud > services > s-{host}", fields)


def row_of(rows: tuple[MapRow, ...], name: str) -> MapRow:
    return next(row for row in rows if row.cells[0] == name)


def test_the_last_page_has_no_answers_findings_and_changes(world_of: Begin) -> None:
    result = page(world_of(), "finish")
    assert FLOW[-1].id == "finish" and not list(fields_of(FinishAnswers))
    assert not result.findings and not result.plan and result.facts is not None


def test_the_map_of_a_finished_cloud(world_of: Begin) -> None:
    handover = handover_of(world_of(built=True))
    assert drawn(handover) == [
        "OpenStack prod   Zed",
        "├─ controller1   controller (conductor, scheduler)",
        "├─ compute1      QEMU                    zone nova     tag qemu",
        "├─ compute2      QEMU                    zone nova     tag qemu",
        "└─ novavmware1   VMware vCenter Server   zone vmware   tag vmware",
        "   └─ vCenter vc.example.org   8.0.2",
        "      └─ cluster DC0_C0   2 hosts (ESXi 8.0.2)   DRS on",
        "         ├─ datastore nfs-gold   6.0 of 8.0 TiB free",
        "         └─ network vmware-net   on DVS0, VLAN 200",
    ]
    assert {row.level for row in handover.rows} == {"ok"}
    assert (handover.cloud, handover.vcenter) == ("prod (Zed)", "vc.example.org 8.0.2")
    assert handover.types == {"compute1": "QEMU", "compute2": "QEMU", "novavmware1": "VMware vCenter Server"}


def test_before_the_changes_the_map_names_what_does_not_exist_yet(world_of: Begin) -> None:
    handover = handover_of(world_of())
    missing = [row.cells for row in handover.rows if row.level == "missing"]
    assert missing == [
        ("novavmware1", "VMware vCenter Server", "not registered yet"),
        ("network vmware-net", "not created yet"),
    ]
    assert not handover.command and not users_text(handover)
    assert handover.command_missing == (
        "Glance has no active image ubuntu-vmware with hypervisor_type=vmware yet.",
        "The cloud has no availability zone vmware yet.",
    )


def test_a_port_group_that_another_team_adds_is_named_as_missing(world_of: Begin) -> None:
    ctx = world_of()
    network = replace(ctx.answers.tables["network"], manage=False)
    answers = replace(ctx.answers, tables={**ctx.answers.tables, "network": network})
    row = row_of(handover_of(replace(ctx, target=replace(ctx.target, answers=answers))).rows, "network vmware-net")
    assert (row.cells[1], row.level) == ("no such port group", "warning")


def test_nova_network_has_a_standard_port_group_and_no_network_option(world_of: Begin) -> None:
    handover = handover_of(world_of("nova-network", built=True))
    assert row_of(handover.rows, "network br100").cells[1] == "on vSwitch0, VLAN 100"
    command = "openstack server create --image ubuntu-vmware --flavor m1.small --availability-zone vmware"
    assert handover.command == f"{command} --key-name KEY NAME"
    assert any("Security groups have no effect" in note for note in handover.users)


def test_the_notes_for_users_say_that_a_private_image_belongs_to_one_project(world_of: Begin) -> None:
    handover = handover_of(world_of(built=True))
    notes = handover.users
    assert any(note.startswith("The image ubuntu-vmware is private") for note in notes)
    assert [note for note in handover.operators if "is private" in note] == []
    assert any("openstack image set --public ubuntu-vmware" in note for note in handover.operators)
    assert any("KEY is a name of openstack keypair list" in note for note in notes)


def test_every_type_of_hypervisor_has_its_tag(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for number, kind in enumerate(TYPES):
        add_node(ctx, f"host{number}", kind, zone="z1")
    rows = handover_of(ctx).rows
    tags = {row.cells[1]: row.cells[3] for row in rows if row.cells[0].startswith("host")}
    assert tags == TYPES
    other = next(index for index, row in enumerate(rows) if row.cells[0] == "host8")
    assert rows[other + 1].cells == ("its vCenter was not checked",)


def test_a_service_with_several_hypervisors_is_one_row(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for number in range(3):
        row = {"hostname": f"node{number}", "type": "ironic", "service_host": "ironic1"}
        put(ctx, f"cloud > hypervisors > i{number}", row)
    row_cells = row_of(handover_of(ctx).rows, "ironic1").cells
    assert row_cells[1:3] == ("ironic ×3", "zone not known")


def test_a_broken_service_and_a_switched_off_drs_are_warnings(world_of: Begin) -> None:
    ctx = world_of(built=True)
    service = next(key for key, row in state(ctx)["cloud"]["services"].items() if row["host"] == "compute2")
    put(ctx, f"cloud > services > {service} > state", "down")
    put(ctx, "vcenters > vc.example.org > clusters > domain-c7 > drs_enabled", False)
    rows = handover_of(ctx).rows
    assert [row.cells[-1] for row in rows if row.level == "warning"] == ["down", "DRS off"]


def test_a_large_cloud_has_one_row_for_equal_nodes(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for number in range(200):
        add_node(ctx, f"kvm{number:03}", "QEMU", zone="nova")
    add_node(ctx, "kvm999", "QEMU", zone="nova", state="down")
    rows = [row for row in handover_of(ctx).rows if row.depth == 1 and row.cells[1] == "QEMU"]
    assert [row.cells[0] for row in rows] == ["compute1 .. kvm199 (202 nodes)", "kvm999"]
    assert rows[1].level == "warning"


@pytest.mark.parametrize("name", ["x" * 120, "計算ノード一番・東京", "nœud-é́-1", "a b\x1b[31m\n\u202ec"])
@pytest.mark.parametrize("width", [40, 57, 76, 116])
def test_any_name_fits_and_controls_no_terminal(name: str, width: int, world_of: Begin) -> None:
    ctx = world_of(built=True)
    add_node(ctx, name, "QEMU", zone=name)
    lines = drawn(handover_of(ctx), width)
    assert max(map(text_width, lines)) <= width and all(line.isprintable() for line in lines)


def test_what_was_not_checked_is_not_invented(world_of: Begin) -> None:
    result = page(world_of(built=True), "finish")
    assert result.view is not None
    for known in range(len(FLOW) - 1):
        earlier = dict(list(result.view.earlier.items())[:known])
        view = result.step.view(result.view.answers, result.facts, result.view.all_answers, MappingProxyType(earlier))
        handover = result.step.work.handover(view)
        assert handover is not None
        unknown = [" ".join(row.cells) for row in handover.rows if row.level == "unknown"]
        assert ("OpenStack prod not checked" in unknown) is ("cloud" not in earlier)
        assert ("vCenter vc.example.org not checked" in unknown) is ("vcenter" not in earlier)
        assert bool(unknown) is ("network" not in earlier)
        assert bool(handover.command) is ("prove" in earlier)


def test_names_in_the_command_are_quoted_for_a_shell(world_of: Begin) -> None:
    zone = {"register": {"availability_zone": "zone $(id)"}}
    ctx = world_of(built=True, answers=zone)
    put(ctx, "cloud > aggregates > z", {"name": "z", "availability_zone": "zone $(id)", "hosts": ["compute2"]})
    assert "--availability-zone 'zone $(id)'" in handover_of(ctx).command


def test_of_two_images_with_one_name_the_command_has_the_id(world_of: Begin) -> None:
    ctx = world_of(built=True)
    images = state(ctx)["cloud"]["images"]
    key = next(key for key, row in images.items() if row["name"] == "ubuntu-vmware")
    images["copy"] = dict(images[key])
    assert f"--image {key}" in handover_of(ctx).command or "--image copy" in handover_of(ctx).command
