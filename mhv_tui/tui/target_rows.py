"""Renders targets: what is wrong with one, and the progress of a run of all."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from mhv_tui.core.events import Applied, Applying, Event, Failed, Finished, Planned, Progress
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.meter import duration
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.render import COLOURS, bar, heading, wrap_lines

BAR = 30
"""The columns of the bar of a run."""

INDENT = " " * 18
"""The indent of a line that continues the line above."""


def details_of(id: str, state: WizardState, outcome: str, width: int) -> Content:
    """Returns the outcome of a target's last run, its problems, and the number of its missing changes."""
    lines = [Content.styled(heading(id, width), "bold $text-primary")]
    lines += [Content(line) for line in wrap_lines(outcome, width, "")] if outcome else []
    for (_, step), finding in state.findings():
        if finding.shown_level in ("failure", "warning", "unknown"):
            level = finding.shown_level
            first, *others = wrap_lines(shown(finding.headline), width, INDENT)
            head = f"{GLYPHS[level]} {step:<9} {finding.code}  "
            lines += [Content.styled(head + first[len(INDENT) :], COLOURS[level]), *map(Content, others)]
    planned = state.planned()
    lines.append(Content(f"+ {count(len(planned), 'change')} missing" if planned else "no change is missing"))
    return Content("\n").join(lines)


class TargetProgress:
    """What a run has done so far, by target."""

    def __init__(self) -> None:
        self._planned: dict[str, set[str]] = {}
        self._done: set[str] = set()
        """The changes that are done, by any target: what several targets share is done for all of them."""
        self._now: dict[str, str] = {}
        """What a target does at present, or how its run ended."""
        self._summaries: dict[str, str] = {}

    def hear(self, event: Event) -> None:
        """Notes an event of the run."""
        match event:
            case Planned(target=target, id=id):
                self._planned.setdefault(target, set()).add(id)
            case Applying(target=target, id=id, summary=summary):
                self._now[target] = self._summaries[id] = summary
            case Progress(target=target, id=id, done=done, total=total, unit=unit, note=note):
                share = f"{100 * done // total} %" if total and unit != "seconds" else ""
                self._now[target] = "  ".join(filter(None, (self._summaries.get(id, id), share, note)))
            case Applied(id=id):
                self._done.add(id)
            case Failed(target=target, finding=finding):
                self._now[target] = f"{GLYPHS['failure']} {finding.code} {finding.sentence}"
            case Finished(target=target, exit=code, message=message) if target:
                self._now[target] = f"{GLYPHS['ok' if code == 0 else 'failure']} {message}"
            case _:
                pass

    def outcome(self, target: str) -> str:
        """How the run of a target ended; "" if there was none."""
        return shown(self._now.get(target, ""))

    def total(self, seconds: float) -> Content:
        """A bar with the number of changes that are done, of all targets, and the seconds since the run began."""
        planned = {id for ids in self._planned.values() for id in ids}
        if not planned:
            return Content("checking all targets ...")
        done = len(self._done & planned)
        text = f"  {done} of {count(len(planned), 'change')}   {duration(seconds)} elapsed"
        return bar(BAR, done, len(planned)) + text

    def lines(self, targets: Sequence[str], width: int) -> list[Content]:
        """Returns for each target its name, its changes and what it does at present."""
        name = max(map(len, targets), default=0)
        rows = []
        for target in targets:
            planned = self._planned.get(target, set())
            done = self._done & planned
            head = f"{target:<{name}}  {len(done):>2} of {len(planned):<2}  "
            first, *others = wrap_lines(self._now.get(target, "waiting"), width, " " * len(head))
            rows += [Content(f"{head}{first[len(head) :]}"), *map(Content, others)]
        return rows
