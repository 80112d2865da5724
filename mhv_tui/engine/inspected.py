"""The outcome of a check or a plan, of one target or of several. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.core.events import Finished
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.plan_summary import PlanSummary


def inspected(
    results: Sequence[StepResult], levels: Mapping[str, int], blocked: str, checked: str, exit_code: bool
) -> Finished:
    """The outcome of `results`; `levels`: level -> number of findings. Without `exit_code`, the exit code is 0.

    `blocked`: what stops apply, as a phrase; "" if nothing does. `checked`: what was checked, such as "all steps".
    """
    summary = PlanSummary.of(results)
    unique = tuple({change.id: (step, change) for step, change in summary.changes}.values())
    totals = replace(summary, changes=unique).totals.rstrip(".")
    if blocked:
        return Finished("stopped", 3 if exit_code else 0, dict(levels), f"{blocked}. {totals}")
    if any(result.unchecked for result in results):
        return Finished("stopped", 2 if exit_code else 0, dict(levels), f"not every page could be checked. {totals}")
    if unique:
        return Finished("done", 0, dict(levels), f"{checked} checked; apply would make {totals}")
    unknown = levels["unknown"]
    gap = f", but {count(unknown, 'check')} had no result" if unknown else ""
    return Finished("nothing-to-do", 0, dict(levels), f"no change is missing{gap}")
