"""Reads the properties of a recorded object as `domain.vsphere_read` expects them: texts, numbers, lists, structures.

The XML does not name the type of a part of a structure, so the tables below have the parts that are no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from mhv_tui.domain import object_xml
from mhv_tui.domain.vsphere_read import PROPERTIES, VM_PROPERTIES, ManagedObject

BOOLEANS = frozenset(("accessible", "enabled", "inMaintenanceMode", "mounted", "multipleHostAccess"))
NUMBERS = frozenset(("capacity", "freeSpace", "memorySize", "mtu", "numCpuThreads", "speedMb", "vlanId"))
LISTS = frozenset(("hostMember", "pnic", "portgroup", "uplinkPortgroup", "vswitch"))

TRUNK = "TrunkVlanSpec"
"""How the type of a port group's VLANs ends if they are ranges."""

PARENTS: Mapping[str, tuple[str, ...]] = {
    "ClusterComputeResource": (),
    "DistributedVirtualPortgroup": ("Network",),
    "OpaqueNetwork": ("Network",),
    "StoragePod": ("Folder",),
    "VmwareDistributedVirtualSwitch": ("DistributedVirtualSwitch",),
}
"""Type -> the types whose properties are read of its objects as well."""

MOUNTS: Mapping[str, tuple[str, ...]] = {"Datastore": ("host",)}
"""What the adapter reads with a call of its own."""

MARK = 'config.extraConfig["nvp.vm-uuid"]'
MARK_KEY = "nvp.vm-uuid"


@dataclass(frozen=True)
class ObjectReference:
    """A reference to another object, with the name of pyVmomi's field."""

    _moId: str


@dataclass(frozen=True)
class Structure:
    """A structure; its parts are attributes, None if they are absent."""

    _element: Element

    def __getattr__(self, name: str) -> object:
        return part_of(self._element, name)


def part_of(element: Element, name: str) -> object:
    """Returns a part of a structure; None if it is absent. Raises ValueError if a number is none."""
    parts = element.findall(name)
    if name in LISTS or element.get(object_xml.TYPE, "").endswith(TRUNK):
        return [_value(part, name) for part in parts]
    return _value(parts[0], name) if parts else None


def _value(element: Element, name: str) -> object:
    if element.get(object_xml.TYPE, "").startswith("ArrayOf"):
        return [_value(item, name) for item in element]
    if row := object_xml.reference(element):
        return ObjectReference(row[1])
    if len(element):
        return Structure(element)
    text = element.text or ""
    if name in BOOLEANS:
        return text.strip() in ("true", "1")
    return int(text) if name in NUMBERS else text


def managed_object(content: Element) -> ManagedObject:
    """Returns an object with the properties that the checks read. Raises ValueError for an object of another form."""
    kind, moid = object_xml.identity(content)
    values = object_xml.properties(content)
    return ManagedObject(moid, kind, dict(_row(values, kind)))


def _row(values: Mapping[str, Element], kind: str) -> Iterator[tuple[str, object]]:
    for path in paths_of(kind):
        name, *parts = path.split(".")
        value: object = None
        if path == MARK:
            value = _marked(values)
        elif name in values:
            value = _at(values[name], parts) if parts else _value(values[name], name)
        if value is not None:
            yield path, value


def _at(value: Element, parts: list[str]) -> object:
    element: Element | None = value
    for name in parts[:-1]:
        element = element.find(name) if element is not None else None
    return part_of(element, parts[-1]) if element is not None else None


def _marked(values: Mapping[str, Element]) -> object:
    """The UUID of a server of nova, from the virtual machine's extra configuration."""
    rows = values["config"].findall("extraConfig") if "config" in values else []
    return next((row.findtext("value") for row in rows if row.findtext("key") == MARK_KEY), None)


def paths_of(kind: str) -> Iterator[str]:
    """Yields the properties that the checks read of an object of this type; none if they read no such object."""
    for name in (*PARENTS.get(kind, ()), kind):
        yield from PROPERTIES.get(name, ())
        yield from VM_PROPERTIES.get(name, ())
        yield from MOUNTS.get(name, ())
