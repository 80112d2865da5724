"""The check of a page: starts it in a thread, shows what it waits for, and ignores the results of older checks."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from mhv_tui.engine.check import follows
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.messages import StepChecked, post_from_thread
from mhv_tui.tui.timers import after, every

if TYPE_CHECKING:
    from mhv_tui.tui.fields import Field
    from mhv_tui.tui.page import Page

DEBOUNCE = 0.6
"""Seconds from the last key to the check of the page. A part of a login is tried only after its field loses the focus:
each half-typed user name or password would be a failed login, and failed logins lock accounts."""

STALE_AFTER = 0.4
"""Seconds of a running check after which the findings of the previous check are dimmed."""


class PageCheck:
    """The newest check of one page."""

    def __init__(self, page: Page, step_id: str) -> None:
        self._page = page
        self._step_id = step_id
        self.is_running = True
        """True until the result of the newest check is shown."""
        self.is_requested = False
        """True if the operator requested the newest check, also with a new text of a login field."""
        self.entered: Field | None = None
        """The login field that Enter has left, so that the newest check tries its text; None after the result."""
        self._number, self._began = 0, time.monotonic()
        self._thread: int | None = None
        """The thread of the newest check."""
        self._timer: Timer | None = None
        """Shows the seconds of a running check; an idle page has no timer."""
        self._debounce: Timer | None = None
        """Starts the check that waits for the last key."""
        self._known: list[object] = []
        """The answers and the results of all pages when the last check ended; empty before."""

    @property
    def is_waiting(self) -> bool:
        """True while a check waits for the last key."""
        return self._debounce is not None

    def start_soon(self) -> None:
        """Starts a check when no other key has followed for some time."""
        self.wait_no_more()
        self.is_running = True
        self._debounce = after(self._page, DEBOUNCE, self._page.action_check)

    def wait_no_more(self) -> None:
        """Drops the check that waits for the last key."""
        if self._debounce:
            self._debounce.stop()
            self._debounce = None

    def start(self, is_requested: bool = False) -> None:
        """Starts a check, unless the page is removed already; its result arrives at the page as StepChecked."""
        self.wait_no_more()
        if not self._page.is_complete:
            return
        self.is_running, self.is_requested, self._thread = True, is_requested, None
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
        self._known = self._known_now()
        return True

    def _known_now(self) -> list[object]:
        state = self._page.state
        return [state.answers, *(state.result(step.id) for step in state.flow)]

    def renew(self) -> None:
        """Checks the page again if answers or results of any page have changed since the last check ended.

        Drops the results that do not show the present accepted findings and requested fixes.
        """
        if all(old is new for old, new in zip(self._known, self._known_now(), strict=False)):
            return
        state, overrides = self._page.state, self._page.state.overrides()
        for step in state.flow:
            result = state.result(step.id)
            if result and not follows(result, overrides):
                state.forget(step.id)
        self._page.action_check()

    def _show_stale(self, number: int) -> None:
        if self.is_running and number == self._number:
            self._page.pane.rows.show_stale()

    def _show(self) -> None:
        """Shows what the running check waits for and how long."""
        from mhv_tui.core.waits import wait_of

        if not self._page.is_complete:
            return
        now = time.monotonic()
        wait = wait_of(self._thread)
        seconds = int(now - self._began)
        text = wait.sentence(now) if wait else f"checking, {seconds} s" if seconds else "checking"
        self._page.pane.show_heading(f"{text} ...")
