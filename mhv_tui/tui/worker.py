"""Blocking work outside the event loop: runs the newest job of each kind, and jobs of different kinds at once.

The threads are daemon threads, so that a call that hangs does not keep the program from ending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a job waits for the one of its kind before it, so that a system that hangs does not delay it longer."""


class LatestOnlyWorker:
    """Runs the newest job of each kind; a waiting job is dropped if a newer one of its kind arrives.

    Jobs of different kinds do not wait for each other. A job begins when the one of its kind before it ends, or after
    PATIENCE.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._kinds: set[str] = set()
        """The kinds that have a thread that starts jobs."""

    def submit(self, kind: str, job: Callable[[], None]) -> None:
        """Adds a job, which replaces the waiting job of the same kind. Returns at once."""
        with self._lock:
            self._waiting[kind] = job
            if kind in self._kinds:
                return
            self._kinds.add(kind)
        threading.Thread(target=self._run_jobs, args=(kind,), name=f"checks of {kind}", daemon=True).start()

    def _run_jobs(self, kind: str) -> None:
        """Runs the jobs of a kind until none is waiting."""
        while True:
            with self._lock:
                job = self._waiting.pop(kind, None)
                if job is None:
                    self._kinds.discard(kind)
                    return
            thread = threading.Thread(target=_run, args=(job,), name="check", daemon=True)
            thread.start()
            thread.join(PATIENCE)


def _run(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        log.exception("a check crashed outside the engine")
