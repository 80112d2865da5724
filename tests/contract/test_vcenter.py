"""What core.ports.Vcenter promises, on the demo world and on the lab's vCenter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pyVmomi import vim

from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.errors import FindingError
from mhv_tui.core.ports import Vcenter
from mhv_tui.core.vsphere import Cluster, Dvs, Host, Network
from mhv_tui.demo.backend import DemoBackend
from tests.contract.places import Place


def cluster(vcenter: Vcenter, name: str = "DC0_C0") -> Cluster:
    return next(c for c in vcenter.inventory().clusters if c.name == name)


def hosts(vcenter: Vcenter) -> tuple[Host, ...]:
    return vcenter.inventory().hosts_of(cluster(vcenter))


def dvs(vcenter: Vcenter) -> Dvs:
    return next(s for s in vcenter.inventory().switches if s.name == "DVS0")


def network(vcenter: Vcenter, name: str) -> Network | None:
    inventory = vcenter.inventory()
    return next((n for n in inventory.networks_of(cluster(vcenter)) if n.name == name), None)


def refusal(error: pytest.ExceptionInfo[FindingError]) -> str:
    """The code; a FindingError of a failure has a sentence and a remedy."""
    assert error.value.finding.detail and error.value.remedy
    return error.value.finding.code


def test_the_vcenter_says_what_it_is(vcenter: Vcenter) -> None:
    about = vcenter.inventory().about
    assert (about.api_type, about.version) == ("VirtualCenter", "8.0.2")
    assert about.instance_uuid


def test_clusters_have_their_inventory_path_and_their_parts(vcenter: Vcenter) -> None:
    found = cluster(vcenter)
    assert (found.path, found.datacenter) == ("/DC0/host/DC0_C0", "DC0")
    assert found.resource_pool_id
    inventory = vcenter.inventory()
    assert [h.name for h in inventory.hosts_of(found)] == ["esx1.example.org", "esx2.example.org"]
    assert "nfs-gold" in [d.name for d in inventory.datastores_of(found)]
    assert {h.cluster_id for h in inventory.hosts_of(found)} == {found.id}


def test_an_unset_automation_level_reads_as_fully_automated(vcenter: Vcenter) -> None:
    assert (cluster(vcenter).drs_enabled, cluster(vcenter).drs_behavior) == (True, "fullyAutomated")
    assert not cluster(vcenter, "DC0_C1").drs_enabled


def test_hosts_tell_their_state_capacity_switches_and_nics(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    assert (host.state, host.maintenance, host.version) == ("connected", False, "8.0.2")
    assert host.cpu_threads > 0 and host.memory > 1 << 30
    switch = next(s for s in host.switches if s.name == "vSwitch0")
    assert set(switch.pnics) <= {n.name for n in host.nics} and switch.pnics
    assert "VM Network" in [g.name for g in host.port_groups]


def test_a_datastore_tells_who_mounts_it(vcenter: Vcenter) -> None:
    store = next(d for d in vcenter.inventory().datastores if d.name == "nfs-gold")
    assert (store.type, store.datacenter, store.shared, store.accessible) == ("NFS", "DC0", True, True)
    assert (store.capacity, store.free) == (8192 << 30, 6144 << 30)
    assert {m.host_id for m in store.mounts} == set(cluster(vcenter).host_ids)
    assert all(m.accessible and not m.read_only for m in store.mounts)


def test_a_distributed_switch_lists_its_members(vcenter: Vcenter) -> None:
    assert set(dvs(vcenter).host_ids) == set(cluster(vcenter).host_ids)
    assert dvs(vcenter).datacenter == "DC0"


def test_a_port_group_is_one_hosts(vcenter: Vcenter) -> None:
    first, second = hosts(vcenter)
    vcenter.add_port_group(first.id, "br-contract", "vSwitch0", 7)
    seen = [[(g.switch, g.vlan_id) for g in h.port_groups if g.name == "br-contract"] for h in hosts(vcenter)]
    assert seen == [[("vSwitch0", 7)], []]
    vcenter.add_port_group(second.id, "br-contract", "vSwitch0", 7)
    found = network(vcenter, "br-contract")
    assert found is not None and found.kind == "standard" and set(found.host_ids) == {first.id, second.id}
    vcenter.remove_port_group(first.id, "br-contract")
    vcenter.remove_port_group(second.id, "br-contract")
    assert network(vcenter, "br-contract") is None


def test_a_port_group_that_exists_is_not_made_twice(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    with pytest.raises(FindingError) as refused:
        vcenter.add_port_group(host.id, "VM Network", "vSwitch0", 0)
    assert refusal(refused) == "NW17"


def test_a_port_group_needs_a_switch_and_a_vlan_that_exist(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    with pytest.raises(FindingError) as no_switch:
        vcenter.add_port_group(host.id, "br-contract", "vSwitch9", 0)
    with pytest.raises(FindingError) as no_vlan:
        vcenter.add_port_group(host.id, "br-contract", "vSwitch0", 5000)
    assert (refusal(no_switch), refusal(no_vlan)) == ("NW09", "NW07")
    assert all(g.name != "br-contract" for g in hosts(vcenter)[0].port_groups)


def test_a_port_group_that_is_not_there_is_not_removed(vcenter: Vcenter) -> None:
    with pytest.raises(FindingError) as refused:
        vcenter.remove_port_group(hosts(vcenter)[0].id, "br-contract")
    assert refusal(refused) == "NW03"


def test_a_distributed_port_group_binds_ephemerally_on_every_member(vcenter: Vcenter) -> None:
    made = vcenter.add_distributed_port_group(dvs(vcenter).id, "dv-contract", 300)
    found = network(vcenter, "dv-contract")
    assert found is not None
    assert (found.id, found.kind, found.binding, found.vlan_id) == (made, "distributed", "ephemeral", 300)
    assert (found.dvs_id, set(found.host_ids)) == (dvs(vcenter).id, set(cluster(vcenter).host_ids))
    assert not found.uplink
    with pytest.raises(FindingError) as twice:
        vcenter.add_distributed_port_group(dvs(vcenter).id, "dv-contract", 300)
    assert refusal(twice) == "NW17"
    vcenter.remove_distributed_port_group(made)
    assert network(vcenter, "dv-contract") is None
    with pytest.raises(FindingError) as gone:
        vcenter.remove_distributed_port_group(made)
    assert refusal(gone) == "NW17"


@pytest.mark.parametrize("behavior", ["manual", "partiallyAutomated", "fullyAutomated"])
def test_drs_is_set_and_read_back(vcenter: Vcenter, behavior: str) -> None:
    target = cluster(vcenter, "DC0_C1")
    vcenter.set_drs(target.id, True, behavior)
    seen = cluster(vcenter, "DC0_C1")
    assert (seen.drs_enabled, seen.drs_behavior) == (True, behavior)
    vcenter.set_drs(target.id, False, behavior)
    assert not cluster(vcenter, "DC0_C1").drs_enabled


def test_an_administrator_lacks_nothing(vcenter: Vcenter) -> None:
    wanted = {"": ("Extension.Register",), cluster(vcenter).id: ("Host.Config.Network", "System.Read")}
    assert vcenter.missing_privileges(wanted) == {}


def test_the_clock_is_utc_and_near(place: Place, vcenter: Vcenter) -> None:
    near = timedelta(seconds=5)
    before = place.world.now()
    clock = vcenter.clock()
    assert clock.utcoffset() == timedelta(0)
    assert before - near < clock < place.world.now() + near


def test_novas_servers_are_told_from_others(place: Place, vcenter: Vcenter) -> None:
    machines = vcenter.virtual_machines(cluster(vcenter).id)
    assert all(m.host_id in cluster(vcenter).host_ids for m in machines)
    assert vcenter.virtual_machines(cluster(vcenter, "DC0_C1").id) == ()


def make_pool(place: Place, vcenter: Vcenter, cluster_id: str, name: str) -> None:
    """A resource pool, as an administrator makes one beside us."""
    if isinstance(vcenter, PyvmomiVcenter):
        share = vim.SharesInfo(level="normal", shares=4000)
        part = vim.ResourceAllocationInfo(reservation=0, expandableReservation=True, limit=-1, shares=share)
        (there,) = vcenter.session.objects("ClusterComputeResource", [cluster_id])
        there.resourcePool.CreateResourcePool(name, vim.ResourceConfigSpec(cpuAllocation=part, memoryAllocation=part))
    else:
        assert isinstance(place.world, DemoBackend)
        there = place.world.store.state["vcenters"]["vc.example.org"]["clusters"][cluster_id]
        there.setdefault("pools", []).append(name)


def test_resource_pools_of_a_cluster_are_its_own(place: Place, vcenter: Vcenter) -> None:
    mine = cluster(vcenter).id
    assert vcenter.resource_pools(mine) == ()
    make_pool(place, vcenter, mine, "gold")
    assert vcenter.resource_pools(mine) == ("gold",)
    assert vcenter.resource_pools(cluster(vcenter, "DC0_C1").id) == ()


def test_extensions_are_keys(vcenter: Vcenter) -> None:
    assert "org.openstack.compute" not in vcenter.extensions()


def test_a_wrong_password_is_tried_once(place: Place) -> None:
    assert place.vcenter is not None
    wrong = replace(place.vcenter, username="nobody@vsphere.local")
    for _ in range(2):
        with pytest.raises(FindingError) as refused:
            place.world.vcenter(wrong)
        assert refusal(refused) == "VC07"


def test_a_wrong_pin_is_refused_before_the_login(place: Place) -> None:
    assert place.vcenter is not None
    with pytest.raises(FindingError) as refused:
        place.world.vcenter(replace(place.vcenter, trust_value=":".join(["AA"] * 32)))
    assert refusal(refused) == "VC05"


def test_a_private_authority_is_not_trusted_by_itself(place: Place) -> None:
    assert place.vcenter is not None
    seen = place.world.certificate(place.vcenter.host, place.vcenter.port)
    assert (seen.problem, seen.sha256) == ("untrusted", place.vcenter.trust_value)
    assert "vc.example.org" in seen.names and seen.pem.strip().startswith("-----BEGIN CERTIFICATE-----")
    with pytest.raises(FindingError) as refused:
        place.world.vcenter(replace(place.vcenter, trust_kind="system", trust_value=""))
    assert refusal(refused) == "VC03"
