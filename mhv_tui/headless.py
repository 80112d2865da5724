"""The face without a screen: events as lines for people or as JSON lines, and the one question `apply` asks.

stdout is data, stderr is for people. A reader that went away is not an error of the work.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from mhv_tui.core.changes import Change
from mhv_tui.core.errors import Cancelled
from mhv_tui.core.events import (
    Applied,
    Applying,
    CheckFinished,
    CheckStarted,
    Event,
    Failed,
    FindingReported,
    Finished,
    Listener,
    Planned,
    Progress,
    Undone,
    as_json,
)
from mhv_tui.core.findings import GLYPHS, LEVELS, Finding


def say(text: str, stream: TextIO | None = None) -> None:
    """Writes a line; where the reader is gone the work goes on."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream or sys.stdout, flush=True)


def at_terminal() -> bool:
    """True where somebody can be asked; a stdin that was closed is no terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def json_line(session: str, row: dict[str, Any]) -> str:
    """A row as contract.md has it, with its session and the time; ASCII alone, so that every stream takes it."""
    return json.dumps({**row, "session": session, "time": datetime.now(UTC).isoformat(timespec="milliseconds")})


def tell_strange(places: Sequence[str]) -> None:
    """Names what a journal holds that is no record of ours, for people."""
    for place in places:
        say(f"mhv-tui: {place}: is no record of mhv-tui's and is passed over; mend or delete the line", sys.stderr)


def json_listener(session: str) -> Listener:
    """Events as JSON lines on stdout, as contract.md has them."""

    def hear(event: Event) -> None:
        if isinstance(event, (CheckStarted, CheckFinished)):
            return
        say(json_line(session, as_json(event)))

    return hear


def line_listener(titles: dict[str, str], *, everything: bool = False, whole_plan: bool = False) -> Listener:
    """Events as lines for people. `everything` shows ok findings one by one; else they are summed up in one line.

    Where a check stops the run, what is planned will not be made, and is told only with `whole_plan`.
    """
    return _Lines(titles, everything, whole_plan).hear


class _Lines:
    """Keeps what one step's look has said until the look ends, so that a step is one block."""

    def __init__(self, titles: dict[str, str], everything: bool, whole_plan: bool) -> None:
        self._titles = titles
        self._everything = everything
        self._whole_plan = whole_plan
        self._stopping: dict[str, list[Finding]] = {}
        self._withheld = 0
        self._found: list[Finding] = []
        self._ticked = 0.0

    def hear(self, event: Event) -> None:
        match event:
            case FindingReported(finding=finding):
                self._found.append(finding)
            case CheckFinished(step=step):
                self._block(step)
            case Planned():
                self._plan(event)
            case Applying(summary=summary, id=id):
                say(f"  > doing  {summary or id}")
            case Applied(id=id, seconds=seconds):
                say(f"  {GLYPHS['ok']} done   {id} ({seconds:.1f} s)")
            case Undone(id=id, seconds=seconds):
                say(f"  {GLYPHS['ok']} undone {id} ({seconds:.1f} s)")
            case Failed(id=id, finding=finding):
                say(failure_text(id, finding))
            case Progress():
                self._tick(event)
            case Finished():
                self._finish(event)
            case _:
                pass

    def _plan(self, event: Planned) -> None:
        if any(self._stopping.values()) and not self._whole_plan:
            self._withheld += 1
            return
        say(f"  + plan   {event.summary}  [{event.id}]")
        for line in event.preview.splitlines():
            say(f"           {line}")

    def _block(self, step: str) -> None:
        found, self._found = self._found, []
        self._stopping[step] = [f for f in found if f.stops]
        say(f"{step}: {self._titles.get(step, step)}")
        quiet = [f for f in found if f.level == "ok"]
        loud = found if self._everything else [f for f in found if f.level != "ok"]
        for finding in sorted(loud, key=lambda f: -LEVELS.index(f.level)):
            say(finding_text(finding))
        if quiet and not self._everything:
            say(f"  {GLYPHS['ok']} ok      {len(quiet)} check{'s' if len(quiet) > 1 else ''} passed")

    def _tick(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._ticked >= 1.0:
            self._ticked = now
            share = f"{100 * event.done // event.total} %" if event.total else f"{event.done} {event.unit}"
            say(f"    ... {event.id}: {share} {event.note}".rstrip(), sys.stderr)

    def _finish(self, event: Finished) -> None:
        for finding in self._found:
            say(finding_text(finding))
        self._found = []
        if self._withheld:
            say(f"{_more(self._withheld)} would be made but for this; `plan` shows each:")
        if event.outcome == "stopped":
            for finding in (f for stopping in self._stopping.values() for f in stopping):
                say(finding_text(finding))
        counts = ", ".join(f"{n} {level}" for level, n in event.counts.items() if n)
        tail = f" ({counts})" if counts else ""
        say(f"{event.outcome}: {event.message or 'done'}{tail}")


def finding_text(finding: Finding) -> str:
    """A finding as lines: glyph, word, code, what is wrong, and the remedy below it."""
    word = "accept" if finding.accepted else finding.level
    head = f"  {GLYPHS[finding.level]} {word:<8}{finding.code}  {finding.title}"
    rows = [head]
    if finding.detail:
        rows.append(f"      {finding.detail}")
    if finding.accepted:
        rows.append(f"      accepted: {finding.accepted}")
    elif finding.level in ("failure", "warning", "unknown") and finding.remedy:
        rows.append(f"      remedy: {finding.remedy}")
        if finding.fix:
            rows.append(f"      or let mhv-tui do it: --fix {finding.code}")
    return "\n".join(rows)


def failure_text(change_id: str, finding: Finding) -> str:
    """A failed change as lines: code and id, what is wrong, the remedy, and where to read more."""
    rows = [f"  {GLYPHS['failure']} failed  {finding.code}  {change_id}", f"      {finding.sentence}"]
    return "\n".join([*rows, f"      remedy: {finding.remedy}", f"      see: mhv-tui explain {finding.code}"])


def _more(count: int) -> str:
    return "1 more change" if count == 1 else f"{count} more changes"


def these(count: int) -> str:
    """`this change`, `these 2 changes`."""
    return "this change" if count == 1 else f"these {count} changes"


def approve_all(plan: Sequence[tuple[str, Change]]) -> frozenset[str]:
    """With --yes."""
    return frozenset(change.id for _, change in plan)


def ask_line(prompt: str) -> str:
    """A line from the terminal; the question goes to stderr, as stdout is data. Raises EOFError."""
    print(prompt, end="", file=sys.stderr, flush=True)
    with _interruptible():
        return input()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """While a question stands no change is in hand: a signal ends the waiting, not only what would come after it."""

    def end(number: int, frame: Any) -> None:
        raise Cancelled(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: end, signal.SIGHUP: end}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def approve_by_asking(
    ask: Callable[[str], str] = ask_line,
) -> Callable[[Sequence[tuple[str, Change]]], frozenset[str] | None]:
    """Asks once, on a terminal."""

    def approve(plan: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        try:
            answer = ask(f"Make {these(len(plan))}? [y/N] ")
        except (EOFError, KeyboardInterrupt):
            return None
        return approve_all(plan) if answer.strip().lower() in ("y", "yes") else None

    return approve


def ask_secret(key: str) -> str | None:
    """Asks for a secret on the terminal, unseen; None where the operator gives none."""
    try:
        return ask_unseen(f"{key}: ") or None
    except (EOFError, KeyboardInterrupt):
        return None


def ask_unseen(prompt: str) -> str:
    """What is typed, without showing it. Raises EOFError."""
    import getpass

    with _interruptible():
        return getpass.getpass(prompt)
