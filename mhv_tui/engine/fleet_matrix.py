"""The matrix of targets and steps: what is wrong with each target, what will be changed, and what is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mhv_tui.core.findings import OF_A_PAGE, Finding, amount
from mhv_tui.core.matrix import RANKS, Matrix, MatrixCell, MatrixColumn, MatrixRow
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.saved_findings import SavedFindings

SHORT: Mapping[str, str] = MappingProxyType({"datastore": "store", "network": "net"})
"""Step id -> a shorter name, so that the matrix fits into 80 columns."""


@dataclass(frozen=True)
class StepState:
    """The findings of a step, and the number of its missing changes."""

    findings: Sequence[Finding] = ()
    changes: int = 0


def states_of(results: Iterable[StepResult]) -> Mapping[str, StepState]:
    """Step id -> the state of the step."""
    return {result.step.id: StepState(result.findings, len(result.plan)) for result in results}


def saved_states(saved: SavedFindings) -> Mapping[str, StepState]:
    """Step id -> the state of the step in the last check."""
    steps = dict.fromkeys(step for (_, step), _ in saved.findings)
    return {
        id: StepState(
            [finding for (_, step), finding in saved.findings if step == id],
            sum(step == id for (_, step), _ in saved.planned),
        )
        for id in steps
    }


def fleet_matrix(
    targets: Sequence[tuple[str, Mapping[str, StepState]]],
    steps: Sequence[str],
) -> Matrix:
    """Returns the matrix of (target id, states) rows; the columns are the steps, some with a short name."""
    rows = [MatrixRow(id, tuple(_cell(id, step, states.get(step)) for step in steps)) for id, states in targets]
    columns = tuple(MatrixColumn(SHORT.get(step, step)) for step in steps)
    return Matrix("Targets", "target", columns, tuple(rows))


def _cell(target: str, step: str, state: StepState | None) -> MatrixCell:
    if state is None or any(f.code in OF_A_PAGE and f.level == "skipped" for f in state.findings):
        return MatrixCell("·", f"the step {step} of {target} is not checked", "skipped")
    worst = max(state.findings, key=lambda f: RANKS[f.shown_level], default=None)
    if worst is not None and worst.shown_level in ("failure", "warning", "unknown"):
        return MatrixCell(
            str(amount(state.findings, worst.shown_level)), worst.sentence, worst.shown_level, worst.code, worst.subject
        )
    if state.changes:
        changes = count(state.changes, "change")
        return MatrixCell(str(state.changes), f"{changes} planned in the step {step} of {target}", "missing")
    return MatrixCell("ok", f"every check of {step} has passed for {target}")
