"""The outcome of a check or a plan, of one target or of several. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.core.events import Finished
from mhv_tui.core.text import be, count
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
    results are a failed verification, and the details name them.
    """
    summary = PlanSummary.of(results)
    unique = tuple({change.id: (step, change) for step, change in summary.changes}.values())
    summary = replace(summary, changes=unique)
    failed = [test.code for test in failed_tests]
    others = {f.code for result in results for f in result.findings if f.tested_again and f.code not in failed}
    tests = _failed([*failed, *sorted(others)], failed_tests[-1].day if failed_tests and not others else "")
    details = tuple(filter(None, (*_planned(summary), summary.not_checked, summary.not_known, tests)))
    if blocked:
        return Finished("stopped", 3 if exit_code else 0, dict(levels), blocked, details=details)
    if any(result.unchecked for result in results):
        problem = "not every page could be checked"
        return Finished("stopped", 2 if exit_code else 0, dict(levels), problem, details=details)
    unknown = levels["unknown"]
    gap = f", but {count(unknown, 'check')} had no result" if unknown and not unique else ""
    end = f"{checked} checked" if unique else f"no change is missing{gap}"
    if tests:
        message = end if unique else f"{checked} checked; {end}"
        return Finished("unverified", 4 if exit_code else 0, dict(levels), message, details=details)
    if unique:
        return Finished("done", 0, dict(levels), end, details=details)
    return Finished("nothing-to-do", 0, dict(levels), end)


def _planned(summary: PlanSummary) -> list[str]:
    """What apply would do: each sentence by itself, the first one with what the operator does before."""
    number = len(summary.problems)
    solved = "solved or accepted" if summary.can_be_accepted else "solved"
    condition = f"When {'this' if number == 1 else 'these'} {be(number)} {solved}, " if number else ""
    first, *others = summary.planned_sentences or [""]
    if not first:
        return ["No change is planned yet."] if summary.is_blocked else []
    return [f"{condition}apply would make {first}", *others]


def _failed(codes: Sequence[str], day: str) -> str:
    """A sentence about failed tests: which ones, and what to do; "" if there are none. `day`: "" for several days."""
    if not codes:
        return ""
    what = "A test" if len(codes) == 1 else count(len(codes), "test")
    names = ", ".join(dict.fromkeys(codes))
    remedies = "its remedy" if len(codes) == 1 else "their remedies"
    when = f" on {day}" if day else ""
    return f"{what} failed{when} ({names}): follow {remedies}, then run apply, which tests again."
