"""Runs blocking work outside the event loop: one daemon thread runs the newest job of each kind.

It is a daemon thread, so that a call that hangs does not keep the program from ending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class LatestOnlyWorker:
    """Runs the newest job of each kind in a thread. A newer job replaces a waiting job of the same kind."""

    def __init__(self) -> None:
        self._jobs_changed = threading.Condition()
        self._jobs: dict[str, Callable[[], None]] = {}
        threading.Thread(target=self._run_jobs, name="check", daemon=True).start()

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
            try:
                job()
            except Exception:
                log.exception("a check of the wizard crashed outside the engine")
