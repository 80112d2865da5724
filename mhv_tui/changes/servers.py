"""The smoke test of one hypervisor: boots a server and deletes it at once.

The server and its port are deleted even if the boot failed or was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from mhv_tui.changes.records import SMOKE_TEST_PREFIX
from mhv_tui.core.changes import NOT_JOURNALLED, Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError, MhvError
from mhv_tui.core.events import ACTIVE
from mhv_tui.core.findings import SMOKE_TEST_CODE
from mhv_tui.core.openstack import CloudLogin, NewServer, Server
from mhv_tui.core.ports import Cloud
from mhv_tui.core.text import as_lines
from mhv_tui.domain import boot_phases, hypervisors, privileges, signatures
from mhv_tui.domain.catalogue import finding

BOOTED_WITHIN = 300.0
"""Seconds within which a server must become active; the first boot of an image copies it to a datastore."""

SHOW_HOST = (
    "Give the cloud login a role that can read OS-EXT-SRV-ATTR:host "
    "(the policy rule os_compute_api:os-extended-server-attributes)."
)

GONE_WITHIN = 90.0
PAUSE = 3.0


@dataclass(frozen=True, kw_only=True)
class BootServer(Change):
    """Boots one server of an image, waits for ACTIVE on the expected hypervisor, then deletes it."""

    cloud: CloudLogin
    side: str
    """The tested hypervisor: "vmware", or "first" for the hypervisor that the cloud had before."""
    hypervisor: str = field(default="", compare=False, metadata=NOT_JOURNALLED)
    """The type of the hypervisor that the cloud had before, such as QEMU, for texts; "" if `side` is vmware."""
    name: str
    image_id: str
    image: str
    flavor_id: str
    flavor: str
    network_id: str = ""
    network: str = ""
    zone: str = ""
    vmware_host: str = ""
    """The compute service of the vCenter. The server must run on it if `side` is vmware, else on another host."""
    account: str = ""
    """The login of nova-compute on the vCenter, for the sentence about a missing privilege; so are the two below."""
    cluster_id: str = ""
    cluster: str = ""
    undoes: ClassVar[str] = "delete the test server {name}"

    @property
    def id(self) -> str:
        return change_id("prove", self.cloud.system, self.vmware_host, self.side)

    @property
    def summary(self) -> str:
        where = f"through {self.vmware_host}" if self.side == "vmware" else f"on {self._existing}"
        return f"boot {self.image} {where}, then delete it"

    @property
    def _existing(self) -> str:
        return f"a {self.hypervisor} hypervisor" if self.hypervisor else "an existing hypervisor"

    @property
    def effect(self) -> Effect:
        return "create"

    @property
    def former_names(self) -> tuple[str, ...]:
        """The names that mhv-tui gave to this test server in older sessions; a killed run of one can have left it."""
        with_side = f"{SMOKE_TEST_PREFIX}{self.side}-{self.vmware_host}"
        return (with_side, self.name.replace("-for-", "-", 1)) if self.side == "first" else (with_side,)

    @property
    def phases(self) -> tuple[str, ...]:
        return boot_phases.NAMES

    def preview(self) -> str:
        rows = (("image", self.image), ("flavor", self.flavor), ("network", self.network), ("zone", self.zone))
        return as_lines(f"server {self.name}", *(f"  {key:8} {value or '-'}" for key, value in rows))

    def before(self, ctx: Context) -> Receipt:
        return {"name": self.name}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        cloud = ctx.backend.cloud(self.cloud)
        for name in dict.fromkeys((self.name, *self.former_names)):
            clear(ctx, cloud, name)
        began = time.monotonic()
        with _clearing(ctx, cloud, self.name):
            server = self._wait_until_active(ctx, cloud, self._create(cloud, self.zone))
            if self._is_on_neighbour(cloud, server):
                clear(ctx, cloud, self.name)
                own_zone = f"{self.zone}:{self.vmware_host}"
                server = self._wait_until_active(ctx, cloud, self._create(cloud, own_zone))
            self._check_host(cloud, server)
        seconds = time.monotonic() - began
        return {"host": server.host, "hypervisor": server.hypervisor_hostname, "seconds": round(seconds, 1)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Deletes the server and the port of this smoke test, if a killed run left them."""
        clear(ctx, ctx.backend.cloud(self.cloud), receipt["name"])

    def left_nothing(self, ctx: Context, before: Receipt) -> bool:
        """True if the server and its port are deleted."""
        cloud = ctx.backend.cloud(self.cloud)
        return not (cloud.servers(self.name) or cloud.ports(self.name))

    def _is_on_neighbour(self, cloud: Cloud, server: Server) -> bool:
        """True if nova chose another host of the same zone, so that the server must boot again with the host named."""
        if self.side != "vmware" or not self.zone or server.host in ("", self.vmware_host):
            return False
        return any(a.availability_zone == self.zone and server.host in a.hosts for a in cloud.aggregates())

    def _create(self, cloud: Cloud, zone: str) -> Server:
        port = cloud.create_port(self.network_id, self.name).id if self.network_id else ""
        return cloud.create_server(NewServer(self.name, self.image_id, self.flavor_id, port, zone))

    def _wait_until_active(self, ctx: Context, cloud: Cloud, created: Server) -> Server:
        waited, last_state = 0.0, created
        while waited < BOOTED_WITHIN:
            ctx.stop()
            now = cloud.server(created.id)
            if now is None:
                raise self._failed("the server no longer exists")
            self._report(ctx, now, last_state, waited)
            if now.status == "ACTIVE":
                return now
            if now.status == "ERROR":
                raise self._failed(now.fault or "the server has the status ERROR, and nova reports no fault")
            last_state = now
            ctx.backend.sleep(PAUSE)
            waited += PAUSE
        state = f"the status {last_state.status} ({last_state.task_state or 'no task_state'})"
        raise self._failed(f"the server still has {state} after {BOOTED_WITHIN:.0f} s")

    def _report(self, ctx: Context, now: Server, last: Server, waited: float) -> None:
        """Reports the phase of the boot, and logs a new state of the server."""
        state = _state(now)
        if state != _state(last):
            ctx.on_log(f"server {self.name}", [f"{ctx.backend.now():%H:%M:%S} {state}"])
        phase = boot_phases.phase_of(now.task_state)
        if now.status == "ACTIVE":
            ctx.on_progress(0, 0, "", "the server is active", ACTIVE)
        elif phase:
            ctx.on_progress(int(waited), int(BOOTED_WITHIN), "seconds", phase.activity, phase.name)
        else:
            ctx.on_progress(int(waited), int(BOOTED_WITHIN), "seconds", f"nova reports the task {now.task_state}")

    def _check_host(self, cloud: Cloud, server: Server) -> None:
        """Raises FindingError if the server is on the other hypervisor, or if the cloud does not show its host."""
        host = server.host or self._listed(cloud, server)
        if not host:
            detail = f"the server {self.name} is active, but this cloud login cannot read on which host it runs"
            raise FindingError(finding(SMOKE_TEST_CODE, "failure", detail, subject=self.image, remedy=SHOW_HOST))
        if host != self.vmware_host if self.side == "vmware" else self._is_vcenter(cloud, host):
            node = server.hypervisor_hostname or "its node is unknown"
            detail = f"a server of the image {self.image} was scheduled to the wrong hypervisor: {host} ({node})"
            raise FindingError(finding("RG02", "failure", detail, subject=self.image))

    def _is_vcenter(self, cloud: Cloud, host: str) -> bool:
        """True if this host serves a vCenter: that of this change, or another one."""
        kinds = (hypervisors.recognise(h.type) for h in cloud.hypervisors() if h.service_host == host)
        return host == self.vmware_host or any(kind is not None and kind.id == "vmware" for kind in kinds)

    def _listed(self, cloud: Cloud, server: Server) -> str:
        """The host whose server list contains the server; "" if no list or more than one contains it.

        A cloud that ignores the filter by host lists the server on every host.
        """
        try:
            hosts = dict.fromkeys((self.vmware_host, *(h.service_host for h in cloud.hypervisors())))
            listed = [host for host in hosts if any(s.id == server.id for s in cloud.servers_on(host))]
        except MhvError:
            return ""
        return listed[0] if len(listed) == 1 else ""

    def _failed(self, fault: str) -> FindingError:
        """The error for nova's fault message, with the code of its cause, else that of the smoke tests."""
        causes = signatures.recognise(fault)
        code = causes[0][1] if causes else SMOKE_TEST_CODE
        privilege, place = signatures.denied_privilege(fault)
        if privilege and self.account:
            return self._denied(privilege, place)
        return FindingError(finding(code, "failure", f"{self.name}: {fault}", subject=self.image))

    def _denied(self, privilege: str, place: str) -> FindingError:
        """The error for a privilege that vCenter denied to nova on the object with the id `place`."""
        where = f"the cluster {self.cluster}" if place == self.cluster_id else f"the object {place or 'that it used'}"
        label = privileges.label(privilege)
        detail = f"{self.name}: vCenter denied {self.account} the privilege {label} on {where}"
        remedy = privileges.remedy(self.account, (privilege,), where)
        return FindingError(finding("VC12", "failure", detail, subject=self.image, remedy=remedy))


