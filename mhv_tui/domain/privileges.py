"""The privileges that the service account needs in vCenter, by the object on which they must be effective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mhv_tui.domain.tables import LazyTable, read

ObjectKind = Literal["root", "folder", "cluster", "host", "datastore", "network", "switch"]


@dataclass(frozen=True)
class Privilege:
    """One privilege by its id in the API, `Datastore.AllocateSpace`."""

    id: str
    group: str
    label: str
    """As vSphere's client shows it."""
    on: tuple[ObjectKind, ...]
    nova: bool
    """One of the 48 of nova's documentation; else needed by a change that mhv-tui makes."""
    purpose: str


def _load() -> dict[str, Privilege]:
    rows = read("privileges").items()
    return {i: Privilege(i, r["group"], r["label"], tuple(r["on"]), r["nova"], r["for"]) for i, r in rows}


#: Every privilege of the table by its id.
PRIVILEGES: LazyTable[Privilege] = LazyTable(_load)


def needed_on(place: ObjectKind) -> tuple[str, ...]:
    """The ids, of nova's 48, that must be effective on an object of this kind."""
    return tuple(p.id for p in PRIVILEGES.values() if p.nova and place in p.on)


def role() -> tuple[str, ...]:
    """All ids that nova's driver needs, for a role that is granted on the root folder with propagation."""
    return tuple(p.id for p in PRIVILEGES.values() if p.nova)


def label(privilege: str) -> str:
    """`Datastore > Allocate space`, as vSphere's client shows it; the id itself if it is not in the table."""
    row = PRIVILEGES.get(privilege)
    return f"{row.group} > {row.label}" if row else privilege


EXTENSION = "Extension.Register"
ROOT = needed_on("root")
FOLDER = needed_on("folder")
CLUSTER = needed_on("cluster")
HOST = needed_on("host")
DATASTORE = needed_on("datastore")
NETWORK = needed_on("network")

ADD_PORT_GROUP = ("Host.Config.Network",)
"""On each host, to create and to remove a standard port group."""
ADD_DVPORTGROUP = ("DVPortgroup.Create",)
"""On the distributed switch."""
