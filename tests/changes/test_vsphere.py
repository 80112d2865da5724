"""The changes to a vCenter, in the simulated one: made, made twice, undone, and refused if edited since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.changes.vsphere import AddDistributedPortGroup, AddPortGroup, SetDrs
from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.targets import Target
from mhv_tui.core.vsphere import Inventory, VcenterLogin
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.freeze import freeze, thaw

PIN = str(answers_of("article")["vcenter"]["trust"]["sha256"])
LOGIN = VcenterLogin(
    "vc.example.org", 443, "openstack@vsphere.local", "sha256", PIN, SecretRef("prompt", label="vcenter.password")
)
STANDARD = AddPortGroup(
    login=LOGIN, host_id="host-21", host="esx1.example.org", name="br100", switch="vSwitch0", vlan_id=100
)
DISTRIBUTED = AddDistributedPortGroup(login=LOGIN, dvs_id="dvs-60", dvs="DVS0", name="vmware-net", vlan_id=200)
DRS = SetDrs(login=LOGIN, cluster_id="domain-c9", cluster="DC0_C1")
ALL: tuple[Change, ...] = (STANDARD, DISTRIBUTED, DRS)


@dataclass
class Place:
    """A context, and the simulated vCenter's state."""

    ctx: Context

    @property
    def vcenter(self) -> dict[str, Any]:
        world = self.ctx.backend
        assert isinstance(world, DemoBackend)
        row: dict[str, Any] = world.store.state["vcenters"]["vc.example.org"]
        return row

    def holds(self) -> Inventory:
        """What anybody sees of it."""
        return self.ctx.backend.vcenter(LOGIN).inventory()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Context(DemoBackend(tmp_path / "world.json"), Target("", Answers(MappingProxyType({}))), "test"))


def made(place: Place, change: Change) -> Mapping[str, Any]:
    before = change.before(place.ctx)
    return {**before, **change.apply(place.ctx, before)}


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.id)
def test_made_twice_is_made_once_and_taken_back(place: Place, change: Change) -> None:
    began = place.holds()
    before = change.before(place.ctx)
    receipt = {**before, **change.apply(place.ctx, before)}
    once = place.holds()
    assert once != began
    change.apply(place.ctx, before)
    assert place.holds() == once
    json.dumps(receipt)
    change.undo(place.ctx, receipt)
    assert place.holds() == began
    change.undo(place.ctx, receipt)


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.id)
def test_a_change_that_was_killed_after_its_work_is_undone_from_its_intent(place: Place, change: Change) -> None:
    began = place.holds()
    before = change.before(place.ctx)
    change.apply(place.ctx, before)
    change.undo(place.ctx, before)
    assert place.holds() == began


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.id)
def test_comes_back_from_the_journal(change: Change) -> None:
    kind = KINDS[type(change).__name__]
    assert thaw(kind, json.loads(json.dumps(freeze(change)))) == change
    assert change.preview() and change.summary


@pytest.mark.parametrize("change", (STANDARD, DISTRIBUTED), ids=lambda change: change.id)
def test_what_was_there_is_left_there(place: Place, change: Change) -> None:
    made(place, change)
    adopted = made(place, change)
    there = place.holds()
    change.undo(place.ctx, adopted)
    assert place.holds() == there


@pytest.mark.parametrize("change", (STANDARD, DISTRIBUTED), ids=lambda change: change.id)
def test_another_one_of_that_name_is_refused(place: Place, change: AddPortGroup | AddDistributedPortGroup) -> None:
    made(place, replace(change, vlan_id=7))
    with pytest.raises(FindingError, match="VLAN 7") as refused:
        change.apply(place.ctx, {"there": None})
    assert refused.value.finding.code == "NW17"


def test_a_port_group_changed_since_is_not_removed(place: Place) -> None:
    receipt = made(place, STANDARD)
    next(p for p in place.vcenter["hosts"]["host-21"]["port_groups"] if p["name"] == "br100")["vlan_id"] = 7
    with pytest.raises(FindingError, match="was changed after mhv-tui added it"):
        STANDARD.undo(place.ctx, receipt)


def test_another_distributed_port_group_in_its_place_is_not_removed(place: Place) -> None:
    receipt = {**made(place, DISTRIBUTED), "made": "dvportgroup-0"}
    with pytest.raises(FindingError, match=r"it has the id .* now, not "):
        DISTRIBUTED.undo(place.ctx, receipt)


def test_drs_changed_since_is_not_set_back(place: Place) -> None:
    receipt = made(place, DRS)
    place.vcenter["clusters"]["domain-c9"]["drs_behavior"] = "manual"
    with pytest.raises(FindingError, match="was changed after this change: DRS is on, manual now"):
        DRS.undo(place.ctx, receipt)


def test_drs_stays_on_where_resource_pools_hang_on_it(place: Place) -> None:
    receipt = made(place, DRS)
    cluster = place.vcenter["clusters"]["domain-c9"]
    cluster["pools"] = ["gold", "silver"]
    with pytest.raises(FindingError, match="vCenter deletes its resource pools gold and silver") as refused:
        DRS.undo(place.ctx, receipt)
    assert refused.value.finding.code == "CL05" and refused.value.remedy
    assert cluster["drs_enabled"] and cluster["pools"] == ["gold", "silver"]
    DRS.undo(place.ctx, {"enabled": True, "behavior": "manual"})
    assert cluster["drs_behavior"] == "manual" and cluster["pools"], "only the level was ours: no pool is lost by it"


def test_a_removed_host_is_reported(place: Place) -> None:
    with pytest.raises(FindingError, match="no longer exists"):
        replace(STANDARD, host_id="host-99").before(place.ctx)
    with pytest.raises(FindingError, match="no longer exists"):
        replace(DISTRIBUTED, dvs_id="dvs-99").before(place.ctx)
    with pytest.raises(FindingError, match="no longer exists"):
        replace(DRS, cluster_id="domain-c99").before(place.ctx)
