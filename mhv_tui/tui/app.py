"""The wizard's app: opens screens, resumes a session, and ends on a key, a signal, a lost terminal or a defect.

It treats every step alike. The caller of `run` flushes the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import Initialize, Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from mhv_tui.core.events import Finished
from mhv_tui.core.findings import Finding
from mhv_tui.core.wrapping import broken_at_slashes
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.driver import TerminalDriver
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import RunFinished
from mhv_tui.tui.ordered_keys import OrderedKeysApp
from mhv_tui.tui.page import Page
from mhv_tui.tui.render import KeyHint
from mhv_tui.tui.screens import SMALLEST, UnseenScreen
from mhv_tui.tui.themes import DEFAULT, THEMES, VARIABLES, first_theme, next_theme
from mhv_tui.tui.wording import in_wizard
from mhv_tui.tui.worker import LatestOnlyWorker

if TYPE_CHECKING:
    from mhv_tui.tui.explanation import Explanation
    from mhv_tui.tui.finish_tools import FinishTools
    from mhv_tui.tui.plan_place import PlanPlace
    from mhv_tui.tui.session_store import SessionStore

SUSPEND_AGAIN = "Ctrl+Z restores a text in a field; press it again to suspend mhv-tui."
SUSPEND_RUN = "A suspended run stands still until `fg`; press ^Z again to suspend mhv-tui."

LAST_PAGE = "This is the last page: ^G opens the plan."


class Wizard(OrderedKeysApp):
    """The wizard's app. `source`: the open session, or the sessions of which the operator opens one first.

    `explain` returns a finding's catalogue text for a width; `tools`: functions of the last page; `start`: id of the
    first step; `sessions`: all sessions; `theme`: its name, else one that suits the terminal.
    """

    theme_at_start: str
    theme: Reactive[str] = Reactive(Initialize(lambda app: cast(Wizard, app).theme_at_start))
    """The theme is right from the beginning, so that the style sheets are read once."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["wizard.tcss", "page.tcss"]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+c", "interrupt", "Close or quit", priority=True),
        ("f9", "next_theme", "Colours"),
        Binding("ctrl+l", "redraw", "Redraw", priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend"),
    ]

    def __init__(
        self,
        source: WizardState | SessionStore,
        explain: Callable[[Finding, int], str],
        start: str = "",
        *,
        tools: FinishTools,
        sessions: SessionStore | None = None,
        theme: str = "",
    ) -> None:
        self.theme_at_start = self._styled_theme = theme or first_theme()
        super().__init__(driver_class=TerminalDriver, ansi_color=None)
        self.explain: Callable[[Finding, int], str] = lambda finding, width: broken_at_slashes(
            in_wizard(explain(finding, width)), width
        )
        """Returns a finding's text in the catalogue for a width."""
        self.tools = tools
        self.clock: Callable[[], str] = partial(time.strftime, "%H:%M:%S")
        """Returns the time of day that the screens show."""
        self.pages_with_all_fields: set[str] = set()
        """The ids of the steps whose pages show their advanced fields."""
        self.kept_fields: set[tuple[str, str]] = set()
        """Step id and key of each advanced field that was shown by itself or edited, and so stays visible."""
        self.last_edited: dict[str, str] = {}
        """Step id -> the key of the field that was edited last."""
        self.first_texts: dict[tuple[str, str, str, str], str] = {}
        """Session, target, step id and key -> the text that the field had first. A secret that is typed is no text."""
        self.typed_secrets: set[tuple[str, str, str, str]] = set()
        """The places, as in `first_texts`, of the secrets that were typed; the simulated world fills in the others."""
        self.worker = LatestOnlyWorker()
        self._source = source
        self.sessions = sessions if isinstance(source, WizardState) else source
        self._start = start
        self.last_run: Finished | None = None
        """The outcome of the last run. Its exit code is the exit code of the wizard."""
        self.requested_exit = 0
        """The exit code of the signal or dialog that ended the wizard; 0 if neither did."""
        self.ending = "completes the current change"
        """What mhv-tui still does if it ends during a run."""
        self._too_small: Screen[None] | None = None
        """The screen that covers the others while the terminal is too small; None if it never was."""
        self.crash: Exception | None = None
        """The exception in a screen that ended the wizard; the caller of `run` reports this exception."""

    def explanation(self, finding: Finding, keys: Sequence[KeyHint] = (), cell: str = "") -> Explanation:
        """Returns a dialog with a finding and its entry in the catalogue. `keys`, `cell`: as for the dialog."""
        from mhv_tui.tui.explanation import Explanation

        return Explanation(finding, self.explain(finding, Explanation.columns(self.size.width)), keys, cell)

    def get_default_screen(self) -> Screen[None]:
        return UnseenScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(VARIABLES[DEFAULT])

    @property
    def available_themes(self) -> dict[str, Theme]:
        return THEMES

    def refresh_css(self, animate: bool = True) -> None:
        """Reads the style sheets again if the theme has changed since they were read."""
        if self._styled_theme != self.theme:
            self._styled_theme = self.theme
            super().refresh_css(animate)

    def action_next_theme(self) -> None:
        """Changes the colours, and names the theme in the last line."""
        self.theme = next_theme(self.theme)
        for line in self.screen.query(KeyLine):
            line.notice(f"Colours: {self.theme}. F9 shows the next theme.")

    def action_suspend_process(self) -> None:
        """Suspends the wizard; on a page, where it restores a text, and during a run only if it is pressed twice."""
        if (self.busy or isinstance(self.screen, Page)) and not self.is_repeated:
            self.action_say(SUSPEND_RUN if self.busy else SUSPEND_AGAIN)
        else:
            super().action_suspend_process()

    def action_redraw(self) -> None:
        """Draws the whole screen again."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()

    def on_mount(self) -> None:
        self._handle_signals()
        if isinstance(self._source, WizardState):
            name, sessions = self._source.session.name, self.sessions
            texts = (sessions.resume_text(name), sessions.demo_text()) if sessions else ()
            self._open(self._source, self._start or self._source.landing(), *texts)
        else:
            from mhv_tui.tui.sessions_screen import SessionsScreen

            self.push_screen(SessionsScreen(self._source))

    async def on_event(self, event: events.Event) -> None:
        """Drops the keys that were typed before the end and arrive after the last screen is closed."""
        if self.screen_stack or not isinstance(event, events.InputEvent):
            await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        too_small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        if too_small == (self.screen is self._too_small):
            return
        if too_small:
            from mhv_tui.tui.dialogs import TerminalTooSmall

            self._too_small = TerminalTooSmall()
            self.push_screen(self._too_small)
        else:
            self.pop_screen()

    async def open_neighbour_page(self, step_id: str, offset: int) -> None:
        """Opens the page `offset` steps after `step_id`. After the last page, names the key of the plan."""
        step_ids = [step.id for step in self.state.flow]
        position = step_ids.index(step_id) + offset
        if position >= len(step_ids):
            self.screen.query_one(KeyLine).notice(LAST_PAGE)
        elif position >= 0:
            await self.show_page(step_ids[position])

    async def show_page(self, step_id: str) -> None:
        """Shows a page instead of the present one."""
        await self.switch_screen(self.page(step_id))

    async def open_page(self, step_id: str, finding: Finding | None = None, place: PlanPlace | None = None) -> None:
        """Closes the screens above the pages and opens a page. `finding`: the row of this finding gets the focus.

        `place`: the place in the plan to which Esc goes back.
        """
        from mhv_tui.tui.plan_place import close_to_page

        page = self.page(step_id, finding)
        page.plan_place = close_to_page(self, place)
        await self.switch_screen(page)

    def open_field(self, step_id: str, key: str, place: PlanPlace | None = None) -> None:
        """Closes the screens above the pages, opens the page of `step_id` and focuses the field of an answer.

        A page with a text that is not a valid answer stays open. `place`: as for `open_page`.
        """
        from mhv_tui.tui.plan_place import close_to_page

        if isinstance(self.screen, Page):
            if self.screen.step_id == step_id:
                self.screen.focus_field(key)
                return
            if self.screen.focus_invalid():
                return
        page = self.page(step_id)
        page.plan_place = close_to_page(self, place)
        self.switch_screen(page)
        page.call_after_refresh(page.focus_field, key)

    def action_plan(self) -> None:
        """Opens the plan of all steps, if every text on the page is a valid answer."""
        from mhv_tui.tui.plan_screen import PlanScreen

        if isinstance(self.screen, Page) and self.screen.focus_invalid():
            return
        if not isinstance(self.screen, PlanScreen):
            place = self.screen.plan_place if isinstance(self.screen, Page) else None
            self.push_screen(PlanScreen(place))

    def on_run_finished(self, message: RunFinished) -> None:
        from mhv_tui.tui.quitting import close_stop_question

        self.last_run = message.finished
        close_stop_question(self, "run")

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
        for stop in self.stops():
            stop.request(code)
        self.exit(code)

    async def action_interrupt(self) -> None:
        """Closes a dialog as Esc does; elsewhere does what Ctrl+Q does."""
        if isinstance(self.screen, Dialog) and self.screen.closes_on_interrupt:
            self.screen.dismiss()
        else:
            await self.action_quit()

    async def action_quit(self) -> None:
        """Ends the wizard. During a run, and if something of the page is not saved, it asks the operator first."""
        from mhv_tui.tui import quitting
        from mhv_tui.tui.dialogs import PlanExtensionDialog
        from mhv_tui.tui.stop_questions import STOP_WAITING, ending_of

        if not self.busy:
            quitting.quit_or_ask(self)
        elif isinstance(self.screen, PlanExtensionDialog):  # the run waits between two changes
            self.ending = ending_of(STOP_WAITING)
            self.end_with(130)
        else:
            quitting.ask_to_stop(self)

    def _handle_exception(self, error: Exception) -> None:
        """Ends the wizard after an exception as after a signal: the current change is completed."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.crash = self.crash or (cause if isinstance(cause, Exception) else error)
        for stop in self.stops():
            stop.request(143)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Shows no traceback, because Textual's traceback shows local variables, such as a typed password."""
        self._close_messages_no_wait()
