"""What other people do to a simulated world after everything was applied to it: each edits the world's state."""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.demo.store import State
from tests.engine.worlds import NAME, VCENTER

NODE, CONF = "novavmware1", "/etc/nova/nova.conf"
Edit = Callable[[State], None]


def machine(state: State) -> State:
    row: State = state["machines"][NODE]
    return row


def named(table: State, name: str) -> State:
    """The row of that name."""
    row: State = next(row for row in table.values() if row["name"] == name)
    return row


def key_of(table: State, name: str) -> str:
    """The key of the row of that name."""
    return next(str(key) for key, row in table.items() if row["name"] == name)


def with_a_vm(network: str, host: str) -> Edit:
    def edit(state: State) -> None:
        vcenter = state["vcenters"][VCENTER]
        used = key_of(vcenter["networks"], network)
        vm = {"name": "theirs", "power": "poweredOn", "host_id": host, "network_ids": [used]}
        vcenter.setdefault("machines", {})["vm-77"] = vm

    return edit


def edited_file(path: str) -> Edit:
    def edit(state: State) -> None:
        machine(state)["files"][path]["content"] += "\n# by the operator\n"

    return edit


def renamed_port_group(state: State) -> None:
    named(state["vcenters"][VCENTER]["networks"], "vmware-net")["name"] = "renamed"


def other_vlan(state: State) -> None:
    named(state["vcenters"][VCENTER]["networks"], "vmware-net")["vlan_id"] = 7


def deleted_port_group(state: State) -> None:
    vcenter = state["vcenters"][VCENTER]
    key = key_of(vcenter["networks"], "vmware-net")
    del vcenter["networks"][key]
    for cluster in vcenter["clusters"].values():
        cluster["network_ids"] = [network for network in cluster["network_ids"] if network != key]


def other_standard_vlan(state: State) -> None:
    groups = state["vcenters"][VCENTER]["hosts"]["host-22"]["port_groups"]
    next(group for group in groups if group["name"] == "br100")["vlan_id"] = 7


def without_host(state: State) -> None:
    del state["vcenters"][VCENTER]["hosts"]["host-24"]


def without_vcenter(state: State) -> None:
    state["vcenters"].clear()


def without_node(state: State) -> None:
    del state["machines"][NODE]


def ours(state: State) -> str:
    """The id of the service that the session registered."""
    services = state["cloud"]["services"]
    return next(str(k) for k, s in services.items() if (s["binary"], s["host"]) == ("nova-compute", NODE))


def without_record(state: State) -> None:
    cloud = state["cloud"]
    del cloud["services"][ours(state)]
    cloud["hypervisors"] = {k: h for k, h in cloud["hypervisors"].items() if h["service_host"] != NODE}
    for aggregate in cloud["aggregates"].values():
        aggregate["hosts"] = [host for host in aggregate["hosts"] if host != NODE]


def disabled(state: State) -> None:
    state["cloud"]["services"][ours(state)].update(status="disabled", disabled_reason="maintenance")


def stopped(state: State) -> None:
    machine(state)["units"]["nova-compute"].update(active="inactive", enabled="disabled")
    state["cloud"]["services"][ours(state)]["state"] = "down"


def with_a_server(state: State) -> None:
    image = key_of(state["cloud"]["images"], "ubuntu-vmware")
    flavor = key_of(state["cloud"]["flavors"], "m1.small")
    server = {"name": "theirs", "status": "ACTIVE", "image_id": image, "flavor_id": flavor, "born": 0.0}
    state["cloud"]["servers"]["9c3e5fb4-8a71-4d50-9f55-bea4a7c9f009"] = {**server, "host": NODE}


def aggregate(state: State) -> State:
    return named(state["cloud"]["aggregates"], "vmware")


def with_another_host(state: State) -> None:
    aggregate(state)["hosts"].append("compute1")


def host_removed(state: State) -> None:
    aggregate(state)["hosts"].remove(NODE)


def other_aggregate(state: State) -> None:
    """Theirs, of the same zone; ours is deleted."""
    aggregates = state["cloud"]["aggregates"]
    del aggregates[key_of(aggregates, "vmware")]
    aggregates["77"] = {"name": "theirs", "availability_zone": "vmware", "hosts": [NODE]}


def renamed_zone(state: State) -> None:
    aggregate(state)["availability_zone"] = "theirs"


def renamed_aggregate(state: State) -> None:
    aggregate(state)["name"] = "theirs"


def deleted_conf(state: State) -> None:
    del machine(state)["files"][CONF]


def readable_conf(state: State) -> None:
    machine(state)["files"][CONF]["mode"] = 0o644


def renamed_image(state: State) -> None:
    named(state["cloud"]["images"], "ubuntu-vmware")["name"] = "golden"


def deleted_image(state: State) -> None:
    images = state["cloud"]["images"]
    del images[key_of(images, "ubuntu-vmware")]


def other_property(state: State) -> None:
    properties = named(state["cloud"]["images"], "cirros")["properties"]
    properties.update(dict.fromkeys(properties, "theirs"))


def deleted_tagged_image(state: State) -> None:
    images = state["cloud"]["images"]
    del images[key_of(images, "cirros")]


def manual_drs(state: State) -> None:
    state["vcenters"][VCENTER]["clusters"]["domain-c7"]["drs_behavior"] = "manual"


def resource_pools(state: State) -> None:
    state["vcenters"][VCENTER]["clusters"]["domain-c7"]["pools"] = ["theirs"]


def edited_copy(state: State) -> None:
    files = machine(state)["files"]
    copy = next(path for path in files if path.startswith(f"/var/lib/mhv-tui/backup/{NAME}{CONF}"))
    files[copy]["content"] += "# by the operator\n"


def purged(state: State) -> None:
    machine(state)["packages"].pop("nova-compute-vmware")


def installed(state: State) -> None:
    machine(state)["packages"]["their-package"] = "1.0"
