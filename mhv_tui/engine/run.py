"""One run of a session's road: what it is done with, what it has found and changed so far, and its looks as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mhv_tui.core.context import Context, ProgressCallback
from mhv_tui.core.events import CheckFinished, CheckStarted, FindingReported, Listener, Planned, Progress
from mhv_tui.core.findings import LEVELS, Finding
from mhv_tui.core.text import count
from mhv_tui.engine.look import Flow, Overrides, StepResult, look_at, steps_needed
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop


@dataclass
class Run:
    """One run of one session: what it is done with, and what it has found and changed so far."""

    flow: Flow
    ctx: Context
    session: Session
    listener: Listener
    stop: Stop
    overrides: Overrides
    wanted: tuple[str, ...] = ()
    prove: bool = False
    changed: int = 0
    proven: bool = False
    step: str = ""

    def __post_init__(self) -> None:
        self.looks: dict[str, StepResult] = {}
        self.runs = 0

    def look(self) -> list[StepResult]:
        """Looks at the whole road, afresh."""
        self.runs += 1
        looks = look_at(
            self.flow, self.here(), self.listener, overrides=self.overrides, wanted=self.wanted, run=self.runs
        )
        self.looks = {s.step.id: s for s in looks}
        for barring in self.barring():
            if self.wanted and barring.step.id not in self.wanted:
                tell(self, barring)
        return [s for s in looks if not self.wanted or s.step.id in self.wanted]

    def here(self) -> Context:
        """What a look is done with: the context, and what this session has made by now."""
        return replace(self.ctx, completed_ids=self.session.journal.made())

    def barring(self) -> list[StepResult]:
        """Steps whose checks stand in the way: of those wanted, and of those that they cannot do without."""
        needed = {s.id for s in steps_needed(self.flow, self.wanted)}
        return [s for s in self.looks.values() if s.stops and s.step.id in needed]

    def failed_checks(self) -> str:
        """Such as "2 checks failed (CL05, DS04)"."""
        stopping = [f for s in self.barring() for f in s.findings if f.stops]
        return f"{count(len(stopping), 'check')} failed ({', '.join(dict.fromkeys(f.code for f in stopping))})"

    def changes_made(self) -> str:
        """What this run has changed so far, for the sentence that ends it."""
        return f"this run made {count(self.changed, 'change')}" if self.changed else "this run changed nothing"

    def findings(self) -> list[tuple[str, Finding]]:
        """What was told, by step."""
        told = [s for s in self.looks.values() if not self.wanted or s.step.id in self.wanted or s in self.barring()]
        return [(s.step.id, f) for s in told for f in s.findings]

    def keep_findings(self) -> None:
        """Keeps what was told, for reports; beside it, of steps that were not looked at, what is known from before."""
        told = self.findings()
        order = [s.id for s in self.flow]
        afresh = {*(self.wanted or order), *(step for step, _ in told)}
        before = [(step, f) for step, f in self.session.findings() if step in order and step not in afresh]
        self.session.save_findings(sorted([*before, *told], key=lambda row: order.index(row[0])))


def counts(findings: Sequence[tuple[str, Finding]]) -> dict[str, int]:
    """How many of each level, all levels named. An accepted failure stops nothing and counts as a warning does."""
    levels = ["warning" if f.accepted else f.level for _, f in findings]
    return {level: levels.count(level) for level in LEVELS}


def plan(run: Run) -> list[StepResult]:
    """The look with its missing changes told as events."""
    looks = run.look()
    for seen in looks:
        for change in seen.plan:
            run.listener(Planned(seen.step.id, change.id, change.summary, change.preview()))
    return looks


def tell(run: Run, seen: StepResult) -> None:
    """One step's look as events."""
    run.listener(CheckStarted(seen.step.id, run.runs))
    for finding in seen.findings:
        run.listener(FindingReported(seen.step.id, finding, run.runs))
    run.listener(CheckFinished(seen.step.id, run.runs))


def teller(listener: Listener, step: str, change_id: str) -> ProgressCallback:
    """What a change says of its progress, as events."""

    def say(done: int, total: int, unit: str, note: str) -> None:
        listener(Progress(step, change_id, done, total, unit, note))

    return say
