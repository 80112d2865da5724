"""The wizard's app: which screen is shown, which thread works, and what happens when it is told to end.

It holds no knowledge of steps: the Road does. Signals save nothing, because every answer is saved when it is given.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType

from mhv_tui.core.events import Event
from mhv_tui.engine.look import StepLook
from mhv_tui.engine.road import Road
from mhv_tui.tui.messages import Ended, Heard, Seen
from mhv_tui.tui.modals import Confirm
from mhv_tui.tui.page import Page
from mhv_tui.tui.review import Review, Running
from mhv_tui.tui.work import Latest


class Wizard(App[int]):
    """The wizard. `explain` gives a code's page; `start` is the page to begin with."""

    CSS_PATH = "wizard.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+q", "quit", "Quit"), ("ctrl+c", "quit", "Quit")]

    def __init__(self, road: Road, explain: Callable[[str], str], start: str = "") -> None:
        super().__init__(ansi_color=False)
        self.road = road
        self.explain = explain
        self._start = start or road.flow[0].id
        self._latest = Latest()
        self._run = 0
        self.applying: threading.Thread | None = None

    def on_mount(self) -> None:
        self._hear_signals()
        self.push_screen(Page(self._start))

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGHUP, 129), (signal.SIGTERM, 143)):
            with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
                loop.add_signal_handler(number, self._told_to_end, code)

    def _told_to_end(self, code: int) -> None:
        self.road.stop.ask(code)
        self.exit(code)

    def look(self, step_id: str) -> int:
        """Looks at a page in the background; returns the run's number."""
        self._run += 1
        run = self._run

        def job() -> None:
            seen = self.road.look(step_id)
            self.post_message(Seen(step_id, run, seen))

        self._latest.submit(job)
        return run

    def look_all(self) -> None:
        """Looks at every page in the background, in order."""

        def job() -> None:
            looks = [self.road.look(step.id) for step in self.road.flow]
            self.call_from_thread(self._seen_all, looks)

        self._latest.submit(job)

    def _seen_all(self, looks: list[StepLook]) -> None:
        if isinstance(self.screen, Review):
            self.screen.show_looks(looks)

    def on_seen(self, message: Seen) -> None:
        """A page was seen."""
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.step_id == message.step:
                screen.show_look(message.look, message.run)

    def keep_secret(self, step: str, key: str, value: str) -> str:
        """Keeps a typed secret in memory, and the reference `asked for` in the answers."""
        host = getattr(self.road.answers.tables[step], "host", "")
        place = f"{host}.{key}" if step == "node" else f"{step}.{key}"
        self.road.vault.put(place, value)
        return self.road.answer(step, key, {"prompt": True})

    def turn(self, step_id: str, by: int) -> None:
        """To another page; past the last one stands the plan."""
        order = [s.id for s in self.road.flow]
        at = order.index(step_id) + by
        if at >= len(order):
            self.action_review()
        elif at >= 0:
            self.switch_screen(Page(order[at]))

    def action_review(self) -> None:
        """The plan of the whole road."""
        if not isinstance(self.screen, Review):
            self.push_screen(Review())

    def start_apply(self, approved: frozenset[str]) -> None:
        """Applies in a thread of its own, which is let finish the change in hand even when the screen goes."""

        def listen(event: Event) -> None:
            with contextlib.suppress(Exception):
                self.post_message(Heard(event))

        def job() -> None:
            prove = not approved
            finished = self.road.apply(listen, lambda plan: approved, prove=prove)
            with contextlib.suppress(Exception):
                self.post_message(Ended(finished))

        self.applying = threading.Thread(target=job, name="apply", daemon=True)
        self.applying.start()

    def on_heard(self, message: Heard) -> None:
        """An event of the run."""
        if isinstance(self.screen, Running):
            self.screen.hear(message.event)

    def on_ended(self, message: Ended) -> None:
        """The run has ended."""
        for screen in self.screen_stack:
            if isinstance(screen, Running):
                screen.end(message.finished)

    @property
    def busy(self) -> bool:
        """True while a run applies."""
        return self.applying is not None and self.applying.is_alive()

    async def action_quit(self) -> None:
        """Ends; asks first while a run applies."""
        if not self.busy:
            self.exit(self._exit_code())
        elif not isinstance(self.screen, Confirm):
            words = "A change is being made. Stop after it, and quit? The session can be resumed."
            self.push_screen(Confirm(words), self._stop)

    def _stop(self, yes: bool | None) -> None:
        if yes:
            self.road.stop.ask(130)
            self.exit(130)

    def _exit_code(self) -> int:
        for screen in self.screen_stack:
            if isinstance(screen, Running) and screen.finished:
                return screen.finished.exit
        return 0
