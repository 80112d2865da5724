"""A wizard page as data (`Step`), and the view that its functions read (`PageView`). Nothing here does I/O.

The engine runs the pages; screens, answer file, plan, report and undo are derived from the same fields.
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
from mhv_tui.core.redaction import set_texts, shown

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
        """The facts of an earlier step, selected by their type; None if it has none."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of any step, selected by their type."""
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
    """A row of a picker: the answer's new value, the label, which is safe to show, and the row's finding, if any."""

    value: Any
    label: str
    finding: Finding | None = None

    def __post_init__(self) -> None:
        set_texts(self, label=shown(self.label))


@dataclass(frozen=True)
class Step(Generic[A, F]):
    """One page. `probe` does all I/O of a check and is read-only; everything else is pure."""

    id: str
    title: str
    intro: str
    answers: type[A]
    """A frozen dataclass: the answers of this page, its table in the answer file and the fields of its form."""
    probe: Callable[[Context, A], F]
    preconditions: Sequence[Check[A, F]]
    """What must be true before anything is changed."""
    postconditions: Sequence[Check[A, F]] = ()
    """What must be true afterwards; the engine reports an unmet one as `missing` if there is a plan."""
    plan: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """The missing changes; empty if everything is as it should be."""
    resolve: Callable[[PageView[A, F]], object] = lambda view: None
    """Computes `inputs` of the view from facts and earlier pages, once for all checks and the plan."""
    fixes: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Changes that fix a finding (Finding.fix is their id); made only if the operator requests them."""
    fix_codes: tuple[str, ...] = ()
    """Codes of the findings that may name one of these fixes."""
    smoke_tests: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Tests that run after the changes and leave nothing behind; journalled like changes, never part of the plan."""
    untested: Callable[[PageView[A, F]], Iterable[Finding]] = lambda view: ()
    """What the smoke tests cannot cover; never ok. If one is a failure, no smoke test runs."""
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
