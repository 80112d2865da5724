"""What a run has done and does now, collected from its events: one row for each change, and the logs.

Has no screen and no clock: the caller gives the times, in seconds of a monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from mhv_tui.core.changes import Change
from mhv_tui.core.events import (
    ACTIVE,
    Applied,
    Applying,
    CheckFinished,
    CheckStarted,
    Event,
    Failed,
    FindingReported,
    Finished,
    Logged,
    Planned,
    Progress,
)
from mhv_tui.core.findings import SMOKE_TEST_CODE, TRIAL_CODE, Finding
from mhv_tui.core.meter import Meter
from mhv_tui.core.text import capitalised

RowState = Literal["to do", "running", "done", "failed"]
OPEN_STATES: tuple[RowState, ...] = ("running", "failed")
"""The states of the row that a person follows: it is whole, and stays visible."""

ApplyKind = Literal["change", "test", "check"]

SMOKE_TESTS = "boot one server on each hypervisor, then delete it"
"""The summary of the smoke tests until they begin."""

LOG_LINES = 5000
"""The lines of the log that are kept."""


@dataclass
class ApplyRow:
    """One change, smoke test or check of a run."""

    step: str
    id: str
    summary: str
    state: RowState = "to do"
    kind: ApplyKind = "change"
    phases: tuple[str, ...] = ()
    began: float = 0.0
    seconds: float = 0.0
    """The duration; 0 until the row is done or failed."""
    finding: Finding | None = None
    """The finding of a row that failed, or of smoke tests that did not run completely."""
    meter: Meter = field(default_factory=Meter)
    is_active: bool = False
    """True from the moment at which the test server is active; a server that failed is deleted without it."""

    @property
    def key(self) -> tuple[str, str]:
        return self.step, self.id

    @property
    def progress(self) -> Progress | None:
        return self.meter.last


@dataclass(frozen=True)
class LogLine:
    """One line of a remote log. `source` names the program and its place; `id` is that of the change."""

    source: str
    text: str
    id: str = ""


def check_row(step: str, summary: str, now: float) -> ApplyRow:
    """The row of a check that has just begun."""
    return ApplyRow(step, "", summary, "running", "check", began=now)


class ApplyModel:
    """The rows and logs of one run. `approved`: ids of the changes to make; `test_step`: id of the step with tests.

    `planned`: (step id, change) of the last check. They have rows until the run itself reports its plan.
    """

    def __init__(
        self, approved: frozenset[str], test_step: str, now: float, planned: Iterable[tuple[str, Change]] = ()
    ) -> None:
        self.began = now
        self.ended = 0.0
        self.finished: Finished | None = None
        self.is_simulated = False
        """True in the simulated world: then the seconds of a wait are not shown, because its clock runs faster."""
        self.all_tests_passed = True
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.lines_logged = 0
        self._approved = approved
        self._has_begun = False
        self._step_in_check = ""
        """The step whose findings are being reported; "" between two checks."""
        self._checked: set[tuple[str, str]] = set()
        """Step and code of each finding reported so far."""
        self._rows: list[ApplyRow] = []
        self._tests = [ApplyRow(test_step, "", SMOKE_TESTS, kind="test")] if test_step else []
        self._check: ApplyRow | None = check_row("", "checking all steps before the first change", now)
        for step, change in planned:
            self.hear(Planned(step, change.id, change.summary, ""), now)

    def hear(self, event: Event, now: float) -> None:
        """Takes an event of the run."""
        match event:
            case CheckStarted() | CheckFinished():
                self._follow_check(event, now)
            case Planned(step=step, id=id, summary=summary) if self._has_begun or id in self._approved:
                self._plan(ApplyRow(step, id, summary))
            case Applying():
                self._start(event, now)
            case Applied(step=step, id=id, seconds=seconds):
                self._end(id, "done", seconds, None)
                self._check = check_row(step, "checking the result", now)
            case Failed(step=step, id=id, seconds=seconds, finding=finding):
                self._end(id, "failed", seconds, finding)
            case Progress(id=id):
                hidden = self.is_simulated and event.unit == "seconds"
                self._row(id).meter.hear(replace(event, total=0) if hidden else event, now)
                self._row(id).is_active |= event.phase == ACTIVE
            case Logged(id=id, source=source, lines=lines):
                self.lines_logged += len(lines)
                self.log.extend(LogLine(source, line, id) for line in lines)
            case FindingReported(step=step, finding=finding):
                self._report(step, finding)
            case _:
                pass

    @property
    def is_booting(self) -> bool:
        """True while a smoke test runs."""
        return any(row.state == "running" for row in self._tests)

    @property
    def running_change(self) -> str:
        """The summary of the change that is made; "" if none is."""
        return next((row.summary for row in self._rows if row.state == "running"), "")

    def present(self, now: float) -> str:
        """What the run does now, in one line; "" between two of its rows."""
        rows = [row for row in self.rows(now) if row.state == "running"]
        return "; ".join(f"{row.step}: {row.summary}" for row in rows)

    @property
    def is_uploading(self) -> bool:
        """True while a change transfers the data of an image, which a stop ends at once."""
        return any(row.state == "running" and row.progress and row.progress.unit == "bytes" for row in self._rows)

    def _plan(self, row: ApplyRow) -> None:
        """Adds a row, or moves it to the end. What a fix has revealed follows the other rows of its step."""
        rows = [other for other in self._rows if other.id != row.id]
        places = [number for number, other in enumerate(rows, 1) if other.step == row.step]
        rows.insert(places[-1] if self._has_begun and places else len(rows), row)
        self._rows = rows

    def _follow_check(self, event: CheckStarted | CheckFinished, now: float) -> None:
        """Shows which step is checked, before the first change and between two changes."""
        self._step_in_check = event.step if isinstance(event, CheckStarted) else ""
        if self._step_in_check and self._check and not self._has_begun:
            self._check.step = event.step
        elif not self._step_in_check and self._has_begun:
            next_check = "checking the next step" if self.done < self.total else "checking all steps again"
            self._check = check_row(event.step, next_check, now)

    def finish(self, finished: Finished, now: float) -> None:
        """Takes the outcome. Changes that have not begun stay "to do", unless the run had nothing to do for them."""
        self.finished, self.ended, self._check = finished, now, None
        if finished.exit == 0:
            self._rows = [row for row in self._rows if row.state != "to do"]
            self._tests = [row for row in self._tests if row.state != "to do"]

    def _start(self, event: Applying, now: float) -> None:
        self._has_begun, self._check = True, None
        row = next((row for row in self._rows if row.id == event.id), None)
        if row is None:
            row = ApplyRow(event.step, event.id, "", kind="test")
            self._tests = [*(test for test in self._tests if test.id), row]
        row.summary, row.phases = event.summary or row.summary or event.id, event.phases
        waiting = [number for number, other in enumerate(self._rows) if other.state == "to do"]
        if row in self._rows and waiting:  # what has begun is above what is still to do
            self._rows.insert(waiting[0], self._rows.pop(self._rows.index(row)))
        row.state, row.began = "running", now

    def _end(self, id: str, state: RowState, seconds: float, finding: Finding | None) -> None:
        row = self._row(id)
        row.state, row.seconds, row.finding = state, seconds, finding
        self._check = None

    def _report(self, step: str, finding: Finding) -> None:
        """Adds a row for a failed check, for smoke tests that did not run or not completely, and for a trial.

        A trial is a passed check of TRIAL_CODE that the run reports a second time, before its first change.
        """
        is_about_tests = finding.code == SMOKE_TEST_CODE and not self._step_in_check
        if is_about_tests:
            self.all_tests_passed = finding.level == "ok"
        check = (step, finding.code)
        is_again = not self._has_begun and check in self._checked
        is_trial = is_again and finding.code == TRIAL_CODE and finding.level == "ok"
        self._checked.add(check)
        if not (finding.stops or is_trial or (is_about_tests and finding.level != "ok")):
            return
        state: RowState = "failed" if finding.stops else "done"
        row = ApplyRow(step, f"{finding.code} {finding.subject}", "", state, "check", finding=finding)
        if is_trial:
            row.summary, row.finding = f"{finding.code}  {capitalised(finding.detail or finding.title)}", None
        if is_about_tests:
            self._tests = [*(test for test in self._tests if test.id), row]
        elif row.id not in {other.id for other in self._rows}:
            self._rows.insert(self._end_of(step), row)

    def _row(self, id: str) -> ApplyRow:
        """The row of a change that has begun. An event without a row gets a row that is not shown."""
        return next((row for row in (*self._rows, *self._tests) if row.id == id), ApplyRow("", id, id))

    def _end_of(self, step: str) -> int:
        """The position behind the last row of a step that is not to do; the end if the step has no such row."""
        positions = [number for number, row in enumerate(self._rows, 1) if row.step == step and row.state != "to do"]
        return positions[-1] if positions else 0

    def rows(self, now: float) -> list[ApplyRow]:
        """All rows in the order of the run. A check between two changes has a row after its first second."""
        rows = [*self._rows, *self._tests]
        if self._check is None or now - self._check.began < 1.0:
            return rows
        if any(row.state == "done" for row in self._tests):
            return rows
        position = self._end_of(self._check.step) if self._has_begun else 0
        return [*rows[:position], self._check, *rows[position:]]

    @property
    def changes(self) -> list[ApplyRow]:
        """The rows of changes, without smoke tests and failed checks."""
        return [row for row in self._rows if row.kind == "change"]

    @property
    def done(self) -> int:
        """The number of changes that are made."""
        return sum(row.state == "done" for row in self.changes)

    @property
    def total(self) -> int:
        """The number of changes of this run."""
        return max(len(self.changes), len(self._approved))

    @property
    def is_proving(self) -> bool:
        """True if all changes are made and the smoke tests are still to do or running."""
        return self.done == self.total and any(row.state in ("to do", "running") for row in self._tests)

    def share_done(self) -> float:
        """The part of the run that is done, from 0 to 1. The smoke tests count as one change."""
        if self.finished and self.finished.exit == 0:
            return 1.0
        return self.done / max(self.total + bool(self._tests), 1)

    def last_line(self) -> str:
        """The newest line of the logs; "" without logs."""
        return self.log[-1].text if self.log else ""

    def elapsed(self, now: float) -> float:
        """The seconds since the run began; after its end, the seconds that it took."""
        return (self.ended or now) - self.began

    @property
    def has_failed_test(self) -> bool:
        """True if all changes are made and a smoke test failed."""
        return any(row.state == "failed" and row.kind == "test" for row in self._tests)

    def problem_step(self) -> str:
        """The step with the first failure; "" if nothing failed."""
        return next((row.step for row in (*self._rows, *self._tests) if row.state == "failed"), "")
