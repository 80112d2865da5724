"""The key `f`: requests or cancels the fix of one finding or of each one that a row counts; else names the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core.answers import fields_of
from mhv_tui.core.findings import Finding
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.folds import Fold
from mhv_tui.tui.keys import CANCEL_ALL, FIX_ALL
from mhv_tui.tui.list_rows import RowKey, has_open_fix, needs_reading, row_key
from mhv_tui.tui.render import PROBLEMS, KeyHint
from mhv_tui.tui.wording import named_answer


def toggle_fix(state: WizardState, finding: Finding) -> None:
    """Requests the fix of this finding, and of no other one with its code; cancels the request if the plan has it."""
    if finding.level == "missing":
        cancel_fix(state, finding)
    else:
        request_fix(state, finding)


def request_fix(state: WizardState, finding: Finding) -> None:
    """Requests the fix of this finding, and of no other one with its code."""
    state.request_fix(finding.code, subject=finding.subject)


def cancel_fix(state: WizardState, finding: Finding) -> None:
    """Cancels every request of this finding's fix. The other requested fixes stay."""
    results = [f for _, f in state.findings() if f.fix and f.level == "missing"]
    for same in (finding, *(f for f in results if f.fix == finding.fix)):
        for_all = same.code in state.answers.fixes
        state.request_fix(same.code, requested=False, subject=same.subject)
        for other in results if for_all else ():
            if other.code == same.code and other.fix != same.fix:
                state.request_fix(other.code, subject=other.subject)


def fixable(fold: Fold) -> list[Finding]:
    """The findings of a row that counts them, on all of which `f` acts: those with a fix to request, or to cancel."""
    return [f for f in fold.findings if has_open_fix(f) or (f.fix and f.level == "missing")]


def answers_of(state: WizardState, result: StepResult, edited: str = "") -> dict[RowKey, str]:
    """Row key -> the answer to correct, for each problem that has no fix and whose remedy names an answer.

    `edited`: the answer of the page that was edited last.
    """
    keys = {step.id: [key for key, _, _ in fields_of(step.answers)] for step in state.flow}
    rows = [f for f in result.findings if needs_reading(f, PROBLEMS) and not f.fix]
    answers = {row_key(finding): named_answer(finding.remedy, result.step.id, keys, edited) for finding in rows}
    return {key: answer for key, answer in answers.items() if answer}


def place_of(answer: str, step: str) -> tuple[str, str]:
    """Page and key of an answer that a remedy of the page `step` names, such as "names" or "node.host"."""
    page, _, key = answer.rpartition(".")
    return page or step, key


def places_of(state: WizardState, result: StepResult) -> dict[RowKey, tuple[str, str]]:
    """Row key -> page and key of the answer to correct, for the problems of `answers_of`."""
    return {key: place_of(answer, result.step.id) for key, answer in answers_of(state, result).items()}


def group_question(findings: Sequence[Finding], fixes: Mapping[str, str]) -> str:
    """The question whether to request these fixes, or to cancel them. `fixes`: the id of a fix -> what it does."""
    summaries = list(dict.fromkeys(fixes.get(f.fix or "") or f.headline for f in findings))
    which = "this fix" if len(summaries) == 1 else f"these {len(summaries)} fixes"
    question = f"Take {which} out of the plan?" if findings[0].level == "missing" else f"Add {which} to the plan?"
    return "\n".join([question, "", *(f"- {summary}" for summary in summaries)])


def fold_keys(fold: Fold) -> list[KeyHint]:
    """The key that acts on all findings of a row that counts them, if one does."""
    findings = fixable(fold)
    return [CANCEL_ALL if findings[0].level == "missing" else FIX_ALL] if findings else []
