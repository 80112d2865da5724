"""Messages from worker threads to the screen that waits for them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from textual.message import Message
from textual.message_pump import MessagePump

from mhv_tui.core.changes import Change
from mhv_tui.core.events import Event, Finished
from mhv_tui.engine.check import StepResult

Plan = Sequence[tuple[str, Change]]
"""(step id, change)."""


@dataclass
class StepChecked(Message, bubble=False):
    """The check of a page has ended."""

    check_number: int
    """Counts the checks of this page, so that it can drop the result of an older one."""
    result: StepResult


@dataclass
class FlowChecked(Message, bubble=False):
    """The check of all pages has ended."""

    results: Sequence[StepResult]


@dataclass
class SaveStateChanged(Message, bubble=False):
    """The answers could not be saved, or are saved again; see `WizardState.writer.problem`."""


@dataclass
class EngineEvent(Message, bubble=False):
    """An event of the engine during apply."""

    event: Event


@dataclass
class PlanExtended(Message, bubble=False):
    """After a fix, more changes are missing. The run waits for the answer: True to make them."""

    plan: Plan
    answer: SimpleQueue[bool]


@dataclass
class RunFinished(Message):
    """Apply has ended. This one bubbles to the app, which exits with the code of the last run."""

    finished: Finished


def post_from_thread(screen: MessagePump, message: Message) -> None:
    """Posts to a screen from any thread. Does nothing if the screen or the app has closed."""
    with contextlib.suppress(RuntimeError):
        screen.post_message(message)
