"""The page `register`: mapping, zone and tags are planned where missing; what the scheduler would do is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.core.context import Context
from tests.steps.built import SEPARATOR, levels, page, put, state
from tests.steps.sentences import headless

Begin = Callable[..., Context]
FLAVOR = {"vcpus": 1, "disk": 1}
STALE = {"binary": "nova-compute", "host": "old1", "state": "down", "status": "enabled"}
CONF = "machines > controller1 > files > /etc/nova/nova.conf > content"

CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any], str | None], ...] = (
    ("RG02", "failure", {CONF: "+\n[filter_scheduler]\nenabled_filters = ComputeFilter\n"}, {}, None),
    ("RG02", "ok", {CONF: "[DEFAULT]\n"}, {}, None),
    ("RG02", "failure", {CONF: "[DEFAULT]\nscheduler_default_filters = RamFilter,ComputeFilter\n"}, {}, None),
    ("RG02", "ok", {CONF: "[filter_scheduler]\nenabled_filters = nova.x.ImagePropertiesFilter\n"}, {}, None),
    ("RG02", "unknown", {}, {"register": {"controller": "none"}}, None),
    ("RG01", "warning", {}, {"register": {"controller": "none"}}, None),
    ("RG04", "warning", {}, {"register": {"availability_zone": ""}}, None),
    ("RG05", "warning", {}, {"node": {"reserved_host_memory_mb": 512}}, None),
    ("RG06", "warning", {"cloud > flavors > big": {**FLAVOR, "name": "big", "ram": 1 << 20}}, {}, None),
    ("RG06", "warning", {"cloud > flavors > wide": {"name": "wide", "ram": 4, "vcpus": 99, "disk": 1}}, {}, None),
    ("RG07", "warning", {"cloud > flavors > odd": {**FLAVOR, "name": "odd", "ram": 513}}, {}, None),
    (
        "RG09",
        "warning",
        {"cloud > services > s9": {**STALE, "updated_at": "2026-10-01T00:00:00+00:00"}},
        {},
        "stale:prod:old1",
    ),
    ("RG09", "ok", {"cloud > services > s9": {**STALE, "updated_at": "2026-11-21T00:00:00+00:00"}}, {}, None),
    ("RG03", "skipped", {}, {"register": {"tag_images": False}}, None),
)


@pytest.mark.parametrize(("code", "level", "changed", "asked", "fix"), CASES)
def test_case(
    code: str, level: str, changed: dict[str, Any], asked: dict[str, Any], fix: str | None, world_of: Begin
) -> None:
    ctx = world_of(asked=asked)
    for place, value in changed.items():
        put(ctx, place, value)
    seen = page(ctx, "register")
    assert (code, level) in [(f.code, f.level) for f in seen.findings], [
        (f.code, f.level, f.detail) for f in seen.findings
    ]
    assert headless(seen.findings) == []
    assert fix is None or (fix in [f.fix for f in seen.findings] and fix in [c.id for c in seen.fixes])


def test_before_the_node_is_there_all_is_planned_and_missing(world_of: Begin) -> None:
    seen = page(world_of(), "register")
    assert [c.id.partition(":")[0] for c in seen.plan] == ["discover", "zone", "tag"]
    for code in ("RG01", "RG03", "RG04"):
        assert levels(seen.findings, code) == {"missing"}


def test_afterwards_nothing_is_left(world_of: Begin) -> None:
    seen = page(world_of(built=True), "register")
    assert not seen.plan
    assert {f.level for f in seen.findings} == {"ok", "skipped"}


def test_before_cells_nothing_is_mapped(world_of: Begin) -> None:
    assert [c.id.partition(":")[0] for c in page(world_of("nova-network"), "register").plan] == ["zone", "tag"]


def test_without_a_controller_a_node_that_is_up_stops_with_the_command(world_of: Begin) -> None:
    asked = {"register": {"controller": "none", "nova_manage": "docker exec nova_api nova-manage"}}
    ctx = world_of(built=True, asked=asked)
    for row in state(ctx)["cloud"]["hypervisors"].values():
        row["mapped"] = row["service_host"] != "novavmware1"
    told = [f for f in page(ctx, "register").findings if f.code == "RG01" and f.level != "skipped"]
    assert [f.level for f in told] == ["failure"]
    assert "docker exec nova_api nova-manage cell_v2 discover_hosts --verbose" in told[0].remedy


OCATA = {"cloud": {"release": "ocata"}}


def without_zone(ctx: Context) -> Context:
    for row in state(ctx)["cloud"]["aggregates"].values():
        row["hosts"] = [host for host in row["hosts"] if host != "novavmware1"]
    return ctx


def test_ocata_lists_what_is_not_mapped_so_that_the_list_proves_nothing(world_of: Begin) -> None:
    seen = page(without_zone(world_of(built=True, asked=OCATA)), "register")
    assert [c.id.partition(":")[0] for c in seen.plan] == ["discover", "zone"]
    told = [f for f in seen.findings if f.code == "RG01" and f.level != "skipped"]
    assert [f.level for f in told] == ["unknown"]
    assert "nova-manage cell_v2 discover_hosts --verbose" in told[0].remedy
    assert [c.id.partition(":")[0] for c in page(without_zone(world_of(built=True)), "register").plan] == ["zone"]


def test_a_second_run_in_ocata_has_nothing_to_do(world_of: Begin) -> None:
    seen = page(world_of(built=True, asked=OCATA), "register")
    assert not seen.plan
    assert levels(seen.findings, "RG01") == {"unknown"}


def test_in_ocata_what_this_session_has_mapped_is_mapped(world_of: Begin) -> None:
    asked = {**OCATA, "register": {"availability_zone": ""}}
    ctx = without_zone(world_of(built=True, asked=asked))
    assert [c.id for c in page(ctx, "register").plan] == ["discover:prod:novavmware1"]
    seen = page(replace(ctx, completed_ids=frozenset({"discover:prod:novavmware1"})), "register")
    assert not seen.plan and levels(seen.findings, "RG01") == {"ok"}


def test_in_ocata_without_a_controller_the_command_is_told_and_nothing_stops(world_of: Begin) -> None:
    asked = {**OCATA, "register": {"controller": "none"}}
    assert levels(page(world_of(asked=asked), "register").findings, "RG01") == {"warning"}
    seen = page(without_zone(world_of(built=True, asked=asked)), "register")
    assert levels(seen.findings, "RG01") == {"unknown"}
    assert [c.id.partition(":")[0] for c in seen.plan] == ["zone"]


def test_a_host_is_in_one_zone_only(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for row in state(ctx)["cloud"]["aggregates"].values():
        row["availability_zone"] = "elsewhere"
    assert levels(page(ctx, "register").findings, "RG04") == {"failure"}


@pytest.mark.parametrize("makes", ("", "elsewhere"))
def test_an_aggregates_name_that_is_taken_is_told_before_anything_is_made(makes: str, world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > aggregates > 9", {"name": "vmware", "availability_zone": makes, "hosts": []})
    seen = page(ctx, "register")
    told = [f for f in seen.findings if f.code == "RG04" and f.stops]
    assert len(told) == 1 and "register.availability_zone" in told[0].remedy
    assert f"makes {f'zone {makes}' if makes else 'no zone'}" in told[0].detail
    assert not seen.plan


def test_the_aggregate_that_a_killed_join_left_is_joined(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > aggregates > 9", {"name": "vmware", "availability_zone": "vmware", "hosts": []})
    seen = page(ctx, "register")
    assert levels(seen.findings, "RG04") == {"missing"}
    assert "zone:prod:vmware:novavmware1" in [c.id for c in seen.plan]


def test_a_service_that_the_driver_disabled_can_be_enabled(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for row in state(ctx)["cloud"]["services"].values():
        if row["host"] == "novavmware1":
            row.update(status="disabled", disabled_reason="AUTO: set by vmwareapi host_state")
    seen = page(ctx, "register")
    assert [(f.level, f.fix) for f in seen.findings if f.code == "VC15"] == [("failure", "enable:prod:novavmware1")]
    assert "enable:prod:novavmware1" in [c.id for c in seen.fixes]


IMAGE = {"status": "active", "container_format": "bare", "size": 1}
TAGS = (
    ({"disk_format": "qcow2", "properties": {}}, "hypervisor_type=qemu"),
    ({"disk_format": "raw", "properties": {"os_distro": "debian"}}, "hypervisor_type=qemu"),
    ({"disk_format": "vmdk", "properties": {"vmware_disktype": "sparse"}}, "hypervisor_type=vmware"),
    ({"disk_format": "vmdk", "properties": {}}, None),
    ({"disk_format": "qcow2", "properties": {"img_hv_type": "kvm"}}, None),
    ({"disk_format": "qcow2", "properties": {}, "status": "queued"}, None),
)


@pytest.mark.parametrize(("row", "tag"), TAGS)
def test_each_image_gets_the_tag_that_its_format_tells(row: dict[str, Any], tag: str | None, world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, SEPARATOR.join(("cloud", "images", "one")), {"name": "one", **IMAGE, **row})
    told = [c.summary for c in page(ctx, "register").plan if c.id == "tag:prod:one"]
    assert told == ([f"tag image one: {tag}"] if tag else [])


def test_an_image_that_both_could_boot_is_told_and_left(world_of: Begin) -> None:
    ctx = world_of(built=True)
    put(ctx, "cloud > images > one", {"name": "one", **IMAGE, "disk_format": "vmdk", "properties": {}})
    seen = page(ctx, "register")
    assert levels(seen.findings, "RG03") == {"warning"}
    assert not seen.plan
