"""The lab's vCenter with pyvmomi: clients read what the inventory contains, and calls behave as in a vCenter."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.lab import simulator
from mhv_tui.lab.host import LabError
from mhv_tui.lab.simulator import Simulator
from tests.lab.vcenter_client import (
    close_connections,
    cluster,
    connect,
    distributed,
    load_inventory,
    portgroup,
    state,
    wait,
)

pytestmark = pytest.mark.vcenter


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = simulator.start(simulator.SAMPLE, directory=tmp_path_factory.mktemp("vcenter"))
    yield running
    simulator.stop(running)


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    yield
    close_connections()


def test_only_the_certificate_remains_after_a_stop(tmp_path: Path) -> None:
    sim = simulator.start(directory=tmp_path)
    assert simulator.load(tmp_path) == sim
    assert state(sim)["about"]["api_type"] == "VirtualCenter"
    simulator.stop(sim)
    assert simulator.load(tmp_path) is None
    assert not (tmp_path / "files").exists()
    again = simulator.start(directory=tmp_path)
    simulator.stop(again)
    assert again.sha256 == sim.sha256


def test_an_inventory_with_an_unknown_key_is_refused_with_its_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[datacenter]]\nname = "DC0"\ncolour = "red"\n')
    with pytest.raises(LabError, match="colour"):
        simulator.start(wrong, directory=tmp_path / "vc")


def test_the_certificate_has_every_host_name_and_its_thumbprint_is_reported(sim: Simulator) -> None:
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((sim.host, sim.port)))
    import hashlib

    digest = hashlib.sha256(der).hexdigest().upper()
    assert sim.sha256 == ":".join(digest[i : i + 2] for i in range(0, 64, 2))
    assert b"esx2.lab.test" in der and b"vcenter.lab.test" in der


def test_a_client_reads_the_sample_inventory(sim: Simulator) -> None:
    si = load_inventory(sim)
    about = si.RetrieveContent().about
    assert (about.version, about.apiType) == ("8.0.3", "VirtualCenter")
    dc0_c0 = cluster(si)
    drs = dc0_c0.configurationEx.drsConfig
    assert (dc0_c0.name, drs.enabled, drs.defaultVmBehavior) == ("DC0_C0", True, "fullyAutomated")
    assert [host.name for host in dc0_c0.host] == ["esx1.lab.test", "esx2.lab.test"]
    stores = {store.name: store.summary for store in dc0_c0.datastore}
    assert stores["nfs-gold"].type == "NFS" and stores["nfs-gold"].multipleHostAccess is True
    assert stores["local-esx1"].type == "VMFS" and stores["local-esx1"].multipleHostAccess is False


def test_login_accepts_only_the_exact_user_names_of_the_inventory(sim: Simulator) -> None:
    from pyVmomi import vim

    load_inventory(sim)
    for user, password in (("administrator", "VMware1!"), ("administrator@vsphere.local", "x"), ("a", "b")):
        with pytest.raises(vim.fault.InvalidLogin):
            connect(sim, user, password)
    logins = state(sim)["logins"]
    assert logins["administrator@vsphere.local"] == {"ok": 1, "failed": 1}
    assert logins["administrator"] == {"ok": 0, "failed": 1}


def test_a_standard_port_group_is_created_on_each_host_and_visible_everywhere(sim: Simulator) -> None:
    dc0_c0 = cluster(load_inventory(sim))
    for host in dc0_c0.host:
        host.configManager.networkSystem.AddPortGroup(portgroup("br100", 100))
    for host in dc0_c0.host:
        specs = {group.spec.name: group.spec for group in host.config.network.portgroup}
        assert (specs["br100"].vlanId, specs["br100"].vswitchName) == (100, "vSwitch0")
        assert "br100" in {group.spec.name for group in host.configManager.networkSystem.networkInfo.portgroup}
        assert "br100" in {network.name for network in host.network}
    networks = [network for network in dc0_c0.network if network.name == "br100"]
    assert len(networks) == 1 and len(networks[0].host) == 2


def test_an_invalid_standard_port_group_is_refused_as_in_vcenter(sim: Simulator) -> None:
    from pyVmomi import vim, vmodl

    system = cluster(load_inventory(sim)).host[0].configManager.networkSystem
    system.AddPortGroup(portgroup("br100"))
    with pytest.raises(vim.fault.AlreadyExists):
        system.AddPortGroup(portgroup("br100"))
    with pytest.raises(vim.fault.NotFound):
        system.AddPortGroup(portgroup("other", vswitch="vSwitch9"))
    with pytest.raises(vmodl.fault.InvalidArgument):
        system.AddPortGroup(portgroup("other", vlan=4096))
    with pytest.raises(vim.fault.NotFound):
        system.RemovePortGroup("other")


def test_a_port_group_is_changed_and_removed_on_one_host_only(sim: Simulator) -> None:
    dc0_c0 = cluster(load_inventory(sim))
    first, second = dc0_c0.host
    for host in (first, second):
        host.configManager.networkSystem.AddPortGroup(portgroup("br100", 100))
    first.configManager.networkSystem.UpdatePortGroup("br100", portgroup("br100", 200))
    vlans = {
        host.name: [g.spec.vlanId for g in host.config.network.portgroup if g.spec.name == "br100"]
        for host in dc0_c0.host
    }
    assert vlans == {first.name: [200], second.name: [100]}
    first.configManager.networkSystem.RemovePortGroup("br100")
    assert [network.name for network in dc0_c0.network].count("br100") == 1
    second.configManager.networkSystem.RemovePortGroup("br100")
    assert "br100" not in [network.name for network in dc0_c0.network]


def test_distributed_port_groups_are_created_read_and_destroyed(sim: Simulator) -> None:
    from pyVmomi import vim, vmodl

    dc0_c0 = cluster(load_inventory(sim))
    folder = dc0_c0.parent.parent.networkFolder
    dvs = next(child for child in folder.childEntity if isinstance(child, vim.DistributedVirtualSwitch))
    assert {member.config.host.name for member in dvs.config.host} == {"esx1.lab.test", "esx2.lab.test"}
    wait(dvs.AddDVPortgroup_Task([distributed("eph-1", 30)]))
    group = wait(dvs.CreateDVPortgroup_Task(distributed("eph-2", 40)))
    assert (group.config.type, group.config.defaultPortConfig.vlan.vlanId) == ("ephemeral", 40)
    assert [network.name for network in dc0_c0.network].count("eph-1") == 1
    with pytest.raises(vim.fault.DuplicateName):
        wait(dvs.AddDVPortgroup_Task([distributed("eph-1")]))
    with pytest.raises(vmodl.fault.InvalidArgument):
        dvs.AddDVPortgroup_Task([distributed("eph-3", 4095)])
    wait(group.Destroy_Task())
    assert "eph-2" not in [network.name for network in dc0_c0.network]


@pytest.mark.parametrize("drs, behavior", [(False, "fullyAutomated"), (True, "partiallyAutomated"), (True, "manual")])
def test_drs_is_as_in_the_inventory_and_can_be_reconfigured(sim: Simulator, drs: bool, behavior: str) -> None:
    from pyVmomi import vim

    text = f"""
        [[datacenter]]
        name = "DC0"
        [[datacenter.cluster]]
        name = "C0"
        drs = {str(drs).lower()}
        drs_behavior = "{behavior}"
        hosts = ["esx1.lab.test"]
        """
    c0 = cluster(load_inventory(sim, text))
    assert (c0.configurationEx.drsConfig.enabled, c0.configurationEx.drsConfig.defaultVmBehavior) == (
        drs,
        behavior,
    )
    config = vim.cluster.DrsConfigInfo(enabled=True, defaultVmBehavior="fullyAutomated")
    wait(c0.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(drsConfig=config), True))
    assert (c0.configurationEx.drsConfig.enabled, c0.configurationEx.drsConfig.defaultVmBehavior) == (
        True,
        "fullyAutomated",
    )


TWO = """
[[datacenter]]
name = "East"
[[datacenter.cluster]]
name = "Compute"
hosts = ["e1.lab.test"]
[[datacenter]]
name = "West"
folder = "Europe"
[[datacenter.cluster]]
name = "Compute"
folder = "Production"
[[datacenter.cluster.host]]
name = "w1.lab.test"
state = "notResponding"
[[datacenter.cluster.host]]
name = "w2.lab.test"
maintenance = true
version = "7.0.3"
[[datacenter.datastore]]
name = "gone"
type = "vsan"
accessible = false
maintenance = "inMaintenance"
[[datacenter.datastore]]
name = "nfs"
[[datacenter.vm]]
name = "old"
host = "w2.lab.test"
datastore = "nfs"
"""


def test_two_datacenters_have_clusters_of_the_same_name_and_faulty_hosts(sim: Simulator) -> None:
    content = load_inventory(sim, TWO).RetrieveContent()
    from pyVmomi import vim

    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.ClusterComputeResource], True)
    assert [item.name for item in view.view] == ["Compute", "Compute"]
    west = next(item for item in view.view if len(item.host) == 2)
    assert west.summary.numEffectiveHosts == 0
    states = {host.name: (host.runtime.connectionState, host.runtime.inMaintenanceMode) for host in west.host}
    assert states == {"w1.lab.test": ("notResponding", False), "w2.lab.test": ("connected", True)}
    store = next(store.summary for store in west.datastore if store.name == "gone")
    assert (store.type, store.accessible, store.maintenanceMode) == ("vsan", False, "inMaintenance")
    assert west.host[1].vm[0].runtime.faultToleranceState == "notConfigured"


def test_it_can_imitate_an_esxi_host(sim: Simulator) -> None:
    about = load_inventory(sim, '[vcenter]\napi_type = "HostAgent"\n').RetrieveContent().about
    assert about.apiType == "HostAgent" and about.instanceUuid is None


def test_tasks_of_managers_can_be_read(sim: Simulator) -> None:
    from pyVmomi import vim

    si = load_inventory(sim)
    content = si.RetrieveContent()
    datacenter = content.rootFolder.childEntity[0]
    task = content.fileManager.DeleteDatastoreFile_Task("[nfs-gold] nothing", datacenter)
    with pytest.raises(vim.fault.FileNotFound):
        wait(task)
    assert task.info.state == "error"
    result = wait(datacenter.datastore[0].browser.SearchDatastore_Task("[nfs-gold]", None))
    assert result.folderPath.startswith("[nfs-gold]")


def test_a_port_group_in_use_by_a_vm_cannot_be_removed(sim: Simulator) -> None:
    from pyVmomi import vim

    text = """
        [[datacenter]]
        name = "DC0"
        cluster = [{ name = "C0", hosts = ["esx1.lab.test"] }]
        datastore = [{ name = "nfs" }]
        portgroup = [{ name = "br100" }]
        vm = [{ name = "a", host = "esx1.lab.test", datastore = "nfs", portgroup = "br100" }]
        """
    host = cluster(load_inventory(sim, text)).host[0]
    with pytest.raises(vim.fault.ResourceInUse):
        host.configManager.networkSystem.RemovePortGroup("br100")


def test_the_wsdl_describes_the_calls_that_nova_makes(sim: Simulator) -> None:
    import urllib.request
    import xml.etree.ElementTree as ElementTree

    context = ssl.create_default_context(cafile=str(sim.pem))

    def fetch(name: str) -> Any:
        url = f"https://{sim.host}:{sim.port}/sdk/{name}"
        with urllib.request.urlopen(url, context=context, timeout=30) as response:
            return ElementTree.fromstring(response.read())

    assert fetch("vimService.wsdl").find("{*}import").get("location") == "vim.wsdl"
    operations = {item.get("name") for item in fetch("vim.wsdl").iter("{http://schemas.xmlsoap.org/wsdl/}operation")}
    assert {"RetrievePropertiesEx", "CreateVM_Task", "CopyVirtualDisk_Task", "ReconfigVM_Task"} <= operations
    types = {item.get("name") for item in fetch("vim-types.xsd").iter("{http://www.w3.org/2001/XMLSchema}complexType")}
    assert {"TraversalSpec", "VirtualMachineConfigSpec", "ArrayOfManagedObjectReference"} <= types
