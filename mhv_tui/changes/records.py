"""A compute service's record in the cloud: enabled again, deleted where nothing stands on it, or left disabled.

Refuses to delete the record of a host with servers: nova itself refuses that from Rocky on only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Service
from mhv_tui.core.ports import Cloud, names
from mhv_tui.domain.catalogue import finding

COMPUTE = "nova-compute"

PROOFS = "mhv-tui-proof-"
"""What the names of our own servers begin with: their proofs take them away."""

REASON = "undone by mhv-tui"
"""What stands in a record that could not be deleted."""

MOST = 5
"""Servers that a sentence names."""


def record_of(services: Iterable[Service], service_id: str, host: str) -> Service | None:
    """A nova-compute's record by its id, or by its host where the API gives no ids (Havana)."""
    if service_id:
        return next((s for s in services if s.id == service_id), None)
    return next((s for s in services if (s.binary, s.host) == (COMPUTE, host)), None)


def occupants(cloud: Cloud, host: str, but_proofs: bool = False) -> str:
    """Which servers stand on a host, of whatever project, as a sentence; "" where there are none.

    `but_proofs`: as long as our own proofs are still to be taken away, they do not count."""
    there = cloud.servers_on(host)
    held = [s.name or s.id for s in there if not (but_proofs and s.name.startswith(PROOFS))]
    if not held:
        return ""
    shown = names(held) if len(held) <= MOST else f"{', '.join(held[:MOST])} and {len(held) - MOST} more"
    return f"{'servers stand' if len(held) > 1 else 'a server stands'} on {host}, so its record is kept: {shown}"


def check_empty(cloud: Cloud, host: str) -> None:
    """Trouble where servers stand there."""
    if sentence := occupants(cloud, host):
        raise FindingError(
            finding("RG09", "failure", sentence, subject=host, remedy="move or delete them, then try again")
        )


def delete(cloud: Cloud, record: Service) -> None:
    """Deletes a record. Trouble where servers stand on its host, and where this API has no way to delete it."""
    check_empty(cloud, record.host)
    if not record.id:
        raise FindingError(finding("RG09", "failure", undeletable(record), subject=record.host, remedy=by_hand(record)))
    cloud.delete_service(record)


def undeletable(record: Service) -> str:
    """What is true of a record without an id."""
    return f"this cloud's API, older than Icehouse, cannot delete the record of {record.binary} on {record.host}"


def by_hand(record: Service) -> str:
    """What can be done about such a record."""
    return (
        f"This API cannot delete it: nova-manage service disable --host={record.host} --service={record.binary}, "
        "or mark its row of the table services in nova's database as deleted."
    )


def leave(cloud: Cloud, record: Service) -> None:
    """Disables a record that cannot be deleted, with a reason by which it is known again."""
    check_empty(cloud, record.host)
    if not is_left(record):
        cloud.set_service(record, False, REASON)


def is_left(record: Service) -> bool:
    """Whether an undo of ours left it."""
    return record.status == "disabled" and record.disabled_reason == REASON


@dataclass(frozen=True, kw_only=True)
class EnableService(Change):
    """A compute service that disabled itself, enabled again."""

    cloud: CloudLogin
    service_id: str
    service_host: str
    detects_all_effects: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return change_id("enable", self.cloud.system, self.service_host)

    @property
    def summary(self) -> str:
        return f"enable nova-compute on {self.service_host}"

    def preview(self) -> str:
        return f"os-services {self.service_id}: status enabled\n"

    def before(self, ctx: Context) -> Receipt:
        """Its status and reason."""
        seen = record_of(ctx.backend.cloud(self.cloud).services(), self.service_id, self.service_host)
        return {"status": seen.status if seen else "", "reason": seen.disabled_reason if seen else ""}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Enables it."""
        cloud = ctx.backend.cloud(self.cloud)
        seen = record_of(cloud.services(), self.service_id, self.service_host)
        if seen is None:
            detail = f"nova-compute on {self.service_host} has no record any more"
            raise FindingError(finding("VC15", "failure", detail, subject=self.service_host, remedy="look again"))
        cloud.set_service(seen, True)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Disables it again, with the reason it had, where it is still there and enabled."""
        cloud = ctx.backend.cloud(self.cloud)
        seen = record_of(cloud.services(), self.service_id, self.service_host)
        if receipt["status"] == "disabled" and seen is not None and seen.status == "enabled":
            cloud.set_service(seen, False, receipt["reason"])


@dataclass(frozen=True, kw_only=True)
class DeleteService(Change):
    """A stale record of a compute service, deleted. It cannot be brought back: only asked for by name."""

    cloud: CloudLogin
    service_id: str
    service_host: str

    @property
    def id(self) -> str:
        return change_id("stale", self.cloud.system, self.service_host)

    @property
    def summary(self) -> str:
        return f"delete the stale record of nova-compute on {self.service_host}"

    def preview(self) -> str:
        """The call, and that there is no way back."""
        return (
            f"DELETE os-services {self.service_id} ({self.service_host}), unless servers stand there; "
            "it comes back if the service starts again\n"
        )

    def before(self, ctx: Context) -> Receipt:
        """Its host, for the record."""
        return {"host": self.service_host}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Deletes it, unless it has come up meanwhile or servers stand on its host."""
        cloud = ctx.backend.cloud(self.cloud)
        seen = record_of(cloud.services(), self.service_id, self.service_host)
        if seen is not None and seen.state == "up":
            raise FindingError(
                finding("RG09", "failure", f"{self.service_host} is up again", subject=self.service_host)
            )
        if seen is not None:
            delete(cloud, seen)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Nothing: a record is made by its service alone."""
