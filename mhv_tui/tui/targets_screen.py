"""The screen of several targets: a matrix of targets and steps, the problems of the selected one, and a run of all.

Enter opens the page of a cell, where the answers of this target are edited.
"""

from __future__ import annotations

import threading
import time
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Label, Static

from mhv_tui.core.changes import totals
from mhv_tui.core.events import CheckFinished
from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.core.text import count, these
from mhv_tui.engine.fleet_state import FleetState
from mhv_tui.engine.plan_summary import TEST_SERVERS, TRIAL
from mhv_tui.tui import dialog_help
from mhv_tui.tui.details import Details
from mhv_tui.tui.dialogs import ConfirmDialog, HelpViewer, TextViewer
from mhv_tui.tui.header import header_line
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import EngineEvent, PlanExtended, RunFinished
from mhv_tui.tui.name_prompt import NamePrompt
from mhv_tui.tui.render import COLOURS, wrap_lines
from mhv_tui.tui.screens import WizardScreen
from mhv_tui.tui.session_rows import change_lines
from mhv_tui.tui.stop_questions import STOP_TARGETS
from mhv_tui.tui.target_keys import HELP, KEYS, NOT_ENDED, RUNNING_KEYS, present_keys
from mhv_tui.tui.target_matrix import TargetMatrix
from mhv_tui.tui.target_rows import TargetProgress, details_of
from mhv_tui.tui.targets_thread import TargetsChecked, start_apply, start_check
from mhv_tui.tui.timers import every

INTRO = "A target is a compute node with its cluster. Targets share the answers that they do not override."


