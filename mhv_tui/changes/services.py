"""The change that enables and starts a service on a node, and waits until the cloud lists the service as up.

A service with a wrong vCenter password is stopped: each restart is a login, and refused logins lock the account.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from mhv_tui.changes import records
from mhv_tui.core.changes import NOT_JOURNALLED, Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost, SurveyRequest, Unit
from mhv_tui.core.openstack import CloudLogin, Service
from mhv_tui.core.ports import Cloud, Node
from mhv_tui.core.text import as_lines
from mhv_tui.domain import signatures
from mhv_tui.domain.catalogue import finding

log = logging.getLogger(__name__)

UP_WITHIN = 120.0
"""Seconds within which the cloud must list a started nova-compute as up; nova-compute reports every 10 s."""

PAUSE = 3.0
"""Seconds between two checks of a started service."""

STEADY = 5.0
"""Seconds that a unit must stay active without a restart, because a failing unit is active for a moment, too."""

SILENCE = 75.0
"""Seconds after a restart from which on "up" means the new process: nova reports an ended one as down after 60 s."""

RUNNING = ("active", "activating")
"""The states of a unit that runs."""

LOCKING = frozenset({"VC07"})
"""Codes of failures with which every restart of a service does harm; the service is stopped at once."""


@dataclass(frozen=True, kw_only=True)
class StartService(Change):
    """Enables and starts a systemd unit; if `binary` is set, waits until the cloud lists the service as up."""

    host: SshHost
    unit: str
    binary: str = ""
    """The service's name in os-services, such as nova-compute; if empty, the change does not wait for the service."""
    service_host: str = ""
    cloud: CloudLogin | None = None
    runs: bool = field(default=False, compare=False, metadata=NOT_JOURNALLED)
    """True if the unit was active when the plan was made."""

    @property
    def id(self) -> str:
        return change_id("service", self.host.system, self.unit)

    @property
    def summary(self) -> str:
        return f"enable and {'restart' if self.runs else 'start'} {self.unit} on {self.host}"

    def undo_summary(self, receipt: Receipt) -> str:
        verb = "restore the earlier state of" if receipt.get("active") in RUNNING else "stop and disable"
        record = "; delete its service record in nova" if self.binary and receipt.get("made", True) else ""
        return f"{verb} {self.unit} on {self.host}{record}"

    @property
    def effect(self) -> Effect:
        return "edit" if self.runs else "create"

    @property
    def starts(self) -> str:
        return "" if self.runs else self._service

    @property
    def restarts(self) -> str:
        return self._service if self.runs else ""

    @property
    def _service(self) -> str:
        return f"{self.unit} on {self.host}"

    @property
    def consequence(self) -> str:
        return f"While {self.unit} restarts, it changes no server; running servers continue." if self.runs else ""

    def preview(self) -> str:
        """The commands, and what the change waits for."""
        wait = f"then wait up to {UP_WITHIN:.0f} s until the cloud lists {self.binary} on {self.service_host} as up"
        note = "" if self.runs else "  (starts it, because it does not run)"
        commands = (f"on {self.host}:", f"  systemctl enable {self.unit}", f"  systemctl restart {self.unit}{note}")
        return as_lines(*commands, *([wait] if self.binary else []))

    def before(self, ctx: Context) -> Receipt:
        """The unit's state, and the ids of the service's records, except a record that an earlier undo disabled."""
        unit = _unit(ctx.backend.node(self.host), self.unit)
        existing = [s.id for s in self._records(ctx) if not records.is_left(s)]
        return {"active": unit.active, "enabled": unit.enabled, "records": existing}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Starts the unit and waits. Raises FindingError with the cause from its log if the unit does not start."""
        node = ctx.backend.node(self.host)
        last_line = _last_line(node.journal(self.unit))
        node.unit(self.unit, "enable")
        node.unit(self.unit, "reset-failed")
        existing = {s.id for s in self._records(ctx)}
        node.unit(self.unit, "restart")
        if self.binary:
            self._wait_until_up(ctx, node, last_line, existing)
        elif _unit(node, self.unit).active == "failed":
            raise self._failure(node, last_line, f"{self.unit} failed at once")
        for record in self._ours(ctx, before):
            if records.is_left(record):
                self._cloud(ctx).set_service(record, True)
        return {"made": [s.id for s in self._ours(ctx, before)]}

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        """A sentence that names the servers on the hypervisor that this change added; "" if there are none."""
        return records.occupants(self._cloud(ctx), self.service_host, True) if self._ours(ctx, receipt) else ""

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the unit's earlier state, and deletes the service record that this change created.

        Raises FindingError if servers run on the service's host; then the record stays and the service continues to
        run. Nova itself refuses to delete such a record only since Rocky.
        """
        if ours := self._ours(ctx, receipt):
            records.check_empty(self._cloud(ctx), self.service_host)
        node = ctx.backend.node(self.host)
        now = _unit(node, self.unit)
        stops = now.load != "not-found" and receipt["active"] not in RUNNING
        if stops:
            node.unit(self.unit, "stop")
        try:
            for record in ours:
                self._delete_record(ctx, record)
        except FindingError:
            if stops and now.active == "active":
                node.unit(self.unit, "start")
            raise
        if now.load != "not-found" and receipt["enabled"] not in ("enabled", "enabled-runtime"):
            node.unit(self.unit, "disable")

    def _delete_record(self, ctx: Context, record: Service) -> None:
        if record.id:
            records.delete(self._cloud(ctx), record)
            return
        records.leave(self._cloud(ctx), record)
        sentence = f"{records.undeletable(record)}, so the service is only disabled"
        log.warning("%s", sentence)
        ctx.on_progress(0, 0, "", sentence)

    def _ours(self, ctx: Context, receipt: Receipt) -> list[Service]:
        return [s for s in self._records(ctx) if s.id not in receipt["records"]]

    def _wait_until_up(self, ctx: Context, node: Node, last_line: str, existing: Set[str]) -> None:
        """Waits until the cloud lists the service as up. Raises FindingError if the service fails or the time is over.

        `existing` are the ids of the service records from before the restart: their state is that of the old process.
        """
        old = {s.id: s.updated_at for s in self._records(ctx) if s.id in existing}
        began = ctx.backend.now()
        waited, calm, last, logged_line = 0.0, 0.0, Unit(), last_line
        while waited < UP_WITHIN:
            now = _unit(node, self.unit)
            journal = node.journal(self.unit)
            ctx.on_log(f"{self.unit} on {self.host}", _since(journal, logged_line).splitlines())
            logged_line = _last_line(journal)
            if now.active != "active" or abs(now.since - last.since) > 1.0:
                calm = waited
            last = now
            reported = any(s.state == "up" and (waited > SILENCE or _is_news(s, old)) for s in self._records(ctx))
            if reported and now.active == "active" and waited - calm >= STEADY:
                return
            ctx.on_progress(int(waited), int(UP_WITHIN), "seconds", self._awaited(now, reported))
            self._raise_if_failed(node, last_line, journal, now)
            ctx.backend.sleep(PAUSE)
            waited = max(waited + PAUSE, (ctx.backend.now() - began).total_seconds())
        raise self._failure(node, last_line, f"the cloud does not list {self.unit} as up after {UP_WITHIN:.0f} s")

    def _awaited(self, now: Unit, reported: bool) -> str:
        """A phrase that says what the change waits for."""
        if now.active != "active":
            return f"systemd reports {self.unit} as {now.active or 'unknown'}; waiting until it is active"
        if not reported:
            return f"waiting until nova lists {self.binary} on {self.service_host} as up"
        return f"nova lists {self.binary} as up; checking that it runs for {STEADY:.0f} s"

    def _raise_if_failed(self, node: Node, last_line: str, journal: str, now: Unit) -> None:
        """Raises FindingError if the unit has failed, or if more logins would lock the vCenter account."""
        causes = {code for _, code, _ in signatures.recognise(_since(journal, last_line))}
        if causes & LOCKING:
            stopped = f"{self.unit} is stopped, so that its restarts do not lock the vCenter account"
            failure = self._failure(node, last_line, stopped)
            node.unit(self.unit, "stop")
            raise failure
        if now.active == "failed":
            raise self._failure(node, last_line, f"{self.unit} ended")

    def _failure(self, node: Node, last_line: str, what: str) -> FindingError:
        text = _since(node.journal(self.unit), last_line)
        causes = signatures.recognise(text)
        if causes:
            _, code, excerpt = causes[-1]
            return FindingError(finding(code, "failure", f"{what}: {excerpt}", subject=str(self.host)))
        newest = _last_line(text) or "its log is empty"
        remedy = f"run `journalctl -u {self.unit}` on {self.host} and read the cause"
        return FindingError(finding("CN10", "failure", f"{what}: {newest}", subject=str(self.host), remedy=remedy))

    def _records(self, ctx: Context) -> list[Service]:
        if not self.binary:
            return []
        services = self._cloud(ctx).services()
        return [s for s in services if (s.binary, s.host) == (self.binary, self.service_host)]

    def _cloud(self, ctx: Context) -> Cloud:
        assert self.cloud is not None, "a StartService with `binary` needs `cloud`"
        return ctx.backend.cloud(self.cloud)


def _is_news(record: Service, old: Mapping[str, datetime | None]) -> bool:
    """True if the service has reported to the cloud after its restart. `old` has record id -> time before it."""
    before = old.get(record.id)
    return record.updated_at is not None and (before is None or record.updated_at > before)


def _unit(node: Node, name: str) -> Unit:
    return node.survey(SurveyRequest(units=(name,))).units.get(name, Unit())


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _since(text: str, last_line: str) -> str:
    """The part of a log after the line `last_line`; the whole log if it does not contain this line."""
    lines = text.splitlines()
    at = max((i for i, line in enumerate(lines) if last_line and line.strip() == last_line), default=-1)
    return "\n".join(lines[at + 1 :])
