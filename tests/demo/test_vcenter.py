"""The simulated vCenter's rules for port groups, DRS and privileges."""

from __future__ import annotations

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.vsphere import Network
from mhv_tui.demo.backend import DemoBackend

from .test_world import code
from .ways import CLUSTER, USER, vcenter


def networks(world: DemoBackend) -> dict[str, Network]:
    inventory = vcenter(world).inventory()
    cluster = next(c for c in inventory.clusters if c.id == CLUSTER)
    return {n.name: n for n in inventory.networks_of(cluster)}


def test_a_standard_port_group_is_each_hosts_own(world: DemoBackend) -> None:
    there = vcenter(world)
    there.add_port_group("host-21", "br100", "vSwitch0", 100)
    assert networks(world)["br100"].host_ids == ("host-21",)
    assert code(lambda: there.add_port_group("host-21", "br100", "vSwitch0", 100)) == "NW17"
    there.add_port_group("host-22", "br100", "vSwitch0", 100)
    assert networks(world)["br100"].host_ids == ("host-21", "host-22")
    hosts = {h.id: h for h in there.inventory().hosts}
    assert ("br100", 100) in [(g.name, g.vlan_id) for g in hosts["host-22"].port_groups]


def test_adding_and_removing_leaves_the_inventory_as_it_was(world: DemoBackend) -> None:
    there = vcenter(world)
    before = there.inventory()
    for host in ("host-21", "host-22"):
        there.add_port_group(host, "br100", "vSwitch0", 100)
    key = there.add_distributed_port_group("dvs-60", "vmware-net", 200)
    assert networks(world)["vmware-net"].binding == "ephemeral"
    for host in ("host-22", "host-21"):
        there.remove_port_group(host, "br100")
    there.remove_distributed_port_group(key)
    assert there.inventory() == before


def test_what_a_port_group_cannot_be(world: DemoBackend) -> None:
    there = vcenter(world)
    assert code(lambda: there.add_port_group("host-21", "br100", "vSwitch9", 0)) == "NW09"
    assert code(lambda: there.add_port_group("host-21", "br100", "vSwitch0", 4096)) == "NW07"
    assert code(lambda: there.remove_port_group("host-21", "br100")) == "NW03"
    there.add_distributed_port_group("dvs-60", "vmware-net", 200)
    assert code(lambda: there.add_distributed_port_group("dvs-60", "vmware-net", 200)) == "NW17"
    assert code(lambda: there.add_distributed_port_group("dvs-1", "other", 200)) == "NW06"


def test_a_port_group_in_use_stays(world: DemoBackend) -> None:
    there = vcenter(world)
    there.add_port_group("host-21", "br100", "vSwitch0", 0)
    key = networks(world)["br100"].id
    row = {"name": "web", "power": "poweredOn", "host_id": "host-21", "network_ids": [key]}
    world.store.state["vcenters"]["vc.example.org"]["machines"]["vm-1"] = row
    assert code(lambda: there.remove_port_group("host-21", "br100")) == "NW17"
    assert [m.name for m in there.virtual_machines(CLUSTER)] == ["web"]


def test_a_missing_privilege_is_seen_and_refused(world: DemoBackend) -> None:
    users = world.store.state["vcenters"]["vc.example.org"]["users"]
    users[USER]["lacks"] = {"host-21": ["Host.Config.Network"], "*": ["Extension.Register"]}
    there = vcenter(world)
    wanted = {
        "": ["Extension.Register", "Datastore.FileManagement"],
        "host-21": ["Host.Config.Network"],
        "host-22": ["X"],
    }
    assert there.missing_privileges(wanted) == {"": ("Extension.Register",), "host-21": ("Host.Config.Network",)}
    assert code(lambda: there.add_port_group("host-21", "br100", "vSwitch0", 0)) == "VC12"


def test_drs_without_its_licence(world: DemoBackend) -> None:
    world.store.state["vcenters"]["vc.example.org"]["clusters"][CLUSTER]["licensed"] = False
    with pytest.raises(FindingError, match="not licensed"):
        vcenter(world).set_drs(CLUSTER, True, "fullyAutomated")
