"""Changes to a vCenter: a port group on a host or a distributed switch, and DRS of a cluster.

A port group that mhv-tui did not create is never changed. Undo keeps an object that others edited later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.text import as_lines, join_names
from mhv_tui.core.vsphere import Cluster, Dvs, Host, HostPortGroup, Inventory, Network, VcenterLogin
from mhv_tui.domain.catalogue import finding


@dataclass(frozen=True, kw_only=True)
class AddPortGroup(Change):
    """Adds a standard port group to one host."""

    login: VcenterLogin
    host_id: str
    host: str
    name: str
    switch: str
    vlan_id: int = 0
    detects_all_effects: ClassVar[bool] = True
    undoes: ClassVar[str] = "remove port group {name} from {switch} on {host}"

    @property
    def id(self) -> str:
        return change_id("portgroup", self.login.system, self.host, self.name)

    @property
    def summary(self) -> str:
        return f"add port group {self.name} to {self.switch} on {self.host}"

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        rows = (f"  name    {self.name}", f"  vswitch {self.switch}", f"  vlanId  {self.vlan_id}")
        return as_lines(f"HostNetworkSystem.AddPortGroup on {self.host}", *rows)

    def before(self, ctx: Context) -> Receipt:
        """Whether the port group already exists; if so, undo keeps it."""
        return {"there": self._current(ctx) is not None}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Adds the port group, unless it exists as planned. Raises FindingError if it exists with other settings."""
        current = self._current(ctx)
        if current is None:
            ctx.backend.vcenter(self.login).add_port_group(self.host_id, self.name, self.switch, self.vlan_id)
        elif not self._is_as_planned(current):
            raise _other(self.name, self.host, f"it has switch {current.switch} and VLAN {current.vlan_id}")
        return {"made": not before["there"]}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Removes the port group if this change added it. Raises FindingError if others changed it."""
        current = None if receipt["there"] else self._current(ctx)
        if current is None:
            return
        if not self._is_as_planned(current):
            raise _changed(self.name, self.host, f"it has switch {current.switch} and VLAN {current.vlan_id} now")
        ctx.backend.vcenter(self.login).remove_port_group(self.host_id, self.name)

    def _is_as_planned(self, current: HostPortGroup) -> bool:
        return (current.switch, current.vlan_id) == (self.switch, self.vlan_id)

    def _current(self, ctx: Context) -> HostPortGroup | None:
        host = _host(ctx.backend.vcenter(self.login).inventory(), self.host_id, self.host)
        return next((p for p in host.port_groups if p.name == self.name), None)


@dataclass(frozen=True, kw_only=True)
class AddDistributedPortGroup(Change):
    """Adds a distributed port group with ephemeral binding."""

    login: VcenterLogin
    dvs_id: str
    dvs: str
    name: str
    vlan_id: int = 0
    detects_all_effects: ClassVar[bool] = True
    undoes: ClassVar[str] = "remove distributed port group {name} from {dvs}"

    @property
    def id(self) -> str:
        return change_id("portgroup", self.login.system, self.dvs, self.name)

    @property
    def shared(self) -> str:
        return self.id

    @property
    def summary(self) -> str:
        return f"add distributed port group {self.name} to {self.dvs} with ephemeral binding"

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        rows = (f"  name   {self.name}", "  type   ephemeral", f"  vlanId {self.vlan_id}")
        return as_lines(f"DistributedVirtualSwitch.AddDVPortgroup_Task on {self.dvs}", *rows)

    def before(self, ctx: Context) -> Receipt:
        """The id of an existing port group with this name, which undo keeps; None if there is none."""
        current = self._current(ctx)
        return {"there": current.id if current else None}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Adds the port group, unless it exists as planned. Raises FindingError if it exists with other settings."""
        current = self._current(ctx)
        if current is None:
            vcenter = ctx.backend.vcenter(self.login)
            return {"made": vcenter.add_distributed_port_group(self.dvs_id, self.name, self.vlan_id)}
        if not self._is_as_planned(current):
            raise _other(self.name, self.dvs, f"it has {current.binding} binding and VLAN {current.vlan_id}")
        return {"made": None if before["there"] else current.id}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Removes the port group if this change added it. Raises FindingError if others changed it."""
        current = None if receipt["there"] else self._created(ctx, receipt.get("made"))
        if current is None:
            return
        if current.name != self.name:
            raise _changed(self.name, self.dvs, f"it is called {current.name} now")
        if receipt.get("made") not in (None, current.id):
            raise _changed(self.name, self.dvs, f"it has the id {current.id} now, not {receipt['made']}")
        if not self._is_as_planned(current):
            raise _changed(self.name, self.dvs, f"it has {current.binding} binding and VLAN {current.vlan_id} now")
        ctx.backend.vcenter(self.login).remove_distributed_port_group(current.id)

    def _created(self, ctx: Context, made: str | None) -> Network | None:
        """The port group with the id from the receipt, whatever its name is; else the one of this name."""
        networks = ctx.backend.vcenter(self.login).inventory().networks
        return next((n for n in networks if n.id == made), None) or self._current(ctx)

    def _is_as_planned(self, current: Network) -> bool:
        return current.binding == "ephemeral" and current.vlan_id == self.vlan_id

    def _current(self, ctx: Context) -> Network | None:
        inventory = ctx.backend.vcenter(self.login).inventory()
        _dvs(inventory, self.dvs_id, self.dvs)
        return next((n for n in inventory.networks if n.dvs_id == self.dvs_id and n.name == self.name), None)


@dataclass(frozen=True, kw_only=True)
class SetDrs(Change):
    """Turns on fully automated DRS of a cluster: nova relies on DRS to choose an ESXi host for each server."""

    login: VcenterLogin
    cluster_id: str
    cluster: str
    enabled: bool = True
    behavior: str = "fullyAutomated"
    detects_all_effects: ClassVar[bool] = True
    affects_others: ClassVar[bool] = True
    undoes: ClassVar[str] = "restore the earlier DRS setting of the cluster {cluster}"

    @property
    def id(self) -> str:
        return change_id("drs", self.login.system, self.cluster)

    @property
    def summary(self) -> str:
        return f"turn on fully automated DRS of the cluster {self.cluster}"

    @property
    def effect(self) -> Effect:
        return "edit"

    @property
    def consequence(self) -> str:
        return f"With DRS, vCenter moves running virtual machines between the hosts of {self.cluster}."

    def preview(self) -> str:
        return as_lines(
            f"ClusterComputeResource.ReconfigureComputeResource_Task on {self.cluster}",
            f"  drsConfig.enabled           {str(self.enabled).lower()}",
            f"  drsConfig.defaultVmBehavior {self.behavior}",
        )

    def before(self, ctx: Context) -> Receipt:
        cluster = self._current(ctx)
        return {"enabled": cluster.drs_enabled, "behavior": cluster.drs_behavior}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        ctx.backend.vcenter(self.login).set_drs(self.cluster_id, self.enabled, self.behavior)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the earlier DRS setting. Raises FindingError if others changed it, or if resource pools need DRS."""
        cluster = self._current(ctx)
        now = (cluster.drs_enabled, cluster.drs_behavior)
        if now == (receipt["enabled"], receipt["behavior"]):
            return
        if now != (self.enabled, self.behavior):
            state = f"{'on' if cluster.drs_enabled else 'off'}, {cluster.drs_behavior}"
            detail = f"DRS of the cluster {self.cluster} was changed after this change: DRS is {state} now"
            raise FindingError(
                finding(
                    "CL06",
                    "failure",
                    detail,
                    subject=self.cluster,
                    remedy=f"set DRS of {self.cluster} by hand in vCenter",
                )
            )
        pools = () if receipt["enabled"] else ctx.backend.vcenter(self.login).resource_pools(self.cluster_id)
        if pools:
            detail = (
                f"DRS of {self.cluster} stays on: without DRS, vCenter deletes its resource pools {join_names(pools)}"
            )
            remedy = "empty and delete these resource pools in vCenter, then undo again; or keep DRS on"
            raise FindingError(finding("CL05", "failure", detail, subject=self.cluster, remedy=remedy))
        ctx.backend.vcenter(self.login).set_drs(self.cluster_id, receipt["enabled"], receipt["behavior"])

    def _current(self, ctx: Context) -> Cluster:
        inventory = ctx.backend.vcenter(self.login).inventory()
        for cluster in inventory.clusters:
            if cluster.id == self.cluster_id:
                return cluster
        raise FindingError(
            finding(
                "CL01",
                "failure",
                f"the cluster {self.cluster} ({self.cluster_id}) no longer exists",
                subject=self.cluster,
            )
        )


def _host(inventory: Inventory, host_id: str, name: str) -> Host:
    for host in inventory.hosts:
        if host.id == host_id:
            return host
    raise FindingError(
        finding("CL04", "failure", f"the host {name} ({host_id}) no longer exists", subject=name, remedy="check again")
    )


def _dvs(inventory: Inventory, dvs_id: str, name: str) -> Dvs:
    for dvs in inventory.switches:
        if dvs.id == dvs_id:
            return dvs
    raise FindingError(finding("NW09", "failure", f"the switch {name} ({dvs_id}) no longer exists", subject=name))


def _other(name: str, where: str, why: str) -> FindingError:
    return FindingError(
        finding("NW17", "failure", f"the port group {name} on {where} exists, but not as planned: {why}", subject=where)
    )


def _changed(name: str, where: str, why: str) -> FindingError:
    remedy = f"remove the port group {name} by hand in vCenter when nothing uses it"
    return FindingError(
        finding(
            "NW17",
            "failure",
            f"the port group {name} on {where} was changed after mhv-tui added it: {why}",
            subject=where,
            remedy=remedy,
        )
    )
