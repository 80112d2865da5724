"""Saves the wizard's answers in a thread, so that a slow disk does not stop the screen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from mhv_tui.core.answers import Answers
from mhv_tui.engine.session import Session

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that `flush` waits at most for a slow disk, so that mhv-tui can end."""


class Writer(Protocol):
    """Saves answers."""

    problem: str
    """The reason why the last answers are not saved; "" if they are saved."""
    on_problem: Callable[[str], None]
    """A function that is called with the new `problem` each time it changes."""

    def submit(self, answers: Answers) -> None:
        """Queues answers, which replace older answers that are not written yet. Returns at once."""

    def flush(self) -> str:
        """Waits until the newest answers are written. Returns the reason why they are not written; else ""."""


class AnswersWriter:
    """Writes answers to a session in a thread, which ends when the newest answers are written."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._state = threading.Condition()
        self._newest: Answers | None = None
        self._writing = False
        self.problem = ""
        """The reason why the last answers are not saved; "" if they are saved."""
        self.on_problem: Callable[[str], None] = lambda problem: None
        """A function that the thread calls with the new `problem` each time it changes."""

    def submit(self, answers: Answers) -> None:
        """Queues answers, which replace older answers that are not written yet. Returns at once."""
        with self._state:
            self._newest = answers
            if not self._writing:
                self._writing = True
                threading.Thread(target=self._write_all, name="answers", daemon=True).start()

    def flush(self) -> str:
        """Waits until the newest answers are written. Returns the reason why they are not written; else ""."""
        with self._state:
            if not self._state.wait_for(lambda: not self._writing, PATIENCE):
                return f"the answers are not saved: the disk did not answer within {PATIENCE:.0f} s"
            return self.problem

    def _write_all(self) -> None:
        while True:
            with self._state:
                answers, self._newest = self._newest, None
                if answers is None:
                    self._writing = False
                    self._state.notify_all()
                    return
            problem = self._write(answers)
            before, self.problem = self.problem, problem
            if problem != before:
                self.on_problem(problem)

    def _write(self, answers: Answers) -> str:
        folder = self._session.directory
        try:
            self._session.save_answers(answers)
        except Exception as error:
            why = (error.strerror or str(error)) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            log.warning("the answers are not saved in %s: %s", folder, why)
            return f"the answers are not saved and are lost if you quit ({why}); fix {folder}, then change an answer"
        return ""
