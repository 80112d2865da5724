"""The outcome of a check or a plan, of one target or of several. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.core.events import Finished
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.failed_tests import FailedTest
from mhv_tui.engine.plan_summary import PlanSummary


def inspected(
    results: Sequence[StepResult],
    levels: Mapping[str, int],
    blocked: str,
    checked: str,
    failed_tests: Sequence[FailedTest],
    exit_code: bool,
) -> Finished:
    """The outcome of `results`; `levels`: level -> number of findings. Without `exit_code`, the exit code is 0.

    `blocked`: what stops apply, as a phrase; "" if nothing does. `checked`: what was checked, such as "all steps".
    `failed_tests`: the smoke tests of these steps whose last run failed. They and the other failed tests among the
    results are a failed verification, and the message names them.
    """
    summary = PlanSummary.of(results)
    unique = tuple({change.id: (step, change) for step, change in summary.changes}.values())
    totals = replace(summary, changes=unique).totals.rstrip(".")
    if unique:
        totals = f"{'When this is solved, ' if blocked else ''}apply would do this: {totals}"
    others = [f.code for result in results for f in result.findings if f.tested_again]
    tests = _failed([test.code for test in failed_tests] or others, failed_tests[-1].day if failed_tests else "")
    if blocked:
        return Finished("stopped", 3 if exit_code else 0, dict(levels), f"{blocked}. {totals}{tests}")
    if any(result.unchecked for result in results):
        problem = "not every page could be checked"
        return Finished("stopped", 2 if exit_code else 0, dict(levels), f"{problem}. {totals}{tests}")
    unknown = levels["unknown"]
    gap = f", but {count(unknown, 'check')} had no result" if unknown and not unique else ""
    end = totals if unique else f"no change is missing{gap}"
    if tests:
        return Finished("unverified", 4 if exit_code else 0, dict(levels), f"{checked} checked; {end}{tests}")
    if unique:
        return Finished("done", 0, dict(levels), f"{checked} checked; {end}")
    return Finished("nothing-to-do", 0, dict(levels), end)


def _failed(codes: Sequence[str], day: str) -> str:
    """A sentence about failed tests, after another sentence: which ones, and what to do; "" if there are none."""
    if not codes:
        return ""
    what = "A test" if len(codes) == 1 else count(len(codes), "test")
    names = ", ".join(dict.fromkeys(codes))
    remedies = "its remedy" if len(codes) == 1 else "their remedies"
    when = f" on {day}" if day else ""
    return f". {what} failed{when} ({names}): follow {remedies}, then run apply, which tests again"
