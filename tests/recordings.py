"""A small recording of a vCenter in the form of `govc object.save`, to be written and damaged by tests."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from mhv_tui.domain.privileges import PRIVILEGES

SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
Objects = Mapping[tuple[str, str], Mapping[str, str]]
"""(type, id) -> property -> its <val>."""


def value(kind: str, content: str, more: str = "") -> str:
    return f'<val xmlns:XMLSchema-instance="{SCHEMA}" XMLSchema-instance:type="{kind}"{more}>{content}</val>'


def text(content: str) -> str:
    return value("xsd:string", escape(content))


def ref(kind: str, moid: str) -> str:
    return value("ManagedObjectReference", moid, f' type="{kind}"')


def refs(*rows: tuple[str, str]) -> str:
    items = (f'<ManagedObjectReference type="{kind}">{moid}</ManagedObjectReference>' for kind, moid in rows)
    return value("ArrayOfManagedObjectReference", "".join(items))


def structure(kind: str, content: str) -> str:
    return value(kind, content)


NETWORK = """<network>
  <vswitch><name>vSwitch0</name><key>key-vim.host.VirtualSwitch-vSwitch0</key><mtu>9000</mtu>
    <pnic>key-vim.host.PhysicalNic-vmnic0</pnic></vswitch>
  <portgroup><key>key-vim.host.PortGroup-br100</key>
    <spec><name>br100</name><vlanId>100</vlanId><vswitchName>vSwitch0</vswitchName></spec></portgroup>
  <pnic><key>key-vim.host.PhysicalNic-vmnic0</key><device>vmnic0</device>
    <linkSpeed><speedMb>10000</speedMb></linkSpeed><mac>00:50:56:aa:bb:cc</mac></pnic>
