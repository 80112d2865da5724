"""Calls on the recorded objects of a recording: port groups, firewall, files, disks and machines."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.request import HTTPSHandler, Request, build_opener

import pytest

from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from tests.lab.recorded_world import RENAMED, save, shape, start
from tests.lab.recorder import soap
from tests.lab.vcenter_client import (
    change,
    close_connections,
    cluster,
    distributed,
    load_inventory,
    portgroup,
    state,
    wait,
)

pytestmark = pytest.mark.vcenter


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = start(save(tmp_path_factory.mktemp("saved")), tmp_path_factory.mktemp("vcenter"))
    yield running
    simulator.stop(running)


@pytest.fixture(autouse=True)
def connections() -> Iterator[None]:
    yield
    close_connections()


def test_port_groups_are_created_and_removed_on_recorded_switches(sim: Simulator) -> None:
    from pyVmomi import vim

    compute = cluster(load_inventory(sim))
    before = shape(sim)
    host = compute.host[0]
    system = host.configManager.networkSystem
    system.AddPortGroup(portgroup("br100", 100))
    assert "br100" in {group.spec.name for group in system.networkInfo.portgroup}
    assert "br100" in {net.name for net in host.network}
    dvs = next(net.config.distributedVirtualSwitch for net in compute.network if net.name.startswith("Mgmt"))
    uplinks = [member.config.backing.pnicSpec[0].pnicDevice for member in dvs.config.host]
    assert uplinks == ["vmnic1", "vmnic1"]
    group = wait(dvs.CreateDVPortgroup_Task(distributed("eph", 40)))
    assert "eph" in {net.name for net in compute.network}
    recorded = next(net for net in compute.network if net.name.startswith("Mgmt"))
    criteria = vim.dvs.PortCriteria(portgroupKey=[recorded.key], inside=True)
    assert len(dvs.FetchDVPorts(criteria)) == 8
    wait(group.Destroy_Task())
    system.RemovePortGroup("br100")
    assert [member.config.backing.pnicSpec[0].pnicDevice for member in dvs.config.host] == uplinks
    assert shape(sim) == before


def test_the_firewall_of_a_recorded_host_can_be_changed(sim: Simulator) -> None:
    host = cluster(load_inventory(sim)).host[0]
    assert state(sim)["hosts"]["esx1.example.org"]["firewall"]["gdbserver"] is True
    host.configManager.firewallSystem.DisableRuleset("gdbserver")
    assert not next(rule for rule in host.config.firewall.ruleset if rule.key == "gdbserver").enabled
    change(sim, host={RENAMED: {"firewall": {"gdbserver": True}, "state": "connected"}})
    second = state(sim)["hosts"][RENAMED]
    assert (second["firewall"]["gdbserver"], second["state"]) == (True, "connected")


def upload(sim: Simulator, si: Any, path: str, store: str) -> None:
    context = ssl.create_default_context(cafile=str(sim.pem))
    url = f"https://{sim.host}:{sim.port}/folder/{path}?dcPath=East&dsName={store}"
    request = Request(url, b"# Disk DescriptorFile\n", {"Cookie": si._stub.cookie}, method="PUT")
    with build_opener(HTTPSHandler(context=context)).open(request, timeout=30) as answer:
        assert answer.status == 201


def test_files_on_vsan_have_one_place_for_all_calls(sim: Simulator) -> None:
    from pyVmomi import vim

    si = load_inventory(sim)
    content, datacenter = si.RetrieveContent(), si.RetrieveContent().rootFolder.childEntity[0]
    store = next(store for store in datacenter.datastore if store.name == "vsanDatastore")
    content.datastoreNamespaceManager.CreateDirectory(store, "images")
    upload(sim, si, "images/a.vmdk", "vsanDatastore")
    found = wait(store.browser.SearchDatastore_Task("[vsanDatastore] images", vim.host.DatastoreBrowser.SearchSpec()))
    assert [file.path for file in found.file] == ["a.vmdk"]
    disks = content.virtualDiskManager
    wait(disks.CopyVirtualDisk_Task("[vsanDatastore] images/a.vmdk", datacenter, "[vsanDatastore] images/b.vmdk"))
    wait(disks.MoveVirtualDisk_Task("[vsanDatastore] images/b.vmdk", datacenter, "[vsanDatastore] images/c.vmdk"))
    wait(disks.DeleteVirtualDisk_Task("[vsanDatastore] images/c.vmdk", datacenter))


def machine(store: str, *nics: Any) -> Any:
    from pyVmomi import vim

    devices = [vim.vm.device.VirtualDeviceSpec(operation="add", device=nic) for nic in nics]
    files = vim.vm.FileInfo(vmPathName=f"[{store}]")
    return vim.vm.ConfigSpec(
        name="new", guestId="otherGuest64", numCPUs=1, memoryMB=64, files=files, deviceChange=devices
    )


def test_a_machine_is_created_on_a_vsan_of_one_host(sim: Simulator) -> None:
    compute = cluster(load_inventory(sim))
    datacenter = compute.parent.parent
    created = wait(datacenter.vmFolder.CreateVM_Task(machine("vsanDatastore"), compute.resourcePool))
    wait(created.PowerOn())
    wait(created.PowerOff())
    wait(created.Destroy_Task())
    store = next(store for store in datacenter.datastore if store.name == "vsanDatastore")
    assert [mount.key.name for mount in store.host] == ["esx1.example.org"]


def test_a_nic_on_an_nsx_network_without_a_port_group(sim: Simulator) -> None:
    from pyVmomi import vim

    compute = cluster(load_inventory(sim))
    backing = vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
        opaqueNetworkId="ls-9", opaqueNetworkType="nsx.LogicalSwitch"
    )
    nic = vim.vm.device.VirtualVmxnet3(key=-1, backing=backing)
    created = wait(compute.parent.parent.vmFolder.CreateVM_Task(machine("nfs", nic), compute.resourcePool))
    assert [net.name for net in created.network] == ["segment"]
    backings = [getattr(device.backing, "opaqueNetworkType", None) for device in created.config.hardware.device]
    assert [name for name in backings if name] == ["nsx.LogicalSwitch"]


CREATE_DISK = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body><CreateVirtualDisk_Task xmlns="urn:vim25">
<_this type="VirtualDiskManager">{manager}</_this><name>[nfs] disk.vmdk</name>
<datacenter type="Datacenter">{center}</datacenter>
<spec xsi:type="FileBackedVirtualDiskSpec"><diskType>thin</diskType><adapterType>lsiLogic</adapterType>
<capacityKb>64.0</capacityKb></spec></CreateVirtualDisk_Task></s:Body></s:Envelope>"""


def test_a_capacity_with_a_decimal_point_is_accepted_as_nova_sends_it(sim: Simulator) -> None:
    si = load_inventory(sim)
    content = si.RetrieveContent()
    manager, center = content.virtualDiskManager._moId, content.rootFolder.childEntity[0]._moId
    answer = soap(sim, si, CREATE_DISK.format(manager=manager, center=center))
    assert "CreateVirtualDisk_TaskResponse" in answer and "Fault" not in answer
