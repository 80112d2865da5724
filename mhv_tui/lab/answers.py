"""Builds the answer file for a lab, as tables.

Secrets are written to files in the lab's directory; the tables contain only references to them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import cloud, machines, recordings, simulator, tls
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.lab import Lab, existing_lab
from mhv_tui.lab.machine import Machine

Table = dict[str, Any]

NETWORK = "vmware-net"
"""The name of the cloud's provider network, and of that network's port group in vCenter."""

FIXES = [{"code": "CN33"}]
"""The fixes that the answers request if no server boots on vCenter with the release's nova (CN33)."""

PARTITION = bytes.fromhex("8000020083ffffff01000000ffff0100")
"""A partition table's first entry: nova refuses a disk with a boot sector and no partition (oslo.utils' inspector)."""

BOOT_SECTOR = bytes.fromhex("faf4ebfd").ljust(446, b"\0") + PARTITION + bytes(48) + b"\x55\xaa"
"""A boot sector that halts the processor, so that the guest boots and uses no processor time."""


def answers(name: str = "default", kind: str = "distributed") -> Table:
    """Returns the answer file of a lab, with [[target]] tables if it has several nodes. `kind`: of the port groups.

    The first node gets the first cluster of the vCenters, the next node the next one. Raises LabUsage if the lab does
    not exist, LabError if it lacks a part that the answers need."""
    lab = existing_lab(name)
    targets = zip(lab.profile.nodes, _clusters(lab), strict=False)
    documents = {node: _target(lab, kind, node, *cluster) for node, cluster in targets}
    if not documents:
        raise LabError(f"Lab {name} has no cluster with a connected host and an accessible datastore.")
    return with_targets(documents) | ({"fix": FIXES} if lab.suite.nova_fix else {})


def with_targets(documents: Mapping[str, Table]) -> Table:
    """Returns one answer file for several complete ones with the same keys, given by target name.

    A value that the first target shares with another one is in the base tables, each other value in its [[target]]."""
    first, *others = documents.values()
    if not others:
        return first
    base: Table = {"mhv_answers": first["mhv_answers"]}
    targets: list[Table] = [{"name": name} for name in documents]
    for table, key in [(table, key) for table, keys in first.items() if isinstance(keys, dict) for key in keys]:
        values = [document[table][key] for document in documents.values()]
        is_shared = values[0] in values[1:]
        if is_shared:
            base.setdefault(table, {})[key] = values[0]
        for target, value in zip(targets, values, strict=True):
            if not is_shared or value != values[0]:
                target.setdefault(table, {})[key] = value
    return base | {"target": targets}


def _clusters(lab: Lab) -> Iterator[tuple[str, Table, Table]]:
    """Yields vCenter, datacenter and cluster of each cluster in the lab."""
    for vcenter in lab.profile.vcenters:
        if (lab.state / vcenter / recordings.NAME).exists():
            yield from ((vcenter, *tables) for tables in recorded_clusters(lab, vcenter))
            continue
        for datacenter in _inventory(lab, vcenter)["datacenter"]:
            for cluster in datacenter.get("cluster", []):
                yield vcenter, datacenter, cluster


def recorded_clusters(lab: Lab, vcenter: str) -> Iterator[tuple[Table, Table]]:
    """Yields datacenter and cluster of each cluster in a recording that has a connected host and a usable datastore."""
    sim = simulator.load(lab.state / vcenter)
    if sim is None:
        raise LabError(f"The {vcenter} of lab {lab.name} has a recording and does not run: run `mhv-tui lab up`.")
    state: Table = simulator.control(sim, "GET", "/state")
    for cluster in state["clusters"]:
        stores, switches = cluster["datastores"] or [], cluster["switches"] or []
        if stores and any(state["hosts"][host]["state"] == "connected" for host in cluster["hosts"]):
            datacenter, _, path = cluster["path"].lstrip("/").partition("/host/")
            rows = {"datastore": [{"name": name} for name in stores], "switch": [{"name": name} for name in switches]}
            yield {"name": datacenter, **rows}, {"name": path}


