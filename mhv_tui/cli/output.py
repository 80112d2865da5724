"""Prints events as lines for people or as JSON lines.

Data goes to stdout, messages to stderr. A closed stdout or stderr does not stop the run.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TextIO

from mhv_tui.cli.program import callable_here
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.answers import Accept, with_last_day
from mhv_tui.core.changes import EFFECT_GLYPHS
from mhv_tui.core.events import (
    CheckFinished,
    CheckStarted,
    Event,
    FindingReported,
    Finished,
    Listener,
    Planned,
    as_json,
)
from mhv_tui.core.findings import GLYPHS, Finding, counted, skipped_line, split_skipped, urgency
from mhv_tui.core.matrix_text import titled_lines
from mhv_tui.core.redaction import shown_lines
from mhv_tui.core.text import as_lines, count
from mhv_tui.core.wrapping import with_command_lines, wrapped_text


def say(text: str, stream: TextIO | None = None, is_masked: bool = True) -> None:
    """Prints lines for people to `stream` (default: stdout), without control characters. Ignores a closed stream.

    On a terminal, long lines are broken at blanks. `is_masked`: False for a text of names only, such as that of the
    session: a secret that is an ordinary word must not make a command in it unusable.
    """
    stream = stream or sys.stdout
    text = callable_here(text)
    safe = shown_lines(text) if is_masked else as_lines(*text.split("\n")).removesuffix("\n")
    _write(wrapped_text(safe, columns_of(stream)), stream)


def _write(text: str, stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream, flush=True)


def json_line(session: str, row: dict[str, Any]) -> str:
    """Returns a line of JSON with the row, the session's name and the time; ASCII only, for streams of any encoding."""
    return json.dumps({**row, "session": session, "time": datetime.now(UTC).isoformat(timespec="milliseconds")})


def report_damage(sentences: Sequence[str]) -> None:
    """Prints to stderr the sentences about damaged files of a session."""
    for sentence in sentences:
        say(f"mhv-tui: {sentence}", sys.stderr)


def json_listener(session: str) -> Listener:
    """Returns a listener that prints each event as a line of JSON."""

    def print_event(event: Event) -> None:
        if not isinstance(event, (CheckStarted, CheckFinished)):
            _write(json_line(session, as_json(event)), sys.stdout)

    return print_event


def line_listener(
    titles: dict[str, str],
    accepts: Sequence[Accept] = (),
    *,
    everything: bool = False,
    whole_plan: bool = False,
    target: str = "",
    is_undo: bool = False,
) -> Listener:
    """Returns a listener that prints events as lines for people. `accepts`: the acceptances, with their last days.

    With `everything` it prints each ok and skipped finding, otherwise one line with their number.
    If a failed check stops the run, it prints the plan only with `whole_plan`: apply would not make these changes.
    With `target`, the name of one of several targets, each line begins with it, and steps without a problem are left
    out.
    With `is_undo`, the lines of changes name their pages.
    """
    last_days = {accept.code: accept.until for accept in accepts}
    return _Lines(titles, last_days, everything, whole_plan, target, is_undo).hear


