"""Applying: look at the whole road first, change only what is missing and was approved, look again, then prove.

Nothing is changed while any check stops us. Every change is journalled before and after, and taken up again from
its intent where an earlier run was killed in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mhv_tui.core.changes import Change, Receipt
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, MhvError
from mhv_tui.core.events import (
    Applied,
    Applying,
    Failed,
    FindingReported,
    Finished,
    Outcome,
    Planned,
)
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import PageView, Step
from mhv_tui.core.text import count
from mhv_tui.engine.look import TITLES, StepResult, look_at_step
from mhv_tui.engine.run import Run, counts, plan, tell, teller

log = logging.getLogger(__name__)

Approve = Callable[[Sequence[tuple[str, Change]]], frozenset[str] | None]
"""Given (step id, change) of the whole plan: the ids to make, or None to leave everything as it is."""

EXITS: dict[Outcome, int] = {
    "done": 0,
    "nothing-to-do": 0,
    "failed": 1,
    "stopped": 3,
    "unverified": 4,
    "cancelled": 130,
}


class _End(Exception):
    """Ends the walk with an outcome."""

    def __init__(self, outcome: Outcome, message: str = "", code: int | None = None) -> None:
        self.finished = Finished(outcome, EXITS[outcome] if code is None else code, message=message)


def apply(run: Run, approve: Approve) -> Finished:
    """Everything: look, stop or approve, change, verify, prove. Raises nothing but programming errors."""
    run.session.journal.note("started", command="apply")
    run.ctx = replace(run.ctx, trial_allowed=True, stop=run.stop.waiting)
    try:
        finished = _apply(run, approve)
    except _End as end:
        finished = end.finished
    except Cancelled as cancelled:
        message = f"stopped before the end; {run.changes_made()}; run again to continue"
        finished = Finished("cancelled", cancelled.exit_code, message=message)
    finished = replace(finished, counts=counts(run.findings()))
    run.keep_findings()
    run.session.journal.note("finished", outcome=finished.outcome, exit=finished.exit, step=run.step)
    run.listener(finished)
    return finished


def _apply(run: Run, approve: Approve) -> Finished:
    looks = plan(run)
    if run.barring():
        run.step = run.barring()[0].step.id
        raise _End("stopped", f"{run.failed_checks()}; {run.changes_made()}")
    skipped = [f for s in looks for f in s.findings if f.code in ("WZ08", "WZ10")]
    if skipped:
        raise _End("stopped", f"not every page could be checked; {run.changes_made()}", 2)
    run.stop.between()
    run.prove = run.prove or run.session.journal.unproven()
    missing = [(s.step.id, change) for s in looks for change in s.plan]
    if missing:
        approved = approve(missing)
        if approved is None:
            raise _End("cancelled", run.changes_made())
        for seen in looks:
            _walk(run, seen.step, approved, approve)
    left = _prove(run)
    if run.changed:
        return Finished("done", 0, message=f"{count(run.changed, 'change')} made and checked again{left}")
    if run.proven:
        return Finished("done", 0, message=f"proven again{left}")
    return Finished("nothing-to-do", 0, message="everything is as it should be")


def _walk(run: Run, step: Step[Any, Any], approved: frozenset[str], approve: Approve) -> None:
    """One step: its approved fixes and what they open, its approved changes, then a fresh look at all of it."""
    run.stop.between()
    run.step = step.id
    seen = _look_again(run, step) if run.changed else run.looks[step.id]
    if seen.stops:
        tell(run, seen)
        raise _End("stopped", f"{step.id}: a check that passed before fails now; {run.changes_made()}")
    todo = [change for change in seen.plan if change.id in approved]
    mending = [change for change in todo if any(change.id == fix.id for fix in seen.fixes)]
    _make_all(run, step.id, mending)
    if mending:
        todo = [change for change in _opened(run, step, seen, approved, approve) if change not in mending]
    _make_all(run, step.id, todo)
    if not todo and not mending:
        return
    _verify(run, step, {change.id for change in (*mending, *todo)})


def _verify(run: Run, step: Step[Any, Any], made: set[str]) -> None:
    """A fresh look at what was made. What the operator left out stays missing and fails nothing else."""
    declined = any(change.id not in made for change in run.looks[step.id].plan)
    verified = _look_again(run, step, verifying=not declined)
    tell(run, verified)
    left = [f.detail or f.headline for f in verified.findings if f.stops]
    left += [f"{change.summary}: made, but still missing" for change in verified.plan if change.id in made]
    if left:
        raise _End("unverified", f"{step.id}: {left[0]}")


def _make_all(run: Run, step: str, changes: Sequence[Change]) -> None:
    for change in changes:
        run.stop.between()
        make(run, step, change)
        run.changed += 1


def _opened(
    run: Run, step: Step[Any, Any], before: StepResult, approved: frozenset[str], approve: Approve
) -> list[Change]:
    """What is to be done now that fixes are made: the approved changes, and those that only now can be planned.

    Raises _End where those are not approved: what was approved before may well build on them.
    """
    seen = _look_again(run, step)
    if seen.stops:
        return []
    new = [change for change in seen.plan if change.id not in {old.id for old in before.plan}]
    for change in new:
        run.listener(Planned(step.id, change.id, change.summary, change.preview()))
    more = (approve([(step.id, change) for change in new]) if new else None) or frozenset()
    run.stop.between()
    if any(change.id not in more for change in new):
        what = f"{step.id}: the fix led to {count(len(new), 'more change')} without approval"
        raise _End("cancelled", f"{what}; {run.changes_made()}; check the plan again")
    return [change for change in seen.plan if change.id in approved | more]


def _look_again(run: Run, step: Step[Any, Any], verifying: bool = False) -> StepResult:
    run.runs += 1
    order = [s.id for s in run.flow]
    before = [seen for seen in run.looks.values() if order.index(seen.step.id) < order.index(step.id)]
    earlier = {s.step.id: s.facts for s in before if s.facts is not None}
    ctx = replace(run.here(), earlier=MappingProxyType(earlier))
    seen = look_at_step(step, ctx, before, run.overrides, verifying)
    run.looks[step.id] = seen
    return seen


def make(run: Run, step: str, change: Change, proof: bool = False) -> None:
    """One journalled change. Raises _End where it fails; Cancelled where the operator broke off a wait."""
    journal = run.session.journal
    ctx = replace(run.ctx, on_progress=teller(run.listener, step, change.id), earlier=_earlier(run))
    with _timed(run, step, change):
        begun = journal.taken_up(change)
        before = begun.receipt if begun else change.before(ctx)
        if not begun:
            journal.intend(step, change, before, proof)
        try:
            made = change.apply(ctx, before)
        except MhvError:
            if not begun and not proof and _nothing_came(change, ctx, before):
                journal.note("void", step=step, id=change.id)
            raise
        journal.receive(change.id, made)


def _nothing_came(change: Change, ctx: Context, before: Receipt) -> bool:
    """True where a look says that a failed change left everything as it was: what comes there later is not ours."""
    try:
        return getattr(change, "seen_whole", False) and change.before(ctx) == before
    except MhvError:
        return False


@contextmanager
def _timed(run: Run, step: str, change: Change) -> Iterator[None]:
    """Tells the beginning and the end of a change; turns what went wrong into a sentence and the end of the walk."""
    run.listener(Applying(step, change.id, change.summary))
    start = time.monotonic()
    try:
        yield
    except Cancelled:
        raise
    except MhvError as error:
        sentence = f"{error.message}; {error.remedy}" if error.remedy else error.message
        _failed(run, step, change, start, sentence)
    except Exception as error:
        log.exception("the change %s crashed", change.id)
        sentence = f"a defect of mhv-tui ({type(error).__name__}: {error}); run apply again to go on, or undo"
        _failed(run, step, change, start, sentence)
    else:
        run.listener(Applied(step, change.id, round(time.monotonic() - start, 3)))


def _failed(run: Run, step: str, change: Change, start: float, sentence: str) -> None:
    run.session.journal.note("failed", step=step, id=change.id, error=sentence)
    run.listener(Failed(step, change.id, round(time.monotonic() - start, 3), sentence))
    raise _End("failed", f"{change.summary}: {sentence}") from None


def _earlier(run: Run) -> MappingProxyType[str, Any]:
    return MappingProxyType({step: seen.facts for step, seen in run.looks.items() if seen.facts is not None})


def _prove(run: Run) -> str:
    """Runs every step's proofs, where this run changed something or was told to; else says when it last did.

    Returns what they left out, for the last sentence.
    """
    left: list[str] = []
    for step in run.flow:
        seen = run.looks.get(step.id)
        if seen is None or (run.wanted and step.id not in run.wanted):
            continue
        if run.changed:
            seen = _look_again(run, step)
        if seen.stops:
            tell(run, seen)
            raise _End("unverified", f"{step.id}: a check that passed before fails now; {run.changes_made()}")
        if seen.look is None:
            continue
        look: PageView[Any, Any] = seen.look
        proofs, gaps = step.smoke_tests(look), tuple(step.untested(look))
        if not (proofs or gaps):
            continue
        run.step = step.id
        finding = _proven(run, step.id, proofs, gaps) if run.changed or run.prove else _proven_before(run)
        run.looks[step.id] = replace(seen, findings=(*seen.findings, finding))
        run.listener(FindingReported(step.id, finding, run.runs))
        if finding.stops:
            raise _End("unverified", f"{step.id}: {finding.detail or finding.headline}; {finding.remedy}")
        left += [f"; not proven: {gap.detail or gap.headline}" for gap in gaps]
    if run.prove and not run.proven and not run.wanted:
        raise _End("unverified", "there is nothing to boot, so nothing is proven")
    return "".join(left)


def _proven(run: Run, step: str, proofs: Sequence[Change], gaps: Sequence[Finding]) -> Finding:
    """Makes the proofs. What they leave out is said instead of ok; nothing is begun where that is a failure."""
    barring = next((gap for gap in gaps if gap.stops), None)
    if barring or not proofs:
        return barring or replace(gaps[0], level="failure")
    for proof in proofs:
        run.stop.between()
        try:
            make(run, step, proof, proof=True)
        except _End as end:
            raise _End("unverified", end.finished.message) from None
    run.proven = True
    left = "; ".join(gap.detail or gap.headline for gap in gaps)
    run.session.journal.note("proven", step=step, ids=[p.id for p in proofs], left=left)
    said = "; ".join(p.summary for p in proofs)
    if gaps:
        return replace(gaps[0], detail=f"proven: {said}; not proven: {left}")
    return Finding("PR01", "ok", TITLES["PR01"], said)


def _proven_before(run: Run) -> Finding:
    last = run.session.journal.last("proven")
    detail = f"last proven {last['time'][:10]}" if last else "not proven by this session; apply --prove does it"
    left = f"; not proven: {last['left']}" if last and last.get("left") else ""
    return Finding("PR01", "skipped", TITLES["PR01"], f"{detail}{left}")
