"""Converts rows of the OpenStack APIs to the types of core.openstack. A missing field counts as empty."""

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
"""One JSON object in the answer of an OpenStack API: field name -> value."""

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
    """Converts a row of os-hypervisors/detail."""
    return Hypervisor(
        id=_id(row),
        hostname=_text(row, "hypervisor_hostname"),
        type=_text(row, "hypervisor_type"),
        version=int(row.get("hypervisor_version") or 0),
        state=_text(row, "state") or "up",
        status=_text(row, "status") or "enabled",
        service_host=_text(row.get("service") or {}, "host"),
    )


def service(row: ApiObject) -> Service:
    """Converts a row of os-services. Havana gives no id."""
    return Service(
        id=_id(row) if "id" in row else "",
        binary=_text(row, "binary"),
        host=_text(row, "host"),
        state=_text(row, "state"),
        status=_text(row, "status"),
        zone=_text(row, "zone"),
        disabled_reason=_text(row, "disabled_reason"),
        updated_at=_time(_text(row, "updated_at")),
    )


def agent(row: ApiObject) -> Agent:
    """Converts a row of Neutron's agents."""
    return Agent(_id(row), _text(row, "agent_type"), _text(row, "host"), bool(row.get("alive")))


def image(row: ApiObject) -> Image:
    """Converts an image of Glance v2."""
    return Image(
        id=_id(row),
        name=_text(row, "name"),
        status=_text(row, "status"),
        disk_format=_text(row, "disk_format"),
        container_format=_text(row, "container_format"),
        size=int(row.get("size") or 0),
        min_disk=int(row.get("min_disk") or 0),
        checksum=_text(row, "checksum"),
        hash_algo=_text(row, "os_hash_algo"),
        hash_value=_text(row, "os_hash_value"),
        visibility=_text(row, "visibility") or "private",
        properties={
            _clean(key): _clean(value)
            for key, value in row.items()
            if key not in IMAGE_FIELDS and isinstance(value, str)
        },
    )


def flavor(row: ApiObject) -> Flavor:
    """Converts a row of flavors/detail."""
    return Flavor(_id(row), _text(row, "name") or _id(row), int(row["ram"]), int(row["vcpus"]), int(row["disk"]))


def network(row: ApiObject) -> CloudNetwork:
    """Reads a network that Neutron or nova-network sent. nova-network has its name in the field `label`."""
    return CloudNetwork(
        id=_id(row),
        name=_text(row, "name", "label"),
        subnet_ids=_texts(row, "subnets"),
        provider_type=_text(row, "provider:network_type"),
        physical_network=_text(row, "provider:physical_network", "bridge"),
    )


def aggregate(row: ApiObject) -> Aggregate:
    """Converts a row of os-aggregates."""
    return Aggregate(_id(row), _text(row, "name"), _text(row, "availability_zone"), _texts(row, "hosts"))


def zone(row: ApiObject) -> str:
    """Returns the name of an availability zone from a row of os-availability-zone."""
    return _clean(str(row["zoneName"]))


def port(row: ApiObject) -> Port:
    """Converts a port of Neutron, with the result of the port's binding."""
    details = row.get("binding:vif_details") or {}
    return Port(_id(row), _text(row, "binding:vif_type"), {_clean(k): _clean(str(v)) for k, v in details.items()})


def server(row: ApiObject) -> Server:
    """Converts a server of nova, with the attributes that only administrators see."""
    prefix = "OS-EXT-SRV-ATTR:"
    return Server(
        id=_id(row),
        name=_text(row, "name"),
        status=_text(row, "status"),
        host=_text(row, f"{prefix}host"),
        hypervisor_hostname=_text(row, f"{prefix}hypervisor_hostname"),
        fault=_text(row.get("fault") or {}, "message"),
        task_state=_text(row, "OS-EXT-STS:task_state"),
    )


def _id(row: ApiObject) -> str:
    """Returns the id of a row as text; old APIs give a number. Raises TypeError if the row has no such id."""
    value = row["id"]
    if not isinstance(value, str | int):
        raise TypeError("an id is a text or a number")
    return _clean(str(value))


def _text(row: ApiObject, *keys: str) -> str:
    """Returns the first of these fields that contains text; "" if none does."""
    texts = (row.get(key) for key in keys)
    return next((_clean(value) for value in texts if isinstance(value, str) and value), "")


def _texts(row: ApiObject, key: str) -> tuple[str, ...]:
    values = row.get(key)
    return tuple(_clean(v) for v in values if isinstance(v, str)) if isinstance(values, list) else ()


def _clean(text: str) -> str:
    """Returns the text without lone surrogates, which JSON allows but no file can store."""
    return text.encode("utf-8", "replace").decode()


def _time(text: str) -> datetime | None:
    """Parses a time of nova, which is in UTC but has no time zone; None if it is missing or malformed."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
