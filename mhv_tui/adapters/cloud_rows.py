"""Converts rows of the OpenStack APIs to the types of core.openstack. Pure; a missing field counts as empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mhv_tui.core.openstack import (
    Agent,
    Aggregate,
    CloudNetwork,
    Flavor,
    Hypervisor,
    Image,
    Port,
    Server,
    Service,
)

ApiObject = Mapping[str, Any]
"""An object of an API's answer, from JSON."""

#: Glance's own fields of an image (image schema v2.17); every other string is a property.
IMAGE_FIELDS = frozenset(
    (
        "id",
        "name",
        "status",
        "disk_format",
        "container_format",
        "size",
        "virtual_size",
        "min_disk",
        "min_ram",
        "checksum",
        "os_hash_algo",
        "os_hash_value",
        "os_hidden",
        "visibility",
        "protected",
        "owner",
        "created_at",
        "updated_at",
        "tags",
        "self",
        "file",
        "schema",
        "locations",
        "direct_url",
        "stores",
    )
)


def hypervisor(row: ApiObject) -> Hypervisor:
    """Row of os-hypervisors/detail."""
    return Hypervisor(
        id=str(row["id"]),
        hostname=row.get("hypervisor_hostname", ""),
        type=row.get("hypervisor_type", ""),
        version=int(row.get("hypervisor_version") or 0),
        state=row.get("state", "up"),
        status=row.get("status", "enabled"),
        service_host=(row.get("service") or {}).get("host", ""),
    )


def service(row: ApiObject) -> Service:
    """Row of os-services."""
    return Service(
        id=str(row.get("id", "")),
        binary=row.get("binary", ""),
        host=row.get("host", ""),
        state=row.get("state", ""),
        status=row.get("status", ""),
        zone=row.get("zone") or "",
        disabled_reason=row.get("disabled_reason") or "",
        updated_at=_time(row.get("updated_at")),
    )


def agent(row: ApiObject) -> Agent:
    """Row of Neutron's agents."""
    return Agent(row["id"], row.get("agent_type", ""), row.get("host", ""), bool(row.get("alive")))


def image(row: ApiObject) -> Image:
    """Image of Glance v2."""
    return Image(
        id=row["id"],
        name=row.get("name") or "",
        status=row.get("status", ""),
        disk_format=row.get("disk_format") or "",
        container_format=row.get("container_format") or "",
        size=int(row.get("size") or 0),
        min_disk=int(row.get("min_disk") or 0),
        checksum=row.get("checksum") or "",
        hash_algo=row.get("os_hash_algo") or "",
        hash_value=row.get("os_hash_value") or "",
        visibility=row.get("visibility") or "private",
        properties={k: v for k, v in row.items() if k not in IMAGE_FIELDS and isinstance(v, str)},
    )


def flavor(row: ApiObject) -> Flavor:
    """Row of flavors/detail."""
    return Flavor(row["id"], row.get("name", row["id"]), int(row["ram"]), int(row["vcpus"]), int(row["disk"]))


def network(row: ApiObject) -> CloudNetwork:
    """Network of Neutron, or of nova-network, which calls the name `label`."""
    return CloudNetwork(
        id=str(row["id"]),
        name=row.get("name") or row.get("label") or "",
        subnet_ids=tuple(row.get("subnets") or ()),
        provider_type=row.get("provider:network_type") or "",
        physical_network=row.get("provider:physical_network") or row.get("bridge") or "",
    )


def aggregate(row: ApiObject) -> Aggregate:
    """Row of os-aggregates."""
    return Aggregate(str(row["id"]), row["name"], row.get("availability_zone") or "", tuple(row.get("hosts") or ()))


def port(row: ApiObject) -> Port:
    """Port of Neutron with the result of its binding."""
    details = row.get("binding:vif_details") or {}
    return Port(row["id"], row.get("binding:vif_type") or "", {k: str(v) for k, v in details.items()})


def server(row: ApiObject) -> Server:
    """Server of nova, with the attributes that only administrators see."""
    prefix = "OS-EXT-SRV-ATTR:"
    return Server(
        id=row["id"],
        name=row.get("name", ""),
        status=row.get("status", ""),
        host=row.get(f"{prefix}host") or "",
        hypervisor_hostname=row.get(f"{prefix}hypervisor_hostname") or "",
        fault=(row.get("fault") or {}).get("message", ""),
    )


def _time(text: str | None) -> datetime | None:
    """Parses a time of nova, which is in UTC but has no time zone; None if it is missing or malformed."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
