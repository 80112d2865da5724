"""The context of a probe or change: the backend, the target with its answers, progress and cancellation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.ports import Backend
from mhv_tui.core.targets import Target

T = TypeVar("T")

ProgressCallback = Callable[[int, int, str, str], None]
"""Progress of a change: done, total, unit, and the remote program's last line."""


def ignore_progress(done: int, total: int, unit: str, note: str) -> None:
    """A ProgressCallback for callers that do not show progress."""


@dataclass(frozen=True)
class Context:
    """Everything that a probe or a change needs for its I/O, for one target."""

    backend: Backend
    target: Target
    session: str
    """The session's name."""
    on_progress: ProgressCallback = ignore_progress
    stop: Callable[[], None] = lambda: None
    """Raises Cancelled if the operator asked to stop; long waits call it."""
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Facts of this target's earlier steps, by step id; a step that was not checked is absent."""
    completed_ids: frozenset[str] = frozenset()
    """Ids of the changes that this session completed and did not undo, for what no probe can detect."""
    machine_locks: Path | None = None
    """The directory with the locks of machines; None if no other run can reach them, as in a simulated world."""
    trial_allowed: bool = False
    """A probe may create an object and delete it at once (a test port), if there is no other way. False in `check`."""

    @property
    def answers(self) -> Answers:
        return self.target.answers

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of an earlier step, named by their type; None if it has none."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of any step, named by their type."""
        return self.answers.of(kind)


def facts_of(earlier: Mapping[str, Any], kind: type[T]) -> T | None:
    """The facts of this type; None if there are none. Each step has a type of its own."""
    return next((facts for facts in earlier.values() if isinstance(facts, kind)), None)
