"""The answers that fit a lab: what an operator of it would type, as the tables of an answer file.

Secrets are written to files of the lab and named by path; no value of one is ever in the tables."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mhv_tui.lab import cloud, host, machines
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.lab import Lab, existing_lab
from mhv_tui.lab.machine import Machine

Table = dict[str, Any]

NETWORK = "vmware-net"
"""The cloud's provider network, and the port group that stands for it in vCenter."""

BOOT_SECTOR = bytes.fromhex("faf4ebfd").ljust(510, b"\0") + b"\x55\xaa"
"""Halts the processor: a disk that boots and takes no time."""


def answers(name: str = "default", kind: str = "distributed", node: str = "novavmware1") -> Table:
    """The whole answer file of a lab as a document; `kind` of the port group, `node` that becomes the compute node.

    LabUsage where the lab is not there, LabError where it was brought up without a part that the answers name."""
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
        raise LabError(f"Lab {lab.name} has no vCenter: bring it up with that part.") from error


def _secret(lab: Lab, of: str, value: str) -> Table:
    path = lab.state / f"{of}-password"
    host.write_atomic(path, value + "\n")
    return {"file": str(path)}


def _vcenter(lab: Lab, inventory: Table) -> Table:
    """The account is the inventory's first with all privileges that is no administrator, else its first."""
    users = inventory.get("user") or [{"name": "user", "password": "pass"}]
    whole = [user for user in users if not {"at", "deny"} & set(user) and user.get("privileges", "all") == "all"]
    user = next((user for user in whole if not user["name"].startswith("administrator")), (whole or users)[0])
    return {
        "host": lab.address("vcenter"),
        "username": user["name"],
        "password": _secret(lab, "vcenter", user["password"]),
        "trust": {"ca_file": str(lab.state / "vcenter" / "vcenter.pem")},
    }


def _cluster(datacenter: Table) -> str:
    """The inventory path of the first cluster."""
    cluster = datacenter["cluster"][0]
    parts = [datacenter.get("folder", ""), datacenter["name"], "host", cluster.get("folder", ""), cluster["name"]]
    return "/" + "/".join(part for part in parts if part)


def _datastore(datacenter: Table) -> str:
    """The first datastore that all hosts mount, else the first."""
    stores = datacenter["datastore"]
    return str(next((store for store in stores if store.get("hosts", ["*"]) == ["*"]), stores[0])["name"])


def _network(datacenter: Table, kind: str) -> Table:
    wish: Table = {"port_group": NETWORK, "kind": kind, "vlan_id": 0}
    if kind == "standard":
        return wish | {"switch": "vSwitch0"}
    switches = datacenter.get("switch")
    if not switches:
        raise LabError("The lab's vCenter has no distributed switch; ask for the answers with a standard port group.")
    return wish | {"dvs": switches[0]["name"]}


def _ssh(machine: Machine) -> Table:
    """How a node is reached, with the only host key to be accepted."""
    return {
        "host": machine.address,
        "username": machines.ADMIN,
        "key_file": str(machine.lab.key_file),
        "host_key": run(["ssh-keygen", "-lf", str(machine.directory / "ssh_host_ed25519_key.pub")]).stdout.split()[1],
    }


def disk(lab: Lab) -> Path:
    """A qcow2 of 64 MiB that boots into nothing; made on first use."""
    target = lab.state / "lab-disk.qcow2"
    if not target.exists():
        raw = lab.state / "lab-disk.raw"
        with raw.open("wb") as file:
            file.write(BOOT_SECTOR)
            file.truncate(64 << 20)
        run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(target)])
        raw.unlink()
    return target
