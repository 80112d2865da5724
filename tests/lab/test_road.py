"""The whole road on real parts: refused while a world is wrong, then walked, looked at by other tools, taken back.

The tests of this file stand in the order of an operator's day; they share one lab, and the last leaves it as the first
found it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.rehearsal import Rehearsal

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

CLUSTER = "DC0_C0"


def drs(enabled: bool, behavior: str) -> Callable[[Rehearsal], None]:
    def change(lab: Rehearsal) -> None:
        lab.vcenter("POST", "/set", {"cluster": {CLUSTER: {"drs": enabled, "drs_behavior": behavior}}})

    return change


def nothing(lab: Rehearsal) -> None:
    """The world is right; the answers are not."""


ESXI = """[vcenter]
name = "esx1.lab.test"
api_type = "HostAgent"
[[user]]
name = "nova@vsphere.local"
password = "Nova-1!"
"""
TWICE = '\n[[datacenter]]\nname = "DC1"\n  [[datacenter.cluster]]\n  name = "DC0_C0"\n  hosts = ["esx8.lab.test"]\n'
LOCAL = '\n    [[datacenter.datastore]]\n    name = "local-1"\n    type = "VMFS"\n    hosts = ["esx1.lab.test"]\n'
OTHER_VLAN = {"network": {"port_group": "taken", "kind": "standard", "switch": "vSwitch0", "vlan_id": 0}}

WRONG: dict[str, tuple[Callable[[Rehearsal], None], dict[str, dict[str, Any]]]] = {
    "VC07": (nothing, {"vcenter": {"password": {"env": "MHV_WRONG_PASSWORD"}}}),
    "VC03": (nothing, {"vcenter": {"trust": "system"}}),
    "VC09": (lambda lab: lab.vcenter("POST", "/inventory", ESXI), {}),
    "CL05": (drs(False, "fullyAutomated"), {}),
    "CL06": (drs(True, "partiallyAutomated"), {}),
    "CL02": (lambda lab: lab.vcenter("POST", "/inventory", lab.inventory() + TWICE), {}),
    "DS04": (
        lambda lab: lab.vcenter("POST", "/inventory", lab.inventory() + LOCAL),
        {"datastore": {"names": ["local-1"]}},
    ),
    "DS01": (nothing, {"datastore": {"names": [], "datastore_regex": "gold-.*"}}),
    "NW17": (lambda lab: lab.other_vlan("taken", 77), OTHER_VLAN),
    "IM08": (nothing, {"image": {"source": "NO-IMAGE"}}),
}


@pytest.fixture
def world(rehearsal: Rehearsal) -> Iterator[Rehearsal]:
    yield rehearsal
    rehearsal.vcenter("POST", "/inventory", "")


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_world_is_stopped_before_anything_is_changed(world: Rehearsal, code: str) -> None:
    change, answers = WRONG[code]
    change(world)
    before = world.holdings()
    done = world.mhv("apply", str(world.answers(f"wrong-{code}", **answers)), "--yes", "--json")
    found = [e for e in world.events(done) if e["event"] == "found" and e["level"] == "failure"]
    assert done.returncode == 3, world.troubles(done)
    assert code in [f["code"] for f in found], found
    assert all(f["remedy"] for f in found)
    assert not [e for e in world.events(done) if e["event"] == "applying"]
    assert world.holdings() == before


def test_a_cloud_without_a_dvs_back_end_is_refused(world: Rehearsal) -> None:
    with world.no_dvs():
        done = world.mhv("apply", str(world.answers("no-dvs")), "--yes", "--json")
    found = [e["code"] for e in world.events(done) if e["event"] == "found" and e["level"] == "failure"]
    assert done.returncode == 3 and "NW02" in found, world.troubles(done)
    assert not [e for e in world.events(done) if e["event"] == "applying"]


def test_a_standard_port_group_is_made_on_every_host_and_taken_back(world: Rehearsal) -> None:
    network = {"port_group": "br100", "kind": "standard", "switch": "vSwitch0", "vlan_id": 0}
    answers = str(world.answers("standard", network=network))
    done = world.mhv(
        "apply", answers, "--step", "network", "--accept", "NW03=the road of nova-network", "--yes", "--json"
    )
    assert done.returncode == 0, world.troubles(done)
    groups = world.port_groups()
    assert groups and all("br100" in names for names in groups.values()), groups
    assert world.mhv("undo", "standard", "--yes").returncode == 0
    assert not any("br100" in names for names in world.port_groups().values())


def test_the_road_is_walked_and_then_there_is_nothing_to_do(rehearsal: Rehearsal) -> None:
    rehearsal.keep_node_state()
    done = rehearsal.mhv("apply", str(rehearsal.answers("road")), "--yes", "--json", timeout=1500)
    assert done.returncode == 0, rehearsal.troubles(done)
    (Path(rehearsal.directory) / "apply.jsonl").write_text(done.stdout)
    again = rehearsal.mhv("apply", str(rehearsal.answers("road")), "--yes", "--json")
    assert again.returncode == 0, rehearsal.troubles(again)
    assert rehearsal.events(again)[-1]["outcome"] == "nothing-to-do"
    assert not [e for e in rehearsal.events(again) if e["event"] in ("planned", "applying")]


def test_other_tools_see_what_was_made(rehearsal: Rehearsal) -> None:
    groups = rehearsal.distributed_port_groups()
    assert groups["vmware-net"]["type"] == "ephemeral", groups
    conf = rehearsal.ssh("novavmware1", "sudo cat /etc/nova/nova.conf /etc/nova/nova-compute.conf")
    assert [line for line in conf.splitlines() if line.replace(" ", "").startswith("compute_driver=")][-1].endswith(
        "vmwareapi.VMwareVCDriver"
    )
    assert rehearsal.ssh(
        "novavmware1", "systemctl is-active nova-compute; systemctl is-enabled nova-compute"
    ).split() == [
        "active",
        "enabled",
    ]
    services = rehearsal.openstack("compute service list --service nova-compute")
    assert {s["Host"].split(".")[0]: s["State"] for s in services} == {"compute1": "up", "novavmware1": "up"}
    kinds = {h["Hypervisor Type"] for h in rehearsal.openstack("hypervisor list --long")}
    assert kinds == {"QEMU", "VMware vCenter Server"}
    image = rehearsal.openstack("image show ubuntu-vmware")
    properties = image["properties"]
    assert image["status"] == "active" and image["disk_format"] == "vmdk"
    assert properties["hypervisor_type"] == "vmware"
    header = rehearsal.image_head("ubuntu-vmware")
    create = header.split('createType="')[1].split('"')[0]
    adapter = header.split('ddb.adapterType = "')[1].split('"')[0]
    assert {"monolithicSparse": "sparse"}.get(create, create) == properties["vmware_disktype"]
    assert adapter.lower() == properties["vmware_adaptertype"].lower()


def test_a_server_was_active_on_each_side_and_both_are_gone(rehearsal: Rehearsal) -> None:
    heard = [json.loads(line) for line in (Path(rehearsal.directory) / "apply.jsonl").read_text().splitlines()]
    assert [e["id"] for e in heard if e["event"] == "applied" and e["step"] == "prove"] == [
        "prove:vmware",
        "prove:first",
    ]
    assert rehearsal.openstack("server list --all-projects") == []
    actions = rehearsal.proof_history()
    assert {(row["host"], row["vm_state"]) for row in actions} >= {("novavmware1", "deleted"), ("compute1", "deleted")}
    assert all(row["launched_at"] for row in actions), actions
    assert [p for p in rehearsal.openstack("port list --long") if "mhv" in p["Name"]] == []
    assert rehearsal.virtual_machines() == []


def test_a_nova_that_cannot_read_images_is_told(rehearsal: Rehearsal) -> None:
    """nova as Debian 12 ships it, without the mend that the lab's nodes have."""
    code = "/usr/lib/python3/dist-packages/nova/image/glance.py"
    rehearsal.ssh("novavmware1", f"sudo sed -i 's/if data is not None and isinstance/if isinstance/' {code}")
    try:
        done = rehearsal.mhv("check", str(rehearsal.answers("road")), "--json")
    finally:
        rehearsal.ssh("novavmware1", "sudo /usr/local/sbin/lab-nova-fix")
    found = [e["code"] for e in rehearsal.events(done) if e["event"] == "found" and e["level"] == "failure"]
    assert (done.returncode, found) == (3, ["CN33"]), rehearsal.troubles(done)


