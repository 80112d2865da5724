"""Changes to a compute service's record in the cloud: enable it, delete it, or leave it disabled.

The record of a host with servers is never deleted: nova itself refuses this deletion only since Rocky.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Service
from mhv_tui.core.ports import Cloud
from mhv_tui.core.text import as_lines, join_names
from mhv_tui.domain.catalogue import finding

COMPUTE = "nova-compute"

SMOKE_TEST_PREFIX = "mhv-tui-test-"
"""The prefix of the names of the servers that smoke tests boot and delete."""

REASON = "undone by mhv-tui"
"""The disabled_reason of a compute service that undo could not delete and therefore disabled."""


def record_of(services: Iterable[Service], service_id: str, host: str) -> Service | None:
    """The record of a nova-compute, found by its id, or by its host if the API has no ids (Havana)."""
    if service_id:
        return next((s for s in services if s.id == service_id), None)
    return next((s for s in services if (s.binary, s.host) == (COMPUTE, host)), None)


def occupants(cloud: Cloud, host: str, except_smoke_tests: bool = False) -> str:
    """A sentence that names the servers of all projects on a host; "" if there are no servers.

    `except_smoke_tests` ignores the servers of smoke tests, which undo deletes first.
    """
    servers = cloud.servers_on(host)
    server_names = [
        s.name or s.id for s in servers if not (except_smoke_tests and s.name.startswith(SMOKE_TEST_PREFIX))
    ]
    if not server_names:
        return ""
    return f"the compute service record of {host} is kept, because servers run on this host: {join_names(server_names)}"


def check_empty(cloud: Cloud, host: str) -> None:
    """Raises FindingError if servers run on a host."""
    if sentence := occupants(cloud, host):
        raise FindingError(
            finding("RG09", "failure", sentence, subject=host, remedy="move or delete the servers, then try again")
        )


def delete(cloud: Cloud, record: Service) -> None:
    """Deletes a service record. Raises FindingError if servers run on its host, or if the API cannot delete it."""
    check_empty(cloud, record.host)
    if not record.id:
        raise FindingError(finding("RG09", "failure", undeletable(record), subject=record.host, remedy=by_hand(record)))
    cloud.delete_service(record)


def undeletable(record: Service) -> str:
    """The sentence that explains why a record without an id is not deleted."""
    return f"the API of this cloud (before Icehouse) cannot delete the record of {record.binary} on {record.host}"


def by_hand(record: Service) -> str:
    """The remedy for a service record that the API cannot delete, because it has no id."""
    return (
        f"Run `nova-manage service disable --host={record.host} --service={record.binary}`, "
        "or mark its row in the table services of nova's database as deleted."
    )


def leave(cloud: Cloud, record: Service) -> None:
    """Disables a service record that cannot be deleted; its disabled_reason is REASON."""
    check_empty(cloud, record.host)
    if not is_left(record):
        cloud.set_service(record, False, REASON)


def is_left(record: Service) -> bool:
    """True if undo disabled this service record because it could not delete it."""
    return record.status == "disabled" and record.disabled_reason == REASON


@dataclass(frozen=True, kw_only=True)
class EnableService(Change):
    """Enables a compute service that disabled itself."""

    cloud: CloudLogin
    service_id: str
    service_host: str
    detects_all_effects: ClassVar[bool] = True
    undoes: ClassVar[str] = "disable nova-compute on {service_host} again"

    @property
    def id(self) -> str:
        return change_id("enable", self.cloud.system, self.service_host)

    @property
    def summary(self) -> str:
        return f"enable nova-compute on {self.service_host}"

    @property
    def effect(self) -> Effect:
        return "edit"

    @property
    def consequence(self) -> str:
        return f"nova can then schedule servers to {self.service_host} again."

    def preview(self) -> str:
        return as_lines(f"os-services {self.service_id}: status enabled")

    def before(self, ctx: Context) -> Receipt:
        record = record_of(ctx.backend.cloud(self.cloud).services(), self.service_id, self.service_host)
        return {"status": record.status if record else "", "reason": record.disabled_reason if record else ""}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if record is None:
            detail = f"the cloud no longer lists nova-compute on {self.service_host}"
            raise FindingError(finding("VC15", "failure", detail, subject=self.service_host, remedy="check again"))
        cloud.set_service(record, True)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Disables the service again with its earlier reason, if it still exists and is enabled."""
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if receipt["status"] == "disabled" and record is not None and record.status == "enabled":
            cloud.set_service(record, False, receipt["reason"])


@dataclass(frozen=True, kw_only=True)
class DeleteService(Change):
    """Deletes the stale record of a compute service. Made only on request, because it cannot be undone."""

    cloud: CloudLogin
    service_id: str
    service_host: str
    undoes: ClassVar[str] = "keep the record of nova-compute on {service_host} deleted: no service uses it"
    is_kept: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return change_id("stale", self.cloud.system, self.service_host)

    @property
    def summary(self) -> str:
        return f"delete the stale record of nova-compute on {self.service_host}"

    @property
    def effect(self) -> Effect:
        return "delete"

    @property
    def no_undo(self) -> str:
        return "Undo does not create the record again, because no service uses it."

    def preview(self) -> str:
        """The API call, and when the record exists again."""
        return as_lines(
            f"DELETE os-services {self.service_id} ({self.service_host}), unless servers run on this host; "
            "nova-compute creates the record again if it starts"
        )

    def before(self, ctx: Context) -> Receipt:
        return {"host": self.service_host}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Deletes the service record. Raises FindingError if the service is up, or if servers run on its host."""
        cloud = ctx.backend.cloud(self.cloud)
        record = record_of(cloud.services(), self.service_id, self.service_host)
        if record is not None and record.state == "up":
            raise FindingError(
                finding(
                    "RG09", "failure", f"nova-compute on {self.service_host} is up again", subject=self.service_host
                )
            )
        if record is not None:
            delete(cloud, record)
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: only nova-compute itself can create its record."""
