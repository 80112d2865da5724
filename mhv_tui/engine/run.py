"""One run of a session: its inputs, its results so far, and the events that report the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context, Trial, TrialKey
from mhv_tui.core.events import (
    CheckFinished,
    CheckStarted,
    FindingReported,
    Finished,
    Listener,
    Logged,
    Planned,
    Progress,
)
from mhv_tui.core.findings import Finding, KeyedFinding, StepKey, tally
from mhv_tui.core.handover import Handover
from mhv_tui.core.matrix_text import table_of
from mhv_tui.core.steps import Step
from mhv_tui.core.targets import Target
from mhv_tui.core.text import count
from mhv_tui.engine.check import Flow, Overrides, StepResult, check_step, check_steps, required_steps
from mhv_tui.engine.failed_tests import FailedTest, failed_tests, findings_of_failed_tests
from mhv_tui.engine.handover import handover_of
from mhv_tui.engine.journal import Journal
from mhv_tui.engine.last_tests import awaits_tests, findings_of_last_tests
from mhv_tui.engine.ledger import past_trials, proven_ports, trial_row
from mhv_tui.engine.session import Session, mark_of
from mhv_tui.engine.sharing import Sharing, belongs_to_all
from mhv_tui.engine.stop import Stop

SAVED = (160, 40)
"""The columns and rows of the largest matrix that is saved for reports."""


@dataclass
class Run:
    """One run of one session: its inputs and its results so far."""

    flow: Flow
    ctx: Context
    session: Session
    listener: Listener
    stop: Stop
    overrides: Overrides
    selected: tuple[str, ...] = ()
    """The ids of the steps to run; if empty, all steps run."""
    prove: bool = False
    changed: int = 0
    """The number of changes made so far."""
    proven: bool = False
    approved: dict[str, str] = field(default_factory=dict)
    """The id of each approved change of this run -> its summary."""
    step: str = ""
    """The id of the current step, or of the step at which the run stopped."""
    is_stale: bool = False
    """True if changes were made after the check of all steps, by this run or by the run of another target."""
    sharing: Sharing | None = None
    """What this run shares with the runs of other targets; None if the session has only one target."""
    more_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """Step id -> findings of the comparison with the other targets, which each result of the step contains."""

    def __post_init__(self) -> None:
        self.results: dict[StepKey, StepResult] = {}
        self.runs = 0

    @property
    def target(self) -> Target:
        return self.ctx.target

    def check(self) -> list[StepResult]:
        """Checks all selected steps; returns their results."""
        self.runs += 1
        results = check_steps(
            self.flow,
            self.check_context(),
            self.listener,
            overrides=self.overrides,
            selected=self.selected,
            run=self.runs,
        )
        self.results = {self.target.key(r.step.id): r for r in results}
        for result in self.blocking():
            if not self.is_selected(result.step.id):
                emit(self, result)
        return [r for r in results if self.is_selected(r.step.id)]

    def record_objects(self, finished: Finished) -> None:
        """Records the identities of the objects after success, and adds the check of them. Raises OSError."""
        from mhv_tui.engine.identities import CODE, drift, record_identities

        if finished.outcome not in ("done", "nothing-to-do"):
            return
        good = {key: (r, tuple(r.step.work.identities(r.view))) for key, r in self.results.items() if r.view}
        good = {key: (r, current) for key, (r, current) in good.items() if not r.stops}
        record_identities(self.session.journal, {key: current for key, (_, current) in good.items()})
        for key, (result, current) in good.items():
            if all(f.code != CODE for f in result.findings):
                self.results[key] = replace(result, findings=(*result.findings, *drift(current, current)))

    def record_end(self, finished: Finished) -> None:
        """Records the outcome and the selected steps. Raises OSError."""
        steps = list(self.selected)
        self.session.journal.note("finished", outcome=finished.outcome, exit=finished.exit, step=self.step, steps=steps)

    def place_of(self, change: Change, step: str) -> tuple[Journal, StepKey]:
        """The journal of a change and its key there: the target's, or that of all targets if it belongs to all."""
        if self.sharing and belongs_to_all(change):
            return self.sharing.session.journal, ("", step)
        return self.session.journal, self.target.key(step)

    @contextmanager
    def exclusive(self, changes: Iterable[Change]) -> Iterator[bool]:
        """Keeps other targets from changing what these changes share; yields True if they share something."""
        if self.sharing is None:
            yield False
            return
        with self.sharing.exclusive(changes) as shares:
            yield shares

    def with_more_findings(self, result: StepResult) -> StepResult:
        more = self.more_findings.get(result.step.id, ())
        return replace(result, findings=(*result.findings, *more)) if more else result

    def is_selected(self, step_id: str) -> bool:
        return not self.selected or step_id in self.selected

    def check_context(self) -> Context:
        """The context of a check, with what this session has recorded."""
        return with_journal(self.ctx, self.session.journal, self.sharing.session.journal if self.sharing else None)

    def blocking(self) -> list[StepResult]:
        """The results that stop the run, of selected steps and of the steps that they require."""
        required = {s.id for s in required_steps(self.flow, self.selected)}
        return [r for r in self.results.values() if r.stops and r.step.id in required]

    def failed_checks(self) -> str:
        """A phrase such as "2 checks failed (CL05, DS04)"."""
        failures = [f for r in self.blocking() for f in r.findings if f.stops]
        return f"{count(len(failures), 'check')} failed ({', '.join(dict.fromkeys(f.code for f in failures))})"

    def failed_tests(self) -> list[FailedTest]:
        """The smoke tests of the selected steps whose last run failed."""
        tests = failed_tests(self.session.journal.records())
        return [test for test in tests if test.target == self.target.id and self.is_selected(test.step)]

    def note_approved(self, changes: Iterable[Change]) -> None:
        """Journals these changes, and how many the earlier runs and this run have together if this run makes them.

        They include the changes that a fix reveals, also if the operator declines them: they are still to do.
        """
        self.approved |= {change.id: change.summary for change in changes}
        total = len(self.session.journal.completed_ids() | self.approved.keys())
        self.session.journal.note("approved", total=total, changes=self.approved, answers=mark_of(self.ctx.answers))

    def note_trials(self, step: Step[Any, Any], before: Mapping[TrialKey, Trial]) -> None:
        """Journals the trials of a step that were made since `before`, for later checks."""
        made = {key: trial for key, trial in self.ctx.trials.items() if trial is not before.get(key)}
        if made:
            rows = [trial_row(key, trial) for key, trial in made.items()]
            self.session.journal.note("tried", self.target.key(step.id), rows=rows)

    def changes_made(self) -> str:
        """The number of changes of this run, as the end of a sentence."""
        return f"this run made {count(self.changed, 'change')}" if self.changed else "this run changed nothing"

    def findings(self) -> list[KeyedFinding]:
        """The findings of this run that were emitted as events."""
        blocking = self.blocking()
        emitted = {k: r for k, r in self.results.items() if self.is_selected(r.step.id) or r in blocking}
        return [(key, f) for key, r in emitted.items() for f in r.findings]

    def save_findings(self) -> None:
        """Saves the emitted findings for reports; keeps the saved findings of steps that this run did not check."""
        emitted = self.findings()
        order = [s.id for s in self.flow]
        checked = {*(self.target.key(step) for step in self.selected or order), *(key for key, _ in emitted)}
        saved = self.session.saved_findings()
        findings = [(key, f) for key, f in saved.findings if key[1] in order and key not in checked] + emitted
        planned = [row for row in saved.planned if row[0][1] in order and row[0] not in checked] + [
            (key, change.summary) for key, r in self.results.items() if key in checked for change in r.plan
        ]
        tables = {key: table for key, table in saved.tables.items() if key not in checked}
        tables |= {k: table_of(r.matrix, *SAVED) for k, r in self.results.items() if k in checked and r.matrix}
        self.session.save_findings(
            sorted(findings, key=lambda row: order.index(row[0][1])),
            dict(sorted(tables.items(), key=lambda row: order.index(row[0][1]))),
            sorted(planned, key=lambda row: order.index(row[0][1])),
            self._handover() or saved.handover,
        )

    def _handover(self) -> Handover | None:
        handover = handover_of(self.results.values())
        return replace(handover, checked_at=datetime.now(UTC).isoformat(timespec="seconds")) if handover else None


