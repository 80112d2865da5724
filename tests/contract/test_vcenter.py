"""Tests of core.ports.Vcenter that pass on the simulated vCenter and on the lab's vCenter."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from pyVmomi import vim

from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.errors import FindingError
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.ports import Vcenter
from mhv_tui.core.vsphere import Cluster, Dvs, Host, Network
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.engine.identities import drift
from tests.contract.backends import READER, BackendLogins


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
    """The finding code of an error, which must have a detail and a remedy."""
    assert error.value.finding.detail and error.value.remedy
    return error.value.finding.code


def test_the_inventory_describes_the_vcenter(vcenter: Vcenter) -> None:
    about = vcenter.inventory().about
    assert (about.api_type, about.version) == ("VirtualCenter", "8.0.2")
    assert about.instance_uuid


def test_a_cluster_has_its_inventory_path_hosts_and_datastores(vcenter: Vcenter) -> None:
    first = cluster(vcenter)
    assert (first.path, first.datacenter) == ("/DC0/host/DC0_C0", "DC0")
    assert first.resource_pool_id
    inventory = vcenter.inventory()
    assert [h.name for h in inventory.hosts_of(first)] == ["esx1.example.org", "esx2.example.org"]
    assert "nfs-gold" in [d.name for d in inventory.datastores_of(first)]
    assert {h.cluster_id for h in inventory.hosts_of(first)} == {first.id}


def test_an_unset_automation_level_reads_as_fully_automated(vcenter: Vcenter) -> None:
    assert (cluster(vcenter).drs_enabled, cluster(vcenter).drs_behavior) == (True, "fullyAutomated")
    assert not cluster(vcenter, "DC0_C1").drs_enabled


def test_a_host_has_state_capacity_switches_and_nics(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    assert (host.state, host.maintenance, host.version) == ("connected", False, "8.0.2")
    assert host.cpu_threads > 0 and host.memory > 1 << 30
    switch = next(s for s in host.switches if s.name == "vSwitch0")
    assert set(switch.pnics) <= {n.name for n in host.nics} and switch.pnics
    assert "VM Network" in [g.name for g in host.port_groups]


def test_a_datastore_lists_its_mounts(vcenter: Vcenter) -> None:
    datastore = next(d for d in vcenter.inventory().datastores if d.name == "nfs-gold")
    assert (datastore.type, datastore.datacenter, datastore.shared, datastore.accessible) == ("NFS", "DC0", True, True)
    assert (datastore.capacity, datastore.free) == (8192 << 30, 6144 << 30)
    assert {m.host_id for m in datastore.mounts} == set(cluster(vcenter).host_ids)
    assert all(m.accessible and not m.read_only for m in datastore.mounts)


def test_a_distributed_switch_lists_its_members(vcenter: Vcenter) -> None:
    assert set(dvs(vcenter).host_ids) == set(cluster(vcenter).host_ids)
    assert dvs(vcenter).datacenter == "DC0"


def test_a_standard_port_group_belongs_to_one_host(vcenter: Vcenter) -> None:
    first, second = hosts(vcenter)
    vcenter.add_port_group(first.id, "br-contract", "vSwitch0", 7)
    port_groups = [[(g.switch, g.vlan_id) for g in h.port_groups if g.name == "br-contract"] for h in hosts(vcenter)]
    assert port_groups == [[("vSwitch0", 7)], []]
    vcenter.add_port_group(second.id, "br-contract", "vSwitch0", 7)
    created = network(vcenter, "br-contract")
    assert created is not None and created.kind == "standard" and set(created.host_ids) == {first.id, second.id}
    vcenter.remove_port_group(first.id, "br-contract")
    vcenter.remove_port_group(second.id, "br-contract")
    assert network(vcenter, "br-contract") is None


def test_an_existing_port_group_is_refused(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    with pytest.raises(FindingError) as refused:
        vcenter.add_port_group(host.id, "VM Network", "vSwitch0", 0)
    assert refusal(refused) == "NW17"


def test_a_port_group_needs_an_existing_switch_and_a_valid_vlan(vcenter: Vcenter) -> None:
    host = hosts(vcenter)[0]
    with pytest.raises(FindingError) as no_switch:
        vcenter.add_port_group(host.id, "br-contract", "vSwitch9", 0)
    with pytest.raises(FindingError) as no_vlan:
        vcenter.add_port_group(host.id, "br-contract", "vSwitch0", 5000)
    assert (refusal(no_switch), refusal(no_vlan)) == ("NW09", "NW07")
    assert all(g.name != "br-contract" for g in hosts(vcenter)[0].port_groups)


def test_removing_a_missing_port_group_fails(vcenter: Vcenter) -> None:
    with pytest.raises(FindingError) as refused:
        vcenter.remove_port_group(hosts(vcenter)[0].id, "br-contract")
    assert refusal(refused) == "NW03"


def test_a_distributed_port_group_has_ephemeral_binding_on_every_member(vcenter: Vcenter) -> None:
    network_id = vcenter.add_distributed_port_group(dvs(vcenter).id, "dv-contract", 300)
    created = network(vcenter, "dv-contract")
    assert created is not None
    assert (created.id, created.kind, created.binding, created.vlan_id) == (network_id, "distributed", "ephemeral", 300)
    assert (created.dvs_id, set(created.host_ids)) == (dvs(vcenter).id, set(cluster(vcenter).host_ids))
    assert not created.uplink
    with pytest.raises(FindingError) as exists:
        vcenter.add_distributed_port_group(dvs(vcenter).id, "dv-contract", 300)
    assert refusal(exists) == "NW17"
    vcenter.remove_distributed_port_group(network_id)
    assert network(vcenter, "dv-contract") is None
    with pytest.raises(FindingError) as missing:
        vcenter.remove_distributed_port_group(network_id)
    assert refusal(missing) == "NW17"


def test_a_port_group_that_is_created_again_is_another_object(vcenter: Vcenter) -> None:
    def create() -> ObjectIdentity:
        network_id = vcenter.add_distributed_port_group(dvs(vcenter).id, "dv-again", 300)
        created = network(vcenter, "dv-again")
        assert created and created.id == network_id
        return ObjectIdentity("port group", created.name, "vc", created.id)

    recorded = create()
    vcenter.remove_distributed_port_group(recorded.id)
    assert [f.level for f in drift([create()], [recorded])] == ["failure"]


@pytest.mark.parametrize("behavior", ["manual", "partiallyAutomated", "fullyAutomated"])
def test_drs_is_set_and_read_back(vcenter: Vcenter, behavior: str) -> None:
    target = cluster(vcenter, "DC0_C1")
    vcenter.set_drs(target.id, True, behavior)
    changed = cluster(vcenter, "DC0_C1")
    assert (changed.drs_enabled, changed.drs_behavior) == (True, behavior)
    vcenter.set_drs(target.id, False, behavior)
    assert not cluster(vcenter, "DC0_C1").drs_enabled


def test_an_administrator_has_all_privileges(vcenter: Vcenter) -> None:
    required = {"": ("Extension.Register",), cluster(vcenter).id: ("Host.Config.Network", "System.Read")}
    assert vcenter.missing_privileges(required) == {}


def test_a_refused_login_is_not_repeated_and_names_its_time(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    login = replace(backend.vcenter, username="nobody@vsphere.local")
    details = []
    for _ in range(3):
        with pytest.raises(FindingError) as refused:
            backend.world.vcenter(login)
        assert refusal(refused) == "VC07"
        details.append(refused.value.finding.detail)
    assert "login at" not in details[0] and details[1] == details[2]
    assert re.search(r" \(login at \d\d:\d\d:\d\d, not repeated since\)$", details[1])


def test_another_password_is_a_new_login(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    right = backend.vcenter.password
    backend.world.vcenter(backend.vcenter).inventory()
    value = backend.vault.reveal(right).value
    backend.vault.put(right, f"not {value}")
    with pytest.raises(FindingError) as refused:
        backend.world.vcenter(backend.vcenter)
    assert refusal(refused) == "VC07"
    backend.vault.put(right, value)
    backend.world.vcenter(backend.vcenter).inventory()


def test_missing_privileges_are_listed_by_object_and_their_calls_refused(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    reader = backend.world.vcenter(replace(backend.vcenter, username=READER))
    target = cluster(reader)
    required = {
        "": ("Extension.Register",),
        target.id: ("Host.Inventory.EditCluster", "System.Read"),
        target.host_ids[0]: ("Host.Config.Network",),
    }
    assert reader.missing_privileges(required) == {
        target.id: ("Host.Inventory.EditCluster",),
        target.host_ids[0]: ("Host.Config.Network",),
    }
    with pytest.raises(FindingError) as refused:
        reader.add_port_group(target.host_ids[0], "br100", "vSwitch0", 0)
    assert refusal(refused) == "VC12" and "Host.Config.Network" in refused.value.message
    with pytest.raises(FindingError) as drs:
        reader.set_drs(target.id, False, "manual")
    assert refusal(drs) == "VC12"


def test_the_clock_is_utc_and_correct(backend: BackendLogins, vcenter: Vcenter) -> None:
    tolerance = timedelta(seconds=5)
    before = backend.world.now()
    clock = vcenter.clock()
    assert clock.utcoffset() == timedelta(0)
    assert before - tolerance < clock < backend.world.now() + tolerance


def test_virtual_machines_are_listed_by_cluster(backend: BackendLogins, vcenter: Vcenter) -> None:
    machines = vcenter.virtual_machines(cluster(vcenter).id)
    assert all(m.host_id in cluster(vcenter).host_ids for m in machines)
    assert vcenter.virtual_machines(cluster(vcenter, "DC0_C1").id) == ()


def make_pool(backend: BackendLogins, vcenter: Vcenter, cluster_id: str, name: str) -> None:
    """Creates a resource pool, like another administrator would."""
    if isinstance(vcenter, PyvmomiVcenter):
        share = vim.SharesInfo(level="normal", shares=4000)
        part = vim.ResourceAllocationInfo(reservation=0, expandableReservation=True, limit=-1, shares=share)
        (cluster,) = vcenter.session.objects("ClusterComputeResource", [cluster_id])
        cluster.resourcePool.CreateResourcePool(name, vim.ResourceConfigSpec(cpuAllocation=part, memoryAllocation=part))
    else:
        assert isinstance(backend.world, DemoBackend)
        cluster = backend.world.store.state["vcenters"]["vc.example.org"]["clusters"][cluster_id]
        cluster.setdefault("pools", []).append(name)


def test_resource_pools_are_listed_by_cluster(backend: BackendLogins, vcenter: Vcenter) -> None:
    cluster_id = cluster(vcenter).id
    assert vcenter.resource_pools(cluster_id) == ()
    make_pool(backend, vcenter, cluster_id, "gold")
    assert vcenter.resource_pools(cluster_id) == ("gold",)
    assert vcenter.resource_pools(cluster(vcenter, "DC0_C1").id) == ()


def test_extensions_are_keys(vcenter: Vcenter) -> None:
    assert "org.openstack.compute" not in vcenter.extensions()


def test_a_wrong_password_is_tried_once(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    wrong = replace(backend.vcenter, username="nobody@vsphere.local")
    for _ in range(2):
        with pytest.raises(FindingError) as refused:
            backend.world.vcenter(wrong)
        assert refusal(refused) == "VC07"


def test_a_wrong_pin_is_refused_before_the_login(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    with pytest.raises(FindingError) as refused:
        backend.world.vcenter(replace(backend.vcenter, trust_value=":".join(["AA"] * 32)))
    assert refusal(refused) == "VC05"


def test_a_private_authority_is_not_trusted_by_default(backend: BackendLogins) -> None:
    assert backend.vcenter is not None
    certificate = backend.world.certificate(backend.vcenter.host, backend.vcenter.port)
    assert (certificate.problem, certificate.sha256) == ("untrusted", backend.vcenter.trust_value)
    assert "vc.example.org" in certificate.names and certificate.pem.strip().startswith("-----BEGIN CERTIFICATE-----")
    with pytest.raises(FindingError) as refused:
        backend.world.vcenter(replace(backend.vcenter, trust_kind="system", trust_value=""))
    assert refusal(refused) == "VC03"
