"""The simulated vCenter: reads and writes inventory rows by the rules of a real vCenter.

A standard port group belongs to one host, names are unique per host or datacenter, objects in use cannot be removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from mhv_tui.core import vsphere
from mhv_tui.demo import permissions
from mhv_tui.demo.rows import Row, value_of, values_of
from mhv_tui.demo.store import Store, fail, in_turn


@in_turn
class DemoVcenter:
    """Implements core.ports.Vcenter for one logged-in user."""

    def __init__(self, store: Store, row: Row, user: Row) -> None:
        self._store = store
        self._row = row
        self._user = user

    def inventory(self) -> vsphere.Inventory:
        self._store.raise_fault("vcenter.inventory")
        row = self._row
        return vsphere.Inventory(
            about=value_of(vsphere.About, row["about"]),
            clusters=values_of(vsphere.Cluster, row.get("clusters")),
            hosts=values_of(vsphere.Host, row.get("hosts")),
            datastores=values_of(vsphere.Datastore, row.get("datastores")),
            networks=values_of(vsphere.Network, row.get("networks")),
            switches=values_of(vsphere.Dvs, row.get("switches")),
        )

    def missing_privileges(self, required: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        self._store.raise_fault("vcenter.missing_privileges")
        missing = {
            object_id: tuple(p for p in privileges if self._lacks(p, object_id))
            for object_id, privileges in required.items()
        }
        return {object_id: privileges for object_id, privileges in missing.items() if privileges}

    def clock(self) -> datetime:
        self._store.raise_fault("vcenter.clock")
        return self._store.now() + timedelta(seconds=self._row.get("skew", 0))

    def extensions(self) -> frozenset[str]:
        self._store.raise_fault("vcenter.extensions")
        return frozenset(self._row.get("extensions", ()))

    def virtual_machines(self, cluster_id: str) -> tuple[vsphere.VirtualMachine, ...]:
        self._store.raise_fault("vcenter.virtual_machines")
        hosts = self._row["clusters"][cluster_id]["host_ids"]
        machines = values_of(vsphere.VirtualMachine, self._row.get("machines"))
        return tuple(m for m in machines if m.host_id in hosts)

    def resource_pools(self, cluster_id: str) -> tuple[str, ...]:
        self._store.raise_fault("vcenter.resource_pools")
        return tuple(self._row["clusters"][cluster_id].get("pools", ()))

    def add_port_group(self, host_id: str, name: str, switch: str, vlan_id: int) -> None:
        with self._store.operation("vcenter.add_port_group"):
            host = self._host(host_id)
            self._require("Host.Config.Network", host_id)
            if host.get("state", "connected") != "connected":
                fail("CL04", f"{host['name']} is {host['state']}", host["name"])
            if switch not in [s["name"] for s in host.get("switches", ())]:
                fail("NW09", f"{host['name']} has no switch {switch}", host["name"])
            if not 0 <= vlan_id <= 4095:
                fail("NW07", f"VLAN {vlan_id} is not between 0 and 4095", name)
            groups = host.setdefault("port_groups", [])
            if name in [g["name"] for g in groups]:
                fail("NW17", f"The specified key, name, or identifier '{name}' already exists.", host["name"])
            groups.append({"name": name, "switch": switch, "vlan_id": vlan_id})
            self._list_standard(name, host_id)

    def remove_port_group(self, host_id: str, name: str) -> None:
        with self._store.operation("vcenter.remove_port_group"):
            host = self._host(host_id)
            self._require("Host.Config.Network", host_id)
            others = [g for g in host.get("port_groups", ()) if g["name"] != name]
            if len(others) == len(host.get("port_groups", ())):
                fail("NW03", f"{host['name']} has no port group {name}", host["name"])
            network = self._standard(name, host["cluster_id"])
            if network and self._users(network, host_id):
                fail("NW17", f"The resource '{name}' is in use.", host["name"])
            host["port_groups"] = others
            if network:
                self._unlist_standard(network, host_id)

    def add_distributed_port_group(self, dvs_id: str, name: str, vlan_id: int) -> str:
        with self._store.operation("vcenter.add_distributed_port_group"):
            dvs = self._row.get("switches", {}).get(dvs_id)
            if dvs is None:
                fail("NW06", f"there is no distributed switch {dvs_id}", name)
            self._require("DVPortgroup.Create", dvs_id)
            if not 0 <= vlan_id <= 4094:
                fail("NW07", f"VLAN {vlan_id} is not between 0 and 4094", name)
            if name in [n["name"] for n in self._row["networks"].values() if n["datacenter"] == dvs["datacenter"]]:
                fail("NW17", f"The name '{name}' already exists.", name)
            key = self._new_id("dvportgroup", 101)
            self._row["networks"][key] = {
                **{"name": name, "kind": "distributed", "datacenter": dvs["datacenter"], "dvs_id": dvs_id},
                **{"binding": "ephemeral", "vlan_id": vlan_id, "host_ids": list(dvs["host_ids"])},
            }
            for cluster in self._clusters_with(dvs["host_ids"]):
                cluster["network_ids"].append(key)
        return key

    def remove_distributed_port_group(self, network_id: str) -> None:
        with self._store.operation("vcenter.remove_distributed_port_group"):
            row = self._row["networks"].get(network_id)
            if row is None:
                fail("NW17", f"there is no distributed port group {network_id}", network_id)
            self._require("DVPortgroup.Delete", network_id)
            if self._users(network_id):
                fail("NW17", f"The resource '{row['name']}' is in use.", row["name"])
            self._drop_network(network_id)

    def set_drs(self, cluster_id: str, enabled: bool, behavior: str) -> None:
        with self._store.operation("vcenter.set_drs"):
            cluster = self._row["clusters"][cluster_id]
            self._require("Host.Inventory.EditCluster", cluster_id)
            if enabled and not cluster.get("licensed", True):
                fail("CL07", "License not available to perform the operation: DRS is not licensed.", cluster["name"])
            cluster.update(drs_enabled=enabled, drs_behavior=behavior)
            if not enabled:
                cluster.pop("pools", None)

    def _lacks(self, privilege: str, object_id: str) -> bool:
        return permissions.lacks(self._user, privilege, object_id)

    def _require(self, privilege: str, object_id: str) -> None:
        if self._lacks(privilege, object_id):
            fail("VC12", f"Permission to perform this operation was denied: {privilege} on {object_id}", privilege)

    def _host(self, host_id: str) -> Row:
        host: Row | None = self._row["hosts"].get(host_id)
        if host is None:
            fail("CL04", f"there is no host {host_id}", host_id)
        return host

    def _clusters_with(self, host_ids: Sequence[str]) -> list[Row]:
        return [c for c in self._row["clusters"].values() if set(c["host_ids"]) & set(host_ids)]

    def _standard(self, name: str, cluster_id: str) -> str:
        datacenter = self._row["clusters"][cluster_id]["datacenter"]
        for key, row in self._row["networks"].items():
            if (row["name"], row["kind"], row["datacenter"]) == (name, "standard", datacenter):
                return str(key)
        return ""

    def _list_standard(self, name: str, host_id: str) -> None:
        cluster = self._row["clusters"][self._row["hosts"][host_id]["cluster_id"]]
        key = self._standard(name, self._row["hosts"][host_id]["cluster_id"]) or self._new_id("network", 51)
        row = {"name": name, "kind": "standard", "datacenter": cluster["datacenter"], "host_ids": []}
        self._row["networks"].setdefault(key, row)["host_ids"].append(host_id)
        if key not in cluster["network_ids"]:
            cluster["network_ids"].append(key)

    def _unlist_standard(self, network_id: str, host_id: str) -> None:
        row = self._row["networks"][network_id]
        row["host_ids"].remove(host_id)
        if not row["host_ids"]:
            self._drop_network(network_id)
            return
        for cluster in self._clusters_with([host_id]):
            if not set(cluster["host_ids"]) & set(row["host_ids"]):
                cluster["network_ids"].remove(network_id)

    def _drop_network(self, network_id: str) -> None:
        del self._row["networks"][network_id]
        for cluster in self._row["clusters"].values():
            cluster["network_ids"] = [n for n in cluster["network_ids"] if n != network_id]

    def _users(self, network_id: str, host_id: str = "") -> list[Row]:
        machines = self._row.get("machines", {}).values()
        return [m for m in machines if network_id in m.get("network_ids", ()) and host_id in ("", m["host_id"])]

    def _new_id(self, kind: str, start: int) -> str:
        """An id that no network has had: as in a vCenter, an object that is created again is another one."""
        number = start + self._row.get("made", 0)
        while f"{kind}-{number}" in self._row["networks"]:
            number += 1
        self._row["made"] = number - start + 1
        return f"{kind}-{number}"
