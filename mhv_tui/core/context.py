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
    """A Say for those who do not listen."""


@dataclass(frozen=True)
class Context:
    """What I/O is done with: the world, the answers, the session's name, and a way to tell progress or to stop."""

    backend: Backend
    answers: Answers
    session: str
    on_progress: ProgressCallback = ignore_progress
    stop: Callable[[], None] = lambda: None
    """Raises Cancelled where the operator asked to stop; long waits call it."""
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Facts of the steps before this one, by step id; a step that was not seen is absent."""
    completed_ids: frozenset[str] = frozenset()
    """Ids of the changes that this session has made and that stand: for what no look can tell."""
    trial_allowed: bool = False
    """A probe may make a thing and take it away at once (a test port), where only trying tells; never in `check`."""

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of an earlier step, named by their type; None if it has none."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of any step, named by their type."""
        return self.answers.of(kind)


def facts_of(earlier: Mapping[str, Any], kind: type[T]) -> T | None:
    """The facts of this type; None if there are none. Each step has a type of its own."""
    return next((facts for facts in earlier.values() if isinstance(facts, kind)), None)
