"""The events that the engine reports to its listeners, one at a time.

Every interface (screen, lines, JSON) gets the same events. The texts of an event are safe to show, like those of a
finding; only a preview has several lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from types import MappingProxyType
from typing import Any, Literal

from mhv_tui.core.changes import Change, Effect
from mhv_tui.core.findings import Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.matrix import Matrix
from mhv_tui.core.redaction import set_texts, shown, shown_lines
from mhv_tui.core.text import printable

Outcome = Literal["done", "nothing-to-do", "stopped", "failed", "unverified", "cancelled"]

OUTCOME_WORDS: Mapping[Outcome, str] = MappingProxyType(
    {"nothing-to-do": "nothing to do", "unverified": "not verified"}
)
"""Outcome -> its words in a sentence; the other outcomes are words already."""


@dataclass(frozen=True)
class CheckStarted:
    """The check of a step has begun. `run` is the number of the check, so that a listener can ignore older checks."""

    step: str
    run: int
    target: str = ""


@dataclass(frozen=True)
class FindingReported:
    """A check has given this finding."""

    step: str
    finding: Finding
    run: int = 1
    target: str = ""


@dataclass(frozen=True)
class CheckFinished:
    """The check of a step has ended. `matrix` shows the facts of the step, if it has a matrix."""

    step: str
    run: int
    target: str = ""
    matrix: Matrix | None = None


@dataclass(frozen=True)
class Planned:
    """The plan contains this change."""

    step: str
    id: str
    summary: str
    preview: str
    target: str = ""
    effect: Effect = "edit"

    def __post_init__(self) -> None:
        texts = {"summary": shown(self.summary), "preview": shown_lines(self.preview)}
        set_texts(self, id=printable(self.id), **texts)

    @classmethod
    def of(cls, step: str, change: Change, target: str) -> Planned:
        return cls(step, change.id, change.summary, change.preview(), target, change.effect)


@dataclass(frozen=True)
class Applying:
    """A change or a smoke test has begun. `phases` are the names of its phases, in their order; most have none."""

    step: str
    id: str
    summary: str = ""
    target: str = ""
    phases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id), summary=shown(self.summary))


@dataclass(frozen=True)
class Applied:
    """A change or a smoke test is done."""

    step: str
    id: str
    seconds: float
    target: str = ""

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id))


@dataclass(frozen=True)
class Failed:
    """A change, a smoke test or an undo failed; the finding has the code, the sentence and the remedy."""

    step: str
    id: str
    seconds: float
    finding: Finding
    target: str = ""

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id))


@dataclass(frozen=True)
class Undone:
    """A change was undone."""

    step: str
    id: str
    seconds: float
    target: str = ""

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id))


ACTIVE = "active"
"""The phase of a test server that runs."""


@dataclass(frozen=True)
class Progress:
    """The progress of a long change. `total` is 0 if unknown; `note` says what the change does or waits for.

    With the unit "seconds", `done` are the seconds of a wait and `total` is its limit. `phase` is the present one of
    the change's phases.
    """

    step: str
    id: str
    done: int
    total: int
    unit: str = "bytes"
    note: str = ""
    target: str = ""
    phase: str = ""

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id), note=shown(self.note))


@dataclass(frozen=True)
class Logged:
    """New lines in the log of the program that a change runs or waits for; `source` names the program and its place."""

    step: str
    id: str
    source: str
    lines: tuple[str, ...]
    target: str = ""

    def __post_init__(self) -> None:
        set_texts(self, id=printable(self.id), source=shown(self.source))
        object.__setattr__(self, "lines", tuple(shown(line) for line in self.lines))


@dataclass(frozen=True)
class Finished:
    """The run has ended, of one target or of all (""); `counts`: `Finding.counted_as` -> number."""

    outcome: Outcome
    exit: int
    counts: dict[str, int] = field(default_factory=dict)
    message: str = ""
    target: str = ""
    details: tuple[str, ...] = ()
    """Sentences after the message, each for a line of its own."""

    def __post_init__(self) -> None:
        set_texts(self, message=shown(self.message))
        object.__setattr__(self, "details", tuple(map(shown, self.details)))

    @property
    def sentence(self) -> str:
        """The outcome in words, and the message if there is one."""
        words = OUTCOME_WORDS.get(self.outcome, self.outcome)
        return f"{words}: {self.message}" if self.message else words


Event = (
    CheckStarted
    | FindingReported
    | CheckFinished
    | Planned
    | Applying
    | Applied
    | Failed
    | Undone
    | Progress
    | Logged
    | Finished
)
Listener = Callable[[Event], None]


def as_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object, without `session` and `time`, and without `target` if the target's id is empty."""
    row = _row(event)
    if not row.get("target"):
        row.pop("target", None)
    return row


def _row(event: Event) -> dict[str, Any]:
    name = type(event).__name__.lower()
    if isinstance(event, FindingReported):
        row = asdict(event.finding)
        del row["fatal"], row["acceptable"]
        for key in ("accepted", "tested_again"):
            if not row[key]:
                del row[key]
        return {"event": "found", "run": event.run, "target": event.target, "step": event.step, **row}
    if isinstance(event, Failed):
        finding = {"code": event.finding.code, "error": event.finding.sentence, "remedy": event.finding.remedy}
        row = {"event": name, "target": event.target, "step": event.step, "id": event.id, "seconds": event.seconds}
        return {**row, **finding}
    if isinstance(event, (Applying, Applied, Undone)):
        return {"event": name, "seconds": None, "error": None, **asdict(event)}
    return {"event": name, **asdict(event)}
