"""Builds the answer file for a lab, as tables.

Secrets are written to files in the lab's directory; the tables contain only references to them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import cloud, machines
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.lab import Lab, existing_lab
from mhv_tui.lab.machine import Machine

Table = dict[str, Any]

NETWORK = "vmware-net"
"""The name of the cloud's provider network, and of that network's port group in vCenter."""

BOOT_SECTOR = bytes.fromhex("faf4ebfd").ljust(510, b"\0") + b"\x55\xaa"
"""A boot sector that halts the processor, so that the guest boots and uses no processor time."""


def answers(name: str = "default", kind: str = "distributed", node: str = "novavmware1") -> Table:
    """Returns the answer file of a lab. `kind`: kind of the port group; `node`: name of the future VMware compute node.

    Raises LabUsage if the lab does not exist, LabError if it lacks a part that the answers need."""
    lab = existing_lab(name)
    inventory = _inventory(lab)
    datacenter = inventory["datacenter"][0]
    return {
        "mhv_answers": 1,
        "cloud": {**cloud.login(lab), "password": _secret(lab, "cloud", cloud.ADMIN_PASSWORD)},
        "vcenter": _vcenter(lab, inventory),
        "cluster": {"path": _cluster(datacenter)},
        "datastore": {"names": [_datastore(datacenter)]},
        "network": _network(datacenter, kind),
        "node": {**_ssh(machines.get(lab, node)), "copy_settings_from": _ssh(machines.get(lab, cloud.COMPUTE))},
        "register": {"controller": _ssh(machines.get(lab, cloud.CONTROLLER)), "availability_zone": "vmware"},
        "image": {"source": str(disk(lab)), "name": "lab-vmware", "visibility": "public"},
        "prove": {"flavor": "m1.small", "network": NETWORK},
    }


def _inventory(lab: Lab) -> Table:
    try:
        return tomllib.loads((lab.state / "inventory.toml").read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"Lab {lab.name} has no vCenter: run `mhv-tui lab up` with the part vcenter.") from error


def _secret(lab: Lab, name: str, value: str) -> Table:
    path = lab.state / f"{name}-password"
    write_atomic(path, value + "\n")
    return {"file": str(path)}


def _vcenter(lab: Lab, inventory: Table) -> Table:
    """Returns the table [vcenter] of the answers; prefers a user with all privileges who is not the administrator."""
    users = inventory.get("user") or [{"name": "user", "password": "pass"}]
    unlimited = [user for user in users if not {"at", "deny"} & set(user) and user.get("privileges", "all") == "all"]
    user = next((user for user in unlimited if not user["name"].startswith("administrator")), (unlimited or users)[0])
    return {
        "host": lab.address("vcenter"),
        "username": user["name"],
        "password": _secret(lab, "vcenter", user["password"]),
        "trust": {"ca_file": str(lab.state / "vcenter" / "vcenter.pem")},
    }


def _cluster(datacenter: Table) -> str:
    """Returns the inventory path of the first cluster."""
    cluster = datacenter["cluster"][0]
    parts = [datacenter.get("folder", ""), datacenter["name"], "host", cluster.get("folder", ""), cluster["name"]]
    return "/" + "/".join(part for part in parts if part)


def _datastore(datacenter: Table) -> str:
    """Returns the name of the first datastore that all hosts mount, else of the first datastore."""
    stores = datacenter["datastore"]
    return str(next((store for store in stores if store.get("hosts", ["*"]) == ["*"]), stores[0])["name"])


def _network(datacenter: Table, kind: str) -> Table:
    table: Table = {"port_group": NETWORK, "kind": kind, "vlan_id": 0}
    if kind == "standard":
        return table | {"switch": "vSwitch0"}
    switches = datacenter.get("switch")
    if not switches:
        raise LabError("The lab's vCenter has no distributed switch; use `mhv-tui lab answers --kind standard`.")
    return table | {"dvs": switches[0]["name"]}


def _ssh(machine: Machine) -> Table:
    """Returns the answers for the SSH host of a node, with the node's host key pinned."""
    return {
        "host": machine.address,
        "username": machines.ADMIN,
        "key_file": str(machine.lab.key_file),
        "host_key": run(["ssh-keygen", "-lf", str(machine.directory / "ssh_host_ed25519_key.pub")]).stdout.split()[1],
    }


def disk(lab: Lab) -> Path:
    """Returns the path of a bootable qcow2 image (64 MiB, no operating system); creates it on first use."""
    target = lab.state / "lab-disk.qcow2"
    if not target.exists():
        raw = lab.state / "lab-disk.raw"
        with raw.open("wb") as file:
            file.write(BOOT_SECTOR)
            file.truncate(64 << 20)
        run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(target)])
        raw.unlink()
    return target
