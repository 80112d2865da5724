"""Changes to a compute service's record in the cloud: enable it, delete it, or leave it disabled.

Never deletes the record of a host with servers: nova refuses that only from Rocky on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Service
from mhv_tui.core.ports import Cloud
from mhv_tui.core.text import as_lines, join_names
from mhv_tui.domain.catalogue import finding

COMPUTE = "nova-compute"

SMOKE_TEST_PREFIX = "mhv-tui-proof-"
"""The prefix of the names of our own servers; the smoke test that boots one deletes it."""

REASON = "undone by mhv-tui"
"""The reason in a record that could not be deleted."""


def record_of(services: Iterable[Service], service_id: str, host: str) -> Service | None:
    """A nova-compute's record by its id, or by its host if the API has no ids (Havana)."""
    if service_id:
        return next((s for s in services if s.id == service_id), None)
    return next((s for s in services if (s.binary, s.host) == (COMPUTE, host)), None)


def occupants(cloud: Cloud, host: str, except_smoke_tests: bool = False) -> str:
    """A sentence with the servers of all projects on a host; "" if there are none.

    `except_smoke_tests` leaves out our own servers, which undo deletes first.
    """
    servers = cloud.servers_on(host)
    server_names = [
        s.name or s.id for s in servers if not (except_smoke_tests and s.name.startswith(SMOKE_TEST_PREFIX))
    ]
    if not server_names:
        return ""
    return f"the record of {host} is kept, because servers run there: {join_names(server_names)}"


def check_empty(cloud: Cloud, host: str) -> None:
    """Raises FindingError if servers run there."""
    if sentence := occupants(cloud, host):
        raise FindingError(
            finding("RG09", "failure", sentence, subject=host, remedy="move or delete them, then try again")
        )


def delete(cloud: Cloud, record: Service) -> None:
    """Deletes a record. Raises FindingError if servers run on its host, or if this API cannot delete it."""
    check_empty(cloud, record.host)
    if not record.id:
        raise FindingError(finding("RG09", "failure", undeletable(record), subject=record.host, remedy=by_hand(record)))
    cloud.delete_service(record)


def undeletable(record: Service) -> str:
    """A sentence: why a record without an id is not deleted."""
    return f"this cloud's API, older than Icehouse, cannot delete the record of {record.binary} on {record.host}"


def by_hand(record: Service) -> str:
    """The remedy for a record without an id."""
    return (
        f"This API cannot delete it: nova-manage service disable --host={record.host} --service={record.binary}, "
        "or mark its row of the table services in nova's database as deleted."
    )


def leave(cloud: Cloud, record: Service) -> None:
    """Disables a record that cannot be deleted; the reason identifies it later."""
    check_empty(cloud, record.host)
    if not is_left(record):
        cloud.set_service(record, False, REASON)


def is_left(record: Service) -> bool:
    """True if an undo of ours left it disabled."""
    return record.status == "disabled" and record.disabled_reason == REASON


@dataclass(frozen=True, kw_only=True)
class EnableService(Change):
    """Enables a compute service that disabled itself."""

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
        return as_lines(f"os-services {self.service_id}: status enabled")

    def before(self, ctx: Context) -> Receipt:
        record = record_of(ctx.backend.cloud(self.cloud).services(), self.service_id, self.service_host)
        return {"status": record.status if record else "", "reason": record.disabled_reason if record else ""}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if record is None:
            detail = f"nova-compute on {self.service_host} no longer has a record"
            raise FindingError(finding("VC15", "failure", detail, subject=self.service_host, remedy="check again"))
        cloud.set_service(record, True)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Disables it again with its earlier reason, if it still exists and is enabled."""
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if receipt["status"] == "disabled" and record is not None and record.status == "enabled":
            cloud.set_service(record, False, receipt["reason"])


@dataclass(frozen=True, kw_only=True)
class DeleteService(Change):
    """Deletes the stale record of a compute service. Cannot be undone, so it is made only on request."""

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
        """The call, and that it cannot be undone."""
        return as_lines(
            f"DELETE os-services {self.service_id} ({self.service_host}), unless servers run there; "
            "the service creates it again if it starts"
        )

    def before(self, ctx: Context) -> Receipt:
        return {"host": self.service_host}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Deletes it, unless it is up by now or servers run on its host."""
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if record is not None and record.state == "up":
            raise FindingError(
                finding("RG09", "failure", f"{self.service_host} is up again", subject=self.service_host)
            )
        if record is not None:
            delete(cloud, record)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: only the service itself can create its record."""