</network>"""
MOUNT = """<DatastoreHostMount><key type="HostSystem">host-9</key><mountInfo><accessMode>readWrite</accessMode>
  <mounted>true</mounted><accessible>true</accessible></mountInfo></DatastoreHostMount>"""
VLAN = f"""<vlan xmlns:XMLSchema-instance="{SCHEMA}"
  XMLSchema-instance:type="VmwareDistributedVirtualSwitchVlanIdSpec"><vlanId>200</vlanId></vlan>"""
ABOUT = """<about><name>VMware vCenter Server</name><version>8.0.2</version><build>22617221</build>
  <apiType>VirtualCenter</apiType><instanceUuid>7c9fd2c1-8a5e-4d4f-9a26-0f5a5c7d9e31</instanceUuid></about>"""

DVS = ("VmwareDistributedVirtualSwitch", "dvs-60")
OBJECTS: Objects = {
    ("ServiceInstance", "ServiceInstance"): {
        "content": structure("ServiceContent", f'{ABOUT}<setting type="OptionManager">VpxSettings</setting>')
    },
    ("ExtensionManager", "ExtensionManager"): {
        "extensionList": value("ArrayOfExtension", "<Extension><key>org.openstack.compute</key></Extension>")
    },
    ("OptionManager", "VpxSettings"): {
        "setting": value(
            "ArrayOfOptionValue",
            "<OptionValue><key>VirtualCenter.FQDN</key><value>vc.acme.test</value></OptionValue>"
            "<OptionValue><key>mail.smtp.password</key><value>S3cret-smtp</value></OptionValue>",
        )
    },
    ("Folder", "group-d1"): {"name": text("Datacenters")},
    ("Datacenter", "datacenter-2"): {"name": text("Berlin"), "parent": ref("Folder", "group-d1")},
    ("Folder", "group-h4"): {"name": text("host"), "parent": ref("Datacenter", "datacenter-2")},
    ("Network", "network-41"): {"name": text("br100"), "parent": ref("Datacenter", "datacenter-2")},
    ("DistributedVirtualPortgroup", "dvportgroup-61"): {
        "name": text("tenants%2fgold"),
        "parent": ref("Datacenter", "datacenter-2"),
        "config": structure(
            "DVPortgroupConfigInfo",
            f'<distributedVirtualSwitch type="{DVS[0]}">{DVS[1]}</distributedVirtualSwitch>'
            f"<defaultPortConfig>{VLAN}</defaultPortConfig><type>ephemeral</type>",
        ),
    },
    DVS: {
        "name": text("switch-east"),
        "parent": ref("Datacenter", "datacenter-2"),
        "summary": structure("DVSSummary", '<hostMember type="HostSystem">host-9</hostMember>'),
    },
    ("Datastore", "datastore-31"): {
        "name": text("nfs-gold"),
        "parent": ref("Datacenter", "datacenter-2"),
        "host": value("ArrayOfDatastoreHostMount", MOUNT),
        "info": structure("NasDatastoreInfo", "<nas><remoteHost>filer.acme.test</remoteHost></nas>"),
        "summary": structure(
            "DatastoreSummary",
            "<url>ds:///vmfs/volumes/7b1e2a3f-5c6d7e8f/</url><capacity>1000</capacity><freeSpace>600</freeSpace>"
            "<accessible>true</accessible><multipleHostAccess>true</multipleHostAccess><type>NFS</type>",
        ),
    },
    ("ClusterComputeResource", "domain-c7"): {
        "name": text("compute-gold"),
        "parent": ref("Folder", "group-h4"),
        "host": refs(("HostSystem", "host-9")),
        "datastore": refs(("Datastore", "datastore-31")),
        "network": refs(("Network", "network-41"), ("DistributedVirtualPortgroup", "dvportgroup-61")),
        "resourcePool": ref("ResourcePool", "resgroup-8"),
        "configurationEx": structure(
            "ClusterConfigInfoEx",
            "<dasConfig><enabled>false</enabled></dasConfig>"
            "<drsConfig><enabled>true</enabled><defaultVmBehavior>manual</defaultVmBehavior></drsConfig>",
        ),
    },
    ("ResourcePool", "resgroup-8"): {"name": text("Resources"), "resourcePool": refs(("ResourcePool", "resgroup-12"))},
    ("ResourcePool", "resgroup-12"): {"name": text("batch"), "parent": ref("ResourcePool", "resgroup-8")},
    ("HostSystem", "host-9"): {
        "name": text("esx1.acme.test"),
        "parent": ref("ClusterComputeResource", "domain-c7"),
        "config": structure("HostConfigInfo", NETWORK),
        "runtime": structure(
            "HostRuntimeInfo",
            "<connectionState>connected</connectionState><inMaintenanceMode>false</inMaintenanceMode>",
        ),
        "summary": structure(
            "HostListSummary",
            "<hardware><memorySize>137438953472</memorySize><numCpuThreads>32</numCpuThreads></hardware>"
            "<config><product><version>8.0.2</version></product></config>",
        ),
    },
    ("VirtualMachine", "vm-50"): {
        "name": text("payroll"),
        "parent": ref("Folder", "group-h4"),
        "network": refs(("Network", "network-41")),
        "runtime": structure(
            "VirtualMachineRuntimeInfo", '<host type="HostSystem">host-9</host><powerState>poweredOn</powerState>'
        ),
        "config": structure(
            "VirtualMachineConfigInfo",
            "<files><vmPathName>[nfs-gold] salaries/salaries.vmx</vmPathName></files>"
            "<extraConfig><key>guestinfo.password</key><value>S3cret-extra</value></extraConfig>"
            "<extraConfig><key>nvp.vm-uuid</key><value>00000000-0000-0000-0000-000000000007</value></extraConfig>"
            "<vAppConfig><property><id>admin_password</id><value>S3cret-vapp</value></property></vAppConfig>",
        ),
        "guest": structure("GuestInfo", "<hostName>payroll.acme.test</hostName><ipAddress>10.1.2.3</ipAddress>"),
    },
}


SHA256 = "AA:BB:" * 15 + "AA:BB"

ABOUT_DOCUMENT: dict[str, Any] = {
    "mhv_recording": 1,
    "made_at": "2026-05-01T12:00:00+00:00",
    "vcenter": {"host": "vc.acme.test", "port": 8443, "username": "nova@acme.test"},
    "certificate": {"sha256": SHA256, "pem": "", "names": ["vc.acme.test"], "not_after": "2027-05-01T12:00:00+00:00"},
    "skew": 120.0,
    "privileges": [
        {"objects": ["group-d1"], "granted": [name for name in PRIVILEGES if name != "Extension.Register"]},
        {"objects": ["domain-c7", "host-9"], "granted": list(PRIVILEGES)},
    ],
    "answers": {"cluster": {"path": "/Berlin/host/compute-gold"}, "datastore": {"names": ["nfs-gold"]}},
}
"""The content of mhv-tui.json."""


def files(objects: Objects = OBJECTS) -> dict[str, bytes]:
    """The name and the content of each file."""
    return {
        f"{number:04}-{kind}-{moid}.xml": content_of(kind, moid, properties).encode()
        for number, ((kind, moid), properties) in enumerate(objects.items())
    }


def content_of(kind: str, moid: str, properties: Mapping[str, str]) -> str:
    rows = "".join(f"<propSet><name>{name}</name>{val}</propSet>" for name, val in properties.items())
    rows += rows if kind == "DistributedVirtualPortgroup" else ""  # the simulator sends its name twice
    return f'<ObjectContent><obj type="{kind}">{moid}</obj>{rows}</ObjectContent>'


def written(directory: Path, more: Mapping[str, bytes] | None = None) -> Path:
    """The directory of the recording, with more files or with others instead."""
    directory.mkdir()
    for name, content in {**files(), **(more or {})}.items():
        (directory / name).write_bytes(content)
    return directory


def packed(path: Path, rows: Mapping[str, bytes] | None = None, members: Iterable[tarfile.TarInfo] = ()) -> Path:
    """The recording as .tar.xz, and more members without content."""
    with tarfile.open(path, "w:xz") as archive:
        for name, content in (files() if rows is None else rows).items():
            member = tarfile.TarInfo(f"vcsim-vc/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return path
