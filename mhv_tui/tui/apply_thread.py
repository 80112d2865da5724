"""Runs apply in a thread, which reports to a screen and completes the current change even if the screen closes."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue

from textual.message_pump import MessagePump

from mhv_tui.core.events import Event
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.messages import EngineEvent, Plan, PlanExtended, RunFinished, post_from_thread

POLL = 0.2
"""While a question is open, the seconds between two checks for a stop request."""


def start_apply(state: WizardState, approved: frozenset[str], screen: MessagePump) -> threading.Thread:
    """Starts a thread that makes the approved changes (without any, it runs the smoke tests); returns the thread.

    The screen receives EngineEvent, PlanExtended and, at the end, RunFinished.
    """
    thread = threading.Thread(target=_apply, args=(state, approved, screen), name="apply", daemon=True)
    thread.start()
    return thread


def _apply(state: WizardState, approved: frozenset[str], screen: MessagePump) -> None:
    is_first_plan = True

    def approve(plan: Plan) -> frozenset[str] | None:
        nonlocal is_first_plan
        if is_first_plan:
            is_first_plan = False
            return approved
        return frozenset(change.id for _, change in plan) if is_confirmed(state.stop, plan, screen) else None

    def listen(event: Event) -> None:
        post_from_thread(screen, EngineEvent(event))

    finished = state.apply(listen, approve, prove=not approved)
    post_from_thread(screen, RunFinished(finished))


def is_confirmed(stop: Stop, plan: Plan, screen: MessagePump) -> bool:
    """Returns the operator's answer to an extended plan; False if a stop is requested before the answer."""
    answer: SimpleQueue[bool] = SimpleQueue()
    post_from_thread(screen, PlanExtended(plan, answer))
    while not stop.requested:
        try:
            return answer.get(timeout=POLL)
        except Empty:
            continue
    return False
