"""The screen of a run: a bar, one row for each change, the last lines of the remote log; at the end the outcome."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message_pump import MessagePump
from textual.widgets import Static

from mhv_tui.core.changes import EFFECT_GLYPHS, effects_on_others
from mhv_tui.core.events import Applied, Applying, Failed, Finished
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import capitalised
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_list import RowList
from mhv_tui.tui.apply_log import LogPane, LogViewer, log_of
from mhv_tui.tui.apply_model import ApplyModel
from mhv_tui.tui.apply_rows import clock, progress_head, total_bar, wrap
from mhv_tui.tui.apply_thread import start_apply
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.dialogs import PlanExtensionDialog, StopDialog, TextViewer
from mhv_tui.tui.header import HeaderLine
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import EngineEvent, Plan, PlanExtended, RunFinished
from mhv_tui.tui.render import KeyHint, truncate
from mhv_tui.tui.run_help import GOES_ON
from mhv_tui.tui.screens import WizardScreen
from mhv_tui.tui.stop_questions import STOP_CHANGE, STOP_CHECK, STOP_IMAGE, STOP_TEST, STOP_WAITING
from mhv_tui.tui.timers import every

Start = Callable[[WizardState, frozenset[str], MessagePump], threading.Thread]
"""A function that starts a run in a thread, as `start_apply` does."""

OUTCOMES = {
    "done": "✓ done: all changes are made and verified, and the test servers booted",
    "nothing-to-do": "✓ nothing to do: all steps are done",
    "stopped": "✗ a failed check stopped the run",
    "failed": "✗ a change failed",
    "unverified": "✗ the changes are made, but a check still fails",
    "cancelled": "! the run was cancelled before its end",
}
"""The first line of the screen after the run, by the outcome of the run."""

DONE_IN_PART = "✓ done: all changes are made and verified, but not every test server booted (see below)"
"""The first line of the screen after the run if not every test server could boot."""

TEST_FAILED = "✗ the changes are made, but a test server failed"
"""The first line of the screen after the run if a smoke test failed."""

RUNNING_KEYS = (
    KeyHint("l", "whole log"),
    KeyHint("^C", "stop and quit"),
    KeyHint("safe to close the terminal:", "it resumes"),
    KeyHint("F1", "help"),
)
"""The keys during a run, the most important ones first."""

KEYS_AT_THE_END = (
    KeyHint("^G", "plan"),
    KeyHint("l", "whole log"),
    KeyHint("↑ ↓", "choose a change"),
    KeyHint("^Q", "quit"),
    KeyHint("F1", "help"),
)

NOT_ENDED = "The run has not ended: it goes on, ^C stops it and quits."
"""The answer to the keys that act after the run."""

LEAST_LOG_ROWS = 4
"""The rows that the log has after a run: a blank one, its heading and two lines."""

COLOUR_KEYS = """F9                 next colour theme
Ctrl+L             draw the screen again
"""

HELP = f"""l                  whole log of the run
Up, Down           choose a change, to see it whole
                   and its log
PgUp, PgDn         scroll the changes
Ctrl+C, Ctrl+Q     stop after the change in progress (asks)
Ctrl+Z Ctrl+Z      suspend: the run stands still until `fg`
{COLOUR_KEYS}
If the terminal closes, the change in progress is completed.
Start mhv-tui again to resume the session: completed changes are
not repeated.
"""

HELP_AT_THE_END = f"""Enter, Esc         open the page that the first lines name
Ctrl+G             the plan, to continue
l                  whole log of the run
Up, Down           choose a change, to see it whole
                   and its log