def with_journal(ctx: Context, journal: Journal, shared: Journal | None) -> Context:
    """The context of a check with what the journal has about its target, and `shared` about all targets."""
    records, target = journal.records(), ctx.target.id
    failed, ports = findings_of_failed_tests(records, target), proven_ports(records, target)
    tested = {} if failed else findings_of_last_tests(records, target)
    trials = past_trials(records, target, bool(ports))
    completed_ids = journal.completed_ids() | (shared.completed_ids() if shared else frozenset())
    begun = journal.begun() | (shared.begun() if shared else {})
    ctx = replace(ctx, completed_ids=completed_ids, begun=begun, failed_tests=failed, last_tests=tested)
    ctx = replace(ctx, awaits_tests=not failed and awaits_tests(records, target))
    ctx = replace(ctx, proven_ports=ports, past_trials=trials)
    if not any(record["what"] == "identities" for record in records):
        return ctx
    from mhv_tui.engine.identities import recorded_identities  # no new session needs it

    return replace(ctx, identities=recorded_identities(records, ctx.target.id))


def counts(findings: Sequence[KeyedFinding]) -> dict[str, int]:
    """Level -> number of findings, for all levels, and the number of accepted ones."""
    return tally(f for _, f in findings)


def plan(run: Run) -> list[StepResult]:
    """Checks all selected steps and emits the missing changes. Returns the results."""
    results = run.check()
    for result in results:
        for change in result.plan:
            run.listener(Planned.of(result.step.id, change, run.target.id))
    return results


