"""Converts rows of vSphere properties to core.vsphere.Inventory: those of a vCenter, or of a recording of one.

A property that vCenter does not return gets the meaning that vSphere gives to an unset property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mhv_tui.core.vsphere import (
    About,
    Cluster,
    Datastore,
    Dvs,
    Host,
    HostPortGroup,
    Inventory,
    Mount,
    Network,
    Nic,
    Switch,
    VirtualMachine,
)

PropertyValues = Mapping[str, Any]
"""Property path -> value of one object, for the properties that vCenter returned."""

#: Type -> properties to read. vCenter refuses a path into a subclass (drsConfig, vlan), so there the whole parent
#: property is read.
PROPERTIES: Mapping[str, Sequence[str]] = {
    "Folder": ("name", "parent"),
    "Datacenter": ("name", "parent"),
    "ComputeResource": ("name", "parent"),
    "ClusterComputeResource": ("name", "parent", "host", "datastore", "network", "resourcePool", "configurationEx"),
    "HostSystem": (
        "name",
        "parent",
        "summary.config.product.version",
        "runtime.connectionState",
        "runtime.inMaintenanceMode",
        "summary.hardware.numCpuThreads",
        "summary.hardware.memorySize",
        "config.network.vswitch",
        "config.network.portgroup",
        "config.network.pnic",
    ),
    "Datastore": (
        "name",
        "parent",
        "summary.type",
        "summary.capacity",
        "summary.freeSpace",
        "summary.accessible",
        "summary.multipleHostAccess",
        "summary.maintenanceMode",
        "summary.url",
    ),
    "Network": ("name", "parent"),
    "DistributedVirtualPortgroup": (
        "config.type",
        "config.distributedVirtualSwitch",
        "config.defaultPortConfig",
        "tag",
    ),
    "DistributedVirtualSwitch": ("name", "parent", "summary.hostMember", "config.uplinkPortgroup"),
}

VM_PROPERTIES: Mapping[str, Sequence[str]] = {
    "VirtualMachine": ("name", "runtime.powerState", "runtime.host", "network", 'config.extraConfig["nvp.vm-uuid"]'),
}


@dataclass(frozen=True)
class ManagedObject:
    """A vSphere object: its id, the name of its type and its properties by path."""

    id: str
    kind: str
    row: PropertyValues


def managed_object(reference: Any, row: PropertyValues) -> ManagedObject:
    """Returns a pyVmomi reference and its properties as one object."""
    return ManagedObject(reference._moId, type(reference).__name__.rsplit(".", 1)[-1], row)


def inventory(about: Any, objects: Sequence[ManagedObject], mounts: Mapping[str, tuple[Mount, ...]]) -> Inventory:
    """Returns the inventory of all objects. `mounts`: datastore id -> mounts; empty if they were not read."""
    by_id = {obj.id: obj for obj in objects}
    hosts = tuple(_host(obj) for obj in objects if obj.kind == "HostSystem")
    switches = tuple(_dvs(obj, by_id) for obj in objects if "DistributedVirtualSwitch" in obj.kind)
    return Inventory(
        about=About(
            about.name or "", about.version or "", about.build or "", about.apiType or "", about.instanceUuid or ""
        ),
        clusters=tuple(_cluster(obj, by_id) for obj in objects if obj.kind == "ClusterComputeResource"),
        hosts=hosts,
        datastores=tuple(_datastore(obj, by_id, mounts) for obj in objects if obj.kind == "Datastore"),
        networks=_networks(objects, by_id, hosts, switches),
        switches=switches,
    )


def _name(obj: ManagedObject) -> str:
    """Returns an object's name as vCenter stores it (%2f for /); its id if the login cannot read the name."""
    return _text(obj.row, "name") or obj.id


def _text(row: PropertyValues, path: str) -> str:
    """Returns a text property; "" if it is missing or has another type."""
    value = row.get(path)
    return value if isinstance(value, str) else ""


