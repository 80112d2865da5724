"""Requests the fix of one finding only, or cancels this request; the key `f` does both."""

from __future__ import annotations

from mhv_tui.core.findings import Finding
from mhv_tui.engine.wizard_state import WizardState


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
