"""The check of a page: starts it in a thread, shows what it waits for, and ignores the results of older checks."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from mhv_tui.core.waits import wait_of
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.messages import StepChecked, post_from_thread
from mhv_tui.tui.timers import after, every

if TYPE_CHECKING:
    from mhv_tui.tui.page import Page

STALE_AFTER = 0.4
"""Seconds of a running check after which the findings of the previous check are dimmed."""


class PageCheck:
    """The newest check of one page."""

    def __init__(self, page: Page, step_id: str) -> None:
        self._page = page
        self._step_id = step_id
        self.is_running = True
        """True until the result of the newest check is shown."""
        self._number, self._began = 0, time.monotonic()
        self._thread: int | None = None
        """The thread of the newest check."""
        self._timer: Timer | None = None
        """Shows the seconds of a running check; an idle page has no timer."""

    def start(self) -> None:
        """Starts a check; its result arrives at the page as StepChecked."""
        self.is_running, self._thread = True, None
        self._number, self._began = self._number + 1, time.monotonic()
        work = partial(self._check_in_thread, self._page.state, self._number)
        self._page.wizard.worker.submit(self._step_id, work)
        self._show()
        if self._timer is None:
            self._timer = every(self._page, 1.0, self._show)
        after(self._page, STALE_AFTER, partial(self._show_stale, self._number))

    def _check_in_thread(self, state: WizardState, number: int) -> None:
        if number == self._number:
            self._thread = threading.get_ident()
        post_from_thread(self._page, StepChecked(number, state.check(self._step_id)))

    def ends_with(self, message: StepChecked) -> bool:
        """True if a result is that of the newest check, which then has ended."""
        if message.check_number != self._number:
            return False
        self.is_running = False
        if self._timer:
            self._timer.stop()
            self._timer = None
        return True

    def _show_stale(self, number: int) -> None:
        if self.is_running and number == self._number:
            self._page.pane.rows.show_stale()

    def _show(self) -> None:
        """Shows what the running check waits for and how long."""
        now = time.monotonic()
        wait = wait_of(self._thread)
        seconds = int(now - self._began)
        text = wait.sentence(now) if wait else f"checking, {seconds} s" if seconds else "checking"
        self._page.pane.show_heading(f"{text} ...")
