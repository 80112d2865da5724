"""The plan of all pages in one value: its changes, what blocks them, and the sentences about both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mhv_tui.core.changes import Change, total_sentences
from mhv_tui.core.findings import TRIAL_CODE, UNANSWERED, WAITING, Finding, urgency
from mhv_tui.core.text import be, count, join_names
from mhv_tui.engine.check import StepResult

StepChange = tuple[str, Change]
"""A planned change, with the id of its step before it."""

StepFinding = tuple[str, Finding]
"""A finding, with the id of its step before it."""


TEST_SERVERS = "Then a test server boots on each hypervisor and is deleted."

TRIAL = f"First, apply creates a test port and deletes it ({TRIAL_CODE})."


@dataclass(frozen=True)
class PlanSummary:
    """The changes and findings of a plan, in the order of the flow."""

    changes: tuple[StepChange, ...] = ()
    problems: tuple[StepFinding, ...] = ()
    """The failures that stop apply."""
    unanswered: tuple[StepFinding, ...] = ()
    """The missing answers of each page that lacks some; such a page stops apply, too."""
    waiting: tuple[str, ...] = ()
    """The ids of pages that are checked as soon as other pages have no problem and no missing answer."""
    failed_tests: tuple[StepFinding, ...] = ()
    """The failed tests of the last run, which do not stop apply."""
    accepted: tuple[StepFinding, ...] = ()
    warnings: tuple[StepFinding, ...] = ()
    """The warnings, then the checks whose result is not known yet."""
    has_tests: bool = False
    """True if smoke tests follow the changes."""
    has_trial: bool = False
    """True if a trial port comes before them."""
    unplanned: tuple[str, ...] = ()
    """The ids of steps whose changes cannot be planned before their problems are solved."""

    @classmethod
    def of(cls, results: Iterable[StepResult]) -> PlanSummary:
        """The summary of the results of some pages."""
        rows = tuple(results)
        findings = [(r.step.id, f) for r in rows for f in r.findings]
        doubtful = [row for row in findings if row[1].level in ("warning", "unknown")]
        return cls(
            changes=tuple((r.step.id, change) for r in rows for change in r.plan),
            problems=tuple((step, f) for step, f in findings if f.stops),
            unanswered=tuple((step, f) for step, f in findings if f.code == UNANSWERED),
            waiting=tuple(step for step, f in findings if f.code == WAITING),
            failed_tests=tuple((step, f) for step, f in findings if f.tested_again),
            accepted=tuple((step, f) for step, f in findings if f.accepted),
            warnings=tuple(sorted(doubtful, key=lambda row: urgency(row[1]))),
            has_tests=any(r.step.has_smoke_tests for r in rows),
            has_trial=has_trial(rows),
            unplanned=tuple(
                r.step.id for r in rows if r.step.has_changes and (r.unchecked or (r.stops and not r.plan))
            ),
        )

    @property
    def is_blocked(self) -> bool:
        """True if apply would make no change before the operator solves a problem or answers a page."""
        return bool(self.problems or self.unanswered or self.waiting)

    @property
    def totals(self) -> str:
        """What apply would create, edit, delete and restart, and what blocks it; the same in every interface."""
        return " ".join(filter(None, (self.planned, self.blocked, self.not_known)))

    @property
    def planned(self) -> str:
        """The sentences about the changes."""
        none = "No change is planned yet." if self.is_blocked else "No change is missing."
        return " ".join(self.planned_sentences) or none

    @property
    def planned_sentences(self) -> list[str]:
        """The same one by one; none if no change is planned."""
        changes = total_sentences((change for _, change in self.changes), is_complete=not self.unplanned)
        return [*changes, *filter(None, (self.tests,))] if changes else []

    @property
    def tests(self) -> str:
        """The sentence about the smoke tests; "" if none follow."""
        return TEST_SERVERS if self.has_tests else ""

    @property
    def blocked(self) -> str:
        """The sentences about what blocks the changes; "" if nothing does."""
        number = len(self.problems)
        what = "apply" if not self.changes else "the change" if len(self.changes) == 1 else "the changes"
        problems = f"{count(number, 'problem')} {'blocks' if number == 1 else 'block'} {what}." if number else ""
        return " ".join(filter(None, (problems, self.not_checked)))

    @property
    def not_checked(self) -> str:
        """The sentence about pages that are not checked yet; "" if there are none."""
        pages = len(self.unanswered) + len(self.waiting)
        return f"{count(pages, 'page')} {be(pages)} not checked yet." if pages else ""

    @property
    def can_be_accepted(self) -> bool:
        """True if the operator can accept every problem, so that the plan can be made without a solution."""
        return all(f.can_be_accepted for _, f in self.problems)

    @property
    def not_known(self) -> str:
        """The sentences about changes that cannot be planned yet; "" if there are none."""
        unplanned = f"The changes of {_pages(self.unplanned)} are not known yet." if self.unplanned else ""
        return " ".join(filter(None, (unplanned, self.more)))

    @property
    def more(self) -> str:
        """The sentence about pages that plan more changes after a planned fix; "" if there are none."""
        steps = list(dict.fromkeys(step for step, change in self.changes if change.reveals_changes))
        return f"More changes of {_pages(steps)} can follow after the fix; apply asks again." if steps else ""


def has_trial(results: Iterable[StepResult]) -> bool:
    """True if apply creates a trial port for one of these pages: the check that it decides is not skipped."""
    findings = (f for r in results if r.step.has_trial for f in r.findings)
    return any(f.code == TRIAL_CODE and f.level != "skipped" for f in findings)


def _pages(steps: Sequence[str]) -> str:
    """The pages of some steps: `the page node`, `the pages node and register`."""
    return f"the {'page' if len(steps) == 1 else 'pages'} {join_names(steps)}"
