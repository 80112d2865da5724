"""Turns rows of vSphere properties into our inventory. Pure: takes what a Session read, asks nothing itself.

A property that vCenter did not give falls back on what it means when unset, never on an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mhv_tui.adapters.vsphere_session import Row
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

#: What one look reads, by type: leaf paths where the type of every part is the declared one, since vCenter refuses
#: a path into a subclass (drsConfig, vlan); there the whole part is read.
KINDS: Mapping[str, Sequence[str]] = {
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

VM_KINDS: Mapping[str, Sequence[str]] = {
    "VirtualMachine": ("name", "runtime.powerState", "runtime.host", "network", 'config.extraConfig["nvp.vm-uuid"]'),
}


@dataclass(frozen=True)
class Thing:
    """One object: its id, its type's name and its properties."""

    id: str
    kind: str
    row: Row


def thing(found: tuple[Any, Row]) -> Thing:
    """From what a Session read."""
    reference, row = found
    return Thing(reference._moId, type(reference).__name__.rsplit(".", 1)[-1], row)


def inventory(about: Any, things: Sequence[Thing], mounts: Mapping[str, tuple[Mount, ...]]) -> Inventory:
    """The whole of it. `mounts` by datastore id; empty where they were not read."""
    by_id = {t.id: t for t in things}
    hosts = tuple(_host(t) for t in things if t.kind == "HostSystem")
    switches = tuple(_dvs(t, by_id) for t in things if "DistributedVirtualSwitch" in t.kind)
    return Inventory(
        about=About(
            about.name or "", about.version or "", about.build or "", about.apiType or "", about.instanceUuid or ""
        ),
        clusters=tuple(_cluster(t, by_id) for t in things if t.kind == "ClusterComputeResource"),
        hosts=hosts,
        datastores=tuple(_datastore(t, by_id, mounts) for t in things if t.kind == "Datastore"),
        networks=_networks(things, by_id, hosts, switches),
        switches=switches,
    )


def _cluster(t: Thing, by_id: Mapping[str, Thing]) -> Cluster:
    """`name` stays as vCenter escapes it (%2f): nova compares exactly that."""
    config = t.row.get("configurationEx")
    drs, das = getattr(config, "drsConfig", None), getattr(config, "dasConfig", None)
    return Cluster(
        id=t.id,
        name=t.row.get("name", t.id),
        path=path(t, by_id),
        datacenter=datacenter(t, by_id),
        host_ids=ids(t.row.get("host")),
        datastore_ids=ids(t.row.get("datastore")),
        network_ids=ids(t.row.get("network")),
        drs_enabled=bool(getattr(drs, "enabled", False)),
        drs_behavior=str(getattr(drs, "defaultVmBehavior", None) or "fullyAutomated"),
        ha_enabled=getattr(das, "enabled", None),
        resource_pool_id="".join(ids([t.row["resourcePool"]] if t.row.get("resourcePool") else None)),
    )


