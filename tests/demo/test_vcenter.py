"""The simulated vCenter's rules for port groups, DRS and privileges."""

from __future__ import annotations

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.vsphere import Network
from mhv_tui.demo.backend import DemoBackend

from .helpers import CLUSTER, USER, vcenter
from .test_world import code


def networks(world: DemoBackend) -> dict[str, Network]:
    inventory = vcenter(world).inventory()
    cluster = next(c for c in inventory.clusters if c.id == CLUSTER)
    return {n.name: n for n in inventory.networks_of(cluster)}


def test_a_standard_port_group_belongs_to_one_host(world: DemoBackend) -> None:
    api = vcenter(world)
    api.add_port_group("host-21", "br100", "vSwitch0", 100)
    assert networks(world)["br100"].host_ids == ("host-21",)
    assert code(lambda: api.add_port_group("host-21", "br100", "vSwitch0", 100)) == "NW17"
    api.add_port_group("host-22", "br100", "vSwitch0", 100)
    assert networks(world)["br100"].host_ids == ("host-21", "host-22")
    hosts = {h.id: h for h in api.inventory().hosts}
    assert ("br100", 100) in [(g.name, g.vlan_id) for g in hosts["host-22"].port_groups]


def test_adding_and_removing_restores_the_inventory(world: DemoBackend) -> None:
    api = vcenter(world)
    before = api.inventory()
    for host in ("host-21", "host-22"):
        api.add_port_group(host, "br100", "vSwitch0", 100)
    key = api.add_distributed_port_group("dvs-60", "vmware-net", 200)
    assert networks(world)["vmware-net"].binding == "ephemeral"
    for host in ("host-22", "host-21"):
        api.remove_port_group(host, "br100")
    api.remove_distributed_port_group(key)
    assert api.inventory() == before


def test_invalid_port_groups_are_refused(world: DemoBackend) -> None:
    api = vcenter(world)
    assert code(lambda: api.add_port_group("host-21", "br100", "vSwitch9", 0)) == "NW09"
    assert code(lambda: api.add_port_group("host-21", "br100", "vSwitch0", 4096)) == "NW07"
    assert code(lambda: api.remove_port_group("host-21", "br100")) == "NW03"
    api.add_distributed_port_group("dvs-60", "vmware-net", 200)
    assert code(lambda: api.add_distributed_port_group("dvs-60", "vmware-net", 200)) == "NW17"
    assert code(lambda: api.add_distributed_port_group("dvs-1", "other", 200)) == "NW06"


def test_a_port_group_in_use_is_not_removed(world: DemoBackend) -> None:
    api = vcenter(world)
    api.add_port_group("host-21", "br100", "vSwitch0", 0)
    key = networks(world)["br100"].id
    row = {"name": "web", "power": "poweredOn", "host_id": "host-21", "network_ids": [key]}
    world.store.state["vcenters"]["vc.example.org"]["machines"]["vm-1"] = row
    assert code(lambda: api.remove_port_group("host-21", "br100")) == "NW17"
    assert [m.name for m in api.virtual_machines(CLUSTER)] == ["web"]


def test_a_missing_privilege_is_listed_and_needed(world: DemoBackend) -> None:
    users = world.store.state["vcenters"]["vc.example.org"]["users"]
    users[USER]["lacks"] = {"host-21": ["Host.Config.Network"], "*": ["Extension.Register"]}
    api = vcenter(world)
    required = {
        "": ["Extension.Register", "Datastore.FileManagement"],
        "host-21": ["Host.Config.Network"],
        "host-22": ["X"],
    }
    assert api.missing_privileges(required) == {"": ("Extension.Register",), "host-21": ("Host.Config.Network",)}
    assert code(lambda: api.add_port_group("host-21", "br100", "vSwitch0", 0)) == "VC12"


def test_drs_needs_a_licence(world: DemoBackend) -> None:
    world.store.state["vcenters"]["vc.example.org"]["clusters"][CLUSTER]["licensed"] = False
    with pytest.raises(FindingError, match="not licensed"):
        vcenter(world).set_drs(CLUSTER, True, "fullyAutomated")
