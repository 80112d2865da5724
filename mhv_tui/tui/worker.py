"""Blocking work beside the event loop: one daemon thread that looks, at the newest request of each kind.

A daemon thread, so that a hanging call never keeps the program from ending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class LatestOnlyWorker:
    """Runs the newest job of each kind: one that was not begun when a newer one of its kind comes is dropped."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._jobs: dict[str, Callable[[], None]] = {}
        threading.Thread(target=self._serve, name="look", daemon=True).start()

    def submit(self, kind: str, job: Callable[[], None]) -> None:
        """Have this done, instead of what was waiting of its kind."""
        with self._ready:
            self._jobs[kind] = job
            self._ready.notify()

    def _serve(self) -> None:
        while True:
            with self._ready:
                while not self._jobs:
                    self._ready.wait()
                job = self._jobs.pop(next(iter(self._jobs)))
            try:
                job()
            except Exception:
                log.exception("a look crashed outside the engine")
