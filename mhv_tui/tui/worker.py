"""Blocking work outside the event loop: runs the newest job of each kind, one job after the other.

The threads are daemon threads, so that a call that hangs does not keep the program from ending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that a job waits for the one before it, so that a system that hangs does not delay all later checks."""


class LatestOnlyWorker:
    """Runs the newest job of each kind; a waiting job is dropped if a newer one of its kind arrives.

    A job begins when the one before it ends, or after PATIENCE.
    """

    def __init__(self) -> None:
        self._jobs_changed = threading.Condition()
        self._jobs: dict[str, Callable[[], None]] = {}
        threading.Thread(target=self._run_jobs, name="checks", daemon=True).start()

    def submit(self, kind: str, job: Callable[[], None]) -> None:
        """Adds a job, which replaces the waiting job of the same kind. Returns at once."""
        with self._jobs_changed:
            self._jobs[kind] = job
            self._jobs_changed.notify()

    def _run_jobs(self) -> None:
        while True:
            with self._jobs_changed:
                while not self._jobs:
                    self._jobs_changed.wait()
                job = self._jobs.pop(next(iter(self._jobs)))
            thread = threading.Thread(target=_run, args=(job,), name="check", daemon=True)
            thread.start()
            thread.join(PATIENCE)


def _run(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        log.exception("a check crashed outside the engine")
