"""Runs all targets of a session side by side: check, plan, apply. A target that fails does not stop the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TypeVar

from mhv_tui.core.changes import Change
from mhv_tui.core.context import each_time
from mhv_tui.core.errors import Cancelled
from mhv_tui.core.events import CheckFinished, Event, FindingReported, Finished, Listener
from mhv_tui.core.findings import Finding
from mhv_tui.core.targets import Target
from mhv_tui.core.text import count
from mhv_tui.engine.apply import Approve, apply
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.inspected import inspected
from mhv_tui.engine.journal import DAMAGE_REMEDY
from mhv_tui.engine.make import EXIT_CODES
from mhv_tui.engine.once import OncePerKey
from mhv_tui.engine.run import Run, counts, plan
from mhv_tui.engine.session import Session

MOST_AT_ONCE = 50
"""The number of targets that are checked or changed at the same time."""

WORST = ("failed", "unverified", "stopped", "cancelled", "done", "nothing-to-do")
"""The outcomes of targets, the one that matters most to the operator first."""

Compare = Callable[[Sequence[tuple[Target, Iterable[StepResult]]]], Iterable[tuple[str, str, Finding]]]
"""Compares the results of all targets; yields (target id, step id, finding) for what targets have in common."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Fleet:
    """The runs of the targets of one session, in the order of the answer file."""

    session: Session
    runs: tuple[Run, ...]
    compare: Compare

    def check(self, make: Callable[[Run], list[StepResult]]) -> list[list[StepResult]]:
        """Checks all targets with `make`: `Run.check` or `plan`. Systems that targets have in common are probed once.

        Compares the targets afterwards. Returns the results of each target.
        """
        once = OncePerKey()
        for run in self.runs:
            run.ctx = replace(run.ctx, once=once)
        results = at_once(make, self.runs)
        for run in self.runs:
            run.ctx = replace(run.ctx, once=each_time)
        by_id = {run.target.id: run for run in self.runs}
        for target, step, finding in self.compare([(run.target, run.results.values()) for run in self.runs]):
            run = by_id[target]
            run.more_findings = {**run.more_findings, step: (*run.more_findings.get(step, ()), finding)}
            key = run.target.key(step)
            if key in run.results:
                run.results[key] = replace(run.results[key], findings=(*run.results[key].findings, finding))
            run.listener(FindingReported(step, finding, run.runs, target))
            run.listener(CheckFinished(step, run.runs, target))
        return [
            [run.results[run.target.key(r.step.id)] for r in rows] for run, rows in zip(self.runs, results, strict=True)
        ]


def apply_all(fleet: Fleet, approve: Approve) -> Finished:
    """Applies all targets after one approval of all their changes. Returns the outcome of the session.

    Refuses a session whose own journal is damaged. Raises OSError if the session cannot be written.
    """
    journal = fleet.session.journal
    if journal.damage():
        return Finished(
            "stopped", 3, message=f"the journal of session {fleet.session.name} is damaged; {DAMAGE_REMEDY}"
        )
    journal.note("started", command="apply")
    try:
        finished = _apply_all(fleet, approve)
    except Cancelled as cancelled:
        finished = Finished("cancelled", cancelled.exit_code, message="stopped before the first change")
    journal.note("finished", outcome=finished.outcome, exit=finished.exit, step="", steps=[])
    return replace(finished, counts=counts_of(fleet))


def _apply_all(fleet: Fleet, approve: Approve) -> Finished:
    planned = fleet.check(plan)
    missing = {change.id: (r.step.id, change) for rows in planned for r in rows for change in r.plan}
    approved = approve(list(missing.values())) if missing else frozenset()
    if approved is None:
        return Finished("cancelled", EXIT_CODES["cancelled"], message="nothing was changed")
    completed = (part.journal.completed_ids() for part in fleet.session.parts())
    fleet.session.journal.note("approved", total=len(approved.union(*completed)))
    asking = threading.Lock()

    def approve_rows(changes: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        """Approves what is approved already, and asks about changes that a fix revealed."""
        known = frozenset(change.id for _, change in changes) & approved
        new = [(step, change) for step, change in changes if change.id not in missing]
        if not new:
            return known
        with asking:
            more = approve(new)
        return None if more is None else known | more

    rows = list(zip(fleet.runs, planned, strict=True))
    return summary(fleet, at_once(lambda row: apply(row[0], approve_rows, row[1]), rows))


def summary(fleet: Fleet, ends: Sequence[Finished]) -> Finished:
    """The outcome of all targets: the worst one, with the sentence of each target that is not done."""
    names = [run.target.id for run in fleet.runs]
    worst = min(ends, key=lambda end: WORST.index(end.outcome))
    good = [end for end in ends if end.outcome in ("done", "nothing-to-do")]
    total = f"{len(good)} of {count(len(ends), 'target')} done"
    bad = [f"{name}: {end.message}" for name, end in zip(names, ends, strict=True) if end not in good]
    return Finished(worst.outcome, worst.exit, message="; ".join([total, *bad]))


def check_end(fleet: Fleet, results: Sequence[Sequence[StepResult]], exit_code: bool) -> Finished:
    """The outcome of a check or a plan of all targets. Without `exit_code`, the exit code is 0."""
    names = [run.target.id for run in fleet.runs if run.blocking()]
    targets = count(len(fleet.runs), "target")
    blocked = f"{len(names)} of {targets} cannot be applied ({', '.join(names[:5])})" if names else ""
    failed = [test for run in fleet.runs for test in run.failed_tests()]
    return inspected([r for rows in results for r in rows], counts_of(fleet), blocked, targets, failed, exit_code)


def counts_of(fleet: Fleet) -> dict[str, int]:
    """Level -> number of findings of all targets."""
    return counts([row for run in fleet.runs for row in run.findings()])


def at_once(work: Callable[[T], U], rows: Sequence[T]) -> list[U]:
    """The results of `work` for all rows, done side by side, in the order of the rows. Raises the first error.

    The threads are daemon threads, so that a second Ctrl+C ends the program at once.
    """
    left = SimpleQueue[tuple[int, T]]()
    for row in enumerate(rows):
        left.put(row)
    results: dict[int, U] = {}
    errors: dict[int, Exception] = {}

    def work_off() -> None:
        with suppress(Empty):
            while True:
                number, row = left.get_nowait()
                try:
                    results[number] = work(row)
                except Exception as error:  # the caller raises it
                    errors[number] = error

    threads = [threading.Thread(target=work_off, daemon=True) for _ in range(min(len(rows), MOST_AT_ONCE))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[number] for number in range(len(rows))]


def one_at_a_time(listener: Listener) -> Listener:
    """A listener that hears the events of all threads one at a time."""
    lock = threading.Lock()

    def hear(event: Event) -> None:
        with lock:
            listener(event)

    return hear