def check_again(run: Run, step: Step[Any, Any], verifying: bool = False) -> StepResult:
    """Checks one step again and returns its result, which replaces the earlier one. Emits nothing."""
    run.runs += 1
    order = [s.id for s in run.flow]
    before = [r for r in run.results.values() if order.index(r.step.id) < order.index(step.id)]
    result = run.with_more_findings(check_step(step, run.check_context(), before, run.overrides, verifying))
    run.results[run.target.key(step.id)] = result
    return result


def try_out(run: Run) -> bool:
    """Checks the steps again that may create a trial object. Call it after the approval; True if one stops the run."""
    run.ctx = replace(run.ctx, trial_allowed=True)
    for step in run.flow:
        if step.has_trial and run.is_selected(step.id):
            run.stop.raise_between_changes()
            run.step = step.id
            before = dict(run.ctx.trials)
            result = check_again(run, step)
            emit(run, result)
            run.note_trials(step, before)
            if result.stops:
                return True
    return False


def emit(run: Run, result: StepResult) -> None:
    """Emits the result of one step as events."""
    run.listener(CheckStarted(result.step.id, run.runs, run.target.id))
    for finding in result.findings:
        run.listener(FindingReported(result.step.id, finding, run.runs, run.target.id))
    run.listener(CheckFinished(result.step.id, run.runs, run.target.id, result.matrix))


def reporting(ctx: Context, listener: Listener, key: StepKey, change_id: str) -> Context:
    """The context of one change, whose callbacks emit the progress and the log of the change as events."""
    target, step = key

    def report(done: int, total: int, unit: str, note: str, phase: str = "", /) -> None:
        listener(Progress(step, change_id, done, total, unit, note, target, phase))

    def report_log(source: str, lines: Sequence[str]) -> None:
        if texts := tuple(line for line in lines if line.strip()):
            listener(Logged(step, change_id, source, texts, target))

    return replace(ctx, on_progress=report, on_log=report_log)
