"""Where the simulated nova puts a server and what becomes of it: the scheduler's filters, then the driver's checks.

The fault texts are nova's own. Nothing is decided by name: the same rules read whatever rows there are.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from mhv_tui.demo import disk_bytes
from mhv_tui.demo.rows import Row

VMWARE = "VMware vCenter Server"
NO_HOST = "No valid host was found. There are not enough hosts available."
RUNS = {"QEMU": ("qemu", "kvm"), VMWARE: ("vmware",)}
"""supported_instances: what an image may ask for, by the host's hypervisor_type."""

FORMATS = {"QEMU": ("qcow2", "raw", "vmdk", "iso"), VMWARE: ("vmdk", "iso")}
DATASTORES = ("VMFS", "NFS", "NFS41", "vsan")
AGENTS = ("Open vSwitch agent", "Linux bridge agent")


class Fault(Exception):
    """The server goes to ERROR with this message."""


def place(state: dict[str, Any], server: Row) -> Row:
    """The hypervisor's row that the scheduler picks. Raises Fault."""
    cloud = state["cloud"]
    image, flavor = cloud["images"][server["image_id"]], cloud["flavors"][server["flavor_id"]]
    hosts = [h for h in cloud["hypervisors"].values() if _passes(state, h, server, image, flavor)]
    if not hosts:
        raise Fault(NO_HOST)
    return max(hosts, key=lambda h: _memory(state, h))


def spawn(state: dict[str, Any], host: Row, server: Row) -> None:
    """What the host's driver refuses. Raises Fault; returns where the server becomes active."""
    cloud = state["cloud"]
    image, flavor = cloud["images"][server["image_id"]], cloud["flavors"][server["flavor_id"]]
    if image["disk_format"] not in FORMATS[host["type"]]:
        raise Fault(f"Disk format {image['disk_format']} is not acceptable")
    if server.get("port_id"):
        port = cloud["ports"][server["port_id"]]
        port.update(binding(state, port, host["service_host"]))
        if port["vif_type"] == "binding_failed":
            raise Fault(f"Binding failed for port {server['port_id']}, please check neutron logs for more information.")
    if host["type"] == VMWARE:
        for check in VMWARE_CHECKS:
            check(state, host, server, image, flavor)


def binding(state: dict[str, Any], port: Row, host: str) -> Row:
    """What Neutron's mechanism drivers make of a port on a host."""
    cloud = state["cloud"]
    if not host:
        return {"vif_type": "unbound", "vif_details": {}, "host": ""}
    agents = [a for a in cloud.get("agents", {}).values() if a["host"] == host and a["alive"] and a["type"] in AGENTS]
    if agents and "openvswitch" in cloud["mechanisms"]:
        return {"vif_type": "ovs", "vif_details": {"bridge_name": "br-int"}, "host": host}
    if "dvs" in cloud["mechanisms"]:
        name = cloud["networks"][port["network_id"]]["name"]
        return {"vif_type": "dvs", "vif_details": {"dvs_port_group_name": name}, "host": host}
    return {"vif_type": "binding_failed", "vif_details": {}, "host": host}


def vcenter_of(state: dict[str, Any], host: Row) -> Row:
    """The vCenter behind a VMware hypervisor."""
    vcenters = state["vcenters"].values()
    return next(v for v in vcenters if v["about"]["instance_uuid"] == host["vcenter"])


def zone_of(state: dict[str, Any], host: str) -> str:
    """The availability zone a host is in: its aggregate's, else nova."""
    aggregates = state["cloud"]["aggregates"].values()
    return next((a["availability_zone"] for a in aggregates if host in a["hosts"] and a["availability_zone"]), "nova")


def _passes(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> bool:
    services = state["cloud"]["services"].values()
    up = any(
        s["binary"] == "nova-compute"
        and s["host"] == host["service_host"]
        and (s["state"], s["status"]) == ("up", "enabled")
        for s in services
    )
    zone = server.get("availability_zone", "")
    wanted = image["properties"].get("img_hv_type") or image["properties"].get("hypervisor_type", "")
    return (
        up
        and host.get("mapped", True)
        and zone in ("", zone_of(state, host["service_host"]))
        and (not wanted or wanted.lower() in RUNS[host["type"]])
        and flavor["ram"] * 2**20 <= _memory(state, host)
    )


def _memory(state: dict[str, Any], host: Row) -> int:
    """Bytes of the biggest single host behind a hypervisor."""
    if host["type"] != VMWARE:
        return int(host.get("memory", 64 << 30))
    vcenter = vcenter_of(state, host)
    ids = vcenter["clusters"][host["cluster"]]["host_ids"]
    usable = [vcenter["hosts"][i] for i in ids if not vcenter["hosts"][i].get("maintenance")]
    return max((int(h["memory"]) for h in usable if h.get("state", "connected") == "connected"), default=0)


def _ram(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    if flavor["ram"] % 4:
        raise Fault("Memory size is not multiple of 4")


def _root_disk(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    head = base64.b64decode(image.get("head", ""))
    if flavor["disk"] and disk_bytes.virtual_size(head, image["size"]) > flavor["disk"] << 30:
        raise Fault("Image disk size greater than requested disk size")


def _disk_type(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    """A stream is imported as such or not at all; sparse taken for flat starts, and finds no operating system."""
    tagged = image["properties"].get("vmware_disktype", "preallocated")
    streamed = disk_bytes.create_type(base64.b64decode(image.get("head", ""))) == "streamOptimized"
    if tagged not in state["cloud"]["nova"]["disk_types"]:
        raise Fault(f"disk type '{tagged}' not supported")
    if streamed != (tagged == "streamOptimized"):
        raise Fault(f"Image {server['image_id']} is unacceptable: its disk is not of the type {tagged}")


def _datastore(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    vcenter = vcenter_of(state, host)
    streamed = image["properties"].get("vmware_disktype") == "streamOptimized"
    for key in vcenter["clusters"][host["cluster"]]["datastore_ids"]:
        row = vcenter["datastores"][key]
        usable = (
            row.get("accessible", True) and row.get("maintenance", "normal") == "normal" and row["type"] in DATASTORES
        )
        if usable and re.match(host["regex"], row["name"]) and (streamed or row["type"] != "vsan"):
            return
    raise Fault(f"Datastore regex {host['regex']} did not match any datastores")


def _network(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    vcenter, cloud = vcenter_of(state, host), state["cloud"]
    ids = vcenter["clusters"][host["cluster"]]["network_ids"]
    networks = {vcenter["networks"][i]["name"]: i for i in ids}
    if cloud["versions"].get("neutron", True):
        port = cloud["ports"].get(server.get("port_id", ""), {})
        if port and port["vif_type"] != "dvs":
            raise Fault(f"vif type {port['vif_type']} not supported")
        wanted = port.get("vif_details", {}).get("dvs_port_group_name", "")
        server["network_ids"] = [i for name, i in networks.items() if wanted and wanted in name][:1]
    else:
        wanted = host["bridge"]
        server["network_ids"] = [networks[wanted]] if wanted in networks else []
    if wanted and not server["network_ids"]:
        raise Fault(f"Network could not be found for bridge {wanted}")


Check = Callable[[dict[str, Any], Row, Row, Row, Row], None]
VMWARE_CHECKS: tuple[Check, ...] = (_ram, _root_disk, _disk_type, _datastore, _network)