class _Lines:
    """Collects the findings of one step until the check of the step ends, and prints them as one block."""

    def __init__(
        self,
        titles: dict[str, str],
        last_days: Mapping[str, date | None],
        everything: bool,
        whole_plan: bool,
        target: str,
        is_undo: bool,
    ) -> None:
        from mhv_tui.cli.change_lines import ChangeLines

        self._target = target
        self._titles = titles
        self._last_days = last_days
        self._everything = everything
        self._whole_plan = whole_plan
        self._stopping: dict[str, list[Finding]] = {}
        self._recap = False
        """True if other lines follow a printed failure, so that the end of the output repeats the failures."""
        self._withheld = 0
        self._found: list[Finding] = []
        self._is_undo = is_undo
        self._changes = ChangeLines(self._say, has_pages=is_undo)

    def _say(self, text: str, stream: TextIO | None = None) -> None:
        prefix = f"{self._target}: " if self._target else ""
        say("\n".join(f"{prefix}{line}" for line in text.split("\n")), stream)

    def hear(self, event: Event) -> None:
        self._changes.hear(event)
        match event:
            case FindingReported(finding=finding):
                accepted = with_last_day(finding.accepted, self._last_days.get(finding.code))
                self._found.append(replace(finding, accepted=accepted) if finding.accepted else finding)
            case CheckFinished(step=step, matrix=matrix):
                has_matrix = bool(matrix and (matrix.has_problem or self._everything))
                if self._found or has_matrix:
                    self._block(step)
                if matrix and has_matrix:
                    columns = columns_of(sys.stdout)
                    lines = titled_lines(matrix, columns - 6 if columns else 0)
                    self._say("\n".join(f"      {line}" for line in lines))
            case Planned():
                self._plan(event)
            case Finished():
                self._finish(event)
            case _:
                pass

    def _plan(self, event: Planned) -> None:
        if any(self._stopping.values()) and not self._whole_plan:
            self._withheld += 1
            return
        self._recap = any(self._stopping.values())
        label = f"{event.step:<9}" if self._is_undo else "plan  "
        self._say(f"  {EFFECT_GLYPHS[event.effect]} {label} {event.summary}")
        for line in event.preview.splitlines():
            self._say(f"           {line}")

    def _block(self, step: str) -> None:
        found, self._found = self._found, []
        self._recap = any(self._stopping.values())
        self._stopping[step] = [f for f in found if f.stops]
        shown, skipped = (found, []) if self._everything else split_skipped(found)
        if (
            self._target
            and not self._everything
            and not any(f.level not in ("ok", "skipped", "missing") for f in found)
        ):
            return
        passed = [] if self._everything else [f for f in found if f.level == "ok"]
        self._say(f"{step}: {self._titles.get(step, step)}")
        for finding in sorted(shown, key=urgency):
            if finding not in passed:
                self._say(finding_text(finding))
        if passed:
            self._say(f"  {GLYPHS['ok']} ok      {count(len(passed), 'check')} passed")
        if skipped:
            self._say(f"  {GLYPHS['skipped']} skipped {skipped_line(skipped)}")

    def _finish(self, event: Finished) -> None:
        for finding in self._found:
            self._say(finding_text(finding))
        self._found = []
        if self._withheld:
            self._say(
                f"failed checks block {count(self._withheld, 'planned change')}; `mhv-tui plan` shows each change"
            )
        if event.outcome == "stopped" and self._recap:
            if not self._withheld:
                self._say("failed checks:")
            for step, stopping in self._stopping.items():
                for finding in stopping:
                    self._say(f"  {GLYPHS['failure']} {step} {finding.code}  {finding.headline}")
        rows = {level: n for level, n in event.counts.items() if n}
        if event.details:
            rows.pop("missing", None)  # the details count the changes instead
        counts = ", ".join(counted(level, n) for level, n in rows.items())
        if event.details:
            self._say("\n".join((f"{event.sentence}.", *event.details, f"Checks: {counts}.")))
            return
        tail = "; ".join(filter(None, (counts, self._changes.elapsed())))
        self._say(f"{event.sentence} ({tail})" if tail else event.sentence)


def finding_text(finding: Finding) -> str:
    """Returns a finding as lines: glyph, word, code and headline; below them the evidence and the remedy."""
    word = "accept" if finding.accepted else finding.level_word
    head = f"  {GLYPHS[finding.shown_level]} {word:<8}{finding.code}  {finding.headline}"
    rows = [head]
    if finding.subline:
        rows.append(f"      {finding.subline}")
    if finding.accepted:
        rows.append(f"      accepted: {finding.accepted}")
    elif finding.level in ("failure", "warning", "unknown") and finding.remedy:
        request = f", or request the fix {finding.code}" if finding.fix else ""
        rows.append(f"      remedy: {with_command_lines(finding.remedy.replace(request, ''), ' ' * 8)}")
        if finding.fix:
            rows.append(f"      or let mhv-tui fix it: add --fix {finding.code}")
        if finding.can_be_accepted:
            rows.append(f"      or accept it: add --accept {finding.code}=REASON")
    return "\n".join(rows)
