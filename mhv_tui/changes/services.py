"""What is done to a node's services: enabled, started, followed until the cloud has them up or the log says why not.

Refuses to let a service with a bad password go on: each of its restarts is a login, and logins lock the account.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from mhv_tui.changes import records
from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost, SurveyRequest, Unit
from mhv_tui.core.openstack import CloudLogin, Service
from mhv_tui.core.ports import Cloud, Node
from mhv_tui.domain import signatures
from mhv_tui.domain.catalogue import finding

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds until a started nova-compute has to be up in the cloud; it reports every 10, vCenter's login takes a few."""

PAUSE = 3.0
"""Seconds between two looks."""

STEADY = 5.0
"""Seconds during which a unit has to be active without a restart: one that fails a moment later was active too."""

SILENCE = 75.0
"""Seconds after which a record that is up speaks of the new process whatever its time says: nova's own limit is 60."""

LOCKING = frozenset({"VC07"})
"""Causes under which a service that restarts itself does harm: it is stopped at once."""


@dataclass(frozen=True, kw_only=True)
class StartService(Change):
    """A unit enabled and started; where `binary` is given, followed until the cloud's service list has it up."""

    host: SshHost
    unit: str
    binary: str = ""
    """Its name in os-services, such as nova-compute; empty where it is not followed."""
    service_host: str = ""
    cloud: CloudLogin | None = None

    @property
    def id(self) -> str:
        return change_id("service", self.host.system, self.unit)

    @property
    def summary(self) -> str:
        return f"enable and start {self.unit} on {self.host}"

    def preview(self) -> str:
        """The commands, and what is waited for."""
        shown = f"on {self.host}:\n  systemctl enable {self.unit}\n  systemctl restart {self.unit}\n"
        if not self.binary:
            return shown
        return (
            f"{shown}then wait up to {PATIENCE:.0f} s until {self.binary} on {self.service_host} is up in the cloud\n"
        )

    def before(self, ctx: Context) -> Receipt:
        """The unit's state, and the cloud's records of the service: those are not ours, but for one that we left."""
        unit = _unit(ctx.backend.node(self.host), self.unit)
        held = [s.id for s in self._records(ctx) if not records.is_left(s)]
        return {"active": unit.active, "enabled": unit.enabled, "records": held}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Starts it and waits. Trouble with the cause that its log names where it does not come up."""
        node = ctx.backend.node(self.host)
        said = _last_line(node.journal(self.unit))
        node.unit(self.unit, "enable")
        node.unit(self.unit, "reset-failed")
        held = {s.id for s in self._records(ctx)}
        node.unit(self.unit, "restart")
        if self.binary:
            self._follow(ctx, node, said, held)
        elif _unit(node, self.unit).active == "failed":
            raise self._refused(node, said, "it failed at once")
        for record in self._ours(ctx, before):
            if records.is_left(record):
                self._cloud(ctx).set_service(record, True)
        return {"made": [s.id for s in self._ours(ctx, before)]}

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        """The servers that stand on a hypervisor of our making."""
        return records.occupants(self._cloud(ctx), self.service_host, True) if self._ours(ctx, receipt) else ""

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Stops and disables what was not so before, and deletes the record that came with us.

        While servers stand there the record has to stay: then the service runs on, and Trouble says why. Nova refuses
        by itself only from Rocky on, so the servers are asked for first.
        """
        if ours := self._ours(ctx, receipt):
            records.check_empty(self._cloud(ctx), self.service_host)
        node = ctx.backend.node(self.host)
        now = _unit(node, self.unit)
        stops = now.load != "not-found" and receipt["active"] not in ("active", "activating")
        if stops:
            node.unit(self.unit, "stop")
        try:
            for record in ours:
                self._take(ctx, record)
        except FindingError:
            if stops and now.active == "active":
                node.unit(self.unit, "start")
            raise
        if now.load != "not-found" and receipt["enabled"] not in ("enabled", "enabled-runtime"):
            node.unit(self.unit, "disable")

    def _take(self, ctx: Context, record: Service) -> None:
        if record.id:
            records.delete(self._cloud(ctx), record)
            return
        records.leave(self._cloud(ctx), record)
        sentence = f"{records.undeletable(record)}: it was left disabled"
        log.warning("%s", sentence)
        ctx.on_progress(0, 0, "", sentence)

    def _ours(self, ctx: Context, receipt: Receipt) -> list[Service]:
        return [s for s in self._records(ctx) if s.id not in receipt["records"]]

    def _follow(self, ctx: Context, node: Node, said: str, held: Set[str]) -> None:
        """`held`: the records from before the restart. What they say now is the old process's last word."""
        old = {s.id: s.updated_at for s in self._records(ctx) if s.id in held}
        began = ctx.backend.now()
        waited, calm, last = 0.0, 0.0, Unit()
        while waited < PATIENCE:
            ctx.stop()
            now = _unit(node, self.unit)
            if now.active != "active" or abs(now.since - last.since) > 1.0:
                calm = waited
            last = now
            heard = any(s.state == "up" and (waited > SILENCE or _is_news(s, old)) for s in self._records(ctx))
            if heard and now.active == "active" and waited - calm >= STEADY:
                return
            ctx.on_progress(int(waited), int(PATIENCE), "seconds", f"waiting for {self.binary} on {self.service_host}")
            self._judge(node, said, now)
            ctx.backend.sleep(PAUSE)
            waited = max(waited + PAUSE, (ctx.backend.now() - began).total_seconds())
        raise self._refused(node, said, f"it is not up in the cloud after {PATIENCE:.0f} s")

    def _judge(self, node: Node, said: str, now: Unit) -> None:
        """Ends the wait early where the unit has failed, or goes on asking for a locked account."""
        causes = {code for _, code, _ in signatures.recognise(_since(node.journal(self.unit), said))}
        if causes & LOCKING:
            trouble = self._refused(node, said, "it was stopped, lest its restarts lock the account")
            node.unit(self.unit, "stop")
            raise trouble
        if now.active == "failed":
            raise self._refused(node, said, "it ended")

    def _refused(self, node: Node, said: str, what: str) -> FindingError:
        text = _since(node.journal(self.unit), said)
        known = signatures.recognise(text)
        if known:
            _, code, excerpt = known[-1]
            return FindingError(finding(code, "failure", f"{self.unit}: {what}: {excerpt}", subject=str(self.host)))
        last = _last_line(text) or "its log is empty"
        remedy = f"read journalctl -u {self.unit} on {self.host}"
        return FindingError(
            finding("CN10", "failure", f"{self.unit}: {what}: {last}", subject=str(self.host), remedy=remedy)
        )

    def _records(self, ctx: Context) -> list[Service]:
        if not self.binary:
            return []
        services = self._cloud(ctx).services()
        return [s for s in services if (s.binary, s.host) == (self.binary, self.service_host)]

    def _cloud(self, ctx: Context) -> Cloud:
        assert self.cloud is not None, "a service that is followed has its cloud"
        return ctx.backend.cloud(self.cloud)


def _is_news(record: Service, old: Mapping[str, datetime | None]) -> bool:
    """Whether it has reported since these: a record that is merely new counts as up before its hypervisor is listed."""
    before = old.get(record.id)
    return record.updated_at is not None and (before is None or record.updated_at > before)


def _unit(node: Node, name: str) -> Unit:
    return node.survey(SurveyRequest(units=(name,))).units.get(name, Unit())


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _since(text: str, said: str) -> str:
    """What the log says after the line that was its last before the start; all of it where that line is gone."""
    lines = text.splitlines()
    at = max((i for i, line in enumerate(lines) if said and line.strip() == said), default=-1)
    return "\n".join(lines[at + 1 :])
