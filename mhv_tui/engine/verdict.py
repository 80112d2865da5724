"""The verdict on a session in one sentence: done, or what is blocked, unfinished, unknown or not tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mhv_tui.core.findings import OF_A_PAGE, KeyedFinding, Level
from mhv_tui.core.redaction import set_texts, shown
from mhv_tui.core.text import be, count, join_names, these
from mhv_tui.engine.failed_tests import FailedTest
from mhv_tui.engine.ledger import BootedServer, ChangeRow, ProofRow, booted_words

VerdictState = Literal["done", "blocked", "incomplete", "outdated", "unchecked", "missing", "test failed", "unproven"]

LEVELS: Mapping[VerdictState, Level] = {
    "done": "ok",
    "blocked": "failure",
    "incomplete": "failure",
    "outdated": "unknown",
    "unchecked": "unknown",
    "missing": "missing",
    "test failed": "failure",
    "unproven": "unknown",
}


@dataclass(frozen=True)
class Verdict:
    """The verdict: its state, one or two sentences, and the step to which they refer, or "" for all steps."""

    state: VerdictState
    sentence: str
    step: str = ""

    def __post_init__(self) -> None:
        set_texts(self, sentence=shown(self.sentence))

    @property
    def level(self) -> Level:
        return LEVELS[self.state]


@dataclass(frozen=True, kw_only=True)
class VerdictInput:
    """What decides about the verdict."""

    findings: Sequence[KeyedFinding]
    unchecked: Sequence[str] = ()
    """The ids of the steps that were not checked."""
    planned: int = 0
    """The number of missing changes."""
    changes: Sequence[ChangeRow] = ()
    proofs: Sequence[ProofRow] = ()
    failed_tests: Sequence[FailedTest] = ()
    """The smoke tests whose last run failed."""
    booted: int = 0
    """The number of test servers that have booted since the last change, if not all have."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Compute service -> hypervisor type."""
    undone_at: str = ""
    """The time of an undo after the last check; "" if there was none."""


def verdict(source: VerdictInput) -> Verdict:
    """The verdict: the worst state first."""
    begun = [row for row in source.changes if row.state in ("incomplete", "failed")]
    completed = sum(row.state == "made" for row in source.changes)
    undone = [row for row in source.changes if row.state == "undone"]
    if source.undone_at:
        return Verdict("outdated", f"Not known: changes were undone on {source.undone_at}, after the last check.")
    if blocking := [(key, f) for key, f in source.findings if f.stops]:
        return _blocked(
            blocking, f"{_unfinished_changes(source.planned, completed)} " if source.planned and completed else ""
        )
    if begun and (source.planned or source.unchecked):
        return _unfinished(begun[-1], completed)
    if source.unchecked:
        return _unchecked(source.unchecked)
    if source.failed_tests:
        test = source.failed_tests[0]
        return Verdict("test failed", f"Not done: a test failed on {test.day}: {test.reason}.", test.step)
    if source.planned:
        return Verdict("missing", _unfinished_changes(source.planned, completed, undone))
    return _proven(source)


def unchecked_steps(findings: Sequence[KeyedFinding]) -> list[str]:
    """The ids of the steps whose findings say that they were not checked, each once."""
    return list(dict.fromkeys(step for (_, step), f in findings if f.level == "skipped" and f.code in OF_A_PAGE))


def _unfinished_changes(planned: int, completed: int, undone: Sequence[ChangeRow] = ()) -> str:
    missing = f"{count(planned, 'change')} {be(planned)} missing."
    if completed:
        return f"Not finished: {count(completed, 'change')} {be(completed)} made, and {missing}"
    if undone:
        again = f"apply would make {count(planned, 'change')}"
        kept = sum(row.is_kept for row in undone)
        number = len(undone) - kept
        end = f", {kept} {be(kept)} kept" if kept else ""
        return f"Undone: {count(number, 'change')} {be(number)} undone{end}; {again}."
    return f"Not begun: {missing}"


def _blocked(blocking: Sequence[KeyedFinding], before: str) -> Verdict:
    """The verdict on checks that fail; `before` is the sentence before it."""
    (_, step), finding = blocking[0]
    if len(blocking) == 1:
        sentence = finding.headline.rstrip(".")
        return Verdict("blocked", f"{before}Blocked: {sentence} ({finding.code}, page {step}).", step)
    pages = join_names(dict.fromkeys(key[1] for key, _ in blocking))
    return Verdict("blocked", f"{before}Blocked: {count(len(blocking), 'check')} fail, on {pages}.", step)


def _unfinished(row: ChangeRow, completed: int) -> Verdict:
    what = f"a change failed: {row.error} ({row.code})" if row.state == "failed" else "a change was interrupted"
    return Verdict("incomplete", f"Not finished: {count(completed, 'change')} made, then {what}.", row.step)


def _unchecked(steps: Sequence[str]) -> Verdict:
    number = len(steps)
    sentence = f"Not known: {these(number, 'page')} {be(number)} not checked: {join_names(steps, len(steps))}."
    return Verdict("unchecked", sentence, steps[0])


def _proven(source: VerdictInput) -> Verdict:
    proof = source.proofs[-1] if source.proofs else None
    if proof is None:
        words = booted_words(source.booted) if source.booted else "no test server has booted"
        return Verdict("unproven", f"All changes are made, but {words} yet.")
    if not proof.holds:
        event = "the last change" if proof.older else "a change was undone"
        return Verdict("unproven", f"All changes are made, but {booted_words(source.booted)} since {event}.")
    if not any(server.on_vcenter for server in proof.servers):
        return Verdict("unproven", "All changes are made, but no test server has booted on vCenter.")
    others = [server for server in proof.servers if not server.on_vcenter]
    booted = "one server booted there" + "".join(f", one on {_type(server, source.types)}" for server in others)
    left = f" Not tested: {proof.left}." if proof.left else ""
    return Verdict("done", f"Done. vCenter serves this cloud: {booted}.{left}")


def _type(server: BootedServer, types: Mapping[str, str]) -> str:
    """The hypervisor type of a server's host, else the host, else a general name."""
    return types.get(server.host, server.host) or "an existing hypervisor"
