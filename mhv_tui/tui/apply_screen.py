"""The screen of a run: the current change with its seconds, and at the end the outcome and the next command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label, RichLog, Static

from mhv_tui.core.events import Applied, Applying, CheckStarted, Event, Failed, FindingReported, Finished, Progress
from mhv_tui.core.findings import GLYPHS, Finding
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_thread import start_apply
from mhv_tui.tui.dialogs import PlanExtensionDialog
from mhv_tui.tui.header import HeaderLine
from mhv_tui.tui.messages import EngineEvent, Plan, PlanExtended, RunFinished
from mhv_tui.tui.render import wrap_lines

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

OUTCOMES = {
    "done": "✓ done: all changes are made and verified, and the smoke tests passed",
    "nothing-to-do": "✓ nothing to do: all steps are done",
    "stopped": "✗ a failed check stopped the run",
    "failed": "✗ a change failed",
    "unverified": "✗ the changes are made, but a check still fails",
    "cancelled": "! the run was cancelled before its end",
}
"""The last line of the screen, by the outcome of the run."""

DONE_IN_PART = "✓ done: all changes are made and verified, but not all smoke tests ran (see above)"
"""The last line of the screen if not all smoke tests could run."""

SMOKE_TEST_CODE = "PR01"
"""The code of the finding about the smoke tests."""

INDENT = " " * 12
"""The indent of a line in the log that continues the line above."""


def undo_hint(state: WizardState) -> str:
    """Returns a sentence with the number of changes that the session has made, and the command that undoes them."""
    number = len(state.changes_made())
    if not number:
        return "This session has made no change."
    return f"This session has made {count(number, 'change')}; to undo: mhv-tui undo {state.session.name}"


def extension_question(plan: Plan) -> str:
    """Returns the question whether to make changes that could not be planned before a fix was made."""
    several = len(plan) > 1
    missing = f"{len(plan)} changes are missing:" if several else "this change is missing:"
    rows = [shown(f"+ {step}: {change.summary}") for step, change in plan]
    return "\n".join([f"The fix is made. Now {missing}", *rows, "", "Make them too?" if several else "Make it too?"])


class ApplyScreen(Screen[None]):
    """The screen of one run: a log, and below the log the current activity with its seconds."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter", "leave", "Back")]

    def __init__(self, approved: frozenset[str]) -> None:
        super().__init__()
        self._approved = approved
        self._changes_started = 0
        self._all_smoke_tests_ok = True
        self._position = ""
        """The number of the current change, such as "2 of 10"."""
        self._activity = "checking all steps ..."
        self._progress = ""
        self._activity_started = time.monotonic()
        self.finished: Finished | None = None

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.wizard.state, "Applying")
        with Vertical(id="apply-body"):
            yield RichLog(id="log", wrap=True, markup=False, highlight=False)
            yield Static("", id="activity")
        yield Label("^C or ^Q stops after the current change", id="keys")

    def on_mount(self) -> None:
        self.query_one(RichLog).focus()
        self.set_interval(1.0, self._show_activity)
        self.wizard.applying = start_apply(self.wizard.state, self._approved, self)

    def on_plan_extended(self, message: PlanExtended) -> None:
        def send_answer(confirmed: bool | None) -> None:
            if confirmed:
                self._approved |= {change.id for _, change in message.plan}
            message.answer.put(bool(confirmed))

        self.app.push_screen(PlanExtensionDialog(extension_question(message.plan)), send_answer)

    def on_engine_event(self, message: EngineEvent) -> None:
        if not self.finished:
            self._show_event(message.event)

    def _show_event(self, event: Event) -> None:
        match event:
            case CheckStarted(step=step):
                self._start_activity("checking", f"{step}: checking")
            case Applying(step=step, summary=summary, id=id):
                self._changes_started += 1
                number, total = self._changes_started, len(self._approved)
                position = f"{number} of {total}" if number <= total else "smoke test"
                self._start_activity(position, f"{step}: {summary or id}")
            case Applied(step=step, id=id, seconds=seconds):
                self._log(f"{GLYPHS['ok']} done      {self._activity or f'{step}: {id}'} ({seconds:.1f} s)")
                self._start_activity("", "")
            case Failed(step=step, id=id, finding=finding):
                self._log_failure(f"{step}: {id}", finding)
            case Progress(done=done, total=total, unit=unit, note=note):
                share = f"{100 * done // total} %" if total else f"{done} {unit}"
                self._progress = f"{share}  {note}"
            case FindingReported(step=step, finding=finding) if finding.stops or finding.code == SMOKE_TEST_CODE:
                self._log_finding(step, finding)
            case _:
                pass

    def _log_failure(self, change: str, finding: Finding) -> None:
        self._log(f"{GLYPHS['failure']} failed    {finding.code} {change}")
        for line in (finding.sentence, f"remedy: {finding.remedy}", f"see: mhv-tui explain {finding.code}"):
            self._log(f"{INDENT}{line}")

    def _log_finding(self, step: str, finding: Finding) -> None:
        if finding.code == SMOKE_TEST_CODE:
            self._all_smoke_tests_ok = finding.level == "ok"
        self._log(f"{GLYPHS[finding.level]} {finding.level:<9} {step}: {finding.code} {finding.headline}")
        if finding.subline:
            self._log(f"{INDENT}{finding.subline}")
        if finding.stops:
            self._log(f"{INDENT}remedy: {finding.remedy}")

    def _log(self, text: str) -> None:
        width = max(self.size.width - 5, 30)
        body = text.lstrip()
        first_line, *other_lines = wrap_lines(body, width, "" if body == text else INDENT) or [""]
        rest = wrap_lines(" ".join(line.strip() for line in other_lines), width, INDENT)
        for line in (first_line, *rest):
            self.query_one(RichLog).write(line)

    def _start_activity(self, position: str, activity: str) -> None:
        self._activity_started, self._progress = time.monotonic(), ""
        self._position, self._activity = position, activity
        self._show_activity()

    def _show_activity(self) -> None:
        if self.finished:
            return
        seconds = f"   {int(time.monotonic() - self._activity_started)} s" if self._activity else ""
        lines = [f"> {self._position}{seconds}", f"  {self._activity}", f"  {self._progress}"]
        width = max(self.size.width - 3, 30)
        self.query_one("#activity", Static).update(Content("\n".join(line[:width] for line in lines)))

    def on_run_finished(self, message: RunFinished) -> None:
        self.finished = finished = message.finished
        name = self.wizard.state.session.name
        succeeded = finished.exit == 0
        if finished.message:
            self._log("")
            self._log(finished.message)
        if succeeded:
            self._log(f"answers: mhv-tui export {name} --to answers    undo: mhv-tui undo {name}")
        else:
            self._log(f"Fix the cause and press Ctrl+G again. {undo_hint(self.wizard.state)}")
        is_partial = finished.outcome == "done" and not self._all_smoke_tests_ok
        last_line = DONE_IN_PART if is_partial else OUTCOMES[finished.outcome]
        colour = "bold $text-success" if succeeded else "bold $text-error"
        self.query_one("#activity", Static).update(Content.assemble((last_line, colour)))
        self.query_one("#keys", Label).update("Enter continue   ^Q quit")

    def action_leave(self) -> None:
        """Closes the screen after the run and opens a page."""
        if self.finished:
            self.wizard.open_page_after_run()
