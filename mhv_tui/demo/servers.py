"""Servers over the simulated clock: active or failed a while after the request, gone a while after their deletion.

What becomes of one is not decided here but by the rules of `boot`.
"""

from __future__ import annotations

from mhv_tui.core import openstack
from mhv_tui.demo import boot
from mhv_tui.demo.rows import Row
from mhv_tui.demo.store import Store, fail

BUILDS = 25.0
"""Simulated seconds from request to ACTIVE or ERROR."""

DELETES = 6.0
"""Simulated seconds from the request to delete until the server is gone."""


def create(store: Store, wanted: openstack.NewServer) -> str:
    """A server in BUILD whose end is settled by the rules of `boot`; returns its id."""
    cloud = store.state["cloud"]
    for table, key in (("images", wanted.image_id), ("flavors", wanted.flavor_id)):
        if key not in cloud[table]:
            fail("OS10", f"{table[:-1].capitalize()} {key} could not be found.", wanted.name)
    if wanted.port_id and wanted.port_id not in cloud["ports"]:
        fail("OS10", f"Port {wanted.port_id} could not be found.", wanted.name)
    key = store.fresh_id()
    cloud["servers"][key] = {
        **{"name": wanted.name, "status": "BUILD", "image_id": wanted.image_id, "flavor_id": wanted.flavor_id},
        **{"port_id": wanted.port_id, "availability_zone": wanted.availability_zone, "born": store.state["clock"]},
    }
    return key


def settle(store: Store) -> None:
    """Brings every server to where the clock says it is."""
    rows = store.state["cloud"]["servers"]
    for key, row in list(rows.items()):
        if row["status"] == "BUILD" and store.state["clock"] - row["born"] >= BUILDS:
            _end_building(store, key, row)
        if "deleted" in row and store.state["clock"] - row["deleted"] >= DELETES:
            _vanish(store, key)
    store.save()


def delete(store: Store, key: str) -> None:
    """Asked to go; gone after a while. One that is not there is done already."""
    row = store.state["cloud"]["servers"].get(key)
    if row is not None:
        row.setdefault("deleted", store.state["clock"])


def _end_building(store: Store, key: str, row: Row) -> None:
    try:
        host = boot.place(store.state, row)
        row.update(host=host["service_host"], hypervisor_hostname=host["hostname"])
        boot.spawn(store.state, host, row)
    except boot.Fault as fault:
        row.update(status="ERROR", fault=str(fault))
        return
    row["status"] = "ACTIVE"
    if host["type"] == boot.VMWARE:
        vcenter = boot.vcenter_of(store.state, host)
        vcenter.setdefault("machines", {})[f"vm-{key[:8]}"] = {
            **{"name": key, "power": "poweredOn", "host_id": vcenter["clusters"][host["cluster"]]["host_ids"][0]},
            **{"openstack": True, "network_ids": row.get("network_ids", [])},
        }


def _vanish(store: Store, key: str) -> None:
    row = store.state["cloud"]["servers"].pop(key)
    if row.get("port_id") in store.state["cloud"]["ports"]:
        store.state["cloud"]["ports"][row["port_id"]].update(vif_type="unbound", vif_details={}, host="")
    for vcenter in store.state["vcenters"].values():
        vcenter.get("machines", {}).pop(f"vm-{key[:8]}", None)