def _state(server: Server) -> str:
    """The state of a server in one line, such as "BUILD spawning on novavmware1"."""
    words = (server.status, server.task_state, f"on {server.host}" if server.host else "", server.fault)
    return " ".join(word for word in words if word)


@contextmanager
def _clearing(ctx: Context, cloud: Cloud, name: str) -> Iterator[None]:
    """Deletes the server and its port at the end. If boot and deletion both fail, the failed boot is reported."""
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        try:
            clear(ctx, cloud, name)
        except MhvError as second:
            if succeeded:
                raise
            ctx.on_progress(0, 0, "", f"the server {name} was not deleted: {second}")


def clear(ctx: Context, cloud: Cloud, name: str) -> None:
    """Deletes servers and ports by name and waits for their end. Raises FindingError if a server still exists."""
    servers = cloud.servers(name)
    for server in servers:
        cloud.delete_server(server.id)
    waited = 0.0
    while any(cloud.server(server.id) is not None for server in servers):
        if waited >= GONE_WITHIN:
            remedy = f"delete the server {name} by hand"
            raise FindingError(
                finding(
                    SMOKE_TEST_CODE,
                    "failure",
                    f"the server {name} still exists {waited:.0f} s after its deletion",
                    remedy=remedy,
                )
            )
        note = f"waiting until nova has deleted the server {name}"
        ctx.on_progress(int(waited), int(GONE_WITHIN), "seconds", note, boot_phases.DELETING)
        ctx.backend.sleep(1.0)
        waited += 1.0
    for port in cloud.ports(name):
        cloud.delete_port(port.id)