def _target(lab: Lab, kind: str, node: str, vcenter: str, datacenter: Table, cluster: Table) -> Table:
    """Returns the complete answers for one node and its cluster."""
    return {
        "mhv_answers": 1,
        "cloud": _cloud(lab),
        "vcenter": _vcenter(lab, vcenter),
        "cluster": {"path": _path(datacenter, cluster)},
        "datastore": {"names": [_first_of(datacenter["datastore"], cluster)]},
        "network": _network(datacenter, cluster, kind),
        "node": {**_ssh(machines.get(lab, node)), "copy_settings_from": _ssh(machines.get(lab, cloud.COMPUTE))},
        "register": {
            "controller": _ssh(machines.get(lab, cloud.CONTROLLER)),
            "availability_zone": vcenter.replace("vcenter", "vmware"),
        },
        "image": _image(lab),
        "prove": {"flavor": "m1.small", "network": NETWORK},
    }


def _image(lab: Lab) -> Table:
    table = {"source": str(disk(lab)), "name": "lab-vmware", "visibility": "public"}
    return table if lab.suite.disk_type == "auto" else {**table, "disk_type": lab.suite.disk_type}


def _inventory(lab: Lab, vcenter: str) -> Table:
    try:
        return tomllib.loads((lab.state / vcenter / simulator.INVENTORY).read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"Lab {lab.name} has no {vcenter}: run `mhv-tui lab up` with the part vcenter.") from error


def _secret(lab: Lab, name: str, value: str) -> Table:
    path = lab.state / f"{name}-password"
    write_atomic(path, value + "\n")
    return {"file": str(path)}


def _cloud(lab: Lab) -> Table:
    """Returns the table [cloud] of the answers."""
    table: Table = {**cloud.login(lab), "password": _secret(lab, "cloud", cloud.ADMIN_PASSWORD)}
    ca = tls.ca_file(lab)
    optional = {"release": lab.suite.release if lab.suite.release != "auto" else "", "ca_file": str(ca or "")}
    return table | {key: value for key, value in optional.items() if value}


def _vcenter(lab: Lab, vcenter: str) -> Table:
    """Returns the table [vcenter] of the answers; prefers a user with all privileges who is not the administrator."""
    users = _inventory(lab, vcenter).get("user") or [{"name": "user", "password": "pass"}]
    unlimited = [user for user in users if not {"at", "deny"} & set(user) and user.get("privileges", "all") == "all"]
    user = next((user for user in unlimited if not user["name"].startswith("administrator")), (unlimited or users)[0])
    return {
        "host": lab.address(vcenter),
        "username": user["name"],
        "password": _secret(lab, vcenter, user["password"]),
        "trust": {"ca_file": str(lab.state / vcenter / "vcenter.pem")},
    }


def _path(datacenter: Table, cluster: Table) -> str:
    """Returns the inventory path of a cluster."""
    parts = [datacenter.get("folder", ""), datacenter["name"], "host", cluster.get("folder", ""), cluster["name"]]
    return "/" + "/".join(part for part in parts if part)


def _first_of(rows: Sequence[Table], cluster: Table) -> str:
    """Returns the name of the first datastore or switch that all hosts of the cluster have, else of the first one."""
    hosts = {*cluster.get("hosts", []), *(host["name"] for host in cluster.get("host", []))}

    def is_on_all_hosts(row: Table) -> bool:
        row_hosts = row.get("hosts", ["*"])
        return row_hosts == ["*"] or (bool(hosts) and hosts <= set(row_hosts))

    return str(next(filter(is_on_all_hosts, rows), rows[0])["name"])


def _network(datacenter: Table, cluster: Table, kind: str) -> Table:
    table: Table = {"port_group": NETWORK, "kind": kind, "vlan_id": 0}
    if kind == "standard":
        return table | {"switch": "vSwitch0"}
    switches = datacenter.get("switch")
    if not switches:
        raise LabError("The lab's vCenter has no distributed switch; use `mhv-tui lab answers --kind standard`.")
    return table | {"dvs": _first_of(switches, cluster)}


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
