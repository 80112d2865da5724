"""How nova reads the properties of an image for vSphere, by release: what it uses, and which values it refuses.

Sources: nova/objects/image_meta.py and fields.py, nova/virt/vmwareapi/images.py, vm_util.py and vmops.py, 2013.2 to
34.0.0. `tests/domain/test_nova_images.py` compares `nova_image` with nova itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mhv_tui.core.frozen import dataclass
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

VMWARE = "vmware"
DEFAULT_ADAPTER = "lsiLogic"
DEFAULT_DISK_TYPE = "preallocated"
DEFAULT_GUEST = "otherGuest"
DEFAULT_NIC = "VirtualE1000"
OVERRIDES = ("hw_disk_bus", "hw_scsi_model")
"""The properties that nova prefers to vmware_adaptertype."""

TRUE = ("1", "t", "true", "on", "y", "yes")
"""The texts that oslo.utils reads as true; all others are false."""


@dataclass(frozen=True)
class Refusal:
    """A property whose value nova refuses: every server of the image ends in ERROR."""

    name: str
    value: str
    accepted: tuple[str, ...]
    """The values that are of use on vSphere; empty for whole numbers."""


@dataclass(frozen=True)
class NovaImage:
    """What nova uses for an image on vSphere. It holds only if `refusals` is empty."""

    hypervisor: str
    """The value of hypervisor_type in nova's spelling; "" if nova may choose every hypervisor."""
    disk_type: str
    adapter: str
    """The disk adapter, as vmware_adaptertype spells it; "" if nova finds none, so that the server has no boot disk."""
    override: str
    """The hw_ property that makes nova use another adapter than vmware_adaptertype states; "" if none does."""
    nic: str
    """The class of the network card that nova creates in vSphere."""
    guest: str
    """The guestId that nova sends to vSphere."""
    linked_clone: bool | None
    """None if the image does not set it: the option use_linked_clone of the node decides."""
    refusals: tuple[Refusal, ...]


def nova_image(properties: Mapping[str, str], release: Release) -> NovaImage:
    """Returns what nova of `release` reads from the properties of an image."""
    adapter, linked_clone = _adapter(properties, release), name_read(properties, "vmware_linked_clone", release)
    return NovaImage(
        hypervisor=_hypervisor(properties, release),
        disk_type=properties.get(name_read(properties, "vmware_disktype", release), DEFAULT_DISK_TYPE),
        adapter=adapter,
        override=_override(properties, release, adapter),
        nic=_nic(properties, release),
        guest=properties.get(name_read(properties, "vmware_ostype", release), DEFAULT_GUEST),
        linked_clone=properties[linked_clone].strip().lower() in TRUE if linked_clone in properties else None,
        refusals=tuple(_refusals(properties, release)),
    )


def name_read(properties: Mapping[str, str], name: str, release: Release) -> str:
    """Returns the name by which nova of `release` reads a property of this image: the newer one if it is set."""
    newer = read("images")["newer"].get(name)
    if newer and by_name(newer["since"]) <= release and newer["name"] in properties:
        return str(newer["name"])
    return name


def adapters(release: Release) -> tuple[str, ...]:
    """The values of vmware_adaptertype that nova of `release` knows."""
    return _known("adapters", release)


def disk_types(release: Release) -> tuple[str, ...]:
    """The values of vmware_disktype that nova of `release` knows."""
    return _known("disk_types", release)


def network_adapters(release: Release) -> tuple[str, ...]:
    """The values of hw_vif_model that nova of `release` gives to vSphere."""
    return _known("network_adapters", release)


@cache
def _known(table: str, release: Release) -> tuple[str, ...]:
    rows: Mapping[str, Mapping[str, Any]] = read("images")[table]
    known = ((name, row) for name, row in rows.items() if by_name(row["since"]) <= release)
    return tuple(name for name, row in known if release.name not in row.get("not_in", ()))


def _hypervisor(properties: Mapping[str, str], release: Release) -> str:
    value = properties.get(name_read(properties, "hypervisor_type", release), "")
    if release < by_name("juno"):  # Havana and Icehouse compare the text with its case
        return value
    return "xen" if value.lower() == "xapi" else value.lower()


def _adapter(properties: Mapping[str, str], release: Release) -> str:
    """From Liberty on vmware_adaptertype only sets hw_disk_bus and hw_scsi_model, if the image does not set them.

    Without either, and for a bus other than ide and scsi, nova uses lsiLogic.
    """
    value = properties.get("vmware_adaptertype", "")
    scsi = read("images")["scsi"]
    if release < by_name(scsi["since"]):
        name = value or DEFAULT_ADAPTER
        return name if name in adapters(release) else ""
    bus = properties.get("hw_disk_bus", "ide" if value == "ide" else "scsi" if value else "")
    model = properties.get("hw_scsi_model", "" if value == "ide" else value)
    if bus == "ide":
        return "ide"
    return str(scsi["models"].get(model.lower(), "")) if bus == "scsi" else DEFAULT_ADAPTER


def _override(properties: Mapping[str, str], release: Release, adapter: str) -> str:
    value = properties.get("vmware_adaptertype", "")
    if not value or adapter.lower() == value.lower() or release < by_name(read("images")["scsi"]["since"]):
        return ""
    return next((name for name in OVERRIDES if name in properties), "")


def _nic(properties: Mapping[str, str], release: Release) -> str:
    value = properties.get("hw_vif_model", DEFAULT_NIC)
    fold = str.lower if release >= by_name("liberty") else str
    rows = read("images")["network_adapters"]
    return next((rows[name]["device"] for name in network_adapters(release) if fold(name) == fold(value)), "")


def _refusals(properties: Mapping[str, str], release: Release) -> Iterator[Refusal]:
    if "hw_vif_model" in properties and not _nic(properties, release):
        short_names = tuple(name for name in network_adapters(release) if not name.startswith("Virtual"))
        yield Refusal("hw_vif_model", properties["hw_vif_model"], short_names)
    disk_type = name_read(properties, "vmware_disktype", release)
    if disk_type in properties and properties[disk_type] not in disk_types(release):
        yield Refusal(disk_type, properties[disk_type], disk_types(release))
    tables = read("image_values")
    for name, row in tables["enumerations"].items():
        if by_name(row["since"]) <= release:
            yield from _outside(properties, release, name, row)
    for name, since in tables["integers"].items():
        if by_name(since) <= release and name in properties and not _is_number(properties[name]):
            yield Refusal(name, properties[name], ())


def _outside(properties: Mapping[str, str], release: Release, name: str, row: Mapping[str, Any]) -> Iterator[Refusal]:
    """The refused values of an enumeration; nova checks its older name too."""
    values = (*row["values"], *(v for v, since in row.get("later", {}).items() if by_name(since) <= release))
    for key in dict.fromkeys((row.get("legacy", name), name)):
        value = properties.get(key)
        is_adapter = key == "vmware_adaptertype"
        if value is None or (value.lower() if row.get("any_case") else value) in values:
            continue
        if not (is_adapter and value in ("", "ide")):
            yield Refusal(key, value, adapters(release) if is_adapter else tuple(row.get("vmware", values)))


def _is_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
