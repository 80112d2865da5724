"""Ends a run that a screen started: every error becomes an outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.engine.failures import DEFECT

log = logging.getLogger(__name__)


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
