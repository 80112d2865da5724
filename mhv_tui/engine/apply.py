"""Applies the plan: checks every step, makes the approved changes, checks again, runs the smoke tests.

Nothing is changed if a check stops the run. Each change is journalled; a killed run resumes its last intent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from mhv_tui.core.changes import Change
from mhv_tui.core.errors import Cancelled
from mhv_tui.core.events import Failed, FindingReported, Finished, Outcome, Planned
from mhv_tui.core.findings import OF_A_PAGE, SMOKE_TEST_CODE, Finding
from mhv_tui.core.steps import PageView, Step
from mhv_tui.core.text import at_step, count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.failed_tests import failed_tests, server_words
from mhv_tui.engine.failures import disk_sentence, engine_finding
from mhv_tui.engine.journal import DAMAGE_REMEDY, damage_finding
from mhv_tui.engine.last_tests import with_result
from mhv_tui.engine.ledger import proof_rows
from mhv_tui.engine.locks import Busy, machines_locked
from mhv_tui.engine.make import RunEnded, make
from mhv_tui.engine.run import Run, check_again, counts, emit, plan, try_out

log = logging.getLogger(__name__)

Approve = Callable[[Sequence[tuple[str, Change]]], frozenset[str] | None]
"""A function that gets (step id, change) of each planned change; returns the ids of approved changes, or None."""


def apply(run: Run, approve: Approve, planned: Sequence[StepResult] = ()) -> Finished:
    """Runs the whole apply. Returns how the run ended; raises no error of a check or a change.

    Refuses a session with a damaged journal, whose lost lines may hide changes. Such a session can only be undone.
    `planned` has the results of `plan(run)`, if they are known already.
    """
    if run.session.journal.damage():
        return _refuse_damaged(run)
    run.ctx = replace(run.ctx, stop=run.stop.raise_in_wait)
    try:
        run.session.journal.note("started", command="apply")
        finished = _apply(run, approve, planned or plan(run))
    except RunEnded as end:
        finished = end.finished
    except Cancelled as cancelled:
        message = f"stopped before the end; {run.changes_made()}; run apply again to continue"
        finished = Finished("cancelled", cancelled.exit_code, message=message)
    except Busy as busy:
        finished = Finished("stopped", 3, message=f"{busy.message}; {run.changes_made()}; {busy.remedy}")
    except OSError as error:
        finished = Finished("failed", 1, message=f"{disk_sentence(error)}; {run.changes_made()}")
    finished = _saved(run, replace(finished, target=run.target.id))
    run.listener(finished)
    return finished


def _refuse_damaged(run: Run) -> Finished:
    for damage in run.session.journal.damage():
        run.listener(Failed(damage.step, damage.id, 0.0, damage_finding(damage), damage.target))
    problem = f"the journal of session {run.session.name} is damaged; {run.changes_made()}"
    finished = Finished("stopped", 3, message=f"{problem}; {DAMAGE_REMEDY}", target=run.target.id)
    run.listener(finished)
    return finished


def _saved(run: Run, finished: Finished) -> Finished:
    """Saves the findings and the end of the run, and counts the findings. Failed if the disk refuses them."""
    try:
        run.record_objects(finished)
        run.save_findings()
        run.record_end(finished)
    except OSError as error:
        problem = disk_sentence(error)
        message = finished.message if problem in finished.message else f"{finished.message}; not recorded: {problem}"
        finished = replace(finished, outcome="failed", exit=finished.exit or 1, message=message)
    return replace(finished, counts=counts(run.findings()))


def _apply(run: Run, approve: Approve, results: Sequence[StepResult]) -> Finished:
    if blocking := run.blocking():
        run.step = blocking[0].step.id
        raise RunEnded("stopped", f"{run.failed_checks()}; {run.changes_made()}")
    if any(f.code in OF_A_PAGE for r in results for f in r.findings):
        raise RunEnded("stopped", f"not every page could be checked; {run.changes_made()}", 2)
    run.stop.raise_between_changes()
    run.prove = run.prove or run.session.journal.needs_smoke_tests(run.target.id)
    missing = [(r.step.id, change) for r in results for change in r.plan]
    if missing:
        approved = approve(missing)
        if approved is None:
            raise RunEnded("cancelled", run.changes_made())
        _try_out(run)
        run.note_approved(change for _, change in missing if change.id in approved)
        with machines_locked(run.ctx.machine_locks, [change for _, change in missing], run.session.name):
            for result in results:
                _apply_step(run, result.step, approved, approve)
    elif run.prove:
        _try_out(run)
    again = " again" if run.session.journal.last("proven", run.target.id) else ""
    untested = _smoke_tests(run)
    if run.changed:
        return Finished("done", 0, message=f"{count(run.changed, 'change')} made and checked again{untested}")
    if run.proven:
        return Finished("done", 0, message=f"the test servers booted{again}{untested}")
    return Finished("nothing-to-do", 0, message="everything is as it should be")


def _try_out(run: Run) -> None:
    if try_out(run):
        raise RunEnded("stopped", f"{run.failed_checks()}; {run.changes_made()}")


def _apply_step(run: Run, step: Step[Any, Any], approved: frozenset[str], approve: Approve) -> None:
    """Makes the approved fixes of a step, then its approved changes, then checks the step again."""
    run.stop.raise_between_changes()
    run.step = step.id
    with run.exclusive(run.results[run.target.key(step.id)].plan) as shares:
        run.is_stale |= shares
        result = check_again(run, step) if run.is_stale else run.results[run.target.key(step.id)]
        _apply_result(run, result, approved, approve)


def _raise_if_it_stops(run: Run, result: StepResult, outcome: Outcome) -> None:
    """Reports the result and raises RunEnded if a check that passed before fails now."""
    if result.stops:
        emit(run, result)
        raise RunEnded(
            outcome, f"a check of the page {result.step.id} passed before and fails now; {run.changes_made()}"
        )


def _apply_result(run: Run, result: StepResult, approved: frozenset[str], approve: Approve) -> None:
    step = result.step
    _raise_if_it_stops(run, result, "stopped")
    changes = [change for change in result.plan if change.id in approved]
    fixes = list(takewhile(lambda change: _is_fix(change, result), changes))
    _make_all(run, step.id, fixes)
    if fixes:
        changes = [change for change in _after_fixes(run, step, result, approved, approve) if change not in fixes]
    _make_all(run, step.id, changes)
    completed = {change.id for change in (*fixes, *changes)}
    if completed and not _make_revealed_fixes(run, step, completed, approved, approve):
        _verify(run, step, completed)


def _is_fix(change: Change, result: StepResult) -> bool:
    return any(change.id == fix.id for fix in result.fixes)


def _make_revealed_fixes(
    run: Run, step: Step[Any, Any], completed: set[str], approved: frozenset[str], approve: Approve
) -> bool:
    """Makes requested fixes of what the changes brought, such as a defect of a new package; then checks the step again.

    Returns False if there are none.
    """
    requested = run.overrides.fixes | {code for code, _ in run.overrides.single_fixes}
    if requested.isdisjoint(step.fix_codes):
        return False
    result = check_again(run, step)
    changes = [change for change in result.plan if change.id in completed or _is_fix(change, result)]
    if all(change.id in completed for change in changes):
        return False
    _approve_more(run, step, changes, approved, approve)
    _make_all(run, step.id, changes)
    _verify(run, step, completed | {change.id for change in changes})
    return True


def _verify(run: Run, step: Step[Any, Any], completed: set[str]) -> None:
    """Checks a step again after its changes. Raises RunEnded if an approved change had no effect."""
    declined = any(change.id not in completed for change in run.results[run.target.key(step.id)].plan)
    result = check_again(run, step, verifying=not declined)
    emit(run, result)
    problems = [f.sentence for f in result.findings if f.stops]
    problems += [f"this change had no effect: {change.summary}" for change in result.plan if change.id in completed]
    if problems:
        raise RunEnded("unverified", at_step(step.id, problems[0]))


def _make_all(run: Run, step: str, changes: Sequence[Change]) -> None:
    for change in changes:
        run.stop.raise_between_changes()
        make(run, step, change)
        run.changed += 1
        run.is_stale = True


def _after_fixes(
    run: Run, step: Step[Any, Any], before: StepResult, approved: frozenset[str], approve: Approve
) -> list[Change]:
    """The approved changes of a step, and the new changes that can be planned only after its fixes.

    Raises RunEnded if the operator does not approve the new changes, because other changes may depend on them.
    """
    result = check_again(run, step)
    if result.stops:
        return []
    new = [change for change in result.plan if change.id not in {old.id for old in before.plan}]
    _approve_more(run, step, new, approved, approve)
    return [change for change in result.plan if change.id in approved | {change.id for change in new}]


def _approve_more(
    run: Run, step: Step[Any, Any], new: Sequence[Change], approved: frozenset[str], approve: Approve
) -> None:
    """Asks for changes that could not be planned before. Raises RunEnded if the operator does not approve them all."""
    for change in new:
        run.listener(Planned.of(step.id, change, run.target.id))
    run.note_approved(new)
    more = (approve([(step.id, change) for change in new]) if new else None) or frozenset()
    run.stop.raise_between_changes()
    if any(change.id not in more for change in new):
        problem = f"the operator declined {count(len(new), 'more change')} of the step {step.id}"
        raise RunEnded("cancelled", f"{problem}; {run.changes_made()}; run apply again and check the new plan")


def _smoke_tests(run: Run) -> str:
    """Runs the smoke tests of all steps if the run changed something or has --prove; else reports the last results.

    Returns what the smoke tests do not cover, as the end of the run's last sentence; "" if they cover everything.
    """
    untested: list[str] = []
    for step in run.flow:
        result = run.results.get(run.target.key(step.id))
        if result is None or not run.is_selected(step.id):
            continue
        if run.is_stale:
            result = check_again(run, step)
        _raise_if_it_stops(run, result, "unverified")
        if result.view is not None:
            untested += _smoke_tests_of(run, result, result.view)
    if run.prove and not run.proven and not run.selected:
        raise RunEnded("unverified", "no test server can be booted")
    return "".join(untested)


def _smoke_tests_of(run: Run, result: StepResult, view: PageView[Any, Any]) -> list[str]:
    step = result.step
    tests, gaps = step.work.smoke_tests(view), tuple(step.work.untested(view))
    if not (tests or gaps):
        return []
    run.step, failed = step.id, run.check_context().failed_tests
    finding = _run_smoke_tests(run, step, tests, gaps) if run.changed or run.prove else _last_smoke_tests(run)
    if run.proven and run.check_context().failed_tests != failed:
        result = check_again(run, step)
    run.results[run.target.key(step.id)] = replace(result, findings=with_result(result.findings, finding))
    run.listener(FindingReported(step.id, finding, run.runs, run.target.id))
    if finding.stops:
        raise RunEnded("unverified", at_step(step.id, f"{finding.sentence}. {finding.remedy}"))
    return [f"; not tested: {gap.sentence}" for gap in gaps]


def _run_smoke_tests(run: Run, step: Step[Any, Any], tests: Sequence[Change], gaps: Sequence[Finding]) -> Finding:
    """Runs smoke tests; returns ok, or a gap that they do not cover. Runs none if a gap is a failure."""
    blocking = next((gap for gap in gaps if gap.stops), None)
    if blocking or not tests:
        return blocking or replace(gaps[0], level="failure")
    for test in tests:
        run.stop.raise_between_changes()
        try:
            make(run, step.id, test, smoke_test=True)
        except RunEnded as end:
            check_again(run, step)
            raise RunEnded("unverified", f"{end.finished.message}; {_server_after(run, test)}") from None
    run.proven = True
    untested = "; ".join(gap.sentence for gap in gaps)
    run.session.journal.note("proven", run.target.key(step.id), ids=[test.id for test in tests], left=untested)
    servers = {server.id: server for row in proof_rows(run.session.journal.records()) for server in row.servers}
    results = "; ".join(servers[test.id].result() or test.summary for test in tests)
    if gaps:
        return replace(gaps[0], detail=f"tested: {results}; not tested: {untested}")
    return engine_finding(SMOKE_TEST_CODE, "ok", results)


def _server_after(run: Run, test: Change) -> str:
    failed = [row for row in failed_tests(run.session.journal.records()) if row.id == test.id]
    return server_words(failed[-1].server if failed else "")


def _last_smoke_tests(run: Run) -> Finding:
    last = run.session.journal.last("proven", run.target.id)
    never = "no test server has booted yet; apply --prove boots them"
    detail = f"the test servers booted on {last['time'][:10]}" if last else never
    untested = f"; not tested: {last['left']}" if last and last.get("left") else ""
    return engine_finding(SMOKE_TEST_CODE, "skipped", f"{detail}{untested}")
