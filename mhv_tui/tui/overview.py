"""The answers of all pages as rows: what is set, what is missing, and what has its default. Secrets are references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mhv_tui.core.answers import AnswerField, fields_of, with_last_day
from mhv_tui.core.forms import show
from mhv_tui.core.redaction import shown
from mhv_tui.core.secret import SecretRef
from mhv_tui.engine.page_state import has_effect, is_needed
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.wording import in_wizard

NO_VALUE = "–"
"""The text of an answer without a value."""

AnswerState = Literal["set", "default", "needed", "accepted", "fix"]


@dataclass(frozen=True)
class AnswerRow:
    """One answer of a page, an accepted finding or a requested fix."""

    step: str
    """The id of its page; "" if the page of an accepted finding or a fix is not known."""
    key: str
    """The key of the answer, or the code of the finding; "" for a page whose answers are all hidden."""
    value: str
    state: AnswerState
    help: str = ""
    default: str = ""
    """The default of the answer as text; "" if it has none."""


def answer_rows(state: WizardState, with_defaults: bool) -> list[AnswerRow]:
    """Returns the rows of all pages that have answers, then those of accepted findings and requested fixes.

    Answers with their default value are included only if `with_defaults` is True.
    """
    rows: list[AnswerRow] = []
    for step in state.flow:
        page = [row for row in _page_rows(state, step.id) if with_defaults or row.state != "default"]
        has_answers = any(True for _ in fields_of(step.answers))
        rows += page or ([AnswerRow(step.id, "", "only defaults", "default", step.intro)] if has_answers else [])
    return [*rows, *_requests(state)]


def _page_rows(state: WizardState, step: str) -> Iterator[AnswerRow]:
    table = state.answers.tables[step]
    for key, default, field in fields_of(table):
        if not has_effect(table, key, state.result(step)):
            continue
        value = getattr(table, key)
        is_missing = is_needed(table, key) and value in ("", None, ())
        text, row_state = _value(state, step, key, field, value), _row_state(is_missing, value == default)
        yield AnswerRow(step, key, shown(text), row_state, in_wizard(field.help), shown(show(field, default)))


def _row_state(is_missing: bool, is_default: bool) -> AnswerState:
    return "needed" if is_missing else "default" if is_default else "set"


def _value(state: WizardState, step: str, key: str, field: AnswerField, value: Any) -> str:
    """Returns an answer as text; of a secret only where it is, never its value."""
    if isinstance(value, SecretRef) and value.kind == "prompt":
        return "set, kept only in memory" if state.has_typed(step, key) else "not saved; type it again"
    return show(field, value) or NO_VALUE


def _requests(state: WizardState) -> Iterator[AnswerRow]:
    for accept in state.answers.accepts:
        reason = shown(with_last_day(accept.reason, accept.until))
        yield AnswerRow(step_of(state, accept.code), accept.code, reason, "accepted")
    for code in state.answers.fixes:
        yield AnswerRow(step_of(state, code), code, "the plan contains its fix", "fix")
    for fix in state.answers.single_fixes:
        yield AnswerRow(step_of(state, fix.code), fix.code, shown(f"the plan contains its fix of {fix.subject}"), "fix")


def step_of(state: WizardState, code: str) -> str:
    """Returns the id of the page with a finding of this code, in the last results or the saved ones; "" if none."""
    findings = [*state.findings(), *state.session.findings()]
    return next((step for (_, step), finding in findings if finding.code == code), "")
