"""The port core.ports.Vcenter over pyVmomi: reads in a bounded number of calls, and makes only what its methods name.

Refuses nothing by itself: what may be done is decided by steps; vCenter's refusals come back as findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from mhv_tui.adapters import vsphere_read
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.vsphere_session import Row, Session
from mhv_tui.core.secret import Revealed
from mhv_tui.core.vsphere import Inventory, Mount, VcenterLogin, VirtualMachine

MOUNTS_LIMIT = 20_000
"""Mounts (datastores x hosts) that one look reads; above, 500,000 took 37 s, and `shared` must do."""


class PyvmomiVcenter:
    """One logged-in vCenter."""

    def __init__(self, login: VcenterLogin, password: Revealed) -> None:
        self.session = Session(login, password)
        self._seen: dict[str, Any] = {}
        """Id -> the object as the last inventory named it, with its type."""

    def inventory(self) -> Inventory:
        """Everything the checks need: four calls, and one for each further page that vCenter makes of its answer."""
        root = self.session.content.rootFolder
        found = self.session.view(root, vsphere_read.KINDS, "read the inventory")
        self._seen = {"": root, **{reference._moId: reference for reference, _ in found}}
        things = [vsphere_read.thing(f) for f in found]
        return vsphere_read.inventory(self.session.content.about, things, self._mounts(things))

    def _mounts(self, things: Sequence[vsphere_read.Thing]) -> Mapping[str, tuple[Mount, ...]]:
        stores = [t.id for t in things if t.kind == "Datastore"]
        hosts = sum(t.kind == "HostSystem" for t in things)
        if len(stores) * hosts > MOUNTS_LIMIT:
            return {}
        found = self.session.objects("Datastore", stores)
        rows = self.session.read(found, {"Datastore": ("host",)}, "read the datastores' mounts")
        return {reference._moId: vsphere_read.mounts_of(row) for reference, row in rows}

    def virtual_machines(self, cluster_id: str) -> tuple[VirtualMachine, ...]:
        """The VMs of a cluster."""
        (cluster,) = self.session.objects("ClusterComputeResource", [cluster_id])
        found = self.session.view(cluster, vsphere_read.VM_KINDS, "list the cluster's virtual machines")
        return tuple(vsphere_read.virtual_machine(vsphere_read.thing(f)) for f in found)

    def resource_pools(self, cluster_id: str) -> tuple[str, ...]:
        """The children of the cluster's own pool; a vApp is one of them."""
        doing = "list the cluster's resource pools"
        clusters = self.session.objects("ClusterComputeResource", [cluster_id])
        found = self.session.read(clusters, {"ClusterComputeResource": ("resourcePool",)}, doing)
        roots = [row["resourcePool"] for _, row in found if row.get("resourcePool") is not None]
        rows = [row for _, row in self.session.read(roots, {"ResourcePool": ("name", "resourcePool")}, doing)]
        if not rows or "name" not in rows[0]:
            # A pool that may not be read has no children to be seen: that is not the same as none.
            raise failure("VC12", f"vCenter does not show the resource pools of {cluster_id}", subject=cluster_id)
        pools = list(rows[0].get("resourcePool") or ())
        named = self.session.read(pools, {"ResourcePool": ("name",)}, doing)
        return tuple(unquote(row.get("name", pool._moId)) for pool, row in named)

    def missing_privileges(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """Objects are asked about together where the same privileges are wanted of them."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for moid, privileges in wanted.items():
            groups.setdefault(tuple(privileges), []).append(moid)
        held: dict[str, tuple[str, ...]] = {}
        for privileges, moids in groups.items():
            if privileges:
                held.update(self._lacking(moids, privileges))
        return {moid: lacking for moid, lacking in held.items() if lacking}

    def _lacking(self, moids: Sequence[str], privileges: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        from pyVmomi import vmodl

        manager = self.session.content.authorizationManager
        root = self.session.content.rootFolder
        if not self._seen.keys() >= set(moids):
            self.inventory()
        entities = [self._seen[moid] for moid in moids if moid in self._seen]
        with self.session.asking("tell the login's privileges"):
            try:
                answers = manager.HasPrivilegeOnEntities(entities, self.session.user.key, list(privileges))
            except vmodl.fault.InvalidArgument:
                # A privilege that this vCenter does not know cannot be lacking.
                known = {p.privId for p in manager.privilegeList}
                asked = [p for p in privileges if p in known]
                answers = manager.HasPrivilegeOnEntities(entities, self.session.user.key, asked)
        unseen = {moid: tuple(privileges) for moid in moids if moid not in self._seen}
        return unseen | {
            "" if a.entity._moId == root._moId and "" in moids else a.entity._moId: tuple(
                p.privId for p in a.privAvailability if not p.isGranted
            )
            for a in answers
        }

    def clock(self) -> datetime:
        """ServiceInstance.CurrentTime, UTC."""
        with self.session.asking("tell the time"):
            now: datetime = self.session.instance.CurrentTime()
        return now.astimezone(UTC)

    def extensions(self) -> frozenset[str]:
        """The keys of the registered extensions; an ESXi host has none."""
        manager = self.session.content.extensionManager
        if manager is None:
            return frozenset()
        with self.session.asking("list its extensions"):
            return frozenset(e.key for e in manager.extensionList)

    def add_port_group(self, host_id: str, name: str, switch: str, vlan_id: int) -> None:
        """HostNetworkSystem.AddPortGroup; everything else is inherited from the switch."""
        from pyVmomi import vim

        spec = vim.host.PortGroup.Specification(
            name=name, vswitchName=switch, vlanId=vlan_id, policy=vim.host.NetworkPolicy()
        )
        system = self._network_system(host_id)
        codes = {"NotFound": "NW09", "InvalidArgument": "NW07"}
        with self.session.asking(f"add the port group {name} on {switch} of {host_id}", name, codes):
            system.AddPortGroup(spec)

    def remove_port_group(self, host_id: str, name: str) -> None:
        """HostNetworkSystem.RemovePortGroup; NW17 where it is in use, NW03 where the host has none of that name."""
        system = self._network_system(host_id)
        with self.session.asking(f"remove the port group {name} of {host_id}", name, {"NotFound": "NW03"}):
            system.RemovePortGroup(name)

    def _network_system(self, host_id: str) -> Any:
        path = "configManager.networkSystem"
        hosts = self.session.objects("HostSystem", [host_id])
        rows = self.session.read(hosts, {"HostSystem": (path,)}, "find the host's network system")
        row: Row = rows[0][1] if rows else {}
        if row.get(path) is None:
            raise failure("CL04", f"vCenter does not show the network system of the host {host_id}", subject=host_id)
        return row[path]

    def add_distributed_port_group(self, dvs_id: str, name: str, vlan_id: int) -> str:
        """AddDVPortgroup_Task with ephemeral binding; returns the new port group's id."""
        from pyVmomi import vim

        vlan = vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec(vlanId=vlan_id, inherited=False)
        setting = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy(vlan=vlan)
        spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name=name, type="ephemeral", defaultPortConfig=setting)
        (dvs,) = self.session.objects("DistributedVirtualSwitch", [dvs_id])
        doing = f"add the distributed port group {name}"
        codes = {"ManagedObjectNotFound": "NW06", "InvalidArgument": "NW07"}
        with self.session.asking(doing, name, codes):
            task = dvs.AddDVPortgroup_Task([spec])
        self.session.wait(task, doing, name, codes)
        return self._distributed_id(dvs, name)

    def _distributed_id(self, dvs: Any, name: str) -> str:
        doing = "find the new port group"
        rows = self.session.read([dvs], {"DistributedVirtualSwitch": ("portgroup",)}, doing)
        groups = list(rows[0][1].get("portgroup", ())) if rows else []
        for reference, row in self.session.read(groups, {"DistributedVirtualPortgroup": ("name",)}, doing):
            if unquote(row.get("name", "")) == name:
                return str(reference._moId)
        raise failure("VC21", f"the task ended well, but the switch lists no port group {name}", subject=name)

    def remove_distributed_port_group(self, network_id: str) -> None:
        """Destroy_Task; NW17 where it is in use or is not there."""
        (group,) = self.session.objects("DistributedVirtualPortgroup", [network_id])
        doing = "remove the distributed port group"
        codes = {"ManagedObjectNotFound": "NW17"}
        with self.session.asking(doing, network_id, codes):
            task = group.Destroy_Task()
        self.session.wait(task, doing, network_id, codes)

    def set_drs(self, cluster_id: str, enabled: bool, behavior: str) -> None:
        """ReconfigureComputeResource_Task with nothing but the DRS part; an empty behaviour is left as it is."""
        from pyVmomi import vim

        drs = vim.cluster.DrsConfigInfo(enabled=enabled, defaultVmBehavior=behavior or None)
        (cluster,) = self.session.objects("ClusterComputeResource", [cluster_id])
        doing = "set the cluster's DRS"
        with self.session.asking(doing, cluster_id):
            task = cluster.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(drsConfig=drs), True)
        self.session.wait(task, doing, cluster_id)

    @property
    def lost(self) -> bool:
        """The session is over; a new one has to be opened."""
        return self.session.lost

    def close(self) -> None:
        """Logs out."""
        self.session.close()
