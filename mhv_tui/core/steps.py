"""A wizard page as data, and the view that its functions read. One engine runs the pages; the screens, the answer file,
the plan, the report and the undo are derived from the same fields. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context, facts_of
from mhv_tui.core.findings import Finding

A = TypeVar("A")
F = TypeVar("F")
T = TypeVar("T")


@dataclass(frozen=True)
class PageView(Generic[A, F]):
    """What the pure functions of a step read: its own answers and facts, and those of other steps by their type."""

    answers: A
    facts: F
    all_answers: Answers
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Facts of the steps before this one, by step id; a step without facts is absent."""
    inputs: object = None
    """What the step's `resolve` returned for this view."""

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of an earlier step, named by their type; None if it has none."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of any step, named by their type."""
        return self.all_answers.of(kind)


@dataclass(frozen=True)
class Check(Generic[A, F]):
    """One check of a page. It gives a finding for every view: `skipped` with the reason if it does not apply."""

    codes: tuple[str, ...]
    """Of its findings; the first is the code of the question that it answers."""
    findings: Callable[[PageView[A, F]], Iterable[Finding]]
    """A check without a finding has no verdict, which the engine reports as `unknown`."""


@dataclass(frozen=True)
class Choice:
    """A row of a picker: the answer's new value, the label, and the finding about this row, if any."""

    value: Any
    label: str
    finding: Finding | None = None


@dataclass(frozen=True)
class Step(Generic[A, F]):
    """One page. `probe` does all I/O of a check and is read-only; everything else is pure."""

    id: str
    title: str
    intro: str
    answers: type[A]
    """A frozen dataclass: the answers of this page = its table in the answer file = its form."""
    probe: Callable[[Context, A], F]
    preconditions: Sequence[Check[A, F]]
    """What must hold before anything is changed."""
    postconditions: Sequence[Check[A, F]] = ()
    """What must hold afterwards; the engine reports an unmet one as `missing` if the plan provides it."""
    plan: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Only what is missing."""
    resolve: Callable[[PageView[A, F]], object] = lambda view: None
    """Computes `inputs` of the view from facts and earlier pages, once for all checks and the plan."""
    fixes: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Changes that fix a finding (Finding.fix is their id) and are made only if asked for."""
    fix_codes: tuple[str, ...] = ()
    """Codes of the findings that may name one of these fixes."""
    smoke_tests: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Tests that leave nothing behind, run after the changes; journalled like a change, never planned."""
    untested: Callable[[PageView[A, F]], Iterable[Finding]] = lambda view: ()
    """What the smoke tests cannot cover; never ok. A failure means that none of them runs."""
    choices: Callable[[PageView[A, F]], Mapping[str, Sequence[Choice]]] = lambda view: MappingProxyType({})
    """By answer key: what a picker offers."""
    choices_on_error: Callable[[Context, A], Mapping[str, Sequence[Choice]]] = lambda ctx, answers: MappingProxyType({})
    """By answer key: what a picker offers if the probe failed, such as an unknown host key; read-only I/O."""
    requires: tuple[str, ...] = ()
    """Steps whose facts this one needs: it is skipped if they have none."""
    uses: tuple[str, ...] = ()
    """Steps whose facts this one also reads: they are checked before it, and their failures do not stop it."""
    reads_answers: tuple[str, ...] = ()
    """Other steps whose answers alone this one reads; they may come later."""
    probe_without_answers: bool = False
    """The probe works before the required answers are given, so that its picker can offer them."""

    def view(self, answers: A, facts: F, all_answers: Answers, earlier: Mapping[str, Any]) -> PageView[A, F]:
        """The view of this step, with its inputs resolved."""
        view = PageView(answers, facts, all_answers, earlier)
        return replace(view, inputs=self.resolve(view))
