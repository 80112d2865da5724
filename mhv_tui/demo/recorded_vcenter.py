"""Reads a recording of a vCenter: what the checks read of a vCenter, from its objects and from mhv-tui.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from mhv_tui.core import vsphere
from mhv_tui.demo import recorded_about, recorded_objects
from mhv_tui.demo.recording_files import files, refuse
from mhv_tui.domain import object_xml, recording, vsphere_read
from mhv_tui.domain.privileges import PRIVILEGES

OTHERS = frozenset(
    ("AuthorizationManager", "ExtensionManager", "LicenseManager", "OptionManager", "ResourcePool", "ServiceInstance")
)
"""The types that are read besides those of the inventory; a VirtualApp is a kind of ResourcePool."""
POOLS = ("ResourcePool", "VirtualApp")

FQDN = "VirtualCenter.FQDN"
ALL_FEATURES = "eval"
"""The edition of the evaluation licence."""
DRS = "drs"
"""How the key of the licence feature begins."""


class RecordedVcenter:
    """The objects of a recording, and what mhv-tui.json says. Raises UsageError if it is no recording."""

    def __init__(self, path: Path) -> None:
        self.about: dict[str, Any] = {}
        self.objects: list[vsphere_read.ManagedObject] = []
        """Without the root folder, which is not part of a path."""
        self._root = ""
        self._others: dict[str, dict[str, Element]] = {kind: {} for kind in OTHERS}
        for name, content in files(path, _is_used):
            try:
                self._add(name, content)
            except (ValueError, RecursionError) as error:
                raise refuse(path, f"its file {name} cannot be used: {error}") from None
        if not self._others["ServiceInstance"]:
            raise refuse(path, f"it is not a recording of a vCenter: it has no file {recording.FIRST}")

    def _add(self, name: str, content: bytes) -> None:
        if name == recording.ABOUT:
            self.about = recorded_about.about_of(content)
            return
        element = object_xml.parsed(content)
        kind, moid = object_xml.identity(element)
        if kind in OTHERS or kind in POOLS:
            self._others["ResourcePool" if kind in POOLS else kind][moid] = element
        elif kind == "Folder" and "parent" not in object_xml.properties(element):
            self._root = moid
        else:
            self.objects.append(recorded_objects.managed_object(element))

    def inventory(self) -> vsphere.Inventory:
        """The inventory as the adapter reads it."""
        (content,) = self._values("ServiceInstance", "content")[:1] or [Element("val")]
        product = content.find("about")
        mounts = {obj.id: vsphere_read.mounts_of(obj.row) for obj in self.objects if obj.kind == "Datastore"}
        about = recorded_objects.Structure(product if product is not None else Element("about"))
        return vsphere_read.inventory(about, self.objects, mounts)

    def virtual_machines(self) -> tuple[vsphere.VirtualMachine, ...]:
        return tuple(vsphere_read.virtual_machine(obj) for obj in self.objects if obj.kind == "VirtualMachine")

    def pools(self, cluster: vsphere.Cluster) -> tuple[str, ...]:
        """The names of the pools and vApps below the root pool of a cluster."""
        pools = self._others["ResourcePool"]
        root = pools.get(cluster.resource_pool_id)
        value = object_xml.properties(root).get("resourcePool") if root is not None else None
        rows = object_xml.references(value) if value is not None else ()
        return tuple(_name_of(pools[moid]) for _, moid in rows if moid in pools)

    def extensions(self) -> frozenset[str]:
        (rows,) = self._values("ExtensionManager", "extensionList")[:1] or [Element("val")]
        return frozenset(row.findtext("key", "") for row in rows)

    def name(self) -> str:
        """The name of the vCenter; "" if the recording lacks it."""
        options = [row for value in self._values("OptionManager", "setting") for row in value]
        return next((row.findtext("value", "") for row in options if row.findtext("key") == FQDN), "")

    def has_drs(self) -> bool | None:
        """Whether a licence allows DRS; None if the recording has no licences."""
        licences = [row for value in self._values("LicenseManager", "licenses") for row in value]
        if not licences:
            return None
        rows = [row for licence in licences for row in licence.findall("properties")]
        has_feature = any(row.findtext("value/key", "").startswith(DRS) for row in rows)
        return has_feature or any(licence.findtext("editionKey") == ALL_FEATURES for licence in licences)

    def missing_privileges(self) -> dict[str, tuple[str, ...]]:
        """Object id ("" = root folder) -> the privileges of our table that the login lacks there."""
        defined = {
            row.text for value in self._values("AuthorizationManager", "privilegeList") for row in value.iter("privId")
        }
        ours = [name for name in PRIVILEGES if name in defined or not defined]
        missing: dict[str, tuple[str, ...]] = {}
        for row in self.about.get("privileges", ()):
            lacks = tuple(name for name in ours if name not in row["granted"])
            missing.update({moid: lacks for moid in row["objects"] if lacks})
        return {**missing, **({"": missing[self._root]} if self._root in missing else {})}

    def _values(self, kind: str, name: str) -> list[Element]:
        """The values of a property of all objects of a type."""
        values = (object_xml.properties(element).get(name) for element in self._others[kind].values())
        return [value for value in values if value is not None]


def _is_used(name: str) -> bool:
    match = recording.FILE.fullmatch(name)
    kind = match[1] if match else ""
    return name == recording.ABOUT or kind in OTHERS or kind in POOLS or any(recorded_objects.paths_of(kind))


def _name_of(content: Element) -> str:
    name = object_xml.properties(content).get("name")
    return unquote((name.text if name is not None else "") or object_xml.identity(content)[1])
