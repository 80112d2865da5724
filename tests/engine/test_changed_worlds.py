"""Undo when somebody changed the world since: what they changed is kept with the reason, and the rest is undone.

Once their change is reverted, a second undo undoes what was kept.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from mhv_tui.demo.store import State
from tests.engine import operator_edits as edits
from tests.engine.operator_edits import CONF, Edit
from tests.engine.simulated_sessions import AppliedWorlds, Simulated, problems_of_undone
from tests.engine.worlds import WORLDS, read_world

SAME_MACHINE = ("packages WZ13", "file WZ13")
"""What is kept below a change of the node's files."""


@dataclass(frozen=True)
class Case:
    """An edit of the applied world by somebody else, and what undo keeps because of it: kind of the id, and code."""

    edit: Edit
    kept: tuple[str, ...] = ()
    world: int = 0
    code: int = 1
    reason: str = ""
    """In a sentence of a refusal."""


CASES = {
    "a VM uses the distributed port group": Case(
        edits.with_a_vm("vmware-net", "host-21"), ("portgroup NW17",), reason="is in use"
    ),
    "a VM uses a standard port group": Case(
        edits.with_a_vm("br100", "host-22"), ("portgroup NW17",), 2, reason="is in use"
    ),
    "the port group is renamed": Case(edits.renamed_port_group, ("portgroup NW17",), reason="renamed"),
    "the port group has another VLAN": Case(edits.other_vlan, ("portgroup NW17",), reason="VLAN 7"),
    "a standard port group has another VLAN": Case(edits.other_standard_vlan, ("portgroup NW17",), 2, reason="VLAN 7"),
    "the port group is deleted": Case(edits.deleted_port_group, code=0),
    "a host left the vCenter": Case(edits.without_host, ("portgroup CL04",), 2, reason="no longer exists"),
    "the vCenter is gone": Case(edits.without_vcenter, ("portgroup VC01",), reason="does not resolve"),
    "nova.conf is edited": Case(edits.edited_file(CONF), ("config CN24", *SAME_MACHINE), reason="was edited"),
    "nova.conf is deleted": Case(edits.deleted_conf, ("config CN24", *SAME_MACHINE), reason="was edited"),
    "nova.conf has another mode": Case(edits.readable_conf, code=0),
    "nova-compute.conf is edited": Case(
        edits.edited_file("/etc/nova/nova-compute.conf"), ("config CN24", "config WZ13", *SAME_MACHINE)
    ),
    "the copy of nova.conf is edited": Case(edits.edited_copy, ("config CN24", *SAME_MACHINE), reason="was edited"),
    "the certificate is edited": Case(
        edits.edited_file("/etc/nova/mhv-vcenter-ca.pem"), ("file CN24", "packages WZ13"), reason="was edited"
    ),
    "the node does not answer": Case(
        edits.without_node, ("service CN29", "config WZ13", "config WZ13", *SAME_MACHINE), reason="does not answer"
    ),
    "the record of the service is gone": Case(edits.without_record, code=0),
    "the service is disabled": Case(edits.disabled, code=0),
    "the service is stopped and disabled on the node": Case(edits.stopped, code=0),
    "a server of the image runs on the hypervisor": Case(edits.with_a_server, ("every WZ12",), code=3, reason="theirs"),
    "the aggregate has another host": Case(edits.with_another_host, ("zone RG04",), reason="contains compute1"),
    "the host is not in the aggregate": Case(edits.host_removed, code=0),
    "the zone is of another aggregate": Case(edits.other_aggregate, ("zone RG04",), reason="theirs"),
    "the zone is renamed": Case(edits.renamed_zone, ("zone RG04",), reason="has zone theirs now"),
    "the aggregate is renamed": Case(edits.renamed_aggregate, code=0),
    "the image is renamed": Case(edits.renamed_image, ("image IM07",), reason="golden"),
    "the image is deleted": Case(edits.deleted_image, code=0),
    "the tagged image has other properties": Case(edits.other_property, ("tag IM05",), reason="hypervisor_type"),
    "the tagged image is deleted": Case(edits.deleted_tagged_image, code=0),
    "DRS is manual": Case(edits.manual_drs, ("drs CL06",), 4, reason="manual"),
    "DRS has resource pools": Case(edits.resource_pools, ("drs CL05",), 4, reason="theirs"),
    "a package is purged": Case(edits.purged, code=0),
    "another package is installed": Case(edits.installed, code=0),
}


def edit_world(simulated: Simulated, edit: Edit) -> State:
    """Edits the world; returns its state before."""
    before = read_world(simulated.directory)
    after = deepcopy(before)
    edit(after)
    (simulated.directory / "world.json").write_text(json.dumps(after))
    return before


def merged(before: object, edited: object, now: object) -> object:
    """`now` with every value that the edit changed as it was before the edit."""
    if before == edited:
        return now
    if isinstance(before, dict) and isinstance(edited, dict) and isinstance(now, dict):
        keys = [*now, *(key for key in before if key not in now and before[key] != edited.get(key))]
        rows = {key: merged(before.get(key), edited.get(key), now.get(key)) for key in keys}
        return {key: row for key, row in rows.items() if row is not None}
    return before


@pytest.mark.parametrize("name", CASES)
def test_undo_keeps_what_others_changed_and_undoes_the_rest(name: str, applied: AppliedWorlds, tmp_path: Path) -> None:
    case = CASES[name]
    simulated, expected = applied.copy(WORLDS[case.world], tmp_path / "state")
    before = edit_world(simulated, case.edit)
    edited = read_world(simulated.directory)
    undone = simulated.run("undo")
    failed = [event for event in undone.events if event["event"] == "failed"]
    assert (undone.code, undone.err) == (case.code, ""), undone.events[-1]
    kept = sorted(f"{str(event['id']).partition(':')[0]} {event['code']}" for event in failed)
    if case.code == 3:
        assert {str(event["code"]) for event in failed} == {"WZ12"}
        assert not [event for event in undone.events if event["event"] == "undone"]
    else:
        assert kept == sorted(case.kept)
    assert any(case.reason in str(event["error"]) for event in failed) or not case.reason, failed
    assert all(event["remedy"] for event in failed)
    left = {e.id for e in simulated.session.journal.not_undone() if not e.smoke_test}
    assert left == {event["id"] for event in failed} or case.code == 3
    if case.code:
        restored = merged(before, edited, read_world(simulated.directory))
        (simulated.directory / "world.json").write_text(json.dumps(restored))
        again = simulated.run("undo")
        assert (again.code, again.err) == (0, ""), again.events
        assert list(problems_of_undone(simulated, expected)) == []
