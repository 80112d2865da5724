"""Runs a piece of work once for all threads that ask for it with the same key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from mhv_tui.core.errors import FindingError

T = TypeVar("T")


class OncePerKey:
    """Implements core.context.Once. A FindingError is a result, too; after any other error the work is done again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._results: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, work: Callable[[], T], /) -> T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._results:
                try:
                    self._results[key] = work()
                except FindingError as error:
                    self._results[key] = error
            result = self._results[key]
        if isinstance(result, FindingError):
            raise result
        value: T = result
        return value
