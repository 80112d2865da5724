"""The state of a session for people: how its last run ended and why, and which changes are in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import capitalised, count, with_capital
from mhv_tui.engine.commands import undo_command
from mhv_tui.engine.failed_tests import failed_tests
from mhv_tui.engine.ledger import booted_since, booted_words, change_rows, undone_words, verified_ids
from mhv_tui.engine.locks import Holder
from mhv_tui.engine.session import Session
from mhv_tui.engine.state import private_directory

FINISHED = ("done", "nothing-to-do", "other format", "unreadable")
"""The outcomes of sessions that need no further run, or that this version cannot run."""


@dataclass(frozen=True)
class SessionStatus:
    """How the last run of a session ended, and the changes that are in place."""

    name: str
    outcome: str
    """The outcome of the last run, or another key of WORDS."""
    command: str = ""
    """The last command that changed something: `apply` or `undo`; "" if there was none."""
    step: str = ""
    """The id of the step at which the last run ended."""
    exit: int = 0
    """The exit code of the last run; it says which signal ended a cancelled run."""
    reason: str = ""
    """The problem that ended the last run, as a sentence; "" if the run ended well."""
    holder: Holder | None = None
    """The process that runs the session now."""
    wizard: Holder | None = None
    """The process with a wizard in which the session is open."""
    changes: int = 0
    """The number of changes that were made and not undone."""
    half_made: int = 0
    """The number of changes that were begun, neither completed nor undone."""
    undone: int = 0
    """The number of changes that were undone."""
    kept: int = 0
    """The number of changes whose undo kept the result."""
    total: int = 0
    """The number of changes of the last approved plan, of those that its fixes revealed, and of the earlier runs; 0 if
    there was no plan."""
    is_untested: bool = False
    """True if a change was made after the last test servers, or if a test server was not deleted yet."""
    booted: int = 0
    """The number of test servers that have booted since the last change, if not all have."""
    failed_test: str = ""
    """The code of the test of which the last run failed; "" if none did."""
    servers_left: int = 0
    """The number of test servers that may still exist; apply or undo deletes them."""
    last: str = ""
    """The time of the last run (UTC, ISO 8601); "" if there was none."""

    @property
    def is_undone(self) -> bool:
        return self.command == "undo" and self.outcome in ("done", "nothing-to-do") and not self.standing

    @property
    def undone_words(self) -> str:
        """What an undo undid, such as `every change is undone` or `10 undone, 1 kept`."""
        return undone_words(self.undone, self.kept) if self.kept else "every change is undone"

    @property
    def standing(self) -> int:
        """The number of changes that undo would undo."""
        return self.changes + self.half_made

    @property
    def planned(self) -> int:
        """The number of changes in place and still to make; only those in place if the session is done."""
        return max(self.total, self.standing) if self.outcome not in FINISHED else self.standing

    @property
    def progress(self) -> str:
        """The changes in place, such as `2 of 10` or `10 of 10`, with the incomplete ones; `0` if there are none."""
        return ", ".join([f"{self.changes} of {self.planned}", *self._incomplete]) if self.standing else "0"

    @property
    def changes_made(self) -> str:
        """The same as words of a sentence, such as `2 of 10 changes made, 1 incomplete`, and the state of the tests."""
        noun = "change" if self.planned == 1 else "changes"
        return "; ".join([", ".join([f"{self._share} {noun} made", *self._incomplete]), *self._tests])

    @property
    def _tests(self) -> list[str]:
        them = "it" if self.servers_left == 1 else "them"
        left = f"{count(self.servers_left, 'test server')} may still exist; apply or undo deletes {them}"
        booted = f"{booted_words(self.booted)} since" if self.lacks_test_servers else ""
        tests = f"a test failed ({self.failed_test})" if self.failed_test else booted
        return [words for words in (tests, left if self.servers_left else "") if words]

    @property
    def lacks_test_servers(self) -> bool:
        """True if all changes are made, and the run ended before its test servers had booted."""
        is_complete = self.changes == self.planned and not self.half_made and self.changes > 0
        return (
            self.total > 0
            and is_complete
            and self.is_untested
            and self.command != "undo"
            and self.outcome not in FINISHED
        )

    @property
    def ended_before_tests(self) -> bool:
        """True if the operator, a signal or a crash ended the run before its first test server."""
        has_servers = self.booted or self.servers_left
        return self.lacks_test_servers and not has_servers and self.outcome in ("cancelled", "interrupted")

    @property
    def _share(self) -> str:
        is_partial = self.planned > self.changes or self.lacks_test_servers
        return f"{self.changes} of {self.planned}" if is_partial else str(self.changes)

    @property
    def _incomplete(self) -> list[str]:
        return [f"{self.half_made} incomplete"] if self.half_made else []


def status_of(session: Session) -> SessionStatus:
    """The state of a session. Raises no error: a session that cannot be read has an outcome that says so."""
    try:
        private_directory(session.directory)
        if error := session.other_format():
            return SessionStatus(session.name, "other format", reason=error.message)
        return _readable_status(session)
    except UsageError as error:
        return SessionStatus(session.name, "unreadable", reason=error.message)


def _readable_status(session: Session) -> SessionStatus:
    journal = session.journal
    records = _without_declined(journal.records())
    parts = [(part.journal.not_undone(), verified_ids(part.journal.records())) for part in session.parts()]
    rows = [(e, e.complete or e.id in verified) for all_, verified in parts for e in all_ if not e.smoke_test]
    entries, completed = [e for e, _ in rows], sum(complete for _, complete in rows)
    finished, started = _last(records, "finished"), _last(records, "started")
    ends = [record["what"] for record in records if record["what"] in ("started", "finished")]
    undone = [r for part in session.parts() for r in change_rows(part.journal.records()) if r.state == "undone"]
    failed = [test for part in session.parts() for test in failed_tests(part.journal.records())]
    is_interrupted, holder = ends[-1:] == ["started"], session.holder()
    outcome = "interrupted" if is_interrupted else str(finished.get("outcome", "not begun"))
    step = str((_last(records, "intent") if is_interrupted else finished).get("step", ""))
    return SessionStatus(
        session.name,
        "damaged" if journal.damage() else "running" if holder else outcome,
        command="undo" if step == "undo" else str(started.get("command", "")),
        step=step,
        exit=int(finished.get("exit", 0)),
        reason="" if holder else _reason(session, records, outcome, step),
        holder=holder,
        wizard=session.wizard(),
        changes=completed,
        half_made=len(entries) - completed,
        undone=sum(not row.is_kept for row in undone),
        kept=sum(row.is_kept for row in undone),
        total=int((journal.last("approved") or {}).get("total", 0)),
        is_untested=any(part.journal.needs_smoke_tests(part.target) for part in session.parts()),
        booted=sum(booted_since(part.journal.records()) for part in session.parts()),
        failed_test=failed[-1].code if failed else "",
        servers_left=sum(e.smoke_test and not e.complete for all_, _ in parts for e in all_),
        last=str(finished.get("time") or started.get("time") or ""),
    )


def _without_declined(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without the runs that the operator ended before the first change: the earlier state still holds."""
    rows: list[dict[str, Any]] = []
    for record in records:
        is_declined = record["what"] == "finished" and (record.get("outcome"), record.get("exit")) == ("cancelled", 130)
        if is_declined and rows and rows[-1]["what"] == "started":
            rows.pop()
        else:
            rows.append(record)
    return rows


