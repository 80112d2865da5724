"""The run as it goes: what is being made, how far and for how long, and in the end the outcome and what to do next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label, RichLog, Static

from mhv_tui.core.changes import Change
from mhv_tui.core.events import Applied, Applying, CheckStarted, Event, Failed, FindingReported, Finished, Progress
from mhv_tui.core.findings import GLYPHS, Finding
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.words import wrapped

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

ENDS = {
    "done": "✓ done: everything is made, checked again and proven",
    "nothing-to-do": "✓ nothing to do: everything is as it should be",
    "stopped": "✗ stopped by a check",
    "failed": "✗ a change failed",
    "unverified": "✗ made, but not as it should be",
    "cancelled": "! stopped before the end",
}
"""By outcome, the last line."""

PARTLY = "✓ done: everything is made and checked again; the proof is incomplete, as shown above"


def undoable(state: WizardState) -> str:
    """What the session's journal has, and how to undo it."""
    made = len(state.changes_made())
    if not made:
        return "This session has made no change."
    return f"This session has made {count(made, 'change')}; undo: mhv-tui undo {state.session.name}"


def opened(plan: Sequence[tuple[str, Change]]) -> str:
    """The question for changes that could not be planned before a fix was made."""
    many = len(plan) > 1
    head = f"The fix is made. Now {len(plan)} changes are missing:" if many else "The fix is made. Now this is missing:"
    rows = [shown(f"+ {step}: {change.summary}") for step, change in plan]
    return "\n".join([head, *rows, "", "Make them too?" if many else "Make it too?"])


class Running(Screen[None]):
    """One run. Its log stays; the line below it tells what is going on now, once a second at most."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter", "leave", "Back")]

    def __init__(self, approved: frozenset[str]) -> None:
        super().__init__()
        self._approved = approved
        self._begun = 0
        self._whole = True
        self._count = ""
        self._doing = "looking at the whole road ..."
        self._how_far = ""
        self._since = time.monotonic()
        self.finished: Finished | None = None

    @property
    def wizard(self) -> Wizard:
        """The app, typed."""
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        yield Label(Content(f" mhv-tui  {self.wizard.state.session.name}   applying"), id="head")
        with Vertical(id="running"):
            yield RichLog(id="log", wrap=True, markup=False, highlight=False)
            yield Static("", id="now")
        yield Label("^C or ^Q stop after the change in hand", id="keys")

    def on_mount(self) -> None:
        self.query_one(RichLog).focus()
        self.set_interval(1.0, self._show_now)
        self.wizard.start_apply(self._approved)

    def also(self, approved: frozenset[str]) -> None:
        """These were approved on the way."""
        self._approved |= approved

    def hear(self, event: Event) -> None:
        """One event of the run."""
        match event:
            case CheckStarted(step=step):
                self._now("looking", f"{step}: looking")
            case Applying(step=step, summary=summary, id=id):
                self._begun += 1
                proof = self._begun > len(self._approved)
                count = "proof" if proof else f"{self._begun} of {len(self._approved)}"
                self._now(count, f"{step}: {summary or id}")
            case Applied(step=step, id=id, seconds=seconds):
                self._log(f"{GLYPHS['ok']} done      {self._doing or f'{step}: {id}'} ({seconds:.1f} s)")
                self._now("", "")
            case Failed(step=step, id=id, finding=finding):
                self._log(f"{GLYPHS['failure']} failed    {finding.code} {step}: {id}")
                self._log(f"            {finding.sentence}")
                self._log(f"            remedy: {finding.remedy}")
                self._log(f"            see: mhv-tui explain {finding.code}")
            case Progress(done=done, total=total, unit=unit, note=note):
                share = f"{100 * done // total} %" if total else f"{done} {unit}"
                self._how_far = f"{share}  {note}"
            case FindingReported(step=step, finding=finding) if finding.stops or finding.code == "PR01":
                self._found(step, finding)
            case _:
                pass

    def _found(self, step: str, finding: Finding) -> None:
        if finding.code == "PR01":
            self._whole = finding.level == "ok"
        self._log(f"{GLYPHS[finding.level]} {finding.level:<9} {step}: {finding.code} {finding.headline}")
        if finding.subline:
            self._log(f"            {finding.subline}")
        if finding.stops:
            self._log(f"            remedy: {finding.remedy}")

    def _log(self, text: str) -> None:
        log = self.query_one(RichLog)
        body = text.lstrip()
        indent = " " * (12 if body != text else 0)
        first, *more = wrapped(body, max(self.size.width - 5, 30), indent) or [""]
        rest = wrapped(" ".join(line.strip() for line in more), max(self.size.width - 5, 30), " " * 12)
        for line in (first, *rest):
            log.write(line)

    def _now(self, count: str, doing: str) -> None:
        self._since, self._how_far = time.monotonic(), ""
        self._count, self._doing = count, doing
        self._show_now()

    def _show_now(self) -> None:
        if self.finished:
            return
        seconds = f"   {int(time.monotonic() - self._since)} s" if self._doing else ""
        lines = [f"> {self._count}{seconds}", f"  {self._doing}", f"  {self._how_far}"]
        width = max(self.size.width - 3, 30)
        self.query_one("#now", Static).update(Content("\n".join(line[:width] for line in lines)))

    def end(self, finished: Finished) -> None:
        """The run has ended."""
        self.finished = finished
        name = self.wizard.state.session.name
        good = finished.exit == 0
        if finished.message:
            self._log("")
            self._log(finished.message)
        if good:
            self._log(f"answers: mhv-tui export {name} --to answers    undo: mhv-tui undo {name}")
        else:
            self._log(f"Fix the cause and press Ctrl+G again. {undoable(self.wizard.state)}")
        now = self.query_one("#now", Static)
        words = ENDS[finished.outcome] if self._whole or finished.outcome != "done" else PARTLY
        now.update(Content.assemble((words, "bold $text-success" if good else "bold $text-error")))
        self.query_one("#keys", Label).update("Enter go on   ^Q quit")

    def action_leave(self) -> None:
        """Back to the pages once the run has ended: to the report where all is done."""
        if self.finished:
            self.wizard.leave_run(self.finished)
