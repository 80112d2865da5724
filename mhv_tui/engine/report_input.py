"""The input of a report: what a session's files contain, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from mhv_tui.core.answers import Accept
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.handover import Handover
from mhv_tui.engine.failed_tests import FailedTest, failed_tests
from mhv_tui.engine.ledger import BootedServer, ChangeRow, ProofRow, Records, booted_since, change_rows, proof_rows
from mhv_tui.engine.saved_findings import PlannedChange, Tables
from mhv_tui.engine.verdict import Verdict, VerdictInput, unchecked_steps, verdict


@dataclass(frozen=True, kw_only=True)
class ReportInput:
    name: str
    """The name of the session."""
    findings: Sequence[KeyedFinding]
    findings_time: str
    """The time at which the findings were saved; empty without findings."""
    records: Records
    """The records of the journal, oldest first."""
    summaries: Mapping[str, str]
    """The summaries of changes by their ids. A change without a summary is shown by its id."""
    can_undo: bool
    """True if the session has a change that undo can undo."""
    scene: str | None = None
    """The scene of a simulated session, "" if the scene cannot be read; None for a real session."""
    damage: Sequence[str] = ()
    """One sentence for each damaged place of the journal."""
    planned: Sequence[PlannedChange] = ()
    """The missing changes of the last check."""
    tables: Tables = field(default_factory=lambda: MappingProxyType({}))
    """The matrices of the last check."""
    handover: Handover | None = None
    """None if no check of all pages was saved."""
    unchecked: Sequence[str] = ()
    """The ids of the steps of which no finding exists."""
    accepts: Sequence[Accept] = ()
    """The accepted findings in the answers, with the day until which they are accepted."""

    @cached_property
    def changes(self) -> list[ChangeRow]:
        return change_rows(self.records)

    @cached_property
    def proofs(self) -> list[ProofRow]:
        return proof_rows(self.records)

    @cached_property
    def failed_tests(self) -> list[FailedTest]:
        return failed_tests(self.records)

    def __post_init__(self) -> None:
        """Withholds the command for users while the last test of a server on vCenter failed."""
        reasons = tuple(
            f"A test on vCenter failed on {t.day}: {t.code} {t.error.rstrip('.')}."
            for t in self.failed_tests
            if t.on_vcenter
        )
        if self.handover and reasons:
            missing = (*reasons, *self.handover.command_missing)
            object.__setattr__(self, "handover", replace(self.handover, command="", command_missing=missing))

    @cached_property
    def undone_at(self) -> str:
        """The time of the last undo, if no check ran after it; else empty."""
        ids, last = {row.id for row in self.changes}, ""
        for record in self.records:
            if record["what"] == "undone" and record["id"] in ids:
                last = str(record.get("time", ""))
            elif record["what"] == "finished" and record.get("step") != "undo":
                last = ""
        return last if self.findings_time and last >= self.findings_time else ""

    @cached_property
    def verdict(self) -> Verdict:
        if not self.findings:
            return Verdict("unchecked", "Not known: no check of this session was saved.")
        source = VerdictInput(
            findings=self.findings,
            unchecked=list(dict.fromkeys((*self.unchecked, *unchecked_steps(self.findings)))),
            planned=len(self.planned),
            changes=self.changes,
            proofs=self.proofs,
            failed_tests=self.failed_tests,
            booted=booted_since(self.records),
            types=self.handover.types if self.handover else {},
            undone_at=self.undone_at[:10],
        )
        result = verdict(source)
        if self.handover is None and result.state in ("done", "unproven"):
            return Verdict("unchecked", "Not known: not all pages were checked.")
        return result

    def failed(self, test: FailedTest) -> str:
        """A phrase about a smoke test whose last run failed."""
        return f"{self.summaries.get(test.id) or test.id}: failed on {test.day}: {test.reason}"

    def booted(self, server: BootedServer) -> str:
        """A phrase about a test server; the summary or the id of its smoke test if its host is not known."""
        kind = self.handover.types.get(server.host, "") if self.handover else ""
        return server.result(kind) or self.summaries.get(server.id) or server.id
