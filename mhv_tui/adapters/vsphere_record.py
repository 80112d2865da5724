"""Reads the objects of a vCenter for a recording. Read-only: it changes nothing, and continues after a refusal.

The order of the objects is that of `govc object.save`: ServiceInstance, the managers, then the inventory from the root.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from mhv_tui.adapters import vsphere_xml
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.vsphere_session import VcenterSession
from mhv_tui.core.errors import FindingError
from mhv_tui.domain import object_xml, recording

INVENTORY = (
    *("Folder", "Datacenter", "Network", "DistributedVirtualSwitch", "Datastore", "ComputeResource"),
    *("ResourcePool", "HostSystem", "VirtualMachine"),
)
"""The types of the inventory in the order of a recording; each stands for its subtypes too."""

WITHOUT_PRIVILEGES = ("ResourcePool", "VirtualApp", "VirtualMachine")
"""The types of the inventory on which no check needs privileges."""

PAGE_SIZES = {"HostSystem": 2, "VirtualMachine": 50}
PAGE_SIZE = 20
"""Objects in one answer of vCenter. A host has about 2 MB, a datastore of 1000 hosts 0.4 MB."""

REFUSALS = ("VC12", "VC21")
"""The codes of a call that vCenter refuses: for lack of a privilege, or with another fault."""

ENTITIES_PER_CALL = 100
"""Objects whose privileges are read in one call. Each has up to 500 privileges."""


class InventoryReader:
    """Reads one vCenter. `unreadable` counts what vCenter refused: (type or type.property, fault) -> objects."""

    def __init__(self, session: VcenterSession) -> None:
        self.unreadable: Counter[tuple[str, str]] = Counter()
        self._session = session
        self._inventory: list[tuple[str, str]] = []
        self._belonging: list[tuple[str, str]] = []

    def objects(self) -> Iterator[Element]:
        """Yields each object, without what a recording leaves out. Raises FindingError if the session ends."""
        content = next(self._read([("ServiceInstance", "ServiceInstance")], "ServiceInstance", ("content",)), None)
        if content is None:
            raise failure("VC02", f"{self._session.address} does not show its ServiceInstance")
        yield content
        for kind, moid in object_xml.references(content):
            if kind != "ServiceInstance":
                yield from self._manager(kind, moid)
        yield from self._tree()
        for kind, moids in _by_type(self._belonging).items():
            yield from self._read([(kind, moid) for moid in moids], kind)

    def _manager(self, kind: str, moid: str) -> Iterator[Element]:
        """Yields an object that ServiceInstance refers to: the root folder, or one of which a part is recorded."""
        names = recording.kept_properties(kind)
        contents = list(self._read([(kind, moid)], kind, names)) if names or kind == "Folder" else []
        yield from contents or [object_xml.object_of(kind, moid)]

    def _tree(self) -> Iterator[Element]:
        """Yields the objects of the inventory, one type after the other."""
        from pyVmomi import vim, vmodl

        manager, root = self._session.content.viewManager, self._session.content.rootFolder
        with self._session.translated_errors("list the inventory"):
            view = manager.CreateContainerView(root, [], True)
        query = vmodl.query.PropertyCollector
        traversal = query.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
        start = query.ObjectSpec(obj=view, skip=True, selectSet=[traversal])
        try:
            for kind in INVENTORY:
                yield from self._retrieve([start], kind)
        finally:
            self._session.quietly(view.Destroy)

    def _read(self, objects: Iterable[tuple[str, str]], kind: str, names: Sequence[str] = ()) -> Iterator[Element]:
        """Yields objects of one type; none if pyVmomi does not know the type."""
        from pyVmomi import vmodl

        try:
            targets = [vsphere_xml.managed_object(self._session.stub, *row) for row in objects]
        except KeyError:
            self.unreadable[kind, "unknown type"] += 1
            return
        starts = [vmodl.query.PropertyCollector.ObjectSpec(obj=target) for target in targets]
        yield from self._retrieve(starts, kind, names)

    def _retrieve(self, starts: list[Any], kind: str, names: Sequence[str] = ()) -> Iterator[Element]:
        """Yields the objects of a type with these properties, or with all; notes it if vCenter refuses."""
        from pyVmomi import vmodl

        query = vmodl.query.PropertyCollector
        spec = query.PropertySpec(type=vsphere_xml.managed_type(kind), all=not names, pathSet=list(names))
        filters = [query.FilterSpec(objectSet=starts, propSet=[spec])]
        options = query.RetrieveOptions(maxObjects=PAGE_SIZES.get(kind, PAGE_SIZE))
        page = self._page(kind, "RetrievePropertiesEx", filters, options)
        while page is not None:
            yield from (self._content(element) for element in page.findall("objects"))
            token = page.findtext("token")
            page = self._page(kind, "ContinueRetrievePropertiesEx", token) if token else None

    def _page(self, kind: str, method: str, *arguments: Any) -> Element | None:
        session = self._session
        action = f"read all objects of the type {kind}"
        try:
            with session.translated_errors(action):
                return vsphere_xml.answer(session.stub, session.content.propertyCollector, method, arguments)
        except FindingError as error:
            if kind == "ServiceInstance" or not _is_refusal(error):
                raise
            self.unreadable[kind, error.finding.code] += 1
            return None

    def _content(self, element: Element) -> Element:
        """An object of an answer as a recording has it; notes what it lacks and what it refers to."""
        element.tag = "ObjectContent"
        kind, moid = object_xml.identity(element)
        for missing in element.findall("missingSet"):
            element.remove(missing)
            self._note(kind, missing)
        if "parent" in object_xml.properties(element) or kind == "Folder":
            self._inventory.append((kind, moid))
        self._belonging += _belonging(element, kind)
        recording.clean(element)
        return element

    def _note(self, kind: str, missing: Element) -> None:
        fault = next((e.get(object_xml.TYPE, "") for e in missing.iter("fault") if e.get(object_xml.TYPE)), "unknown")
        if fault == "NotAuthenticated":
            from pyVmomi import vim

            self._session.lost = True
            raise self._session.fault_error(vim.fault.NotAuthenticated(), "read the inventory")
        self.unreadable[f"{kind}.{missing.findtext('path', '')}", fault] += 1

    def privileges(self) -> dict[tuple[str, ...], list[str]]:
        """Returns the login's effective privileges: the granted ones -> the ids of the objects where they are granted.

        Call it after `objects`. Empty if vCenter does not show them.
        """
        session, granted = self._session, dict[tuple[str, ...], list[str]]()
        rows = [row for row in self._inventory if row[0] not in WITHOUT_PRIVILEGES]
        entities = [vsphere_xml.managed_object(session.stub, *row) for row in rows]
        try:
            with session.translated_errors("show its sessions"):
                user = session.content.sessionManager.currentSession.userName
            for first in range(0, len(entities), ENTITIES_PER_CALL):
                with session.translated_errors("show the login's privileges"):
                    manager = session.content.authorizationManager
                    answers = manager.FetchUserPrivilegeOnEntities(entities[first : first + ENTITIES_PER_CALL], user)
                for row in answers:
                    granted.setdefault(tuple(sorted(row.privileges or ())), []).append(row.entity._moId)
        except FindingError as error:
            if not _is_refusal(error):
                raise
            self.unreadable["privileges", error.finding.code] += 1
            return {}
        return granted

    def skew(self) -> float:
        """Returns the seconds that vCenter's clock is ahead of this machine's."""
        before = datetime.now(UTC)
        with self._session.translated_errors("show its time"):
            now: datetime = self._session.instance.CurrentTime()
        return (now - before).total_seconds()


def _is_refusal(error: FindingError) -> bool:
    """Whether vCenter refused only this call, so that others can succeed."""
    return error.finding.code in REFUSALS


def _belonging(element: Element, kind: str) -> list[tuple[str, str]]:
    """The objects outside the tree that belong to this object, such as a host's network system."""
    names = recording.belonging(kind)
    parts = [part for value in object_xml.properties(element).values() for part in value.iter()] if names else []
    values = [value for name, value in object_xml.properties(element).items() if name in names]
    rows = (object_xml.reference(part) for part in (*values, *(part for part in parts if part.tag in names)))
    return [row for row in rows if row]


def _by_type(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    types: dict[str, list[str]] = {}
    for kind, moid in dict.fromkeys(rows):
        types.setdefault(kind, []).append(moid)
    return types