def _last(records: Sequence[dict[str, Any]], what: str) -> dict[str, Any]:
    return next((r for r in reversed(records) if r["what"] == what), {})


def _reason(session: Session, records: list[dict[str, Any]], outcome: str, step: str) -> str:
    """Why the last run ended: its last failure, else the first finding that stopped it, else the interrupted change."""
    if outcome in ("done", "nothing-to-do", "not begun", "cancelled"):
        return ""
    begin = max((i for i, record in enumerate(records) if record["what"] == "started"), default=0)
    run = records[begin:]
    failure = next((r for r in reversed(run) if r["what"] in ("failed", "undo_failed")), None)
    if failure:
        return f"{failure['code']} {failure['error']}"
    if outcome == "interrupted":
        intent = next((r for r in reversed(run) if r["what"] == "intent"), None)
        change = f"before a change of the page {intent['step']} was complete" if intent else "during the run"
        return f"the program ended {change}"
    stopping = [f for (_, id), f in session.findings() if f.stops and id == step]
    return _sentence(stopping[0]) if stopping else ""


def _sentence(finding: Finding) -> str:
    return f"{finding.code} {finding.headline}"


WORDS = {
    "not begun": ("nothing applied yet", ""),
    "done": ("done", ""),
    "nothing-to-do": ("done", ""),
    "stopped": ("stopped by a check", " of page {step}"),
    "failed": ("a change failed", " on page {step}"),
    "unverified": ("made; a check fails", " on page {step}"),
    "test failed": ("test failed", " ({code})"),
    "cancelled": ("stopped by you", " at page {step}"),
    "interrupted": ("interrupted", " at page {step}"),
    "running": ("running now", ""),
    "damaged": ("journal damaged", ""),
    "other format": ("made by another version", ""),
    "unreadable": ("unreadable", ""),
}
"""The outcome of the last run -> how people read it, and what follows if the step is known."""

