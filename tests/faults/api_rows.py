"""Rows of the OpenStack APIs from the types of core.openstack, and the documents of versions and of the catalogue."""

from __future__ import annotations

from typing import Any

from mhv_tui.core import openstack

Row = dict[str, Any]

SERVICES = {
    "compute": "/compute/v2.1",
    "image": "/image",
    "network": "/network",
    "block-storage": "/volume/v3",
}


def version(name: str, url: str, status: str = "CURRENT", high: str = "") -> Row:
    """A version document; `high` is the highest microversion."""
    micro = {"version": high, "min_version": name.removeprefix("v")} if high else {}
    return {"id": name, "status": status, "links": [{"rel": "self", "href": url}], **micro}


def catalog(url: str, region: str) -> list[Row]:
    """One public endpoint per service."""
    place = {"interface": "public", "region": region, "region_id": region}
    return [
        {"type": kind, "name": kind, "id": kind, "endpoints": [{"id": kind, "url": f"{url}{path}", **place}]}
        for kind, path in SERVICES.items()
    ]


def hypervisor(value: openstack.Hypervisor) -> Row:
    return {
        "id": value.id,
        "hypervisor_hostname": value.hostname,
        "hypervisor_type": value.type,
        "hypervisor_version": value.version,
        "state": value.state,
        "status": value.status,
        "service": {"host": value.service_host},
    }


def service(value: openstack.Service) -> Row:
    return {
        "id": value.id,
        "binary": value.binary,
        "host": value.host,
        "state": value.state,
        "status": value.status,
        "zone": value.zone,
        "disabled_reason": value.disabled_reason or None,
        "updated_at": value.updated_at.isoformat() if value.updated_at else None,
    }


def agent(value: openstack.Agent) -> Row:
    return {"id": value.id, "agent_type": value.type, "host": value.host, "alive": value.alive}


def image(value: openstack.Image) -> Row:
    return {
        "id": value.id,
        "name": value.name,
        "status": value.status,
        "disk_format": value.disk_format,
        "container_format": value.container_format,
        "size": value.size,
        "min_disk": value.min_disk,
        "checksum": value.checksum or None,
        "os_hash_algo": value.hash_algo or None,
        "os_hash_value": value.hash_value or None,
        "visibility": value.visibility,
        **value.properties,
    }


def flavor(value: openstack.Flavor) -> Row:
    return {"id": value.id, "name": value.name, "ram": value.ram, "vcpus": value.vcpus, "disk": value.disk}


def network(value: openstack.CloudNetwork) -> Row:
    return {
        "id": value.id,
        "name": value.name,
        "subnets": list(value.subnet_ids),
        "provider:network_type": value.provider_type,
        "provider:physical_network": value.physical_network,
    }


def aggregate(value: openstack.Aggregate) -> Row:
    return {
        "id": value.id,
        "name": value.name,
        "availability_zone": value.availability_zone or None,
        "hosts": list(value.hosts),
    }


def port(value: openstack.Port) -> Row:
    return {"id": value.id, "binding:vif_type": value.vif_type, "binding:vif_details": dict(value.vif_details)}


def server(value: openstack.Server) -> Row:
    prefix = "OS-EXT-SRV-ATTR:"
    return {
        "id": value.id,
        "name": value.name,
        "status": value.status,
        f"{prefix}host": value.host or None,
        f"{prefix}hypervisor_hostname": value.hypervisor_hostname or None,
        "OS-EXT-STS:task_state": value.task_state or None,
        **({"fault": {"message": value.fault}} if value.fault else {}),
    }
