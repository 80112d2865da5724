"""The part of the app that opens sessions: it replaces the open one, lists all, and undoes one.

The app imports a screen when it is opened, because the first page needs none of them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from mhv_tui.core.answers import TargetRow, fields_of
from mhv_tui.core.errors import MhvError
from mhv_tui.core.findings import Finding, Level
from mhv_tui.engine.landing import at_tests, why_opened
from mhv_tui.engine.last_seen import saved_levels
from mhv_tui.engine.session_status import status_of
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.page import Page
from mhv_tui.tui.resume_line import HIDE, PLAN, ResumeLine

if TYPE_CHECKING:
    from mhv_tui.engine.fleet_state import FleetState
    from mhv_tui.tui.answers_place import AnswersPlace
    from mhv_tui.tui.run_help import Lines
    from mhv_tui.tui.session_store import SessionStore


DEMO_HELP = """
This world is simulated (--demo), and so is its clock: it runs
faster than yours, and the times in logs are its times.
"""

PAGES_NOT_HERE = "F3 acts on a page: go there first."
SECOND_TARGET = (
    "This session has one target: one compute node. A second target is another compute node with pages of its own; its "
    "other answers are those of this session until you change them.\n\nName of the second target:"
)
ADD_SECOND = "Add a second target"
NOT_HERE = "F4, F5 and F6 act on a page and on the plan: go there first."


class SessionApp(App[int]):
    """An app with at most one open session. Its pages replace all other screens when a session is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_resume_line", "Hide", priority=True),
        ("f3", f"say({PAGES_NOT_HERE!r})", "Pages"),
        ("f4", "sessions", "Sessions"),
        ("f5", "overview", "Answers"),
        ("f6", "targets", "Targets"),
    ]

    state: WizardState
    sessions: SessionStore | None = None
    """The sessions that the wizard can open; None if it can open only one."""
    last_seen: Mapping[str, Level] = MappingProxyType({})
    """Step id -> the level of its last result or saved findings, for pages that are not checked now."""
    is_simulated = False
    """True in the simulated world, whose clock runs faster than that of this machine."""
    is_starting = True
    """True until the first page has been shown."""
    applying: threading.Thread | None = None
    """The thread of the last run or undo."""
    _undo_stop: Stop | None = None
    """The stop request of a running undo."""

    async def on_event(self, event: events.Event) -> None:
        """Ends the notice in the last line at each key, before the key acts. Esc only ends the sentence of F1."""
        lines = self.screen.query(KeyLine) if self.screen_stack else ()
        if isinstance(event, events.Key) and any(line.end_notice() for line in lines) and event.key == "escape":
            return
        await super().on_event(event)

    def _open(self, state: WizardState, step_id: str, resume_text: str = "", others: str = "") -> None:
        """Opens a page of a session in place of all other screens.

        `resume_text`: what the session has done so far; `others`: what is said about other sessions without it.
        """
        self.state = state
        self.last_seen = saved_levels(state.session)
        page = self.page(step_id, at_tests(state.step(step_id), state.session) if resume_text else None)
        self._replace_all(page)
        if state.fleet:
            page.call_after_refresh(self._show_targets, state.fleet)
        elif text := resume_text or others:
            goes_on = resume_text and status_of(state.session).command != "undo"
            why = why_opened(state.session, step_id) if resume_text else ""
            line = ResumeLine(" ".join(filter(None, (text, why))), PLAN if goes_on else HIDE)
            page.call_after_refresh(lambda: page.mount(line, after="#head"))

    def _replace_all(self, screen: Screen[None]) -> None:
        """Shows a screen in place of all others."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.push_screen(screen)

    def _show_targets(self, fleet: FleetState, is_checked: bool = False) -> None:
        from mhv_tui.tui.targets_screen import TargetsScreen

        self.push_screen(TargetsScreen(fleet, is_checked))

    def action_targets(self) -> None:
        """Opens the targets of the session, if every text on the page is a valid answer."""
        if not self._can_leave():
            return
        if self.state.fleet:
            self._show_targets(self.state.fleet, is_checked=True)
        elif self.sessions:
            from mhv_tui.core.targets import problem_with_name
            from mhv_tui.tui.name_prompt import NamePrompt

            first = self.state.answers.tables["node"].host

            def why_refused(name: str) -> str:
                return problem_with_name(TargetRow(name), [first])

            self.push_screen(NamePrompt(SECOND_TARGET, "", why_refused, ADD_SECOND), self._add_target)

    def _add_target(self, name: str | None) -> None:
        """Adds a second target to the session, and opens the screen of the targets."""
        if not name or not self.sessions:
            return
        try:
            state = self.sessions.add_target(name)
        except (MhvError, OSError) as error:
            from mhv_tui.tui.dialogs import TextViewer
            from mhv_tui.tui.render import error_text

            self.push_screen(TextViewer("No target is added", error_text(error)))
            return
        self._open(state, state.first_open())

    def open_target(self, id: str, step_id: str) -> None:
        """Opens a page of a target in place of the screen of the targets."""
        if self.state.fleet:
            self.state = self.state.fleet.state_of(id)
            self.last_seen = saved_levels(self.state.session)
            self._replace_all(self.page(step_id))

    def leave_target(self, id: str) -> None:
        """Opens another target's page below the screen of the targets, if that of the removed target is open."""
        fleet = self.state.fleet
        if fleet and self.state.session.target == id:
            self.open_target(fleet.ids[0], self.state.flow[0].id)
            self._show_targets(fleet)

    def open_session(self, name: str) -> None:
        """Opens a session on its first page that is not done. Raises MhvError or OSError."""
        if self.sessions:
            text = self.sessions.resume_text(name)
            state = self.sessions.open(name)
            self._open(state, state.landing(), text)

    def reopen_page(self) -> None:
        """Closes the screens above the page, and opens the page again with the present state."""
        while not isinstance(self.screen, Page):
            self.pop_screen()
        self.switch_screen(self.page(self.screen.step_id))

    def create_session(self, name: str) -> None:
        """Creates a session and opens it. Raises MhvError or OSError."""
        if self.sessions:
            state = self.sessions.create(name)
            self._open(state, state.first_open())

    def action_sessions(self) -> None:
        """Opens the list of sessions, if every text on the page is a valid answer."""
        from mhv_tui.tui.sessions_screen import SessionsScreen

        if self._can_leave() and self.sessions:
            self.push_screen(SessionsScreen(self.sessions, self.state.session.name))

    def close_session(self) -> None:
        """Shows the list of sessions in place of all other screens, because the open session was deleted."""
        from mhv_tui.tui.sessions_screen import SessionsScreen

        if self.sessions:
            self._replace_all(SessionsScreen(self.sessions))

    def action_overview(self, place: AnswersPlace | None = None) -> None:
        """Opens the answers of all pages, at `place`. A text that is not a valid answer stays in its field."""
        from mhv_tui.tui.overview_screen import OverviewScreen

        page = self.screen
        if isinstance(page, Page) and page.is_complete:
            page.form.save_all()
            self.push_screen(OverviewScreen(page.step_id, place))
        elif self._can_leave():
            self.push_screen(OverviewScreen())

    def _can_leave(self) -> bool:
        """True if the screen is a page whose texts are valid answers, or the plan. Another screen names these two."""
        from mhv_tui.tui.plan_screen import PlanScreen

        if isinstance(self.screen, Page):
            return not self.screen.focus_invalid()
        if isinstance(self.screen, PlanScreen):
            return True
        self.action_say(NOT_HERE)
        return False

    def action_say(self, text: str) -> None:
        """Shows a sentence in the last line."""
        for line in self.screen.query(KeyLine):
            line.notice(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape hides the resume line, unless the last line of the page names another use; else the screen has it."""
        if action != "dismiss_resume_line":
            return True
        if not (page := self.screen).query(ResumeLine):
            return False
        return not (isinstance(page, Page) and any(hint.key == "Esc" for hint in page.key_hints()))

    def action_dismiss_resume_line(self) -> None:
        """Hides what the session has done so far."""
        self.screen.query(ResumeLine).remove()

    def start_undo(self, thread: threading.Thread, stop: Stop) -> None:
        """Starts a thread that undoes changes. Until it ends, the wizard is busy."""
        self.applying, self._undo_stop = thread, stop
        thread.start()

    def end_undo(self, name: str) -> None:
        """Checks the open session again if its changes were undone."""
        from mhv_tui.tui.plan_screen import PlanScreen
        from mhv_tui.tui.targets_screen import TargetsScreen

        self._undo_stop = None
        if self._has_state() and self.state.session.name == name:
            fleet = self.state.fleet
            for state in [fleet.state_of(id) for id in fleet.ids] if fleet else [self.state]:
                for step in state.flow:
                    state.forget(step.id)
            self.last_seen = saved_levels(self.state.session)
            for screen in self.screen_stack:
                screen.query(ResumeLine).remove()
                if isinstance(screen, Page | PlanScreen | TargetsScreen):
                    screen.action_check_again()

    def action_undo(self) -> None:
        """Asks, and undoes the changes of the open session."""
        from mhv_tui.tui.undo_screen import ask_to_undo

        if self.sessions:
            ask_to_undo(self, self.sessions, self.state.session.name)

    def show_help(self, title: str, text: str, progress: Lines | None = None) -> None:
        """Shows what the keys do; in the simulated world also that its clock is simulated. `progress`: of a run."""
        from mhv_tui.tui.run_help import RunHelp

        self.push_screen(RunHelp(title, text + (DEMO_HELP if self.is_simulated else ""), progress))

    def note_levels(self) -> None:
        """Keeps the levels of the present results for pages whose results are dropped; not of a page that waits."""
        levels = {step.id: self.state.level(step.id) for step in self.state.flow if self.state.result(step.id)}
        self.last_seen = {step: level for step, level in {**self.last_seen, **levels}.items() if level}

    def _has_state(self) -> bool:
        return hasattr(self, "state")

    def page(self, step_id: str, finding: Finding | None = None) -> Page:
        """Returns a new page; a step without answers shows the session as a whole."""
        has_answers = any(fields_of(self.state.step(step_id).answers))
        if has_answers:
            return Page(step_id, finding)
        from mhv_tui.tui.finish_page import FinishPage

        return FinishPage(step_id)

    @property
    def busy(self) -> bool:
        """True while a run makes changes."""
        return self.applying is not None and self.applying.is_alive()

    def stops(self) -> list[Stop]:
        """The stop requests of the open session and of a running undo."""
        return [*([self.state.stop] if self._has_state() else []), *([self._undo_stop] if self._undo_stop else [])]
