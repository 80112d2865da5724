"""The state of a page besides its result: the choices of its pickers, and the texts that are not valid answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mhv_tui.core.answers import applies, fields_of
from mhv_tui.core.context import Context
from mhv_tui.core.errors import MhvError
from mhv_tui.core.findings import StepKey
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.steps import Choice
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.failures import engine_finding

Choices = Mapping[str, Sequence[Choice]]
"""Answer key -> the choices that a picker offers."""

NONE: Choices = MappingProxyType({})


def has_effect(table: Any, key: str, result: StepResult | None) -> bool:
    """False if an answer is not set and has no effect, because of another answer or of what its page's check found."""
    unused = result.step.work.unused(result.view) if result and result.view else ()
    default = next(default for name, default, _ in fields_of(table) if name == key)
    return applies(table, key) and (key not in unused or bool(getattr(table, key) != default))


def is_needed(table: Any, key: str) -> bool:
    """True if a page cannot be checked without an answer: it is required, or a part of one of two ways to answer.

    The first way is one answer, such as the cloud's name; the other way are those that apply only if it is empty, such
    as the login. Until one of these is answered, the first way is needed.
    """
    fields = {name: (default, field) for name, default, field in fields_of(table)}
    field = fields[key][1]
    first = field.only_if[0] if field.only_if and field.only_if[1] == "" else key
    others = {name: default for name, (default, f) in fields.items() if f.only_if == (first, "") and not f.advanced}
    if not others or getattr(table, first):
        return field.required
    takes_others = any(getattr(table, name) != default for name, default in others.items())
    return key in others if takes_others else key == first


class PageChoices:
    """The choices of each page."""

    def __init__(self) -> None:
        self.local: dict[StepKey, Choices] = {}
        """The choices that this machine alone knows."""
        self.on_error: dict[StepKey, Choices] = {}
        """The choices after a failed probe."""

    def of(self, key: StepKey, result: StepResult | None) -> Choices:
        """All choices of a page with this last result."""
        last = result.step.work.choices(result.view) if result and result.view else self.on_error.get(key, NONE)
        return {**self.local.get(key, {}), **last}


def choices_on_error(result: StepResult, ctx: Context) -> Choices:
    """The choices of a page whose probe failed with a problem that a choice can solve, such as an unknown host key."""
    step = result.step
    refused = [f for f in result.findings if f.stops and f.code == step.work.choices_after]
    if result.view or not refused:
        return NONE
    try:
        return step.work.choices_on_error(ctx, ctx.answers.tables[step.id], refused[0].subject)
    except MhvError:
        return NONE


@dataclass(frozen=True)
class Given:
    """The result of setting an answer from a line of text."""

    changed: bool = False
    """True if an answer or a typed secret changed; then the results that depend on it are dropped."""
    problem: str = ""
    """The problem and the accepted form if the text is refused; else ""."""


class RefusedTexts:
    """The problems of the texts on the pages that are not valid answers."""

    def __init__(self) -> None:
        self._problems: dict[StepKey, dict[str, tuple[str, str]]] = {}

    def add(self, page: StepKey, key: str, problem: str, saved: str) -> bool:
        """Returns True if the text of this answer did not have this problem before. `saved`: the value that stays."""
        problems = self._problems.setdefault(page, {})
        is_new = problems.get(key) != (problem, saved)
        problems[key] = problem, saved
        return is_new

    def drop(self, page: StepKey, key: str) -> bool:
        """Returns True if the text of this answer was refused before."""
        return self._problems.get(page, {}).pop(key, None) is not None

    def drop_page(self, page: StepKey) -> bool:
        """Returns True if a text of this page was refused before."""
        return bool(self._problems.pop(page, None))

    def instead(self, page: StepKey, result: StepResult) -> StepResult:
        """A result that has no findings and changes but the refused texts, if the page has such texts."""
        step, problems = result.step.id, self._problems.get(page)
        if not problems:
            return result
        findings = tuple(
            engine_finding(
                "WZ18",
                "failure",
                f"{key} is not valid; the saved value is still {saved}",
                f"Correct {step}.{key}: the reason is below the fields.",
                subject=key,
                fatal=True,
            )
            for key, (_, saved) in sorted(problems.items())
        )
        return replace(result, findings=findings, plan=(), fixes=(), matrix=None)


def is_typed(value: object) -> bool:
    """True if a value of an answer refers to a secret that the operator types."""
    return isinstance(value, SecretRef) and value.kind == "prompt"
