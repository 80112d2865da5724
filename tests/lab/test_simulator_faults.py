"""The lab's vCenter refuses calls and fails on demand: privileges, faults, changes at run time."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mhv_tui.lab import simulator
from mhv_tui.lab.host import LabError
from mhv_tui.lab.simulator import Simulator
from tests.lab.vcenter_client import (
    change,
    close_connections,
    cluster,
    connect,
    distributed,
    fault,
    load_inventory,
    portgroup,
    state,
    wait,
)

pytestmark = pytest.mark.vcenter

LIMITED = ("limited@vsphere.local", "Limited-1!")


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = simulator.start(simulator.SAMPLE, directory=tmp_path_factory.mktemp("vcenter"))
    yield running
    simulator.stop(running)


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    yield
    close_connections()


def granted(si: Any, objects: list[Any], ids: list[str]) -> list[list[bool]]:
    content = si.RetrieveContent()
    key = content.sessionManager.currentSession.key
    entities = content.authorizationManager.HasPrivilegeOnEntities(objects, key, ids)
    return [[item.isGranted for item in entity.privAvailability] for entity in entities]


def test_privileges_are_reported_and_enforced_by_user_and_object(sim: Simulator) -> None:
    from pyVmomi import vim

    load_inventory(sim)
    si = connect(sim, *LIMITED)
    dc0_c0 = cluster(si)
    ids = ["Host.Config.Network", "Extension.Register", "No.Such"]
    assert granted(si, list(dc0_c0.host), ids) == [[True, False, False], [False, False, False]]
    dc0_c0.host[0].configManager.networkSystem.AddPortGroup(portgroup("br100"))
    with pytest.raises(vim.fault.NoPermission) as refused:
        dc0_c0.host[1].configManager.networkSystem.AddPortGroup(portgroup("br100"))
    assert refused.value.privilegeId == "Host.Config.Network"
    assert refused.value.object == dc0_c0.host[1]
    fetched = si.RetrieveContent().authorizationManager.FetchUserPrivilegeOnEntities([dc0_c0.host[1]], LIMITED[0])
    assert "Host.Config.Network" not in fetched[0].privileges and "Host.Config.Maintenance" in fetched[0].privileges


REFUSED = {
    "DVPortgroup.Create": lambda c, si: dvs(c).AddDVPortgroup_Task([distributed("x")]),
    "Host.Inventory.EditCluster": lambda c, si: c.ReconfigureComputeResource_Task(drs_on(), True),
    "VirtualMachine.Inventory.Create": lambda c, si: vm_folder(c).CreateVM_Task(machine(), c.resourcePool, None),
    "Extension.Register": lambda c, si: si.RetrieveContent().extensionManager.RegisterExtension(extension()),
}


def dvs(of_cluster: Any) -> Any:
    from pyVmomi import vim

    networks = of_cluster.parent.parent.networkFolder.childEntity
    return next(network for network in networks if isinstance(network, vim.DistributedVirtualSwitch))


def vm_folder(of_cluster: Any) -> Any:
    return of_cluster.parent.parent.vmFolder


def drs_on() -> Any:
    from pyVmomi import vim

    return vim.cluster.ConfigSpecEx(drsConfig=vim.cluster.DrsConfigInfo(enabled=True))


def machine() -> Any:
    from pyVmomi import vim

    return vim.vm.ConfigSpec(name="vm", files=vim.vm.FileInfo(vmPathName="[nfs-gold]"), memoryMB=64, numCPUs=1)


def extension() -> Any:
    import datetime

    from pyVmomi import vim

    text = vim.Description(label="x", summary="x")
    now = datetime.datetime.now(datetime.UTC)
    return vim.Extension(key="org.example", version="1", description=text, lastHeartbeatTime=now)


@pytest.mark.parametrize("privilege", REFUSED)
def test_a_call_without_its_privilege_is_refused(sim: Simulator, privilege: str) -> None:
    from pyVmomi import vim

    load_inventory(sim)
    change(sim, user=[{"name": "u@vsphere.local", "password": "p", "deny": [privilege]}])
    si = connect(sim, "u@vsphere.local", "p")
    with pytest.raises(vim.fault.NoPermission) as refused:
        REFUSED[privilege](cluster(si), si)
    assert refused.value.privilegeId == privilege
    change(sim, user=[{"name": "u@vsphere.local", "password": "p"}])
    REFUSED[privilege](cluster(si), si)


def test_a_permission_without_propagation_is_valid_for_its_object_only(sim: Simulator) -> None:
    load_inventory(sim)
    at = [{"path": "/DC0", "privileges": ["Datastore.Browse"], "propagate": False}]
    change(sim, user=[{"name": "u@vsphere.local", "password": "p", "privileges": ["Folder.Create"], "at": at}])
    si = connect(sim, "u@vsphere.local", "p")
    datacenter = si.RetrieveContent().rootFolder.childEntity[0]
    ids = ["Datastore.Browse", "Folder.Create"]
    assert granted(si, [datacenter, datacenter.vmFolder], ids) == [[True, False], [False, True]]


def test_a_granted_role_takes_effect(sim: Simulator) -> None:
    from pyVmomi import vim

    load_inventory(sim)
    users = [
        {"name": "administrator@vsphere.local", "password": "VMware1!"},
        {"name": "u@vsphere.local", "password": "p", "privileges": ["Folder.Create"]},
    ]
    change(sim, user=users)
    content = connect(sim).RetrieveContent()
    role = content.authorizationManager.AddAuthorizationRole("nova", ["Extension.Register", "Datastore.Browse"])
    permission = vim.AuthorizationManager.Permission(
        principal="VSPHERE.LOCAL\\u", group=False, roleId=role, propagate=True
    )
    content.authorizationManager.SetEntityPermissions(content.rootFolder, [permission])
    si = connect(sim, "u@vsphere.local", "p")
    assert granted(si, [si.RetrieveContent().rootFolder], ["Extension.Register", "Folder.Create"]) == [[True, False]]


def test_a_fault_rule_applies_as_often_as_its_count(sim: Simulator) -> None:
    from pyVmomi import vim

    systems = [host.configManager.networkSystem for host in cluster(load_inventory(sim)).host]
    fault(sim, method="AddPortGroup", object="esx2.lab.test", fault="HostConfigFault", count=1)
    systems[0].AddPortGroup(portgroup("br100"))
    with pytest.raises(vim.fault.HostConfigFault):
        systems[1].AddPortGroup(portgroup("br100"))
    systems[1].AddPortGroup(portgroup("br100"))
    assert state(sim)["faults"][0]["hits"] == 1


def test_a_task_fails_or_hangs_and_its_entity_stays_readable(sim: Simulator) -> None:
    from pyVmomi import vim

    dc0_c0 = cluster(load_inventory(sim))
    method = "ReconfigureComputeResource_Task"
    fault(sim, method=method, fault="ConcurrentAccess", task=True, count=1)
    with pytest.raises(vim.fault.ConcurrentAccess):
        wait(dc0_c0.ReconfigureComputeResource_Task(drs_on(), True))
    fault(sim, method=method, hang=True)
    task = dc0_c0.ReconfigureComputeResource_Task(drs_on(), True)
    with pytest.raises(TimeoutError, match=r"the task \S+\.reconfigureCluster is still running after 0\.2 s"):
        wait(task, 0.2)
    assert dc0_c0.name == "DC0_C0" and dc0_c0.configurationEx.drsConfig.enabled
    simulator.control(sim, "DELETE", "/fault")
    wait(task)


def test_a_session_expires_and_a_connection_drops(sim: Simulator) -> None:
    from pyVmomi import vim

    si = load_inventory(sim)
    fault(sim, method="CurrentTime", expire=True, count=1)
    with pytest.raises(vim.fault.NotAuthenticated):
        si.CurrentTime()
    assert state(sim)["sessions"] == 0
    si = connect(sim)
    fault(sim, method="CurrentTime", drop=True, count=1)
    with pytest.raises((http.client.HTTPException, OSError)):
        si.CurrentTime()
    change(sim, expire=True)
    with pytest.raises(vim.fault.NotAuthenticated):
        si.RetrieveContent().viewManager.CreateContainerView(si.RetrieveContent().rootFolder, [], True)


def test_a_call_is_delayed(sim: Simulator) -> None:
    si = load_inventory(sim)
    fault(sim, method="CurrentTime", delay=0.4, count=1)
    start = time.monotonic()
    si.CurrentTime()
    assert time.monotonic() - start >= 0.4


def test_objects_change_at_run_time(sim: Simulator) -> None:
    si = load_inventory(sim)
    dc0_c0 = cluster(si)
    change(
        sim,
        clock_skew=3600,
        cluster={"DC0_C0": {"drs": False, "ha": True}},
        host={"esx1.lab.test": {"state": "notResponding", "firewall": {"gdbserver": True}}},
        datastore={"nfs-gold": {"accessible": False, "maintenance": "inMaintenance"}},
        vcenter={"version": "5.0.0"},
    )
    assert abs(si.CurrentTime().timestamp() - time.time() - 3600) < 30
    assert dc0_c0.configurationEx.drsConfig.enabled is False
    assert dc0_c0.host[0].runtime.connectionState == "notResponding" and dc0_c0.summary.numEffectiveHosts == 1
    rules = [{r.key: r.enabled for r in h.configManager.firewallSystem.firewallInfo.ruleset} for h in dc0_c0.host]
    assert [rule["gdbserver"] for rule in rules] == [True, False]
    gold = next(store for store in dc0_c0.datastore if store.name == "nfs-gold")
    assert (gold.summary.accessible, gold.summary.maintenanceMode) == (False, "inMaintenance")
    assert si.RetrieveContent().about.version == "5.0.0"


def test_a_change_reaches_clients_that_wait_for_updates(sim: Simulator) -> None:
    from pyVmomi import vmodl

    si = load_inventory(sim)
    dc0_c0, collector = cluster(si), si.RetrieveContent().propertyCollector
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=dc0_c0.host[0])],
        propSet=[query.PropertySpec(type=type(dc0_c0.host[0]), pathSet=["runtime.connectionState"])],
    )
    collector.CreateFilter(spec, True)
    first = collector.WaitForUpdatesEx(None, query.WaitOptions(maxWaitSeconds=5))
    change(sim, host={dc0_c0.host[0].name: {"state": "disconnected"}})
    second = collector.WaitForUpdatesEx(first.version, query.WaitOptions(maxWaitSeconds=5))
    assert second.filterSet[0].objectSet[0].changeSet[0].val == "disconnected"


def test_drs_cannot_be_enabled_without_its_license(sim: Simulator) -> None:
    from pyVmomi import vim

    dc0_c0 = cluster(load_inventory(sim))
    change(sim, license=[{"key": "K", "name": "Standard", "edition": "esx.standard", "features": ["vmotion"]}])
    with pytest.raises(vim.fault.LicenseRestricted):
        dc0_c0.ReconfigureComputeResource_Task(drs_on(), True)


def test_the_control_endpoint_refuses_unknown_names(sim: Simulator) -> None:
    for path, body in (("/set", {"colour": 1}), ("/fault", {"method": "X"}), ("/set", {"host": {"unknown": {}}})):
        with pytest.raises(LabError, match="refused"):
            simulator.control(sim, "POST", path, body)
