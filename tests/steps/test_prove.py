"""The page `prove`: which servers the smoke tests boot on which hypervisor, and what they cannot cover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mhv_tui.changes.servers import BootServer
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from tests.steps.sentences import headless
from tests.steps.walked_world import levels, page, put, state

Begin = Callable[..., Context]

CASES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("PR01", "failure", {}, {"prove": {"flavor": "m9.none"}}),
    ("PR01", "failure", {}, {"prove": {"network": "nowhere"}}),
    ("PR01", "failure", {}, {"prove": {"network": ""}}),
    ("PR01", "failure", {}, {"prove": {"first_image": "none"}}),
    ("PR01", "failure", {}, {"prove": {"first_network": "nowhere"}}),
    (
        "RG07",
        "failure",
        {"cloud > flavors > f": {"name": "odd", "ram": 513, "vcpus": 1, "disk": 9}},
        {"prove": {"flavor": "odd"}},
    ),
    ("IM06", "failure", {}, {"prove": {"flavor": "m1.tiny"}}),
    ("IM06", "ok", {}, {}),
    ("CO02", "warning", {}, {}),
    (
        "CO01",
        "unknown",
        {f"vcenters > vc.example.org > hosts > {h} > version": "6.7.0" for h in ("host-21", "host-22")},
        {},
    ),
)


@pytest.mark.parametrize(("code", "level", "changed", "answers"), CASES)
def test_case(code: str, level: str, changed: dict[str, Any], answers: dict[str, Any], world_of: Begin) -> None:
    ctx = world_of(built=True, answers=answers)
    for place, value in changed.items():
        put(ctx, place, value)
    result = page(ctx, "prove")
    assert level in levels(result.findings, code), [(f.code, f.level, f.detail) for f in result.findings]
    assert headless(result.findings) == []
    assert not result.plan


@pytest.mark.parametrize(("built", "exist"), [(True, "exist"), (False, "exist or are planned")])
def test_what_the_test_servers_need_exists_or_is_planned(built: bool, exist: str, world_of: Begin) -> None:
    (row,) = [f for f in page(world_of(built=built), "prove").findings if f.code == "PR01"]
    assert row.level == "skipped" and row.detail.endswith(f"flavor, networks and images for that {exist}")


def test_a_cloud_without_another_hypervisor_proves_one_side(world_of: Begin) -> None:
    ctx = world_of(built=True)
    rows = state(ctx)["cloud"]["hypervisors"]
    for key in [k for k, row in rows.items() if row["service_host"] != "novavmware1"]:
        del rows[key]
    assert levels(page(ctx, "prove").findings, "PR01") == {"warning"}
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:vmware"]


def proofs(ctx: Context) -> list[Change]:
    result = page(ctx, "prove")
    assert result.view is not None
    return list(result.step.work.smoke_tests(result.view))


def test_one_server_on_each_side(world_of: Begin) -> None:
    ctx = world_of(built=True)
    vmware, first = proofs(ctx)
    assert isinstance(vmware, BootServer) and isinstance(first, BootServer)
    assert (vmware.image, vmware.zone, vmware.network) == ("ubuntu-vmware", "vmware", "vmware-net")
    assert (first.image, first.zone) == ("cirros", "nova")
    assert (vmware.name, first.name) == ("mhv-tui-test-vmware-novavmware1", "mhv-tui-test-qemu-for-novavmware1")
    for hypervisor in state(ctx)["cloud"]["hypervisors"].values():
        hypervisor["type"] = hypervisor["type"].replace("QEMU", "VMware ESXi")
    assert {p.name for p in proofs(ctx) if isinstance(p, BootServer)} >= {"mhv-tui-test-vmware-esxi-for-novavmware1"}


def test_the_first_server_does_not_boot_in_the_zone_of_another_vcenter(world_of: Begin) -> None:
    ctx = world_of(built=True)
    rows = state(ctx)["cloud"]
    vcenter = next(row for row in rows["hypervisors"].values() if row["service_host"] == "novavmware1")
    service = next(row for row in rows["services"].values() if row["host"] == "novavmware1")
    rows["hypervisors"] = {"other": {**vcenter, "service_host": "novavmware2"}, **rows["hypervisors"]}
    rows["services"] = {"other": {**service, "host": "novavmware2"}, **rows["services"]}
    rows["aggregates"]["other"] = {"name": "vmware2", "availability_zone": "vmware2", "hosts": ["novavmware2"]}
    first = proofs(ctx)[1]
    assert isinstance(first, BootServer) and first.zone == "nova"


def test_nova_network_gives_servers_no_port(world_of: Begin) -> None:
    assert {p.network_id for p in proofs(world_of("nova-network", built=True)) if isinstance(p, BootServer)} == {""}


def test_before_the_changes_no_image_boots_on_vmware(world_of: Begin) -> None:
    assert "prove:prod:novavmware1:vmware" not in [p.id for p in proofs(world_of())]


def test_the_named_image_is_the_first_ones(world_of: Begin) -> None:
    ctx = world_of(built=True, answers={"prove": {"first_image": "debian-12", "first_network": "private"}})
    first = proofs(ctx)[1]
    assert isinstance(first, BootServer) and (first.image, first.network) == ("debian-12", "private")
    assert first.summary == "boot debian-12 on a QEMU hypervisor, then delete it"


def test_each_offered_flavor_shows_its_finding(world_of: Begin) -> None:
    ctx = world_of(built=True)
    put(ctx, "cloud > flavors > f", {"name": "odd", "ram": 513, "vcpus": 1, "disk": 9})
    result = page(ctx, "prove")
    assert result.view is not None
    offered = result.step.work.choices(result.view)
    against = {row.value: row.finding.code if row.finding else "" for row in offered["flavor"]}
    assert against == {"m1.tiny": "IM06", "odd": "RG07", "m1.small": "", "m1.medium": ""}
    assert [row.value for row in offered["network"]] == ["private", "vmware-net"]


def untagged(ctx: Context) -> Context:
    """Without an image that is tagged for the existing hypervisor."""
    rows = state(ctx)["cloud"]["images"]
    for key in [k for k, row in rows.items() if row["properties"].get("hypervisor_type", "vmware") != "vmware"]:
        del rows[key]
    return ctx


def left_out(ctx: Context) -> list[tuple[str, str]]:
    """What the proofs would leave out."""
    result = page(ctx, "prove")
    assert result.view is not None
    return [(f.code, f.level) for f in result.step.work.untested(result.view)]


def test_a_first_hypervisor_without_an_image_is_reported(world_of: Begin) -> None:
    ctx = untagged(world_of(built=True, answers={"register": {"tag_images": False}}))
    findings = [f for f in page(ctx, "prove").findings if f.code == "PR01"]
    assert [f.level for f in findings] == ["warning"]
    assert "m1.small" in findings[0].detail and "prove.first_image" in findings[0].remedy
    assert left_out(ctx) == [("PR01", "warning")]


def test_an_image_that_the_plan_will_tag_has_no_result_yet(world_of: Begin) -> None:
    ctx = untagged(world_of())
    image = {"status": "active", "container_format": "bare", "size": 1, "disk_format": "qcow2", "properties": {}}
    put(ctx, "cloud > images > one", {"name": "one", **image})
    findings = [f for f in page(ctx, "prove").findings if f.code == "PR01"]
    assert [f.level for f in findings] == ["unknown"] and "one" in findings[0].detail


def test_without_an_image_for_vcenter_a_proof_fails(world_of: Begin) -> None:
    assert left_out(world_of()) == [("PR01", "failure")]
    assert left_out(world_of(built=True)) == []


def test_an_unknown_hypervisor_is_proven_with_the_named_image(world_of: Begin) -> None:
    for first_image, expected, proven in (("", {"warning"}, 1), ("debian-12", set[str](), 2)):
        ctx = world_of(built=True, answers={"prove": {"first_image": first_image}})
        for row in state(ctx)["cloud"]["hypervisors"].values():
            row["type"] = row["type"] if row["service_host"] == "novavmware1" else "novelty"
        assert levels(page(ctx, "prove").findings, "PR01") == expected
        assert len(proofs(ctx)) == proven and len(left_out(ctx)) == 2 - proven


def test_the_name_of_the_tag_that_nova_reads_decides_what_boots_through_vcenter(world_of: Begin) -> None:
    ctx = world_of(built=True)
    rows = state(ctx)["cloud"]["images"]
    properties = next(row["properties"] for row in rows.values() if row["name"] == "ubuntu-vmware")
    properties["img_hv_type"] = properties.pop("hypervisor_type")
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:vmware", "prove:prod:novavmware1:first"]
    properties.update(img_hv_type="qemu", hypervisor_type="vmware")
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:first"]
