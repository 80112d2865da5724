"""The page `prove` and the last: what would be booted where, and what cannot be is told before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mhv_tui.changes.servers import BootServer
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from tests.steps.built import levels, page, put, state
from tests.steps.sentences import headless

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


@pytest.mark.parametrize(("code", "level", "changed", "asked"), CASES)
def test_case(code: str, level: str, changed: dict[str, Any], asked: dict[str, Any], world_of: Begin) -> None:
    ctx = world_of(built=True, asked=asked)
    for place, value in changed.items():
        put(ctx, place, value)
    seen = page(ctx, "prove")
    assert level in levels(seen.findings, code), [(f.code, f.level, f.detail) for f in seen.findings]
    assert headless(seen.findings) == []
    assert not seen.plan


def test_a_cloud_without_another_hypervisor_proves_one_side(world_of: Begin) -> None:
    ctx = world_of(built=True)
    rows = state(ctx)["cloud"]["hypervisors"]
    for key in [k for k, row in rows.items() if row["service_host"] != "novavmware1"]:
        del rows[key]
    assert levels(page(ctx, "prove").findings, "PR01") == {"warning"}
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:vmware"]


def proofs(ctx: Context) -> list[Change]:
    seen = page(ctx, "prove")
    assert seen.view is not None
    return list(seen.step.smoke_tests(seen.view))


def test_one_server_on_each_side(world_of: Begin) -> None:
    vmware, first = proofs(world_of(built=True))
    assert isinstance(vmware, BootServer) and isinstance(first, BootServer)
    assert (vmware.image, vmware.zone, vmware.network) == ("ubuntu-vmware", "vmware", "vmware-net")
    assert (first.image, first.zone) == ("cirros", "nova")
    assert vmware.name != first.name


def test_nova_network_gives_servers_no_port(world_of: Begin) -> None:
    assert {p.network_id for p in proofs(world_of("nova-network", built=True)) if isinstance(p, BootServer)} == {""}


def test_before_the_road_is_walked_there_is_nothing_to_boot_on_vmware(world_of: Begin) -> None:
    assert "prove:prod:novavmware1:vmware" not in [p.id for p in proofs(world_of())]


def test_the_named_image_is_the_first_ones(world_of: Begin) -> None:
    ctx = world_of(built=True, asked={"prove": {"first_image": "debian-12", "first_network": "private"}})
    first = proofs(ctx)[1]
    assert isinstance(first, BootServer) and (first.image, first.network) == ("debian-12", "private")


def test_each_flavor_on_offer_says_what_speaks_against_it(world_of: Begin) -> None:
    ctx = world_of(built=True)
    put(ctx, "cloud > flavors > f", {"name": "odd", "ram": 513, "vcpus": 1, "disk": 9})
    seen = page(ctx, "prove")
    assert seen.view is not None
    offered = seen.step.choices(seen.view)
    against = {row.value: row.finding.code if row.finding else "" for row in offered["flavor"]}
    assert against == {"m1.tiny": "IM06", "odd": "RG07", "m1.small": "", "m1.medium": ""}
    assert [row.value for row in offered["network"]] == ["private", "vmware-net"]


def untagged(ctx: Context) -> Context:
    """Without an image that is tagged for the first hypervisor."""
    rows = state(ctx)["cloud"]["images"]
    for key in [k for k, row in rows.items() if row["properties"].get("hypervisor_type", "vmware") != "vmware"]:
        del rows[key]
    return ctx


def left_out(ctx: Context) -> list[tuple[str, str]]:
    """What the proofs would leave out."""
    seen = page(ctx, "prove")
    assert seen.view is not None
    return [(f.code, f.level) for f in seen.step.untested(seen.view)]


def test_a_first_hypervisor_without_an_image_is_told_and_not_passed_over(world_of: Begin) -> None:
    ctx = untagged(world_of(built=True, asked={"register": {"tag_images": False}}))
    told = [f for f in page(ctx, "prove").findings if f.code == "PR01"]
    assert [f.level for f in told] == ["warning"]
    assert "m1.small" in told[0].detail and "prove.first_image" in told[0].remedy
    assert left_out(ctx) == [("PR01", "warning")]


def test_an_image_that_is_tagged_on_the_way_is_waited_for(world_of: Begin) -> None:
    ctx = untagged(world_of())
    image = {"status": "active", "container_format": "bare", "size": 1, "disk_format": "qcow2", "properties": {}}
    put(ctx, "cloud > images > one", {"name": "one", **image})
    told = [f for f in page(ctx, "prove").findings if f.code == "PR01"]
    assert [f.level for f in told] == ["unknown"] and "one" in told[0].detail


def test_without_an_image_for_vcenter_a_proof_fails(world_of: Begin) -> None:
    assert left_out(world_of()) == [("PR01", "failure")]
    assert left_out(world_of(built=True)) == []


def test_a_hypervisor_that_is_not_known_is_proven_by_the_image_that_is_named(world_of: Begin) -> None:
    for asked, told, proven in (("", {"warning"}, 1), ("debian-12", set[str](), 2)):
        ctx = world_of(built=True, asked={"prove": {"first_image": asked}})
        for row in state(ctx)["cloud"]["hypervisors"].values():
            row["type"] = row["type"] if row["service_host"] == "novavmware1" else "novelty"
        assert levels(page(ctx, "prove").findings, "PR01") == told
        assert len(proofs(ctx)) == proven and len(left_out(ctx)) == 2 - proven


def test_the_name_of_the_tag_that_nova_reads_decides_what_boots_through_vcenter(world_of: Begin) -> None:
    ctx = world_of(built=True)
    rows = state(ctx)["cloud"]["images"]
    held = next(row["properties"] for row in rows.values() if row["name"] == "ubuntu-vmware")
    held["img_hv_type"] = held.pop("hypervisor_type")
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:vmware", "prove:prod:novavmware1:first"]
    held.update(img_hv_type="qemu", hypervisor_type="vmware")
    assert [p.id for p in proofs(ctx)] == ["prove:prod:novavmware1:first"]
