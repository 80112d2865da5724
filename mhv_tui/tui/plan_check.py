"""The check of all or some pages for the plan, in the worker thread; each page's result arrives as FlowStepChecked."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial

from textual.content import Content
from textual.message_pump import MessagePump
from textual.widgets import Static

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.waits import wait_of
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.plan_summary import PlanSummary
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.messages import FlowStepChecked, post_from_thread
from mhv_tui.tui.plan_view import head_of, totals_of
from mhv_tui.tui.render import COLOURS
from mhv_tui.tui.worker import LatestOnlyWorker

SLOW = 0.4
"""Seconds of a running check after which the plan shows it instead of the totals of the previous check."""

RUNNING, WAITING = "◐", "·"

CHECKING = "checking ..."
"""The first line of the plan until the first check takes long or ends."""


class PlanCheck:
    """The check of the pages of a plan, one after the other. A new check replaces a running one."""

    def __init__(self, screen: MessagePump, state: WizardState, worker: LatestOnlyWorker) -> None:
        self._screen = screen
        self._state = state
        self._worker = worker
        self._number = 0
        """The number of the newest check; 0 before the first one."""
        self._step_ids: Sequence[str] = [step.id for step in state.flow]
        self._arrived = 0
        self._began = self._step_began = 0.0
        self._thread: int | None = None
        """The thread of the newest check."""
        self.is_awaited = False
        """True if the operator wanted to apply during the check."""
        self._is_requested = False
        """True if the operator requested the newest check."""
        self._totals: Sequence[tuple[str, str]] = ()
        """The sentences about the plan after the last complete check, each with its style."""
        self._ended_at = ""
        """The time at which a result arrived last."""

    @property
    def is_running(self) -> bool:
        return self._arrived < len(self._step_ids)

    @property
    def is_slow(self) -> bool:
        """True if the check has been running so long that the operator should see it."""
        return self.is_running and time.monotonic() - self._began >= SLOW

    @property
    def running_step(self) -> str:
        """The id of the page that is checked now; "" if none is."""
        return self._step_ids[self._arrived] if self.is_running else ""

    def start(self, step_ids: Sequence[str], is_requested: bool = False) -> None:
        """Starts a check of these pages, of pages without a result, and of the rest of the check that it replaces.

        `is_requested`: the operator requested the check, so that its progress and its end are shown.
        If a check hangs, its page is checked again without waiting for it.
        """
        left = {*self._step_ids[self._arrived :]} if self._number else set()
        if left:
            self._state.forget(self.running_step)
        left |= {step.id for step in self._state.flow if self._state.result(step.id) is None}
        self._number += 1
        self._step_ids = tuple(step.id for step in self._state.flow if step.id in left | {*step_ids})
        self._arrived = 0
        self._began = self._step_began = time.monotonic()
        self._thread, self._is_requested = None, is_requested
        self._worker.submit("plan", partial(self._check_in_thread, self._number, self._step_ids))

    def stop(self) -> None:
        """Ignores the results of the running check from now on; the check ends after its present page."""
        self._number += 1
        self._step_ids, self._arrived = (), 0

    def take(self, message: FlowStepChecked, clock: str) -> StepResult | None:
        """The result in a message that arrives at this time; None if it belongs to an older check."""
        if message.check_number != self._number:
            return None
        self._arrived, self._step_began, self._ended_at = self._arrived + 1, time.monotonic(), clock
        return message.result

    def _check_in_thread(self, number: int, step_ids: Sequence[str]) -> None:
        self._thread = threading.get_ident() if self._number == number else self._thread
        for step_id in step_ids:
            if self._number != number:
                return
            post_from_thread(self._screen, FlowStepChecked(number, self._state.check(step_id)))

    def show(self, totals: Static, pages: Static, summary: PlanSummary) -> None:
        """Shows the sentences about the plan, or how far a check is that takes long."""
        pages.display = self.is_slow
        if self.is_slow:
            totals.update(Content(self.sentence()))
            pages.update(self.strip(pages.content_size.width or pages.app.size.width - 2))
            return
        if not self.is_running:
            self._totals = totals_of(self._state, summary)
        elif not self._totals:
            totals.update(CHECKING)
        if self._is_requested or not self.is_running:
            totals.update(head_of(self._totals, self.progress, totals.app.size.width - 2))

    @property
    def progress(self) -> str:
        """How far the check is that the operator requested, or the time of its end; "" for another check."""
        if not self._is_requested:
            return ""
        running = f"checking ... {self._arrived} of {len(self._step_ids)} pages"
        return running if self.is_running else f"Checked again at {self._ended_at}."

    def sentence(self) -> str:
        """How far the check is, and for how long it waits for the present page."""
        now, wait = time.monotonic(), wait_of(self._thread)
        seconds = int(now - self._step_began)
        waited = f": {wait.sentence(now)}" if wait else f", {seconds} s" if seconds else ""
        return f"{self._arrived} of {len(self._step_ids)} pages checked; checking {self.running_step}{waited} ..."

    def strip(self, width: int) -> Content:
        """All pages with their states: the level of their results, running, or waiting. No line parts a page."""
        waiting = self._step_ids[self._arrived :]
        first, *others = (self._page(step.id, step.id in waiting) for step in self._state.flow)
        lines = [first]
        for page in others:
            longer = Content("  ").join([lines[-1], page])
            lines[-1:] = [longer] if longer.cell_length <= width else [lines[-1], page]
        return Content("\n").join(lines)

    def _page(self, step_id: str, is_waiting: bool) -> Content:
        level = self._state.level(step_id)
        if step_id == self.running_step:
            return Content.assemble((RUNNING, "bold"), f" {step_id}")
        if is_waiting or level is None:
            return Content.styled(f"{WAITING} {step_id}", "$text-muted")
        return Content.assemble((GLYPHS[level], COLOURS[level]), f" {step_id}")
