"""What the worker threads tell the screens. All of it arrives on the event loop by post_message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from textual.message import Message

from mhv_tui.core.changes import Change
from mhv_tui.core.events import Event, Finished
from mhv_tui.engine.check import StepResult


@dataclass
class Seen(Message):
    """A look at a page has ended; `run` tells a stale one."""

    step: str
    run: int
    look: StepResult


@dataclass
class SaveProblem(Message):
    """The answers could not be saved, or can be saved again; `WizardState.writer` says which."""


@dataclass
class Heard(Message):
    """The engine said something while it applied."""

    event: Event


@dataclass
class Opened(Message):
    """Fixes were made, and with them changes came that nobody has approved yet; the run waits for the answer."""

    plan: Sequence[tuple[str, Change]]
    answer: SimpleQueue[bool]


@dataclass
class Ended(Message):
    """The run that applied has ended."""

    finished: Finished
