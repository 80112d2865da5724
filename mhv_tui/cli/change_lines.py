"""Prints the changes of a run as lines for people: what begins, what it waits for, what is done and what failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from mhv_tui.core.events import Applied, Applying, Event, Failed, Planned, Progress, Undone
from mhv_tui.core.findings import GLYPHS, Finding
from mhv_tui.core.meter import Meter, duration
from mhv_tui.core.wrapping import with_command_lines

QUIET = 5.0
"""Seconds between two lines about the progress of the same phase."""

SHORTEST = 1.0
"""Seconds between two lines about any progress."""

Say = Callable[[str, TextIO | None], None]
"""A function that prints a text to a stream; None is stdout."""


class ChangeLines:
    """Prints the events of changes. `now` returns the seconds of a monotonic clock.

    `has_pages`: each line names the page of its change, as an undo does, which goes through the pages without checks.
    """

    def __init__(self, say: Say, now: Callable[[], float] = time.monotonic, *, has_pages: bool = False) -> None:
        self._say = say
        self._now = now
        self._has_pages = has_pages
        self._began = 0.0
        """The time at which the first change began; 0 before."""
        self._planned = 0
        self._done = 0
        self._summaries: dict[str, str] = {}
        """The summary of each change that has begun, by the change's id."""
        self._meter = Meter()
        self._said = (0.0, "", SHORTEST)
        """The time and the phase of the last line about progress, and the seconds to the next one of this phase."""

    def hear(self, event: Event) -> None:
        """Prints the lines of an event. Other events print nothing."""
        match event:
            case Planned():
                self._planned += 1
            case Applying(step=step, summary=summary, id=id):
                self._began = self._began or self._now()
                self._summaries[id], self._meter = summary or id, Meter()
                self._say(f"  > doing  {self._named(step, id)}", None)
            case Applied(step=step, id=id, seconds=seconds):
                self._say(f"  {GLYPHS['ok']} done   {self._named(step, id)}{_end(seconds, self._position())}", None)
            case Undone(step=step, id=id, seconds=seconds):
                self._say(f"  {GLYPHS['ok']} done   {self._named(step, id)}{_end(seconds)}", None)
            case Failed(step=step, id=id, finding=finding):
                self._say(failure_text(self._named(step, id), finding), None)
            case Progress():
                self._report(event)
            case _:
                pass

    def elapsed(self) -> str:
        """The time since the first change, such as "took 2:31"; "" without a change, or if it took less than 1 s."""
        seconds = self._now() - self._began if self._began else 0.0
        return f"took {duration(seconds)}" if seconds >= 1 else ""

    def _named(self, step: str, id: str) -> str:
        summary = self._summaries.get(id, id)
        return f"{step:<9} {summary}" if self._has_pages else summary

    def _position(self) -> str:
        """The number of the change that is done, such as "3 of 10"; "" for a smoke test, which is not planned."""
        self._done += 1
        return f"{self._done} of {self._planned}" if self._done <= self._planned else ""

    def _report(self, event: Progress) -> None:
        """Prints to stderr: a new phase and the first rate after SHORTEST seconds, the same phase after QUIET."""
        now, phase = self._now(), f"{event.id} {event.phase}"
        self._meter.hear(event, now)
        time_said, phase_said, interval = self._said
        if now - time_said >= (interval if phase == phase_said else SHORTEST):
            self._said = (now, phase, SHORTEST if self._meter.is_new else QUIET)
            text = ": ".join(filter(None, (event.phase, event.note, self._meter.text(now))))
            self._say(f"    ... {text}", sys.stderr)


def _end(seconds: float, position: str = "") -> str:
    """The end of a line: the duration, unless it is 0.0 s, and the number of the change, in brackets."""
    parts = [f"{seconds:.1f} s" if seconds >= 0.05 else "", position]
    text = "; ".join(filter(None, parts))
    return f" ({text})" if text else ""


def failure_text(summary: str, finding: Finding) -> str:
    """Returns a failed change as lines: the change, the problem, the remedy, and the command that explains the code."""
    rows = [f"  {GLYPHS['failure']} failed {summary}", f"      {finding.code}  {finding.sentence}"]
    remedy = with_command_lines(finding.remedy, " " * 8)
    return "\n".join([*rows, f"      remedy: {remedy}", f"      see: mhv-tui explain {finding.code}"])