def _host(t: Thing) -> Host:
    row = t.row
    return Host(
        id=t.id,
        name=unquote(row.get("name", t.id)),
        cluster_id="".join(ids([row["parent"]] if row.get("parent") else None)),
        version=row.get("summary.config.product.version", ""),
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


def _switch(switch: Any, row: Row) -> Switch:
    devices = {p.key: p.device for p in row.get("config.network.pnic") or ()}
    uplinks = tuple(devices.get(key, key.rsplit("-", 1)[-1]) for key in switch.pnic or ())
    return Switch(switch.name, uplinks, switch.mtu or 1500)


def _datastore(t: Thing, by_id: Mapping[str, Thing], mounts: Mapping[str, tuple[Mount, ...]]) -> Datastore:
    row = t.row
    return Datastore(
        id=t.id,
        name=unquote(row.get("name", t.id)),
        type=row.get("summary.type", ""),
        capacity=int(row.get("summary.capacity", 0)),
        free=int(row.get("summary.freeSpace", 0)),
        datacenter=datacenter(t, by_id),
        accessible=bool(row.get("summary.accessible", False)),
        maintenance=row.get("summary.maintenanceMode") or "normal",
        shared=row.get("summary.multipleHostAccess"),
        mounts=mounts.get(t.id, ()),
        url=row.get("summary.url") or "",
    )


def mounts_of(row: Row) -> tuple[Mount, ...]:
    """A datastore's mounts, from its property `host`."""
    return tuple(
        Mount(
            m.key._moId,
            bool(m.mountInfo.accessible) and m.mountInfo.mounted is not False,
            m.mountInfo.accessMode == "readOnly",
        )
        for m in row.get("host") or ()
    )


def _dvs(t: Thing, by_id: Mapping[str, Thing]) -> Dvs:
    return Dvs(t.id, unquote(t.row.get("name", t.id)), datacenter(t, by_id), ids(t.row.get("summary.hostMember")))


def _networks(
    things: Sequence[Thing], by_id: Mapping[str, Thing], hosts: Sequence[Host], switches: Sequence[Dvs]
) -> tuple[Network, ...]:
    members = {s.id: s.host_ids for s in switches}
    uplinks = {i for t in things for i in ids(t.row.get("config.uplinkPortgroup"))}
    carriers = _carriers(hosts, by_id)
    found = []
    for t in things:
        if t.kind == "DistributedVirtualPortgroup":
            tags = {tag.key for tag in t.row.get("tag") or ()}
            found.append(_distributed(t, by_id, members, t.id in uplinks or "SYSTEM/DVS.UPLINKPG" in tags))
        elif t.kind in ("Network", "OpaqueNetwork"):
            name, center = unquote(t.row.get("name", t.id)), datacenter(t, by_id)
            kind = "opaque" if t.kind == "OpaqueNetwork" else "standard"
            on = carriers.get((center, name), {}) if kind == "standard" else {}
            vlan = next(iter(on.values())) if len(set(on.values())) == 1 else None
            found.append(Network(t.id, name, kind, center, vlan_id=vlan, host_ids=tuple(on)))
    return tuple(found)


def _carriers(hosts: Sequence[Host], by_id: Mapping[str, Thing]) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """(datacenter, port group) -> host id -> VLAN: a standard network is where its name is."""
    carriers: dict[tuple[str, str], dict[str, int]] = {}
    for host in hosts:
        center = datacenter(by_id[host.id], by_id)
        for group in host.port_groups:
            carriers.setdefault((center, group.name), {})[host.id] = group.vlan_id
    return carriers


def _distributed(t: Thing, by_id: Mapping[str, Thing], members: Mapping[str, tuple[str, ...]], uplink: bool) -> Network:
    dvs = t.row.get("config.distributedVirtualSwitch")
    dvs_id = dvs._moId if dvs is not None else ""
    # A trunk's or private VLAN's id is no number: it stays unknown.
    vlan = getattr(getattr(t.row.get("config.defaultPortConfig"), "vlan", None), "vlanId", None)
    return Network(
        id=t.id,
        name=unquote(t.row.get("name", t.id)),
        kind="distributed",
        datacenter=datacenter(t, by_id),
        dvs_id=dvs_id,
        binding=str(t.row.get("config.type", "")),
        vlan_id=vlan if isinstance(vlan, int) else None,
        host_ids=members.get(dvs_id, ()),
        uplink=uplink,
    )


def ids(references: Any) -> tuple[str, ...]:
    """The ids of managed object references; empty for an unset list."""
    return tuple(r._moId for r in references or ())


def path(t: Thing, by_id: Mapping[str, Thing]) -> str:
    """The inventory path from the root folder, as people read it (%2f as /)."""
    return "/" + "/".join(unquote(p.row.get("name", p.id)) for p in reversed(_line(t, by_id)))


def datacenter(t: Thing, by_id: Mapping[str, Thing]) -> str:
    """The name of the datacenter that an object is in, or ""."""
    return next((unquote(p.row.get("name", "")) for p in _line(t, by_id) if p.kind == "Datacenter"), "")


def _line(t: Thing | None, by_id: Mapping[str, Thing]) -> list[Thing]:
    """The object and its parents, up to the root folder, which is no part of a path."""
    line: list[Thing] = []
    while t is not None and len(line) < 64:
        line.append(t)
        parent = t.row.get("parent")
        t = by_id.get(parent._moId) if parent is not None else None
    return line


def virtual_machine(t: Thing) -> VirtualMachine:
    """A VM; nova marks its own with nvp.vm-uuid (nova, virt/vmwareapi/vm_util.py)."""
    host = t.row.get("runtime.host")
    return VirtualMachine(
        id=t.id,
        name=unquote(t.row.get("name", t.id)),
        power=str(t.row.get("runtime.powerState", "")),
        host_id=host._moId if host is not None else "",
        openstack=any("nvp.vm-uuid" in key for key in t.row),
        network_ids=ids(t.row.get("network")),
    )
