"""The states of simulated servers: active or failed some seconds after the request, gone some time after deletion.

The rules of `boot` decide whether a server becomes active.
"""

from __future__ import annotations

from mhv_tui.core import openstack
from mhv_tui.demo import boot
from mhv_tui.demo.rows import Row
from mhv_tui.demo.store import Store, fail

BUILD_SECONDS = 25.0
"""The simulated seconds from the request for a server until its status is ACTIVE or ERROR."""

TASK_STATES = ((0.0, "scheduling"), (3.0, "networking"), (6.0, "spawning"))
"""The simulated seconds after which a server in the status BUILD has a task_state."""

DELETE_SECONDS = 6.0
"""The simulated seconds from the delete request until the server no longer exists."""


def create(store: Store, new: openstack.NewServer) -> str:
    """Creates a server in state BUILD and returns its id."""
    cloud = store.state["cloud"]
    for table, key in (("images", new.image_id), ("flavors", new.flavor_id)):
        if key not in cloud[table]:
            fail("OS10", f"{table[:-1].capitalize()} {key} could not be found.", new.name)
    if new.port_id and new.port_id not in cloud["ports"]:
        fail("OS10", f"Port {new.port_id} could not be found.", new.name)
    key = store.new_id()
    cloud["servers"][key] = {
        **{"name": new.name, "status": "BUILD", "image_id": new.image_id, "flavor_id": new.flavor_id},
        **{"port_id": new.port_id, "availability_zone": new.availability_zone, "born": store.state["clock"]},
    }
    return key


def update(store: Store) -> None:
    """Moves every server to its state at the current simulated time."""
    rows = store.state["cloud"]["servers"]
    for key, row in list(rows.items()):
        age = store.state["clock"] - row["born"]
        if row["status"] == "BUILD" and age >= BUILD_SECONDS:
            _end_building(store, key, row)
        elif row["status"] == "BUILD":
            row["task_state"] = [state for start, state in TASK_STATES if age >= start][-1]
        if "deleted" in row and store.state["clock"] - row["deleted"] >= DELETE_SECONDS:
            _remove(store, key)
    store.save()


def delete(store: Store, key: str) -> None:
    """Requests the deletion of a server. A missing server is not an error."""
    row = store.state["cloud"]["servers"].get(key)
    if row is not None:
        row.setdefault("deleted", store.state["clock"])


def _end_building(store: Store, key: str, row: Row) -> None:
    row["task_state"] = ""
    try:
        host = boot.schedule(store.state, row)
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


def _remove(store: Store, key: str) -> None:
    row = store.state["cloud"]["servers"].pop(key)
    if row.get("port_id") in store.state["cloud"]["ports"]:
        store.state["cloud"]["ports"][row["port_id"]].update(vif_type="unbound", vif_details={}, host="")
    for vcenter in store.state["vcenters"].values():
        vcenter.get("machines", {}).pop(f"vm-{key[:8]}", None)
