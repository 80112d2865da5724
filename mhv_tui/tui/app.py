"""The wizard's app: opens screens, resumes a session, and ends on a key, a signal, a lost terminal or a defect.

It treats every step alike. The caller of `run` flushes the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.worker import WorkerFailed

from mhv_tui.core.events import Finished
from mhv_tui.core.findings import Finding, Level
from mhv_tui.engine.last_seen import saved_levels
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.dialogs import (
    SMALLEST,
    ConfirmDialog,
    PlanExtensionDialog,
    TerminalTooSmall,
)
from mhv_tui.tui.driver import TerminalDriver
from mhv_tui.tui.fields import Field
from mhv_tui.tui.messages import RunFinished
from mhv_tui.tui.overview_screen import OverviewScreen
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.resume_line import ResumeLine
from mhv_tui.tui.session_store import SessionStore
from mhv_tui.tui.sessions_screen import SessionsScreen
from mhv_tui.tui.themes import DEFAULT, VARIABLES, first_theme, next_theme, themes
from mhv_tui.tui.worker import LatestOnlyWorker

STOP_QUESTION = "A change is in progress. Stop after this change and quit? The session can be resumed."


class Wizard(App[int]):
    """The wizard's app. `source`: the open session, or the sessions of which the operator opens one first.

    `explain` returns a finding's catalogue text for a width; `start`: id of the first step; `sessions`: all sessions.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = ["wizard.tcss", "page.tcss", "plan.tcss", "apply.tcss"]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+c", "quit", "Quit", priority=True),
        Binding("escape", "dismiss_resume_line", "Hide", priority=True),
        ("f4", "sessions", "Sessions"),
        ("f5", "overview", "Answers"),
        ("f9", "next_theme", "Colours"),
        Binding("ctrl+z", "suspend_process", "Suspend"),
    ]

    state: WizardState

    def __init__(
        self,
        source: WizardState | SessionStore,
        explain: Callable[[Finding, int], str],
        start: str = "",
        sessions: SessionStore | None = None,
    ) -> None:
        super().__init__(driver_class=TerminalDriver, ansi_color=None)
        for theme in themes():
            self.register_theme(theme)
        self.theme = first_theme()
        self.explain = explain
        self.clock: Callable[[], str] = partial(time.strftime, "%H:%M")
        """Returns the time of day that the screens show."""
        self.worker = LatestOnlyWorker()
        self._source = source
        self.sessions = sessions if isinstance(source, WizardState) else source
        """The sessions that the wizard can open; None if it can open only one."""
        self.last_seen: Mapping[str, Level] = {}
        """Step id -> the level of its saved findings, for pages that are not checked yet."""
        self._undo_stop: Stop | None = None
        """The stop request of a running undo."""
        self._start = start
        self.applying: threading.Thread | None = None
        """The thread of the last run."""
        self.last_run: Finished | None = None
        """The outcome of the last run. Its exit code is the exit code of the wizard."""
        self.requested_exit = 0
        """The exit code of the signal or dialog that ended the wizard; 0 if neither did."""
        self.crash: Exception | None = None
        """The exception in a screen that ended the wizard; the caller of `run` reports this exception."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(VARIABLES[DEFAULT])

    def action_next_theme(self) -> None:
        """Changes the colours."""
        self.theme = next_theme(self.theme)

    def on_mount(self) -> None:
        self._handle_signals()
        if isinstance(self._source, WizardState):
            self._open(self._source, self._start or self._source.first_open())
        else:
            self.push_screen(SessionsScreen(self._source))

    def _open(self, state: WizardState, step_id: str, resume_text: str = "") -> None:
        """Opens a page of a session in place of all other screens. `resume_text`: what the session has done so far."""
        self.state = state
        self.last_seen = saved_levels(state.session)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        page = Page(step_id)
        self.push_screen(page)
        if resume_text:
            page.call_after_refresh(lambda: page.mount(ResumeLine(resume_text), after="#head"))

    def open_session(self, name: str) -> None:
        """Opens a session on its first page that is not done. Raises MhvError or OSError."""
        if self.sessions:
            text = self.sessions.resume_text(name)
            state = self.sessions.open(name)
            self._open(state, state.landing(), text)

    def create_session(self, name: str) -> None:
        """Creates a session and opens it. Raises MhvError or OSError."""
        if self.sessions:
            state = self.sessions.create(name)
            self._open(state, state.first_open())

    def action_sessions(self) -> None:
        """Opens the list of sessions, if every text on the page is a valid answer."""
        if self.sessions and self._can_leave():
            self.push_screen(SessionsScreen(self.sessions, self.state.session.name))

    def action_overview(self) -> None:
        """Opens the answers of all pages, if every text on the page is a valid answer."""
        if self._can_leave():
            self.push_screen(OverviewScreen())

    def _can_leave(self) -> bool:
        """True if the screen is a page whose texts are valid answers, or the plan."""
        if isinstance(self.screen, Page):
            return not self.screen.focus_invalid()
        return isinstance(self.screen, PlanScreen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape hides the resume line while one is shown; else it belongs to the screen."""
        return bool(self.screen.query(ResumeLine)) if action == "dismiss_resume_line" else True

    def action_dismiss_resume_line(self) -> None:
        """Hides what the session has done so far."""
        self.screen.query(ResumeLine).remove()

    def start_undo(self, thread: threading.Thread, stop: Stop) -> None:
        """Starts a thread that undoes changes. Until it ends, the wizard is busy."""
        self.applying, self._undo_stop = thread, stop
        thread.start()

    def end_undo(self, name: str) -> None:
        """Checks the open session again if its changes were undone."""
        self._undo_stop = None
        if self._has_state() and self.state.session.name == name:
            for step in self.state.flow:
                self.state.forget(step.id)
            for screen in self.screen_stack:
                if isinstance(screen, Page | PlanScreen):
                    screen.action_check_again()

    def _has_state(self) -> bool:
        return hasattr(self, "state")

    def on_resize(self, event: events.Resize) -> None:
        too_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        if too_small and not isinstance(self.screen, TerminalTooSmall):
            self.push_screen(TerminalTooSmall())
        elif not too_small and isinstance(self.screen, TerminalTooSmall):
            self.pop_screen()

    def open_field(self, step_id: str, key: str) -> None:
        """Closes the screens above the pages, opens the page of `step_id` and focuses the field of an answer."""
        while not isinstance(self.screen, Page):
            self.pop_screen()
        page = Page(step_id)
        self.switch_screen(page)
        page.call_after_refresh(_focus_field, page, key)

    async def open_neighbour_page(self, step_id: str, offset: int) -> None:
        """Opens the page `offset` steps after `step_id`; after the last page, opens the plan."""
        step_ids = [step.id for step in self.state.flow]
        position = step_ids.index(step_id) + offset
        if position >= len(step_ids):
            self.action_plan()
        elif position >= 0:
            await self.switch_screen(Page(step_ids[position]))

    def show_page(self, step_id: str, at_problem: bool = False) -> None:
        """Shows a page instead of the present one. `at_problem`: its first problem gets the focus."""
        self.switch_screen(Page(step_id, at_problem))

    def open_page(self, step_id: str) -> None:
        """Closes the screens above the pages and opens the page of `step_id`."""
        while not isinstance(self.screen, Page):
            self.pop_screen()
        self.switch_screen(Page(step_id))

    def open_page_after_run(self) -> None:
        """Opens the first page with a failed check, else the last page."""
        failed = [step.id for step in self.state.flow if (result := self.state.result(step.id)) and result.stops]
        self.open_page(failed[0] if failed else self.state.flow[-1].id)

    def action_plan(self) -> None:
        """Opens the plan of all steps, if every text on the page is a valid answer."""
        if isinstance(self.screen, Page) and self.screen.focus_invalid():
            return
        if not isinstance(self.screen, PlanScreen):
            self.push_screen(PlanScreen())

    def on_run_finished(self, message: RunFinished) -> None:
        self.last_run = message.finished
        if isinstance(self.screen, ConfirmDialog):  # the run has ended: there is nothing left to stop
            self.screen.dismiss(False)

    @property
    def busy(self) -> bool:
        """True while a run makes changes."""
        return self.applying is not None and self.applying.is_alive()

    def _stops(self) -> list[Stop]:
        """The stop requests of the open session and of a running undo."""
        return [*([self.state.stop] if self._has_state() else []), *([self._undo_stop] if self._undo_stop else [])]

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGHUP, 129), (signal.SIGTERM, 143)):
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                loop.add_signal_handler(number, self.end_with, code)

    def on_terminal_closed(self) -> None:
        self.end_with(129)

    def end_with(self, code: int) -> None:
        """Ends the wizard with the exit code `code`. The current change is completed without a screen."""
        self.requested_exit = self.requested_exit or code
        for stop in self._stops():
            stop.request(code)
        self.exit(code)

    async def action_quit(self) -> None:
        """Ends the wizard. During a run it asks the operator first."""
        if not self.busy:
            self.exit(self.last_run.exit if self.last_run else 0)
        elif isinstance(self.screen, PlanExtensionDialog):  # the run waits between two changes
            self.end_with(130)
        elif not isinstance(self.screen, ConfirmDialog):
            for stop in self._stops():
                stop.on_hold = True
            self.push_screen(ConfirmDialog(STOP_QUESTION), self._stop)

    def _stop(self, confirmed: bool | None) -> None:
        for stop in self._stops():
            stop.on_hold = False
        if confirmed:
            self.end_with(130)

    def _handle_exception(self, error: Exception) -> None:
        """Ends the wizard after an exception as after a signal: the current change is completed."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.crash = self.crash or (cause if isinstance(cause, Exception) else error)
        for stop in self._stops():
            stop.request(143)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Shows no traceback, because Textual's traceback shows local variables, such as a typed password."""
        self._close_messages_no_wait()


def _focus_field(page: Page, key: str) -> None:
    for field in page.query(Field):
        if field.key == key:
            field.unhide()
            page.set_focus(field)
