"""A wizard page as data, and what it is given. One engine reads it; faces, answer file, plan, report and undo are
readings of the same fields. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding

A = TypeVar("A")
F = TypeVar("F")


@dataclass(frozen=True)
class PageView(Generic[A, F]):
    """What the pure functions of a step read: its own answers and facts, and those of the steps before it."""

    asked: A
    facts: F
    answers: Answers
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Choice:
    """A row of a picker: what is written into the answer, what is shown, and the row's own health."""

    value: Any
    label: str
    finding: Finding | None = None


@dataclass(frozen=True)
class Step(Generic[A, F]):
    """One page. `probe` is the only I/O of a look and is read-only; everything else is pure."""

    id: str
    title: str
    intro: str
    answers: type[A]
    """A frozen dataclass: the answers of this page = its table in the answer file = its form."""
    probe: Callable[[Context, A], F]
    preconditions: Callable[[PageView[A, F]], Iterable[Finding]]
    """What must hold before anything is done."""
    postconditions: Callable[[PageView[A, F]], Iterable[Finding]] = lambda look: ()
    """What must hold after; an unmet one is a failure, which the engine calls `missing` where the plan makes it."""
    plan: Callable[[PageView[A, F]], Sequence[Change]] = lambda look: ()
    """Only what is missing."""
    fixes: Callable[[PageView[A, F]], Sequence[Change]] = lambda look: ()
    """Changes that mend a finding (Finding.fix is their id) and are made only where asked for."""
    smoke_tests: Callable[[PageView[A, F]], Sequence[Change]] = lambda look: ()
    """Verification that leaves nothing behind, run after the changes; journalled like a change, never planned."""
    untested: Callable[[PageView[A, F]], Iterable[Finding]] = lambda look: ()
    """What the proofs leave out, told in their place and never as ok; a failure is one without which none is made."""
    choices: Callable[[PageView[A, F]], Mapping[str, Sequence[Choice]]] = lambda look: MappingProxyType({})
    """By answer key: what a picker offers."""
    choices_on_error: Callable[[Context, A], Mapping[str, Sequence[Choice]]] = lambda ctx, asked: MappingProxyType({})
    """By answer key: what a picker offers where the probe was refused, such as a host key never seen; read-only I/O."""
    requires: tuple[str, ...] = ()
    """Steps whose facts this one cannot do without: it is skipped where they were not seen."""
    uses: tuple[str, ...] = ()
    """Steps whose facts tell this one more: looked at before it where they can be, and nothing of theirs stops it."""
    probe_without_answers: bool = False
    """The probe works before the required answers are given, so that its picker can offer them."""