def _cluster(obj: ManagedObject, by_id: Mapping[str, ManagedObject]) -> Cluster:
    """Converts a cluster. Its name keeps vCenter's escapes (%2f), because nova compares the escaped name."""
    config = obj.row.get("configurationEx")
    drs, das = getattr(config, "drsConfig", None), getattr(config, "dasConfig", None)
    return Cluster(
        id=obj.id,
        name=_name(obj),
        path=path(obj, by_id),
        datacenter=datacenter(obj, by_id),
        host_ids=ids(obj.row.get("host")),
        datastore_ids=ids(obj.row.get("datastore")),
        network_ids=ids(obj.row.get("network")),
        drs_enabled=bool(getattr(drs, "enabled", False)),
        drs_behavior=str(getattr(drs, "defaultVmBehavior", None) or "fullyAutomated"),
        ha_enabled=getattr(das, "enabled", None),
        resource_pool_id="".join(ids([obj.row["resourcePool"]] if obj.row.get("resourcePool") else None)),
    )


def _host(obj: ManagedObject) -> Host:
    row = obj.row
    return Host(
        id=obj.id,
        name=unquote(_name(obj)),
        cluster_id="".join(ids([row["parent"]] if row.get("parent") else None)),
        version=_text(row, "summary.config.product.version"),
        state=str(row.get("runtime.connectionState", "disconnected")),
        maintenance=bool(row.get("runtime.inMaintenanceMode", False)),
        cpu_threads=int(row.get("summary.hardware.numCpuThreads", 0)),
        memory=int(row.get("summary.hardware.memorySize", 0)),
        switches=tuple(_switch(s, row) for s in row.get("config.network.vswitch") or ()),
        port_groups=tuple(
            HostPortGroup(p.spec.name, p.spec.vswitchName, p.spec.vlanId or 0)
            for p in row.get("config.network.portgroup") or ()
        ),
        nics=tuple(
            Nic(p.device, p.linkSpeed.speedMb if p.linkSpeed else None) for p in row.get("config.network.pnic") or ()
        ),
    )


def _switch(switch: Any, row: PropertyValues) -> Switch:
    devices = {p.key: p.device for p in row.get("config.network.pnic") or ()}
    uplinks = tuple(devices.get(key, key.rsplit("-", 1)[-1]) for key in switch.pnic or ())
    return Switch(switch.name, uplinks, switch.mtu or 1500)


def _datastore(
    obj: ManagedObject, by_id: Mapping[str, ManagedObject], mounts: Mapping[str, tuple[Mount, ...]]
) -> Datastore:
    row = obj.row
    return Datastore(
        id=obj.id,
        name=unquote(_name(obj)),
        type=_text(row, "summary.type"),
        capacity=int(row.get("summary.capacity", 0)),
        free=int(row.get("summary.freeSpace", 0)),
        datacenter=datacenter(obj, by_id),
        accessible=bool(row.get("summary.accessible", False)),
        maintenance=_text(row, "summary.maintenanceMode") or "normal",
        shared=row.get("summary.multipleHostAccess"),
        mounts=mounts.get(obj.id, ()),
        url=_text(row, "summary.url"),
    )


def mounts_of(row: PropertyValues) -> tuple[Mount, ...]:
    """Returns the mounts of a datastore, from its property `host`."""
    return tuple(
        Mount(
            m.key._moId,
            bool(m.mountInfo.accessible) and m.mountInfo.mounted is not False,
            m.mountInfo.accessMode == "readOnly",
        )
        for m in row.get("host") or ()
    )


def _dvs(obj: ManagedObject, by_id: Mapping[str, ManagedObject]) -> Dvs:
    return Dvs(obj.id, unquote(_name(obj)), datacenter(obj, by_id), ids(obj.row.get("summary.hostMember")))


