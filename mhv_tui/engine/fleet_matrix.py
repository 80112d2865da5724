"""The matrix of targets and steps: what is wrong with each target, what will be changed, and what is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mhv_tui.core.matrix import RANKS, Matrix, MatrixCell, MatrixColumn, MatrixRow
from mhv_tui.core.steps import Step
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult


def fleet_matrix(
    targets: Sequence[tuple[str, Iterable[StepResult]]],
    steps: Sequence[Step[Any, Any]],
    names: Mapping[str, str] = MappingProxyType({}),
) -> Matrix:
    """Returns the matrix of (target id, results) rows; the columns are the steps. `names`: other names of steps."""
    rows = []
    for target, results in targets:
        by_step = {result.step.id: result for result in results}
        rows.append(MatrixRow(target, tuple(_cell(target, step.id, by_step.get(step.id)) for step in steps)))
    columns = tuple(MatrixColumn(names.get(step.id, step.id)) for step in steps)
    return Matrix("Targets", "target", columns, tuple(rows))


def _cell(target: str, step: str, result: StepResult | None) -> MatrixCell:
    if result is None or result.unchecked:
        return MatrixCell("·", f"the step {step} of {target} is not checked", "skipped")
    worst = max(result.findings, key=lambda f: RANKS[f.shown_level], default=None)
    if worst is not None and worst.shown_level in ("failure", "warning", "unknown"):
        number = sum(f.shown_level == worst.shown_level for f in result.findings)
        return MatrixCell(str(number), worst.sentence, worst.shown_level, worst.code, worst.subject)
    if result.plan:
        changes = count(len(result.plan), "change")
        return MatrixCell(str(len(result.plan)), f"{changes} planned in the step {step} of {target}", "missing")
    return MatrixCell("ok", f"the step {step} of {target} is done")
