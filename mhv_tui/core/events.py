"""What the engine tells its listeners: one frozen event at a time, named in the past participle or present.

Every face (screen, lines, JSON) and the session's log listen to the same stream. The JSON forms are contract.md's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mhv_tui.core.findings import Finding

Outcome = Literal["done", "nothing-to-do", "stopped", "failed", "unverified", "cancelled"]


@dataclass(frozen=True)
class CheckStarted:
    """A step's probe has begun; `run` numbers the look, so that a face can drop a stale one."""

    step: str
    run: int


@dataclass(frozen=True)
class FindingReported:
    """One finding of a look."""

    step: str
    finding: Finding
    run: int = 1


@dataclass(frozen=True)
class CheckFinished:
    """A step's look has ended."""

    step: str
    run: int


@dataclass(frozen=True)
class Planned:
    """A change that is missing, with its preview."""

    step: str
    id: str
    summary: str
    preview: str


@dataclass(frozen=True)
class Applying:
    """A change (or a proof) has begun."""

    step: str
    id: str
    summary: str = ""


@dataclass(frozen=True)
class Applied:
    """A change (or a proof) is done."""

    step: str
    id: str
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A change, a smoke test or an undo failed; the finding has its code, sentence and remedy."""

    step: str
    id: str
    seconds: float
    finding: Finding


@dataclass(frozen=True)
class Undone:
    """A change was taken back."""

    step: str
    id: str
    seconds: float


@dataclass(frozen=True)
class Progress:
    """How far a long change is; `total` 0 where nobody knows. `note` is the far side's last line."""

    step: str
    id: str
    done: int
    total: int
    unit: str = "bytes"
    note: str = ""


@dataclass(frozen=True)
class Finished:
    """The run has ended."""

    outcome: Outcome
    exit: int
    counts: dict[str, int] = field(default_factory=dict)
    message: str = ""


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
    | Finished
)
Listener = Callable[[Event], None]


def as_json(event: Event) -> dict[str, Any]:
    """The event as contract.md's JSON object, without `session` and `time`, which the writer adds."""
    if isinstance(event, FindingReported):
        row = asdict(event.finding)
        del row["fatal"]
        if not row["accepted"]:
            del row["accepted"]
        return {"event": "found", "run": event.run, "step": event.step, **row}
    name = type(event).__name__.lower()
    if isinstance(event, Failed):
        finding = {"code": event.finding.code, "error": event.finding.sentence, "remedy": event.finding.remedy}
        return {"event": name, "step": event.step, "id": event.id, "seconds": event.seconds, **finding}
    if isinstance(event, (Applying, Applied, Undone)):
        return {"event": name, "seconds": None, "error": None, **asdict(event)}
    return {"event": name, **asdict(event)}
