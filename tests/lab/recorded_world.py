"""A small recording of the lab's own vCenter, for tests that load it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from tests.lab.recorder import record
from tests.lab.vcenter_client import close_connections, connect, state

WORLD = r"""
[vcenter]
name = "vc.example.org"
version = "7.0.3"
[[user]]
name = "administrator@vsphere.local"
password = "VMware1!"
[[datacenter]]
name = "East"
[[datacenter.cluster]]
name = "Compute"
drs_behavior = "partiallyAutomated"
[[datacenter.cluster.host]]
name = "esx1.example.org"
firewall = { gdbserver = true }
[[datacenter.cluster.host]]
name = "192.0.2.12"
state = "notResponding"
[[datacenter.datastore]]
name = "nfs"
capacity_gb = 2048
[[datacenter.datastore]]
name = "vsanDatastore"
type = "vsan"
hosts = ["esx1.example.org"]
[[datacenter.switch]]
name = "DVS"
portgroup = [{ name = "Mgmt-10.0.0.0%2f24", vlan = 7, binding = "earlyBinding", ports = 8 }]
[[datacenter.portgroup]]
name = "servers"
vlan = 30
[[datacenter.vm]]
name = "old"
host = "esx1.example.org"
datastore = "nfs"
portgroup = "servers"
on = true
"""

USERS = r"""
[[user]]
name = "administrator@vsphere.local"
password = "VMware1!"
[[user]]
name = "svc@example.org"
password = "x"
privileges = "recorded"
[[user]]
name = "member@example.org"
password = "x"
privileges = "recorded"
groups = ['EXAMPLE.ORG\operators']
"""

RENAMED = "192-0-2-12.recorded.lab.test"

NSX = """<ObjectContent><obj type="OpaqueNetwork">network-o9</obj>
<propSet><name>name</name>
<val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="xsd:string">segment</val></propSet>
<propSet><name>parent</name><val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" type="Folder"
 i:type="ManagedObjectReference">{parent}</val></propSet>
<propSet><name>summary</name><val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="OpaqueNetworkSummary">
<name>segment</name><accessible>true</accessible><ipPoolName></ipPoolName><opaqueNetworkId>ls-9</opaqueNetworkId>
<opaqueNetworkType>nsx.LogicalSwitch</opaqueNetworkType></val></propSet></ObjectContent>"""


PERMISSIONS = r"""<propSet><name>permission</name>
<val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="ArrayOfPermission">
<Permission><principal>EXAMPLE.ORG\svc</principal><group>false</group><roleId>-2</roleId>
<propagate>true</propagate></Permission>
<Permission><principal>EXAMPLE.ORG\operators</principal><group>true</group><roleId>-1</roleId>
<propagate>true</propagate></Permission></val></propSet></ObjectContent>"""


def _root_with_permissions(text: str) -> str:
    return text if "<name>parent</name>" in text else text.replace("</ObjectContent>", PERMISSIONS)


def _second_without_firewall(text: str) -> str:
    return re.sub(r"<firewall>.*?</firewall>", "", text) if ">192.0.2.12<" in text else text


def _with_uplinks(text: str) -> str:
    uplink = r"\1><pnicSpec><pnicDevice>vmnic1</pnicDevice></pnicSpec></backing>"
    return re.sub(r'(<backing [^>]*PnicBacking") />', uplink, text)


def save(base: Path) -> Path:
    """Records WORLD with an NSX network, recorded permissions, and a host without a firewall; returns the directory."""
    (base / "world.toml").write_text(WORLD)
    source = simulator.start(base / "world.toml", directory=base / "source")
    try:
        edits = {"Folder": _root_with_permissions, "HostSystem": _second_without_firewall}
        edits["VmwareDistributedVirtualSwitch"] = _with_uplinks
        recording = record(source, base / "recording", edits)
        folder = connect(source).RetrieveContent().rootFolder.childEntity[0].networkFolder
        (recording / "0999-OpaqueNetwork-network-o9.xml").write_text(NSX.format(parent=folder._moId))
    finally:
        close_connections()
        simulator.stop(source)
    return recording


def start(recording: Path, directory: Path, users: str = USERS) -> Simulator:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "users.toml").write_text(users)
    return simulator.start(directory / "users.toml", directory=directory, recording=recording)


def shape(sim: Simulator) -> Any:
    """The inventory of GET /state, without what a run changes: calls, sessions, tasks and paths of this machine."""
    objects = state(sim)
    stores = {name: {**row, "path": ""} for name, row in objects["datastores"].items()}
    kept = ("clusters", "hosts", "switches", "vms", "extensions")
    return {key: objects[key] for key in kept} | {"datastores": stores}
