"""The wizard's app: which screen is shown, which thread works, and what happens when it is told to end.

It knows no step by name. Answers are saved beside the event loop as they are given; whoever runs the app flushes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.worker import WorkerFailed

from mhv_tui.core.changes import Change
from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Event, Finished
from mhv_tui.core.findings import Finding
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.driver import Terminal, terminal_is_gone
from mhv_tui.tui.messages import Ended, Heard, Opened, SaveProblem, Seen
from mhv_tui.tui.modals import SMALLEST, Confirm, More, Reader, Resume, TooSmall
from mhv_tui.tui.page import Page
from mhv_tui.tui.review import Review
from mhv_tui.tui.running import Running, opened
from mhv_tui.tui.words import sentence
from mhv_tui.tui.work import Latest

Plan = Sequence[tuple[str, Change]]
"""(step id, change)."""

STOPPING = "A change is being made. Stop after it, and quit? The session can be resumed."


@dataclass(frozen=True)
class Unfinished:
    """Sessions to be resumed: (name, where it stopped), and how one is opened; "" opens a new one."""

    rows: Sequence[tuple[str, str]]
    open: Callable[[str], WizardState]


class Wizard(App[int]):
    """The wizard. `explain` gives a finding's page in a width; `start` is the page to begin with."""

    CSS_PATH = "wizard.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True),
        Binding("ctrl+c", "quit", "Quit", priority=True),
    ]

    state: WizardState

    def __init__(
        self, state: WizardState | Unfinished, explain: Callable[[Finding, int], str], start: str = ""
    ) -> None:
        super().__init__(driver_class=Terminal, ansi_color=False)
        self.explain = explain
        self._begin = state
        self._start = start
        self._latest = Latest()
        self._run = 0
        self.applying: threading.Thread | None = None
        self.last: Finished | None = None
        """How the last run ended; it is how the wizard ends."""
        self.told = 0
        """The exit code of the signal or question that ended it; 0 where it ended by itself."""
        self.crash: Exception | None = None
        """What went wrong in a screen and ended it; whoever runs the app tells it."""

    def on_mount(self) -> None:
        self._hear_signals()
        if not self.is_headless:
            self.set_interval(1.0, self._watch_terminal)
        if isinstance(self._begin, WizardState):
            self._open(self._begin, self._start or self._begin.first_open())
        else:
            self.push_screen(Resume(self._begin.rows), self._resume)

    def _resume(self, name: str | None) -> None:
        if not isinstance(self._begin, Unfinished) or name is None:
            return
        try:
            state = self._begin.open(name)
        except (MhvError, OSError) as error:
            self.push_screen(Resume(self._begin.rows), self._resume)
            self.push_screen(Reader(f"{name or 'a new session'} cannot be opened", sentence(error)))
        else:
            self._open(state, state.landing() if name else state.first_open())

    def _open(self, state: WizardState, step_id: str) -> None:
        self.state = state
        state.writer.on_problem = self._report_save_problem
        self.push_screen(Page(step_id))

    def _report_save_problem(self, problem: str) -> None:
        with contextlib.suppress(Exception):  # the screen may be gone
            self.post_message(SaveProblem())

    def on_save_problem(self, message: SaveProblem) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.show_save_problem()

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGHUP, 129), (signal.SIGTERM, 143)):
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                loop.add_signal_handler(number, self.told_to_end, code)

    def _watch_terminal(self) -> None:
        if terminal_is_gone():
            self.told_to_end(129)

    def told_to_end(self, code: int) -> None:
        """Ends, with this exit code; the change in hand is finished without a screen."""
        self.told = self.told or code
        if hasattr(self, "state"):
            self.state.stop.request(code)
        self.exit(code)

    def look(self, step_id: str) -> int:
        """Looks at a page in the background; returns the run's number."""
        self._run += 1
        run = self._run

        def job() -> None:
            seen = self.state.check(step_id)
            self.post_message(Seen(step_id, run, seen))

        self._latest.submit("page", job)
        return run

    def look_all(self) -> None:
        """Looks at every page in the background, in order."""

        def job() -> None:
            looks = [self.state.check(step.id) for step in self.state.flow]
            self.call_from_thread(self._seen_all, looks)

        self._latest.submit("plan", job)

    def _seen_all(self, looks: list[StepResult]) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Review):
                screen.show_looks(looks)

    def on_seen(self, message: Seen) -> None:
        """A page was seen."""
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.step_id == message.step:
                screen.show_look(message.look, message.run)

    async def turn(self, step_id: str, by: int) -> None:
        """To another page, once it is there; past the last one stands the plan."""
        order = [s.id for s in self.state.flow]
        at = order.index(step_id) + by
        if at >= len(order):
            self.action_review()
        elif at >= 0:
            await self.switch_screen(Page(order[at]))

    def go_to(self, step_id: str) -> None:
        """Leaves what stands above the pages, for this page."""
        while not isinstance(self.screen, Page):
            self.pop_screen()
        self.switch_screen(Page(step_id))

    def leave_run(self, finished: Finished) -> None:
        """From the run to the report, or to the page that stopped it."""
        open_ones = [s.id for s in self.state.flow if (seen := self.state.result(s.id)) and seen.stops]
        self.go_to(open_ones[0] if open_ones else self.state.flow[-1].id)

    def action_review(self) -> None:
        """The plan of the whole road, once every text on the page is an answer."""
        if isinstance(self.screen, Page) and self.screen.holds_refused():
            return
        if not isinstance(self.screen, Review):
            self.push_screen(Review())

    def start_apply(self, approved: frozenset[str]) -> None:
        """Applies in a thread of its own, which is let finish the change in hand even when the screen goes.

        What fixes open on the way is asked for then.
        """
        asked_before = False

        def approve(plan: Plan) -> frozenset[str] | None:
            nonlocal asked_before
            if not asked_before:
                asked_before = True
                return approved
            return frozenset(change.id for _, change in plan) if self._wants(plan) else None

        def listen(event: Event) -> None:
            with contextlib.suppress(Exception):
                self.post_message(Heard(event))

        def job() -> None:
            finished = self.state.apply(listen, approve, prove=not approved)
            with contextlib.suppress(Exception):
                self.post_message(Ended(finished))

        self.applying = threading.Thread(target=job, name="apply", daemon=True)
        self.applying.start()

    def _wants(self, plan: Plan) -> bool:
        """Asks on the screen, from the thread that applies; False as well where the screen goes meanwhile."""
        answer: SimpleQueue[bool] = SimpleQueue()
        self.post_message(Opened(plan, answer))
        while not self.state.stop.requested:
            with contextlib.suppress(Empty):
                return answer.get(timeout=0.2)
        return False

    def on_opened(self, message: Opened) -> None:
        """Fixes were made, and opened more."""

        def answered(yes: bool | None) -> None:
            for screen in self.screen_stack:
                if yes and isinstance(screen, Running):
                    screen.also(frozenset(change.id for _, change in message.plan))
            message.answer.put(bool(yes))

        self.push_screen(More(opened(message.plan)), answered)

    def on_heard(self, message: Heard) -> None:
        """An event of the run."""
        for screen in self.screen_stack:
            if isinstance(screen, Running) and not screen.finished:
                screen.hear(message.event)

    def on_ended(self, message: Ended) -> None:
        """The run has ended."""
        self.last = message.finished
        if isinstance(self.screen, Confirm):  # there is nothing left to be stopped
            self.screen.dismiss(False)
        for screen in self.screen_stack:
            if isinstance(screen, Running):
                screen.end(message.finished)

    @property
    def busy(self) -> bool:
        """True while a run applies."""
        return self.applying is not None and self.applying.is_alive()

    def _handle_exception(self, error: Exception) -> None:
        """Ends in good order. The change in hand is finished, as after a signal."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.crash = self.crash or (cause if isinstance(cause, Exception) else error)
        if hasattr(self, "state"):
            self.state.stop.request(143)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual's own page of an error shows every local variable, and a typed password is one."""
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Ends; asks first while a run applies."""
        if not self.busy:
            self.exit(self.last.exit if self.last else 0)
        elif isinstance(self.screen, More):  # no change is in hand
            self.told_to_end(130)
        elif not isinstance(self.screen, Confirm):
            self.state.stop.on_hold = True
            self.push_screen(Confirm(STOPPING), self._stop)

    def _stop(self, yes: bool | None) -> None:
        self.state.stop.on_hold = False
        if yes:
            self.told_to_end(130)
