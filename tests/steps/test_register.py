"""The page `register`: missing mapping, zone and tags are planned; wrong scheduling is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.core.context import Context
from tests.steps.sentences import headless
from tests.steps.walked_world import SEPARATOR, levels, page, put, state

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


@pytest.mark.parametrize(("code", "level", "changed", "answers", "fix"), CASES)
def test_case(
    code: str, level: str, changed: dict[str, Any], answers: dict[str, Any], fix: str | None, world_of: Begin
) -> None:
    ctx = world_of(answers=answers)
    for place, value in changed.items():
        put(ctx, place, value)
    result = page(ctx, "register")
    assert (code, level) in [(f.code, f.level) for f in result.findings], [
        (f.code, f.level, f.detail) for f in result.findings
    ]
    assert headless(result.findings) == []
    assert fix is None or (fix in [f.fix for f in result.findings] and fix in [c.id for c in result.fixes])


def test_before_the_node_exists_everything_is_planned_and_missing(world_of: Begin) -> None:
    result = page(world_of(), "register")
    assert [c.id.partition(":")[0] for c in result.plan] == ["discover", "zone", "tag"]
    for code in ("RG01", "RG03", "RG04"):
        assert levels(result.findings, code) == {"missing"}


def test_after_the_changes_nothing_is_missing(world_of: Begin) -> None:
    result = page(world_of(built=True), "register")
    assert not result.plan
    assert {f.level for f in result.findings} == {"ok", "skipped"}


def test_before_cells_nothing_is_mapped(world_of: Begin) -> None:
    assert [c.id.partition(":")[0] for c in page(world_of("nova-network"), "register").plan] == ["zone", "tag"]


def test_without_a_controller_a_node_that_is_up_stops_with_the_command(world_of: Begin) -> None:
    answers = {"register": {"controller": "none", "nova_manage": "docker exec nova_api nova-manage"}}
    ctx = world_of(built=True, answers=answers)
    for row in state(ctx)["cloud"]["hypervisors"].values():
        row["mapped"] = row["service_host"] != "novavmware1"
    findings = [f for f in page(ctx, "register").findings if f.code == "RG01" and f.level != "skipped"]
    assert [f.level for f in findings] == ["failure"]
    assert "docker exec nova_api nova-manage cell_v2 discover_hosts --verbose" in findings[0].remedy


OCATA = {"cloud": {"release": "ocata"}}


def without_zone(ctx: Context) -> Context:
    for row in state(ctx)["cloud"]["aggregates"].values():
        row["hosts"] = [host for host in row["hosts"] if host != "novavmware1"]
    return ctx


def test_ocata_lists_unmapped_hosts_so_that_the_list_proves_nothing(world_of: Begin) -> None:
    result = page(without_zone(world_of(built=True, answers=OCATA)), "register")
    assert [c.id.partition(":")[0] for c in result.plan] == ["discover", "zone"]
    findings = [f for f in result.findings if f.code == "RG01" and f.level != "skipped"]
    assert [f.level for f in findings] == ["unknown"]
    assert "nova-manage cell_v2 discover_hosts --verbose" in findings[0].remedy
    assert [c.id.partition(":")[0] for c in page(without_zone(world_of(built=True)), "register").plan] == ["zone"]


def test_a_second_run_in_ocata_has_nothing_to_do(world_of: Begin) -> None:
    result = page(world_of(built=True, answers=OCATA), "register")
    assert not result.plan
    assert levels(result.findings, "RG01") == {"unknown"}


def test_in_ocata_a_host_that_this_session_mapped_counts_as_mapped(world_of: Begin) -> None:
    answers = {**OCATA, "register": {"availability_zone": ""}}
    ctx = without_zone(world_of(built=True, answers=answers))
    assert [c.id for c in page(ctx, "register").plan] == ["discover:prod:novavmware1"]
    result = page(replace(ctx, completed_ids=frozenset({"discover:prod:novavmware1"})), "register")
    assert not result.plan and levels(result.findings, "RG01") == {"ok"}


def test_in_ocata_without_a_controller_the_command_is_shown_and_nothing_stops(world_of: Begin) -> None:
    answers = {**OCATA, "register": {"controller": "none"}}
    assert levels(page(world_of(answers=answers), "register").findings, "RG01") == {"warning"}
    result = page(without_zone(world_of(built=True, answers=answers)), "register")
    assert levels(result.findings, "RG01") == {"unknown"}
    assert [c.id.partition(":")[0] for c in result.plan] == ["zone"]


def test_a_host_is_in_one_zone_only(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for row in state(ctx)["cloud"]["aggregates"].values():
        row["availability_zone"] = "elsewhere"
    assert levels(page(ctx, "register").findings, "RG04") == {"failure"}


@pytest.mark.parametrize("makes", ("", "elsewhere"))
def test_an_aggregate_of_that_name_is_reported_before_any_change(makes: str, world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > aggregates > 9", {"name": "vmware", "availability_zone": makes, "hosts": []})
    result = page(ctx, "register")
    findings = [f for f in result.findings if f.code == "RG04" and f.stops]
    assert len(findings) == 1 and "register.availability_zone" in findings[0].remedy
    assert f"availability_zone is {makes or 'not set'}" in findings[0].detail
    assert not result.plan


def test_the_aggregate_that_a_killed_join_left_is_joined(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "cloud > aggregates > 9", {"name": "vmware", "availability_zone": "vmware", "hosts": []})
    result = page(ctx, "register")
    assert levels(result.findings, "RG04") == {"missing"}
    assert "zone:prod:vmware:novavmware1" in [c.id for c in result.plan]


def test_a_service_that_the_driver_disabled_can_be_enabled(world_of: Begin) -> None:
    ctx = world_of(built=True)
    for row in state(ctx)["cloud"]["services"].values():
        if row["host"] == "novavmware1":
            row.update(status="disabled", disabled_reason="AUTO: set by vmwareapi host_state")
    result = page(ctx, "register")
    assert [(f.level, f.fix) for f in result.findings if f.code == "VC15"] == [("failure", "enable:prod:novavmware1")]
    assert "enable:prod:novavmware1" in [c.id for c in result.fixes]


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
def test_each_image_gets_the_tag_of_its_format(row: dict[str, Any], tag: str | None, world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, SEPARATOR.join(("cloud", "images", "one")), {"name": "one", **IMAGE, **row})
    summaries = [c.summary for c in page(ctx, "register").plan if c.id == "tag:prod:one"]
    assert summaries == ([f"tag image one: {tag}"] if tag else [])


def test_an_image_that_both_hypervisors_can_boot_is_reported_by_the_page_image_alone(world_of: Begin) -> None:
    ctx = world_of(built=True)
    put(ctx, "cloud > images > one", {"name": "one", **IMAGE, "disk_format": "vmdk", "properties": {}})
    result = page(ctx, "register")
    (row,) = [f for f in result.findings if f.code == "RG03"]
    assert row.level == "skipped" and "one: the page image reports them (IM23)" in row.detail
    assert not result.plan
