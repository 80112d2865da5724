"""Boots servers in the simulated cloud: the scheduler's filters choose a host, then the driver's checks run.

The fault texts are nova's own. The rules depend only on the rows, never on the name of a scene.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any

from mhv_tui.demo import disk_bytes, permissions
from mhv_tui.demo.rows import Row
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.domain.privileges import ObjectKind

VMWARE = "VMware vCenter Server"
NO_HOST = "No valid host was found. There are not enough hosts available."
SUPPORTED_TYPES = {"QEMU": ("qemu", "kvm"), VMWARE: ("vmware",)}
"""The hypervisor types that an image may request, by the hypervisor_type of a host (supported_instances in nova)."""

FORMATS = {"QEMU": ("qcow2", "raw", "vmdk", "iso"), VMWARE: ("vmdk", "iso")}
DATASTORES = ("VMFS", "NFS", "NFS41", "vsan")
AGENTS = ("Open vSwitch agent", "Linux bridge agent")


class Fault(Exception):
    """A fault with nova's message. The server gets the status ERROR."""


def schedule(state: dict[str, Any], server: Row) -> Row:
    """Returns the row of the hypervisor that the scheduler chooses. Raises Fault."""
    cloud = state["cloud"]
    image, flavor = cloud["images"][server["image_id"]], cloud["flavors"][server["flavor_id"]]
    hosts = [h for h in cloud["hypervisors"].values() if _passes_filters(state, h, server, image, flavor)]
    if not hosts:
        raise Fault(NO_HOST)
    return max(hosts, key=lambda h: _memory(state, h))


def spawn(state: dict[str, Any], host: Row, server: Row) -> None:
    """Runs the checks of the host's driver. Raises Fault if the server does not become active."""
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
    """Returns the fields of a port's row after Neutron's mechanism drivers have bound the port to a host."""
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
    """Returns the row of the vCenter that a VMware hypervisor uses."""
    vcenters = state["vcenters"].values()
    return next(v for v in vcenters if v["about"]["instance_uuid"] == host["vcenter"])


def zone_of(state: dict[str, Any], host: str) -> str:
    """Returns the availability zone of a host: the zone of its aggregate, else `nova`."""
    aggregates = state["cloud"]["aggregates"].values()
    return next((a["availability_zone"] for a in aggregates if host in a["hosts"] and a["availability_zone"]), "nova")


def _passes_filters(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> bool:
    services = state["cloud"]["services"].values()
    up = any(
        s["binary"] == "nova-compute"
        and s["host"] == host["service_host"]
        and (s["state"], s["status"]) == ("up", "enabled")
        for s in services
    )
    zone, _, named_host = server.get("availability_zone", "").partition(":")
    requested_type = image["properties"].get("img_hv_type") or image["properties"].get("hypervisor_type", "")
    return (
        up
        and host.get("mapped", True)
        and zone in ("", zone_of(state, host["service_host"]))
        and named_host in ("", host["service_host"])
        and (not requested_type or requested_type.lower() in SUPPORTED_TYPES[host["type"]])
        and flavor["ram"] * 2**20 <= _memory(state, host)
    )


def _memory(state: dict[str, Any], host: Row) -> int:
    """Returns the memory in bytes of the largest usable host of a hypervisor."""
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
    """Raises Fault if nova does not know the value of vmware_disktype, or if only one of the image file and the
    property is streamOptimized.

    If the file is sparse and the property says preallocated, the server starts, but finds no operating system; a real
    vCenter does the same.
    """
    tag = image["properties"].get("vmware_disktype", "preallocated")
    is_stream = disk_bytes.create_type(base64.b64decode(image.get("head", ""))) == "streamOptimized"
    if tag not in state["cloud"]["nova"]["disk_types"]:
        raise Fault(f"disk type '{tag}' not supported")
    if is_stream != (tag == "streamOptimized"):
        raise Fault(f"Image {server['image_id']} is unacceptable: its disk is not of the type {tag}")


def _is_stream(image: Row) -> bool:
    """Whether nova treats the image as streamOptimized."""
    return bool(image["properties"].get("vmware_disktype") == "streamOptimized")


def _datastore(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    vcenter = vcenter_of(state, host)
    for key in vcenter["clusters"][host["cluster"]]["datastore_ids"]:
        row = vcenter["datastores"][key]
        usable = (
            row.get("accessible", True) and row.get("maintenance", "normal") == "normal" and row["type"] in DATASTORES
        )
        if usable and re.match(host["regex"], row["name"]) and (_is_stream(image) or row["type"] != "vsan"):
            server["datastore_id"] = key
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
        port_group = port.get("vif_details", {}).get("dvs_port_group_name", "")
        server["network_ids"] = [i for name, i in networks.items() if port_group and port_group in name][:1]
    else:
        port_group = host["bridge"]
        server["network_ids"] = [networks[port_group]] if port_group in networks else []
    if port_group and not server["network_ids"]:
        raise Fault(f"Network could not be found for bridge {port_group}")


def _permission(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    """Raises Fault if nova's vCenter login lacks a privilege on an object that the boot uses."""
    user = vcenter_of(state, host)["users"].get(host.get("user", "").lower(), {})
    cluster, networks = [host["cluster"]], server.get("network_ids", ())
    objects: dict[ObjectKind, Sequence[str]] = {"root": [""], "folder": cluster, "cluster": cluster}
    objects |= {"datastore": [server["datastore_id"]], "network": networks}
    if denied := permissions.denied_boot(user, objects, _is_stream(image)):
        raise Fault(denied)


def _code(state: dict[str, Any], host: Row, server: Row, image: Row, flavor: Row) -> None:
    """Raises Fault if nova on the compute node has the bug 2053027."""
    bug = BUGS["CN33"]
    for machine in (row for row in state["machines"].values() if row["hostname"] == host["service_host"]):
        texts = (row["content"] for path, row in machine["files"].items() if path.endswith(f"/{bug.file}"))
        if any(map(bug.is_in, texts)):
            raise Fault("Incomplete VMDK upload")


BootCheck = Callable[[dict[str, Any], Row, Row, Row, Row], None]
VMWARE_CHECKS: tuple[BootCheck, ...] = (_ram, _root_disk, _disk_type, _datastore, _network, _permission, _code)
