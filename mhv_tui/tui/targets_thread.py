"""Checks and applies all targets in a thread, which reports to a screen."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from textual.message import Message
from textual.message_pump import MessagePump

from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Event
from mhv_tui.engine.fleet_state import FleetState
from mhv_tui.tui.apply_thread import is_confirmed
from mhv_tui.tui.messages import EngineEvent, Plan, RunFinished, post_from_thread


@dataclass
class TargetsChecked(Message, bubble=False):
    """A check of all targets has ended."""

    number: int
    problem: str = ""
    """Why the check could not run to its end; "" if it did."""


def start_check(fleet: FleetState, number: int, screen: MessagePump) -> None:
    """Starts a thread that checks all targets. The screen receives TargetsChecked."""

    def check() -> None:
        try:
            fleet.check(lambda event: None)
            problem = ""
        except (MhvError, OSError) as error:
            problem = str(error)
        post_from_thread(screen, TargetsChecked(number, problem))

    threading.Thread(target=check, name="check of all targets", daemon=True).start()


def start_apply(fleet: FleetState, approved: frozenset[str], screen: MessagePump) -> threading.Thread:
    """Starts a thread that makes the approved changes; returns it. The screen receives what apply_thread sends."""

    def approve(plan: Plan) -> frozenset[str] | None:
        ids = frozenset(change.id for _, change in plan)
        if ids & approved:
            return ids & approved
        return ids if is_confirmed(fleet.stop, plan, screen) else None

    def listen(event: Event) -> None:
        post_from_thread(screen, EngineEvent(event))

    def apply() -> None:
        post_from_thread(screen, RunFinished(fleet.apply(listen, approve)))

    thread = threading.Thread(target=apply, name="apply", daemon=True)
    thread.start()
    return thread
