"""Describes a wizard page as data (`Step`), and the input of its functions (`PageView`). Does no I/O.

The engine runs the pages. Screens, answer file, plan, report and undo are derived from the same fields.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context, facts_of
from mhv_tui.core.findings import Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.matrix import Matrix
from mhv_tui.core.redaction import set_texts, shown

if TYPE_CHECKING:
    from mhv_tui.core.handover import Handover
    from mhv_tui.core.identities import ObjectIdentity

A = TypeVar("A")
F = TypeVar("F")
T = TypeVar("T")


@dataclass(frozen=True)
class PageView(Generic[A, F]):
    """The input of the pure functions of a step: its own answers and facts, and those of other steps."""

    answers: A
    facts: F
    all_answers: Answers
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Step id -> facts of an earlier step, without steps that have no facts."""
    inputs: object = None
    """The result of the step's function `resolve` for this view."""
    requested_fixes: tuple[Change, ...] = ()
    """The fixes of this step that the operator requests; only `plan` gets them."""

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of the earlier step whose facts have this type; None if it has no facts."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of the step whose answers have this type."""
        return self.all_answers.of(kind)


@dataclass(frozen=True)
class Check(Generic[A, F]):
    """One check of a page. It gives at least one finding, which is `skipped` if the check does not apply."""

    codes: tuple[str, ...]
    """The codes of the findings of this check; the first one is the code of the check itself."""
    findings: Callable[[PageView[A, F]], Iterable[Finding]]
    """Returns the findings. If a check gives no finding, the engine reports it as `unknown`."""


@dataclass(frozen=True)
class Choice:
    """A row of a picker: the new value of the answer, a label that is safe to show, and an optional finding."""

    value: Any
    label: str
    finding: Finding | None = None

    def __post_init__(self) -> None:
        set_texts(self, label=shown(self.label))


@dataclass(frozen=True, kw_only=True)
class StepWork(Generic[A, F]):
    """The functions of a page. `probe`, `local_choices` and `choices_on_error` do I/O; all others are pure."""

    probe: Callable[[Context, A], F]
    preconditions: Sequence[Check[A, F]]
    """Checks that must pass before anything is changed."""
    postconditions: Sequence[Check[A, F]] = ()
    """Checks that must pass after the changes; if one fails and there is a plan, the engine reports it as `missing`."""
    plan: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Returns the missing changes; empty if no change is needed.

    They can include a requested fix, which is then made in this order. Each other requested fix precedes the plan.
    """
    resolve: Callable[[PageView[A, F]], object] = lambda view: None
    """Computes `view.inputs` from facts and earlier pages, once for all checks and the plan."""
    fixes: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Returns changes that fix findings (`Finding.fix` is the change's id); made only if the operator requests them."""
    smoke_tests: Callable[[PageView[A, F]], Sequence[Change]] = lambda view: ()
    """Returns the smoke tests, which run after the changes; the journal records them, the plan does not list them."""
    untested: Callable[[PageView[A, F]], Iterable[Finding]] = lambda view: ()
    """Returns findings about what the smoke tests cannot cover. If one is a failure, no smoke test runs."""
    identities: Callable[[PageView[A, F]], Iterable[ObjectIdentity]] = lambda view: ()
    """Returns the identities of the objects that this page uses; a later check reports those that have changed."""
    matrix: Callable[[PageView[A, F], Sequence[Finding]], Matrix | None] = lambda view, findings: None
    """Returns what the facts of this page are as a matrix, judged by its findings; None if there is nothing to show."""
    choices: Callable[[PageView[A, F]], Mapping[str, Sequence[Choice]]] = lambda view: MappingProxyType({})
    """Returns answer key -> the choices that a picker offers."""
    unused: Callable[[PageView[A, F]], Collection[str]] = lambda view: ()
    """Returns the keys of the answers that have no effect on these systems; if unset, the wizard hides them."""
    local_choices: Callable[[Context, A], Mapping[str, Sequence[Choice]]] = lambda ctx, answers: MappingProxyType({})
    """Returns answer key -> the choices that this machine alone knows; a picker offers them before the first check."""
    choices_on_error: Callable[[Context, A, str], Mapping[str, Sequence[Choice]]] = lambda *_: MappingProxyType({})
    """Returns answer key -> the choices that a picker offers if the probe failed with the finding `choices_after`.

    The text is the subject of this finding, such as the machine with an unknown host key.
    """
    choices_after: str = "CN01"
    """The code of the finding of a failed probe after which the page still has choices."""
    handover: Callable[[PageView[A, F]], Handover | None] = lambda view: None
    """Returns the map of the cloud and the notes for its users; None for every page but the last."""


@dataclass(frozen=True)
class Step(Generic[A, F]):
    """One page: what can be shown and asked without its functions, and how to load these functions."""

    id: str
    title: str
    intro: str
    answers: type[A]
    """The frozen dataclass of the answers of this page: a table in the answer file, and the fields of the form."""
    load_work: Callable[[], StepWork[A, F]]
    """Imports the functions of this page; called when one of them is first used, so that the wizard starts fast."""
    fix_codes: tuple[str, ...] = ()
    """The codes of the findings that can have a fix."""
    requires: tuple[str, ...] = ()
    """Ids of the steps whose facts this step needs; without these facts, this step is skipped."""
    uses: tuple[str, ...] = ()
    """Ids of steps whose facts this step reads if they exist; these steps are checked before this step."""
    reads_answers: tuple[str, ...] = ()
    """Ids of steps of which this step reads only the answers; these steps may come later."""
    has_checks: bool = True
    """False for a page that shows the result of apply and has no checks of its own."""
    probe_without_answers: bool = False
    """True if the probe works without the required answers, so that a picker can offer choices for them."""

    has_trial: bool = False
    """True if the probe creates an object for a moment if `Context.trial_allowed` is True, which needs an approval."""

    system: Callable[[A, F | None], str] = lambda answers, facts: ""
    """Returns a short name of the system that this step connects, for the first line of a screen; "" without one.

    The facts are None if the step has no result.
    """

    @cached_property
    def work(self) -> StepWork[A, F]:
        """The functions of this page."""
        return self.load_work()

    def view(self, answers: A, facts: F, all_answers: Answers, earlier: Mapping[str, Any]) -> PageView[A, F]:
        """The view of this step, with the result of `resolve` in `inputs`."""
        view = PageView(answers, facts, all_answers, earlier)
        return replace(view, inputs=self.work.resolve(view))

    @property
    def has_changes(self) -> bool:
        """True if the step can plan changes besides its fixes."""
        return self.work.plan is not StepWork.__dataclass_fields__["plan"].default

    @property
    def has_smoke_tests(self) -> bool:
        """True if the step can boot test servers after the changes."""
        return self.work.smoke_tests is not StepWork.__dataclass_fields__["smoke_tests"].default
