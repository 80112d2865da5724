"""Makes one change of a run and journals it: the intent before, the receipt after."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mhv_tui.core.changes import Change, Receipt
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, MhvError
from mhv_tui.core.events import Applied, Applying, Failed, Finished, Outcome
from mhv_tui.engine.check import earlier_facts
from mhv_tui.engine.failed_tests import and_test_again
from mhv_tui.engine.failures import finding_of, is_disk_error
from mhv_tui.engine.journal import failure_record
from mhv_tui.engine.run import Run, reporting

log = logging.getLogger(__name__)

AGAIN = "run apply again to continue, or undo"

EXIT_CODES: dict[Outcome, int] = {
    "done": 0,
    "nothing-to-do": 0,
    "failed": 1,
    "stopped": 3,
    "unverified": 4,
    "cancelled": 130,
}


class RunEnded(Exception):
    """Raised to end the run with an outcome and a message."""

    def __init__(self, outcome: Outcome, message: str = "", code: int | None = None) -> None:
        self.finished = Finished(outcome, EXIT_CODES[outcome] if code is None else code, message=message)


def make(run: Run, step: str, change: Change, smoke_test: bool = False) -> None:
    """Makes and journals one change. Raises RunEnded if it fails, Cancelled if the operator stopped it."""
    journal, key = run.place_of(change, step)
    ctx = reporting(run.ctx, run.listener, run.target.key(step), change.id)
    ctx = replace(ctx, earlier=earlier_facts(run.results.values()))
    with _timed(run, step, change, smoke_test):
        intent = journal.resumable(key[0], change)
        before = intent.receipt if intent else change.before(ctx)
        if not intent:
            journal.intend(key, change, before, smoke_test)
        try:
            receipt = change.apply(ctx, before)
        except MhvError:
            if (smoke_test or not intent) and _had_no_effect(change, ctx, before):
                journal.note("no_effect", key, id=change.id)
            raise
        journal.receive(key, change.id, receipt)


def _had_no_effect(change: Change, ctx: Context, before: Receipt) -> bool:
    """True if a failed change left nothing; then undo must not remove what others create there later."""
    try:
        return change.left_nothing(ctx, before)
    except MhvError:
        return False


@contextmanager
def _timed(run: Run, step: str, change: Change, smoke_test: bool) -> Iterator[None]:
    """Emits the start and the end of a change. If the change fails, reports this and raises RunEnded."""
    run.listener(Applying(step, change.id, change.summary, run.target.id, change.phases))
    start = time.monotonic()
    try:
        yield
    except Cancelled:
        raise
    except Exception as error:
        finding = finding_of(error, AGAIN)
        finding = replace(finding, remedy=and_test_again(finding.remedy)) if smoke_test else finding
        if not isinstance(error, MhvError) and not is_disk_error(error):
            log.exception("the change %s crashed", change.id)
        run.listener(Failed(step, change.id, round(time.monotonic() - start, 3), finding, run.target.id))
        run.session.journal.note("failed", run.target.key(step), id=change.id, **failure_record(finding))
        message = f"this test failed: {change.summary}" if smoke_test else f"1 change failed; {run.changed} made"
        raise RunEnded("failed", message) from None
    run.listener(Applied(step, change.id, round(time.monotonic() - start, 3), run.target.id))
