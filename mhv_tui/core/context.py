"""What probes and changes do their I/O with: the backend, the answers, progress and cancellation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.ports import Backend

T = TypeVar("T")

ProgressCallback = Callable[[int, int, str, str], None]
"""Progress of a change: done, total, unit, and the far side's last line."""


def ignore_progress(done: int, total: int, unit: str, note: str) -> None:
    """The default: progress is not shown."""


@dataclass(frozen=True)
class Context:
    """What I/O is done with: the backend, the answers, the session's name, and callbacks for progress and stop."""

    backend: Backend
    answers: Answers
    session: str
    on_progress: ProgressCallback = ignore_progress
    stop: Callable[[], None] = lambda: None
    """Raises Cancelled if the operator asked to stop; long waits call it."""
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Facts of the steps before this one, by step id; a step without facts is absent."""
    completed_ids: frozenset[str] = frozenset()
    """Ids of the changes that this session has made and not undone: for what no probe can find out."""
    trial_allowed: bool = False
    """A probe may create a test port and delete it at once, if nothing else shows the answer; never in `check`."""

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of an earlier step, named by their type; None if it has none."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of any step, named by their type."""
        return self.answers.of(kind)


def facts_of(earlier: Mapping[str, Any], kind: type[T]) -> T | None:
    """The facts of this type; None if there are none. Each step has a type of its own."""
    return next((facts for facts in earlier.values() if isinstance(facts, kind)), None)