PgUp, PgDn         scroll the changes
Ctrl+C, Ctrl+Q     quit
{COLOUR_KEYS}"""


def extension_question(plan: Plan) -> str:
    """Returns the question whether to make changes that could not be planned before a fix was made, and their effect.

    The other approved changes need no second question.
    """
    several = len(plan) > 1
    missing = f"{len(plan)} more changes are known:" if several else "1 more change is known:"
    rows = [shown(f"{EFFECT_GLYPHS[change.effect]} {step}: {change.summary}") for step, change in plan]
    question = "Make them too, before the other changes?" if several else "Make it too, before the other changes?"
    effects = effects_on_others(change for _, change in plan)
    return "\n".join([f"The fix is made. Now {missing}", *rows, "", effects, question])


def step_with_tests(state: WizardState) -> str:
    """Returns the id of the step that has smoke tests, as its last result shows; "" if no step has any."""
    for step in state.flow:
        result = state.result(step.id)
        if result and result.view and any((*step.work.smoke_tests(result.view), *step.work.untested(result.view))):
            return step.id
    return ""


class ApplyScreen(WizardScreen[None]):
    """The screen of one run. It changes at most once a second, and not after the end of the run."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["apply.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,enter", "leave", "Back"),
        ("ctrl+g", "plan", "Plan"),
        ("l", "log", "Log"),
        ("f1", "help", "Help"),
    ]

    def __init__(
        self, approved: frozenset[str], start: Start = start_apply, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._approved = approved
        self._start = start
        self._now = now
        self.finished: Finished | None = None

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.wizard.state, "Applying")
        with Vertical(id="apply-body"):
            yield Static("", id="run-state")
            yield RowList()
            yield LogPane()
        yield KeyLine(RUNNING_KEYS)

    def on_mount(self) -> None:
        state = self.wizard.state
        self._model = ApplyModel(self._approved, step_with_tests(state), self._now(), state.planned())
        self._model.is_simulated = self.wizard.is_simulated
        self.query_one(RowList).focus()
        self._timer = every(self, 1.0, self.paint)
        self.wizard.applying = self._start(state, self._approved, self)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.paint, at_once=True)

    def on_screen_suspend(self) -> None:
        """Shows where the run is, below the dialog that opens: the present state can be a second newer.

        A dialog with a long text covers the whole screen, so that the lines of the live log do not meet its frame.
        """
        for dialog in self.app.screen_stack[-1:]:
            if isinstance(dialog, Dialog):
                dialog.set_class(isinstance(dialog, TextViewer), "alone")
                self.paint(at_once=True)

    def on_row_list_chosen(self) -> None:
        self.paint(at_once=True)

    def on_plan_extended(self, message: PlanExtended) -> None:
        def send_answer(confirmed: bool | None) -> None:
            message.answer.put(bool(confirmed))

        self.app.push_screen(PlanExtensionDialog(extension_question(message.plan)), send_answer)

    def on_engine_event(self, message: EngineEvent) -> None:
        self._model.hear(message.event, self._now())
        if isinstance(message.event, Applying | Applied | Failed) and self.app.screen is not self:
            self.paint(at_once=True)  # before the question whether to stop follows the run
            if isinstance(self.app.screen, StopDialog):
                self.app.screen.follow()

    def on_run_finished(self, message: RunFinished) -> None:
        self.finished = message.finished
        self._model.finish(message.finished, self._now())
        self._timer.stop()
        self.paint(at_once=True)
        self.query_one(HeaderLine).show_position("Applied" if message.finished.exit == 0 else "Run ended")
        self.query_one(KeyLine).show([KeyHint("Enter", f"page {self._next_page()}"), *KEYS_AT_THE_END])

    @property
    def stop_question(self) -> str:
        """The question whether to stop what the run does now."""
        if self._model.is_booting:
            return STOP_TEST
        if self._model.is_uploading:
            return STOP_IMAGE
        if change := self._model.running_change:
            return f"{STOP_CHANGE}\n\nIn progress: {change}"
        return STOP_WAITING if self.wizard.state.stop.is_waiting else STOP_CHECK

    def paint(self, *, at_once: bool = False) -> None:
        """Shows the present state. Without `at_once` a log with many changed cells waits for a later call."""
        width = max(self.query_one("#apply-body").content_size.width, 20)
        rows, now = self.query_one(RowList), self._now()
        row = rows.current(self._model, now)
        head = self._outcome(width) if self.finished else progress_head(self._model, row, width, now)
        state = self.query_one("#run-state", Static)
        if state.content != head:
            state.update(head)
        self._share_room(width - 1, now, 1 + head.plain.count("\n"))
        rows.show(self._model, width - 1, now)
        self.query_one(LogPane).show(self._model, row, at_once=at_once)

    def _share_room(self, width: int, now: float, head_rows: int) -> None:
        """Gives the rows the room that the head and the last lines of the log leave.

        After the run, a row that has failed is whole as long as its log has LEAST_LOG_ROWS. A row without a log leaves
        no room for one.
        """
        rows = self.query_one(RowList)
        room = self.size.height - 4 - head_rows  # without header, keys and the blank rows around the head
        share = room - (6 if self.size.height >= 22 else 5)
        if self.finished and log_of(self._model, rows.current(self._model, now)):
            share = min(max(share, rows.needed(self._model, width, now)), room - LEAST_LOG_ROWS)
        elif self.finished:
            share = room - 2
        rows.limit(max(share, 4))

    def _outcome(self, width: int) -> Content:
        """The lines after the end of the run: the outcome, what the run has done, and which key leads on."""
        assert self.finished is not None
        finished = self.finished
        is_partial = finished.outcome == "done" and not self._model.all_tests_passed
        colour = "bold $text-success" if finished.exit == 0 else "bold $text-error"
        head = TEST_FAILED if self._model.has_failed_test else OUTCOMES[finished.outcome]
        lines = wrap(DONE_IN_PART if is_partial else head, width)
        seconds = clock(self._model.elapsed(self._now()))
        done, ended = f"{capitalised(finished.message)} in {seconds}.", f"After {seconds}: {finished.message}."
        summary = f"{done if finished.exit == 0 else ended} {self._next_key()}"
        return Content.assemble(("\n".join(lines), colour), *(f"\n{line}" for line in wrap(summary, width)))

    def _next_key(self) -> str:
        """A sentence with the key that leads on."""
        state = self.wizard.state
        page = self._next_page()
        if self.finished and self.finished.exit == 0:
            return f"Enter opens the page {page}, with the report, the answers and undo."
        undo = f" Undo is on the page {state.flow[-1].id}." if state.changes_made() else ""
        return f"Enter opens the page {page}. Fix the cause, then continue with the plan: Ctrl+G.{undo}"

    def _next_page(self) -> str:
        """The id of the page that Enter opens: the page with the failure or with a failed check, else the last page."""
        state = self.wizard.state
        stopped = [step.id for step in state.flow if (result := state.result(step.id)) and result.stops]
        return next(filter(None, (self._model.problem_step(), *stopped)), state.flow[-1].id)

    def action_help(self) -> None:
        """Shows what the keys do."""
        if self.finished:
            self.wizard.show_help("Keys after the run", HELP_AT_THE_END)
        else:
            self.wizard.show_help("Keys while changes are made", HELP, self._progress)

    def _progress(self, width: int) -> Content:
        """What stays visible of the run while its help is open; after its end also the outcome."""
        now, outcome = self._now(), self.finished and OUTCOMES[self.finished.outcome]
        line = f"{outcome}; Esc shows it" if outcome else f"{GOES_ON}{self._model.present(now)}"
        return Content(f"{total_bar(self._model, width, now).plain}\n{truncate(line, width)}")

    def action_log(self) -> None:
        """Opens the whole log of this run."""
        self.app.push_screen(LogViewer(self._model, self.wizard.is_simulated))

    async def action_plan(self) -> None:
        """Closes the screen after the run and opens the plan."""
        from mhv_tui.tui.plan_screen import PlanScreen

        if self.finished:
            await self.app.switch_screen(PlanScreen())
        else:
            self.notice(NOT_ENDED)

    async def action_leave(self) -> None:
        """Closes the screen after the run and opens a page."""
        if self.finished:
            await self.wizard.open_page(self._next_page())
        else:
            self.notice(NOT_ENDED)