SIGNALS = {129: "terminal closed", 143: "stopped by a signal"}
"""The exit code of a cancelled run -> how people read it, if a signal ended the run."""

UNDO_WORDS = {
    "done": "undone",
    "nothing-to-do": "undone",
    "stopped": "undo stopped: in use",
    "failed": "undo incomplete",
    "cancelled": "undo stopped by you",
    "interrupted": "undo interrupted",
}
"""The same if the last command was undo."""


def state_words(status: SessionStatus) -> str:
    """The state of a session in a few words, such as `stopped by a check of page cluster`."""
    if status.outcome == "running" and status.holder and status.holder.pid:
        return f"running in process {status.holder.pid}"
    if status.outcome == "not begun" and status.wizard:
        return "open in a wizard"
    signal = SIGNALS.get(status.exit, "") if status.outcome == "cancelled" else ""
    if status.command == "undo" and signal:
        return f"undo: {signal}"
    if status.command == "undo" and status.outcome in UNDO_WORDS:
        is_partly_undone = status.outcome in ("done", "nothing-to-do") and status.standing
        words = f"{UNDO_WORDS[status.outcome]}{f', {status.kept} kept' if status.is_undone and status.kept else ''}"
        return "undone in part" if is_partly_undone else words
    key = "test failed" if status.failed_test and status.outcome == "unverified" else status.outcome
    words, place = WORDS.get(key, (key, ""))
    if status.ended_before_tests:
        return f"{signal or words} before the test servers"
    return (signal or words) + (place.format(step=status.step, code=status.failed_test) if status.step else "")


def resume_sentence(status: SessionStatus) -> str:
    """How the last run of a resumed session ended, and what is in place; "" if it has done nothing."""
    if not (status.last or status.standing):
        return ""
    words = state_words(status)
    end = f"{with_capital(words)}{f' on {status.last[:10]}' if status.last else ''}"
    if status.standing and status.command == "undo":
        rest = f"To continue the undo: F4 and u, or {undo_command(status.name)}."
        return f"{end}: {count(status.standing, 'change')} still in place. {rest}"
    if status.standing:
        rest = "; the plan shows what is left" if status.planned > status.changes else ""
        shown = status
        if status.ended_before_tests or (status.failed_test and status.outcome == "unverified"):  # the words say so
            shown = replace(status, failed_test="", is_untested=False)
        return f"{end}: {shown.changes_made}{rest}."
    if status.is_undone:
        return f"{end}: {status.undone_words if status.kept else 'no change of this session is in place'}."
    reason = f" {capitalised(status.reason.rstrip('.'))}." if status.reason else ""
    return f"{end}: nothing is changed.{reason}"


def summary(session: Session) -> dict[str, str | int]:
    """One row of `mhv-tui sessions --json`: how and when the last run ended, and the number of changes in place."""
    status = status_of(session)
    return {
        "name": status.name,
        "outcome": status.outcome,
        "pid": status.holder.pid if status.holder else 0,
        "changes": status.changes,
        "half_made": status.half_made,
        "planned": status.total,
        "step": status.step,
        "state": state_words(status),
        "reason": status.reason,
        "last": status.last,
    }
