"""A run that a screen started: its locks and its end. Every error becomes an outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.engine.apply import Approve, apply
from mhv_tui.engine.failures import DEFECT
from mhv_tui.engine.run import Run

log = logging.getLogger(__name__)


def locked_apply(run: Run, approve: Approve) -> Finished:
    """Applies with the lock of the session. The session notes a run of one of its targets, too. Raises Busy."""
    session = run.session.whole
    with session.locked():
        if not run.session.target:
            return apply(run, approve)
        session.journal.note("started", command="apply")
        finished = apply(run, approve)
        session.journal.note("finished", outcome=finished.outcome, exit=finished.exit, step=run.step, steps=[])
        return finished


def end_of(run: Callable[[], Finished], listener: Listener) -> Finished:
    """The outcome of a run. If it raises an error, the listener gets the outcome that says so."""
    try:
        return run()
    except MhvError as error:
        finished = Finished("stopped", 3, message=f"{error.message}; {error.remedy}".rstrip("; "))
    except Exception as error:
        log.exception("the run crashed")
        finished = Finished("failed", 1, message=f"the run crashed: {type(error).__name__}: {error}; {DEFECT}")
    listener(finished)
    return finished