def _networks(
    objects: Sequence[ManagedObject],
    by_id: Mapping[str, ManagedObject],
    hosts: Sequence[Host],
    switches: Sequence[Dvs],
) -> tuple[Network, ...]:
    members = {s.id: s.host_ids for s in switches}
    uplinks = {i for obj in objects for i in ids(obj.row.get("config.uplinkPortgroup"))}
    standard_vlans = _standard_vlans(hosts, by_id)
    networks = []
    for obj in objects:
        if obj.kind == "DistributedVirtualPortgroup":
            tags = {tag.key for tag in obj.row.get("tag") or ()}
            networks.append(_distributed(obj, by_id, members, obj.id in uplinks or "SYSTEM/DVS.UPLINKPG" in tags))
        elif obj.kind in ("Network", "OpaqueNetwork"):
            name, center = unquote(_name(obj)), datacenter(obj, by_id)
            kind = "opaque" if obj.kind == "OpaqueNetwork" else "standard"
            vlans = standard_vlans.get((center, name), {}) if kind == "standard" else {}
            vlan = next(iter(vlans.values())) if len(set(vlans.values())) == 1 else None
            networks.append(Network(obj.id, name, kind, center, vlan_id=vlan, host_ids=tuple(vlans)))
    return tuple(networks)


def _standard_vlans(
    hosts: Sequence[Host], by_id: Mapping[str, ManagedObject]
) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """Returns (datacenter, port group) -> host id -> VLAN id for all standard port groups."""
    vlans: dict[tuple[str, str], dict[str, int]] = {}
    for host in hosts:
        center = datacenter(by_id[host.id], by_id)
        for group in host.port_groups:
            vlans.setdefault((center, group.name), {})[host.id] = group.vlan_id
    return vlans


def _distributed(
    obj: ManagedObject, by_id: Mapping[str, ManagedObject], members: Mapping[str, tuple[str, ...]], uplink: bool
) -> Network:
    dvs = obj.row.get("config.distributedVirtualSwitch")
    dvs_id = dvs._moId if dvs is not None else ""
    # The vlanId of a trunk is a list of ranges; a private VLAN has none. Both count as unknown.
    vlan = getattr(getattr(obj.row.get("config.defaultPortConfig"), "vlan", None), "vlanId", None)
    return Network(
        id=obj.id,
        name=unquote(_name(obj)),
        kind="distributed",
        datacenter=datacenter(obj, by_id),
        dvs_id=dvs_id,
        binding=str(obj.row.get("config.type", "")),
        vlan_id=vlan if isinstance(vlan, int) else None,
        host_ids=members.get(dvs_id, ()),
        uplink=uplink,
        trunk=isinstance(vlan, list | tuple),
    )


def ids(references: Any) -> tuple[str, ...]:
    """Returns the ids of managed object references; empty if the list is unset."""
    return tuple(r._moId for r in references or ())


def path(obj: ManagedObject, by_id: Mapping[str, ManagedObject]) -> str:
    """Returns the inventory path of an object from the root folder, unescaped (/ for %2f)."""
    return "/" + "/".join(unquote(_name(p)) for p in reversed(_ancestry(obj, by_id)))


def datacenter(obj: ManagedObject, by_id: Mapping[str, ManagedObject]) -> str:
    """Returns the name of the datacenter that contains an object; "" if there is none."""
    return next((unquote(_text(p.row, "name")) for p in _ancestry(obj, by_id) if p.kind == "Datacenter"), "")


def _ancestry(obj: ManagedObject | None, by_id: Mapping[str, ManagedObject]) -> list[ManagedObject]:
    """Returns the object and its parents, without the root folder, which is not part of a path."""
    ancestry: list[ManagedObject] = []
    while obj is not None and len(ancestry) < 64:
        ancestry.append(obj)
        parent = obj.row.get("parent")
        obj = by_id.get(parent._moId) if parent is not None else None
    return ancestry


def virtual_machine(obj: ManagedObject) -> VirtualMachine:
    """Converts a VM. nova marks its own VMs with the option nvp.vm-uuid (nova, virt/vmwareapi/vm_util.py)."""
    host = obj.row.get("runtime.host")
    return VirtualMachine(
        id=obj.id,
        name=unquote(_name(obj)),
        power=str(obj.row.get("runtime.powerState", "")),
        host_id=host._moId if host is not None else "",
        openstack=any("nvp.vm-uuid" in key for key in obj.row),
        network_ids=ids(obj.row.get("network")),
    )