class TargetsScreen(WizardScreen[None]):
    """All targets of the open session."""

    stop_question = STOP_TARGETS
    """The question whether to stop a run of all targets."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["targets.tcss"]

    BINDINGS: ClassVar[list[BindingType]] = [
        ("n", "new", "New"),
        ("c", "duplicate", "Duplicate"),
        ("d", "remove", "Remove"),
        ("u", "app.undo", "Undo"),
        ("ctrl+r", "check_again", "Check"),
        ("ctrl+g", "plan_all", "Plan"),
        ("f1,question_mark", "help", "Help"),
        ("escape,f6", "back", "Back"),
    ]

    def __init__(self, fleet: FleetState, is_checked: bool = False) -> None:
        super().__init__()
        self._fleet = fleet
        self._is_checked = is_checked
        """True if the results are those of the present answers as far as they exist."""
        self._progress = TargetProgress()
        self._began = 0.0
        """The time at which the run began."""
        self._timer: Timer | None = None
        """Shows the time of a run; an idle screen has no timer."""
        self._number = 0
        """The number of the newest check. Results of older checks are ignored."""
        self.is_checking = False
        """True while a check of all targets runs."""
        self._asks_after_check = False
        """True if the plan is shown when the check has ended."""
        self._end: Content | None = None
        """The outcome of the last run."""

    def compose(self) -> ComposeResult:
        yield Label("", id="head")
        with Vertical(id="targets-body"):
            yield Static(INTRO, id="targets-intro")
            yield TargetMatrix(self.wizard.state.session.target if self._is_checked else "")
            yield Static("", id="targets-state")
            yield Details(id="target-details")
        yield KeyLine(KEYS)

    def on_mount(self) -> None:
        self.query_one(TargetMatrix).focus()
        if not self._is_checked:
            self.action_check_again()
        self.show_all()

    def on_resize(self, event: events.Resize) -> None:
        self.show_all()

    def show_all(self) -> None:
        """Shows the last results, or the progress of a run."""
        number = count(len(self._fleet.ids), "target")
        head = header_line(self.size.width, self._fleet.session.name, "Targets", number)
        self.query_one("#head", Label).update(Content.styled(head, "bold"))
        self.query_one(TargetMatrix).show(self._fleet.matrix(), ())
        self._show_state()
        self._show_details()
        self._show_keys()

    def _show_keys(self) -> None:
        keys = RUNNING_KEYS if self.is_applying else present_keys(self._idle())
        self.query_one(KeyLine).show(self.query_one(Details).with_key(keys), keeps_notice=True)

    def _idle(self) -> frozenset[str]:
        """The keys that the selected target, or the session, refuses."""
        is_kept = not self.target or self._fleet.why_kept(self.target)
        is_changed = any(self._fleet.state_of(id).changes_made() for id in self._fleet.ids)
        return frozenset([*(["d"] if is_kept else []), *([] if is_changed else ["u"])])

    def on_details_fitted(self) -> None:
        self._show_keys()

    @property
    def is_applying(self) -> bool:
        """True while a run makes changes."""
        return self.wizard.busy

    def _show_state(self) -> None:
        text = Content("")
        if self.is_checking:
            text = Content("checking all targets ...")
        elif self.is_applying:
            text = self._progress.total(time.monotonic() - self._began)
        elif self._end:
            text = self._end
        self.query_one("#targets-state", Static).update(text)

    def _show_details(self) -> None:
        width = max(self.size.width - 4, 40)
        details = self.query_one(Details)
        if self.is_applying:
            details.show(Content("\n").join(self._progress.lines(self._fleet.ids, width)))
        elif self.target:
            state, outcome = self._fleet.state_of(self.target), self._progress.outcome(self.target)
            details.show(details_of(self.target, state, outcome, width))

    @property
    def target(self) -> str:
        """The name of the selected target; "" if the row is one of several targets."""
        name = self.query_one(TargetMatrix).row_name
        return name if name in self._fleet.ids else ""

    def on_matrix_view_moved(self) -> None:
        self._show_details()
        self._show_keys()

    def on_target_matrix_opened(self, message: TargetMatrix.Opened) -> None:
        if self.is_applying:
            self.notice(NOT_ENDED)
        elif self.target:
            self.wizard.open_target(self.target, self._fleet.columns[message.column])

    def action_back(self) -> None:
        """Closes the screen, unless a run makes changes."""
        if self.is_applying:
            self.notice(NOT_ENDED)
        else:
            self.app.pop_screen()

    def action_help(self) -> None:
        """Shows the keys of this screen."""
        self.app.push_screen(HelpViewer("Targets: help", HELP))

    def action_check_again(self) -> None:
        """Checks all targets."""
        if self.is_applying:
            return
        self._number, self.is_checking, self._end = self._number + 1, True, None
        start_check(self._fleet, self._number, self)
        if self.is_complete:
            self.show_all()

    def on_targets_checked(self, message: TargetsChecked) -> None:
        if message.number != self._number:
            return
        self.is_checking = False
        self.show_all()
        if message.problem:
            self._asks_after_check = False
            self.app.push_screen(TextViewer("The targets could not be checked", message.problem))
        if self._asks_after_check:
            self._asks_after_check = False
            self._ask()

    def action_plan_all(self) -> None:
        """Checks all targets, then shows their plan and asks."""
        if not self.is_applying:
            self._asks_after_check = True
            self.action_check_again()

    def _ask(self) -> None:
        planned = self._fleet.planned()
        blocked = [id for id in self._fleet.ids if not self._fleet.is_ready(id)]
        if not planned:
            text = "No target has a missing change." if not blocked else "Solve the problems in the table first."
            self.query_one(KeyLine).notice(text)
            return
        columns = TextViewer.columns(self.size.width)
        lines = change_lines([(step, change.summary) for step, change in planned], columns)
        stops = [f"Targets with problems make none of them: {', '.join(blocked)}.", ""] if blocked else []
        effects = [*([TRIAL] if self._fleet.has_trial else []), totals(change for _, change in planned), TEST_SERVERS]
        text = "\n".join([f"Make {these(len(planned), 'change')} now?", *effects, "", *stops, *lines])
        self.app.push_screen(ConfirmDialog(text, dialog_help.APPLY), self._apply)

    def _apply(self, confirmed: bool | None) -> None:
        if confirmed:
            approved = frozenset(change.id for _, change in self._fleet.planned())
            self._progress, self._began = TargetProgress(), time.monotonic()
            self._timer = every(self, 1.0, self._show_state)
            self.wizard.applying = start_apply(self._fleet, approved, self)
            self.show_all()

    def on_engine_event(self, message: EngineEvent) -> None:
        self._progress.hear(message.event)
        if self.is_applying:
            if isinstance(message.event, CheckFinished):  # a step is checked again after its changes
                self.query_one(TargetMatrix).show(self._fleet.matrix(), ())
            self._show_state()
            self._show_details()

    def on_plan_extended(self, message: PlanExtended) -> None:
        rows = [(step, change.summary) for step, change in message.plan]
        lines = "\n".join(change_lines(rows, TextViewer.columns(self.size.width)))
        question = f"The fix is made. Now {these(len(message.plan), 'change')} are missing, too. Make them?\n\n{lines}"
        self.app.push_screen(
            ConfirmDialog(question, dialog_help.EXTENSION), lambda confirmed: message.answer.put(bool(confirmed))
        )

    def on_run_finished(self, message: RunFinished) -> None:
        if self._timer:
            self._timer.stop()
        thread: threading.Thread | None = self.wizard.applying
        if thread is not None:
            thread.join()
        level: Level = "ok" if message.finished.exit == 0 else "failure"
        text = f"{GLYPHS[level]} {message.finished.sentence}"
        lines = wrap_lines(text, max(self.size.width - 4, 40), "  ")
        self._end = Content.styled("\n".join(lines), f"bold {COLOURS[level]}")
        self.show_all()

    def action_new(self) -> None:
        """Asks for the name of a new target."""
        self._ask_for_name("Name of the new target:", "")

    def action_duplicate(self) -> None:
        """Asks for the name of a copy of the selected target."""
        if self.target:
            self._ask_for_name(f"Name of the copy of {self.target}:", self.target)

    def _ask_for_name(self, question: str, like: str) -> None:
        def add(name: str | None) -> None:
            if name:
                self._fleet.add(name, like)
                self.wizard.open_target(name, "node")

        if not self.is_applying:
            self.app.push_screen(NamePrompt(question, f"{like}-2" if like else "", self._fleet.why_not_named), add)

    def action_remove(self) -> None:
        """Asks, and removes the selected target; if that is not possible, shows the reason."""
        target = self.target
        if not target or self.is_applying:
            return
        if reason := self._fleet.why_kept(target):
            self.app.push_screen(TextViewer(f"Target {target} is kept", reason))
            return

        def remove(confirmed: bool | None) -> None:
            if confirmed:
                self._fleet.remove(target)
                self.wizard.leave_target(target)
                self.action_check_again()

        question = f"Remove target {target}? No change of it is in place."
        self.app.push_screen(ConfirmDialog(question, dialog_help.REMOVE_TARGET), remove)
