"""Implements core.ports.Vcenter over pyVmomi. The number of read calls does not grow with the size of the inventory.

The steps decide which changes are allowed. vCenter's own refusals become findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from mhv_tui.adapters.failures import edge, failure
from mhv_tui.adapters.limits import LIMITS, Limit, Limits
from mhv_tui.adapters.vsphere_session import VcenterSession
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed
from mhv_tui.core.vsphere import Inventory, Mount, VcenterLogin, VirtualMachine
from mhv_tui.domain import vsphere_read
from mhv_tui.domain.vsphere_read import PropertyValues

MOUNTS_LIMIT = 20_000
"""Maximum number of mounts (datastores x hosts) to read; 500,000 took 37 s. Above it, no mounts are read."""


TASKS = frozenset(("add_distributed_port_group", "remove_distributed_port_group", "set_drs"))
"""The methods that wait for a vCenter task."""


@edge
class PyvmomiVcenter:
    """One logged-in vCenter."""

    def __init__(self, login: VcenterLogin, password: Revealed, limits: Limits = LIMITS) -> None:
        self.session = VcenterSession(login, password, limits)
        self._references: dict[str, Any] = {}
        """Id -> managed object of the last inventory, with its exact type."""

    def limit(self, operation: str) -> Limit:
        """Returns the limit of seconds and bytes for all calls of one method together."""
        limit, task = self.session.limits.operation, self.session.limits.task
        return Limit(limit.seconds + task.seconds, limit.size) if operation in TASKS else limit

    def translated(self, error: Exception, operation: str) -> FindingError:
        """Returns the FindingError for an exception that no single call has converted."""
        return self.session.error_of(error, operation.replace("_", " "))

    def inventory(self) -> Inventory:
        """Reads the inventory with four calls, and one more for each further page of vCenter's answer."""
        root = self.session.content.rootFolder
        rows = self.session.view(root, vsphere_read.PROPERTIES, "read the inventory")
        self._references = {"": root, **{reference._moId: reference for reference, _ in rows}}
        objects = [vsphere_read.managed_object(*row) for row in rows]
        return vsphere_read.inventory(self.session.content.about, objects, self._mounts(objects))

    def _mounts(self, objects: Sequence[vsphere_read.ManagedObject]) -> Mapping[str, tuple[Mount, ...]]:
        datastore_ids = [o.id for o in objects if o.kind == "Datastore"]
        host_count = sum(o.kind == "HostSystem" for o in objects)
        if len(datastore_ids) * host_count > MOUNTS_LIMIT:
            return {}
        datastores = self.session.objects("Datastore", datastore_ids)
        rows = self.session.read(datastores, {"Datastore": ("host",)}, "read the datastores' mounts")
        return {reference._moId: vsphere_read.mounts_of(row) for reference, row in rows}

    def virtual_machines(self, cluster_id: str) -> tuple[VirtualMachine, ...]:
        (cluster,) = self.session.objects("ClusterComputeResource", [cluster_id])
        rows = self.session.view(cluster, vsphere_read.VM_PROPERTIES, "list the cluster's virtual machines")
        return tuple(vsphere_read.virtual_machine(vsphere_read.managed_object(*row)) for row in rows)

    def resource_pools(self, cluster_id: str) -> tuple[str, ...]:
        """Lists the pools and vApps below the cluster's root pool. Raises VC12 if the login cannot read them."""
        action = "list the cluster's resource pools"
        clusters = self.session.objects("ClusterComputeResource", [cluster_id])
        cluster_rows = self.session.read(clusters, {"ClusterComputeResource": ("resourcePool",)}, action)
        roots = [row["resourcePool"] for _, row in cluster_rows if row.get("resourcePool") is not None]
        rows = [row for _, row in self.session.read(roots, {"ResourcePool": ("name", "resourcePool")}, action)]
        if not rows or "name" not in rows[0]:
            # If the login cannot read the root pool, its children are unknown, which is not the same as none.
            raise failure("VC12", f"vCenter does not show the resource pools of {cluster_id}", subject=cluster_id)
        pools = list(rows[0].get("resourcePool") or ())
        pool_rows = self.session.read(pools, {"ResourcePool": ("name",)}, action)
        return tuple(unquote(row.get("name", pool._moId)) for pool, row in pool_rows)

    def missing_privileges(self, required: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """Checks privileges, with one call for all objects that require the same privileges."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for moid, privileges in required.items():
            groups.setdefault(tuple(privileges), []).append(moid)
        missing: dict[str, tuple[str, ...]] = {}
        for privileges, moids in groups.items():
            if privileges:
                missing.update(self._missing(moids, privileges))
        return {moid: privileges for moid, privileges in missing.items() if privileges}

    def _missing(self, moids: Sequence[str], privileges: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Returns the missing privileges of each object; all of `privileges` if the login cannot see the object."""
        from pyVmomi import vmodl

        manager = self.session.content.authorizationManager
        root = self.session.content.rootFolder
        if not self._references.keys() >= set(moids):
            self.inventory()
        entities = [self._references[moid] for moid in moids if moid in self._references]
        with self.session.translated_errors("show the login's privileges"):
            try:
                answers = manager.HasPrivilegeOnEntities(entities, self.session.user, list(privileges))
            except vmodl.fault.InvalidArgument:
                # This vCenter does not know some of the privileges; those cannot be missing.
                defined = {p.privId for p in manager.privilegeList}
                known = [p for p in privileges if p in defined]
                answers = manager.HasPrivilegeOnEntities(entities, self.session.user, known)
        invisible = {moid: tuple(privileges) for moid in moids if moid not in self._references}
        return invisible | {
            "" if a.entity._moId == root._moId and "" in moids else a.entity._moId: tuple(
                p.privId for p in a.privAvailability if not p.isGranted
            )
            for a in answers
        }

    def clock(self) -> datetime:
        with self.session.translated_errors("show its time"):
            now: datetime = self.session.instance.CurrentTime()
        return now.astimezone(UTC)

    def extensions(self) -> frozenset[str]:
        """Returns the keys of the registered extensions. An ESXi host has none."""
        manager = self.session.content.extensionManager
        if manager is None:
            return frozenset()
        with self.session.translated_errors("list its extensions"):
            return frozenset(e.key for e in manager.extensionList)

    def add_port_group(self, host_id: str, name: str, switch: str, vlan_id: int) -> None:
        """Adds a standard port group (AddPortGroup). The port group inherits all other policies from the switch."""
        from pyVmomi import vim

        spec = vim.host.PortGroup.Specification(
            name=name, vswitchName=switch, vlanId=vlan_id, policy=vim.host.NetworkPolicy()
        )
        system = self._network_system(host_id)
        codes = {"NotFound": "NW09", "InvalidArgument": "NW07"}
        with self.session.translated_errors(f"add the port group {name} on {switch} of {host_id}", name, codes):
            system.AddPortGroup(spec)

    def remove_port_group(self, host_id: str, name: str) -> None:
        """Removes a standard port group (RemovePortGroup). Raises NW17 if it is in use, NW03 if it does not exist."""
        system = self._network_system(host_id)
        action = f"remove the port group {name} of {host_id}"
        with self.session.translated_errors(action, name, {"NotFound": "NW03"}):
            system.RemovePortGroup(name)

    def _network_system(self, host_id: str) -> Any:
        path = "configManager.networkSystem"
        hosts = self.session.objects("HostSystem", [host_id])
        rows = self.session.read(hosts, {"HostSystem": (path,)}, "find the host's network system")
        row: PropertyValues = rows[0][1] if rows else {}
        if row.get(path) is None:
            raise failure("CL04", f"vCenter does not show the network system of the host {host_id}", subject=host_id)
        return row[path]

    def add_distributed_port_group(self, dvs_id: str, name: str, vlan_id: int) -> str:
        """Adds a distributed port group with ephemeral binding (AddDVPortgroup_Task). Returns its id."""
        from pyVmomi import vim

        vlan = vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec(vlanId=vlan_id, inherited=False)
        policy = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy(vlan=vlan)
        spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name=name, type="ephemeral", defaultPortConfig=policy)
        (dvs,) = self.session.objects("DistributedVirtualSwitch", [dvs_id])
        action = f"add the distributed port group {name}"
        codes = {"ManagedObjectNotFound": "NW06", "InvalidArgument": "NW07"}
        with self.session.translated_errors(action, name, codes):
            task = dvs.AddDVPortgroup_Task([spec])
        self.session.wait(task, action, name, codes)
        return self._distributed_id(dvs, name)

    def _distributed_id(self, dvs: Any, name: str) -> str:
        action = "find the new port group"
        rows = self.session.read([dvs], {"DistributedVirtualSwitch": ("portgroup",)}, action)
        groups = list(rows[0][1].get("portgroup", ())) if rows else []
        for reference, row in self.session.read(groups, {"DistributedVirtualPortgroup": ("name",)}, action):
            if unquote(row.get("name", "")) == name:
                return str(reference._moId)
        raise failure("VC21", f"the vCenter task succeeded, but the switch has no port group {name}", subject=name)

    def remove_distributed_port_group(self, network_id: str) -> None:
        """Removes a distributed port group (Destroy_Task). Raises NW17 if it is in use or does not exist."""
        (group,) = self.session.objects("DistributedVirtualPortgroup", [network_id])
        action = "remove the distributed port group"
        codes = {"ManagedObjectNotFound": "NW17"}
        with self.session.translated_errors(action, network_id, codes):
            task = group.Destroy_Task()
        self.session.wait(task, action, network_id, codes)

    def set_drs(self, cluster_id: str, enabled: bool, behavior: str) -> None:
        """Sets DRS of a cluster (ReconfigureComputeResource_Task). An empty `behavior` keeps the current one."""
        from pyVmomi import vim

        drs = vim.cluster.DrsConfigInfo(enabled=enabled, defaultVmBehavior=behavior or None)
        (cluster,) = self.session.objects("ClusterComputeResource", [cluster_id])
        action = "set the cluster's DRS"
        with self.session.translated_errors(action, cluster_id):
            task = cluster.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(drsConfig=drs), True)
        self.session.wait(task, action, cluster_id)

    @property
    def lost(self) -> bool:
        """True if the vCenter session has ended, so that the next call needs a new session."""
        return self.session.lost

    def close(self) -> None:
        self.session.close()
