"""The privileges that the service account needs in vCenter, by the object on which they must be effective."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mhv_tui.domain.tables import LazyTable, read

ObjectKind = Literal["root", "folder", "cluster", "host", "datastore", "network", "switch"]


@dataclass(frozen=True)
class Privilege:
    """One privilege of vCenter. `id` is its name in the API, such as `Datastore.AllocateSpace`."""

    id: str
    group: str
    label: str
    """The name of the privilege in vSphere's client."""
    on: tuple[ObjectKind, ...]
    nova: bool
    """True for the 48 privileges in nova's documentation; False if only a change of mhv-tui needs it."""
    purpose: str
    boot_call: str = ""
    """The call of vSphere that needs the privilege when nova boots a server; "" if the boot does not need it."""
    stream_only: bool = False
    """True if nova makes this call only for an image that is streamOptimized."""


def _load() -> dict[str, Privilege]:
    rows = read("privileges").items()
    return {
        i: Privilege(
            i, r["group"], r["label"], tuple(r["on"]), r["nova"], r["for"], r.get("boot", ""), "stream_only" in r
        )
        for i, r in rows
    }


#: Every privilege of the table by its id.
PRIVILEGES: LazyTable[Privilege] = LazyTable(_load)


def needed_on(place: ObjectKind) -> tuple[str, ...]:
    """Returns the ids of nova's 48 privileges that must be effective on an object of this kind."""
    return tuple(p.id for p in PRIVILEGES.values() if p.nova and place in p.on)


def role() -> tuple[str, ...]:
    """Returns the ids of all privileges that nova's driver needs, for a role on the root folder with propagation."""
    return tuple(p.id for p in PRIVILEGES.values() if p.nova)


def needed_to_boot(is_stream: bool) -> tuple[Privilege, ...]:
    """Returns the privileges without which nova cannot boot a server. `is_stream`: the image is streamOptimized."""
    return tuple(p for p in PRIVILEGES.values() if p.boot_call and (is_stream or not p.stream_only))


def label(privilege: str) -> str:
    """Returns the name in vSphere's client and the id, such as `Host > Profile (Host.Profile)`; the id if unknown."""
    row = PRIVILEGES.get(privilege)
    return f"{row.group} > {row.label} ({privilege})" if row else privilege


CLIENT = "the vSphere Client (Administration > Roles)"


def remedy(who: str, missing: Collection[str], where: str) -> str:
    """Returns who gives the login `who` the privileges that it lacks on the object `where`, and in which place."""
    which = "this privilege" if len(missing) == 1 else "these privileges"
    ask = f"Ask vCenter's administrator to add {which} to the role of {who} in {CLIENT}: {', '.join(missing)}"
    return f"{ask}. Its permission must cover {where}. Then check again."


EXTENSION = "Extension.Register"
ROOT = needed_on("root")
FOLDER = needed_on("folder")
CLUSTER = needed_on("cluster")
HOST = needed_on("host")
DATASTORE = needed_on("datastore")
NETWORK = needed_on("network")

ADD_PORT_GROUP = ("Host.Config.Network",)
"""The privileges needed on each host to create and to remove a standard port group."""
ADD_DVPORTGROUP = ("DVPortgroup.Create",)
"""The privileges needed on a distributed switch to create a port group."""
