"""What the runs of several targets of one session share: the changes that belong to all targets, and their order."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from mhv_tui.core.changes import Change
from mhv_tui.engine.session import Session


class Sharing:
    """The session of the changes that belong to all targets, and a lock for everything that changes share."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def exclusive(self, changes: Iterable[Change]) -> Iterator[bool]:
        """Waits until no other target makes changes that share something with these. Yields True if they share."""
        names = sorted({change.shared for change in changes} - {""})
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(self._lock_of(name))
            yield bool(names)

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())


def belongs_to_all(change: Change) -> bool:
    """True if the change is made once for all targets."""
    return change.shared == change.id
