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
"""The missing changes of a plan, each with the id of its step."""


@dataclass(eq=False, repr=False)
class StepChecked(Message, bubble=False):
    """The check of a page has ended."""

    check_number: int
    """The number of the check on this page. The page ignores the results of older checks."""
    result: StepResult


@dataclass(eq=False, repr=False)
class FlowStepChecked(Message, bubble=False):
    """The check of one page of the plan has ended."""

    check_number: int
    """The number of the plan's check. The plan ignores the results of older checks."""
    result: StepResult


@dataclass(eq=False, repr=False)
class NoticePosted(Message):
    """A line for the operator, such as the reason why a key does nothing."""

    text: str


@dataclass(eq=False, repr=False)
class SaveStateChanged(Message, bubble=False):
    """Saving the answers has failed, or works again. `WizardState.writer.problem` contains the problem."""


@dataclass(eq=False, repr=False)
class EngineEvent(Message, bubble=False):
    """An event of the engine during apply."""

    event: Event


@dataclass(eq=False, repr=False)
class PlanExtended(Message, bubble=False):
    """After a fix, more changes are missing. The run waits for `answer`: True to make these changes."""

    plan: Plan
    answer: SimpleQueue[bool]


@dataclass(eq=False, repr=False)
class RunFinished(Message):
    """Apply has ended. This message also reaches the app, which exits with the code of the last run."""

    finished: Finished


def post_from_thread(screen: MessagePump, message: Message) -> None:
    """Sends a message to a screen from any thread. Does nothing if the screen or the app is closed."""
    with contextlib.suppress(RuntimeError):
        screen.post_message(message)
