"""The permissions in a simulated vCenter: what a user lacks, and what nova's boot of a server needs."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.demo.rows import Row
from mhv_tui.domain.privileges import ObjectKind, needed_to_boot

DENIED = "Permission to perform this operation was denied."


def lacks(user: Row, privilege: str, object_id: str) -> bool:
    """Whether the user lacks a privilege on an object; "" is the root folder."""
    missing = user.get("lacks", {})
    return privilege in missing.get("*", ()) or privilege in missing.get(object_id, ())


def denied_boot(user: Row, objects: dict[ObjectKind, Sequence[str]], is_stream: bool) -> str:
    """Returns the fault with which vCenter refuses nova's boot, as oslo.vmware logs it; "" if it permits the boot.

    `objects`: the ids of the objects that the boot uses, by their kinds.
    """
    for privilege in needed_to_boot(is_stream):
        for object_id in (id for kind in privilege.on for id in objects.get(kind, ())):
            if lacks(user, privilege.id, object_id):
                details = f"{{'object': '{object_id}', 'privilegeId': '{privilege.id}'}}"
                return f"{DENIED} Faults: ['NoPermission'] Details: {details}"
    return ""
