"""Blocking work beside the event loop: one daemon thread that looks, the newest request first, and one that applies.

Daemon threads, so that a hanging call never keeps the program from ending; the apply thread is waited for on purpose.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Latest:
    """Runs the newest job only: a job that was not begun when a newer one comes is dropped."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._job: Callable[[], None] | None = None
        threading.Thread(target=self._serve, name="look", daemon=True).start()

    def submit(self, job: Callable[[], None]) -> None:
        """Have this done next, instead of what was waiting."""
        with self._ready:
            self._job = job
            self._ready.notify()

    def _serve(self) -> None:
        while True:
            with self._ready:
                while self._job is None:
                    self._ready.wait()
                job, self._job = self._job, None
            try:
                job()
            except Exception:
                log.exception("a look crashed outside the engine")