def test_undo_leaves_everything_while_a_server_stands_there(rehearsal: Rehearsal) -> None:
    made = "--image ubuntu-vmware --flavor m1.small --network vmware-net --availability-zone vmware --wait guest"
    assert rehearsal.openstack(f"server create {made}")["status"] == "ACTIVE"
    groups, state = rehearsal.distributed_port_groups(), rehearsal.node_state()
    try:
        done = rehearsal.mhv("undo", "road", "--yes", "--json")
    finally:
        rehearsal.ssh("controller", f"{rehearsal.openrc()} openstack server delete --wait guest")
    refused = [e["error"] for e in rehearsal.events(done) if e["event"] == "failed"]
    assert (done.returncode, len(refused)) == (3, 1) and "guest" in refused[0], rehearsal.troubles(done)
    assert (rehearsal.distributed_port_groups(), rehearsal.node_state()) == (groups, state)
    assert "ubuntu-vmware" in [i["Name"] for i in rehearsal.openstack("image list")]


def test_undo_takes_back_what_was_made_and_nothing_else(rehearsal: Rehearsal) -> None:
    done = rehearsal.mhv("undo", "road", "--yes", "--json", timeout=900)
    assert done.returncode == 0, rehearsal.troubles(done)
    assert "vmware-net" not in rehearsal.distributed_port_groups()
    assert {s["Host"].split(".")[0] for s in rehearsal.openstack("compute service list --service nova-compute")} == {
        "compute1"
    }
    assert {h["Hypervisor Type"] for h in rehearsal.openstack("hypervisor list --long")} == {"QEMU"}
    assert "ubuntu-vmware" not in [i["Name"] for i in rehearsal.openstack("image list")]
    assert rehearsal.node_state() == rehearsal.kept_node_state()
