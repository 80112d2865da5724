"""A wizard page as data, and what it is given. One engine reads it; faces, answer file, plan, report and undo are
readings of the same fields. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import Finding
from mhv_tui.core.ports import Backend

Json = Any
"""What json.dumps takes."""

Receipt = Mapping[str, Json]
"""What was there before, and what we made; JSON, without secrets."""

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


class Change(Protocol):
    """One missing thing to be made. A frozen dataclass with JSON-able fields: same answers, same id.

    The engine journals `before` ahead of `apply` and the receipt (before + what apply returned) after it. Undo gets
    the receipt, or `before` alone where the work was killed half-way: it looks, and takes back only what we made.
    An open intent is taken up again by the change with the same fields; by one with the same id where its class says
    `keeps_first_look`. Where `before` sees all that `apply` can make, its class says `seen_whole`: then a failed apply
    after which a second `before` is as the first has made nothing, and undo has nothing to take back. A field `host` of
    type SshHost names the machine that it is made on. A class whose `in_use(ctx, receipt)` says who needs what it made
    (a sentence; "" for nobody) bars the undo of its whole session as long as somebody does.
    """

    @property
    def id(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def preview(self) -> str:
        """What will be done, as the operator may want to read it: a diff, a command, a specification."""

    def before(self, ctx: Context) -> Receipt:
        """A look right before the work: what undo has to know. Read-only."""

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Does it. Idempotent: what half-done work left is finished. Returns what was made."""

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Takes back what the receipt names, if it is still as we left it; else raises Trouble with the reason."""


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
