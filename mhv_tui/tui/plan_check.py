"""The check of all or some pages for the plan, in the worker thread; each page's result arrives as FlowStepChecked."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial

from textual.content import Content
from textual.message_pump import MessagePump

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.waits import wait_of
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.messages import FlowStepChecked, post_from_thread
from mhv_tui.tui.render import COLOURS
from mhv_tui.tui.worker import LatestOnlyWorker

SLOW = 0.4
"""Seconds of a running check after which the plan shows it instead of the totals of the previous check."""

RUNNING, WAITING = "◐", "·"


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

    def start(self, step_ids: Sequence[str]) -> None:
        """Starts a check of these pages, of pages without a result, and of the rest of the check that it replaces.

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
        self._thread = None
        self._worker.submit("plan", partial(self._check_in_thread, self._number, self._step_ids))

    def stop(self) -> None:
        """Ignores the results of the running check from now on; the check ends after its present page."""
        self._number += 1
        self._step_ids, self._arrived = (), 0

    def take(self, message: FlowStepChecked) -> StepResult | None:
        """The result in a message; None if it belongs to an older check."""
        if message.check_number != self._number:
            return None
        self._arrived, self._step_began = self._arrived + 1, time.monotonic()
        return message.result

    def _check_in_thread(self, number: int, step_ids: Sequence[str]) -> None:
        self._thread = threading.get_ident() if self._number == number else self._thread
        for step_id in step_ids:
            if self._number != number:
                return
            post_from_thread(self._screen, FlowStepChecked(number, self._state.check(step_id)))

    def sentence(self) -> str:
        """How far the check is, and for how long it waits for the present page."""
        now, wait = time.monotonic(), wait_of(self._thread)
        seconds = int(now - self._step_began)
        waited = f": {wait.sentence(now)}" if wait else f", {seconds} s" if seconds else ""
        return f"{self._arrived} of {len(self._step_ids)} pages checked; checking {self.running_step}{waited} ..."

    def strip(self) -> Content:
        """All pages with their states: the level of their results, running, or waiting."""
        waiting = self._step_ids[self._arrived :]
        return Content("  ").join(self._page(step.id, step.id in waiting) for step in self._state.flow)

    def _page(self, step_id: str, is_waiting: bool) -> Content:
        level = self._state.level(step_id)
        if step_id == self.running_step:
            return Content.assemble((RUNNING, "bold"), f" {step_id}")
        if is_waiting or level is None:
            return Content.styled(f"{WAITING} {step_id}", "$text-muted")
        return Content.assemble((GLYPHS[level], COLOURS[level]), f" {step_id}")
