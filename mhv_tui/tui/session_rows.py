"""Renders sessions: a row of the list, and the details of one with the changes in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.session_status import SessionStatus, state_words
from mhv_tui.tui.render import COLOURS, heading, shorten, truncate, wrap_lines
from mhv_tui.tui.session_store import SessionRow
from mhv_tui.tui.sidebar import UNCHECKED

LEVELS_OF: dict[str, Level] = {
    "done": "ok",
    "nothing-to-do": "ok",
    "stopped": "failure",
    "failed": "failure",
    "unverified": "failure",
    "damaged": "failure",
    "unreadable": "failure",
    "other format": "failure",
    "cancelled": "warning",
    "interrupted": "warning",
    "running": "missing",
}
"""Outcome of the last run -> the level whose glyph and colour the list shows. Other outcomes have a dot."""

WITH_TARGET = 100
"""From this number of columns on, the list shows the targets."""
WITH_TIME = 70
"""From this number of columns on, the list shows the changes in place and the time of the last use of each session."""
MADE_AND_USED = ((8, 16), (8, 10), (8, 0), (0, 0))
"""The widths of the last two columns, the preferred ones first: the day without the time, then not even the day."""

STATE = 20
"""The columns of a state that is shortened, if the names of the sessions need the others."""

WAIT_FOR_RUN, QUIT_WIZARD = "wait until its run ends", "quit that wizard"
"""How a session that another wizard has open becomes free, while its run is in progress and otherwise."""

MARKS = 3
"""The columns before the name of a session: mark, glyph and a blank."""


def searched_text(row: SessionRow) -> str:
    """Returns the text in which a filter searches."""
    return f"{row.name} {row.target} {state_words(row.status)}".lower()


@dataclass(frozen=True)
class Columns:
    """The widths of the columns of the list."""

    name: int
    target: int
    """0 if the list is too narrow for the target, which the details show."""
    state: int
    made: int
    """0 if the list is too narrow for the changes in place, which the details show."""
    used: int
    """0 if the list is too narrow for the last use, which the details show."""

    @classmethod
    def fitting(cls, width: int, rows: Sequence[SessionRow], current: str = "") -> Columns:
        """Returns the columns of a list with `width` columns.

        With WITH_TIME columns, a long state is shortened, else name and state are whole if the others can make room.

        `current`: the name of the open session.
        """
        names = max([10, *(len(row.name) for row in rows)])
        target = min(max([6, *(len(row.target) for row in rows)]), 42) if width >= WITH_TARGET else 0
        whole = max([10, *(len(_list_words(row.status, row.name == current)) for row in rows)])
        for made, used in MADE_AND_USED:
            room = width - MARKS - 1 - sum(other + 1 for other in (target, made, used) if other)
            if width >= WITH_TIME or room >= min(names, 40) + whole:
                break
        name = min(names, room - min(whole, STATE))
        return cls(name, target, room - name, made, used)

    @property
    def heading(self) -> str:
        """The names of the columns."""
        used = "last used (UTC)" if self.used >= len("last used (UTC)") else "last used"
        return f"{' ' * MARKS}{'session':<{self.name}}{self.cells('target', 'state', 'in place', used)}"

    def cells(self, target: str, state: str, made: str, used: str) -> str:
        """The cells after the name, each after a blank."""
        cells = ((target, self.target), (state, self.state), (made, self.made), (used, self.used))
        return "".join(f" {truncate(text, width):<{width}}" for text, width in cells if width)


def session_line(row: SessionRow, columns: Columns, is_current: bool) -> Content:
    """Returns a session as a row of the list."""
    level = None if row.status.is_undone else LEVELS_OF.get(row.status.outcome)
    glyph = (f" {GLYPHS[level]} ", COLOURS[level]) if level else (f" {UNCHECKED} ", "$text-muted")
    progress = row.status.progress.partition(",")[0]
    words = _list_words(row.status, is_current)
    state = words if len(words) <= columns.state else _short_words(row.status, is_current)
    cells = columns.cells(shown(row.target), state, progress, "")
    return Content.assemble(
        glyph,
        (f"{shorten(shown(row.name), columns.name):<{columns.name}}", "bold" if row.is_unfinished else ""),
        cells[: len(cells) - columns.used],
        (row.used[: columns.used], "$text-muted"),
    )


def session_details(
    row: SessionRow, standing: Sequence[tuple[str, str]] | None, width: int, is_current: bool = False
) -> Content:
    """Returns the details of a session: target, how and why the last run ended, and the changes in place."""
    status = row.status
    lines = [Content.styled(heading(shown(row.name), width), "bold $text-primary")]
    lines += _labelled("target", row.target, width)
    lines += _labelled("state", _words(status, is_current), width)
    lines += _labelled("used", f"{row.used} UTC", width)
    if status.reason:
        lines += _labelled("why", status.reason, width, COLOURS["failure"])
    if status.wizard and not is_current:
        way = WAIT_FOR_RUN if status.outcome == "running" else QUIT_WIZARD
        lines += _labelled("in use", f"by {status.wizard.process}; {way}, or press n for a new session", width)
    if status.outcome == "running" and status.half_made and standing:
        lines += _labelled("now", ": ".join(standing[-1]), width)
    if standing is None:
        return Content("\n").join([*lines, *_labelled("in place", "unknown: the journal cannot be read", width)])
    lines += _labelled("in place", _in_place(status) if standing else "0 changes", width)
    return Content("\n").join(
        [*lines, *(Content.styled(line, "$text-muted") for line in change_lines(standing, width))]
    )


def _words(status: SessionStatus, is_current: bool) -> str:
    """The state of a session; of the open one without the wizard that has it open, because that is this wizard."""
    return state_words(replace(status, wizard=None) if is_current else status)


def _list_words(status: SessionStatus, is_current: bool) -> str:
    """The state of a session as the list shows it if there is room."""
    return f"open, {_words(status, is_current)}" if is_current else _words(status, is_current)


def _short_words(status: SessionStatus, is_current: bool) -> str:
    """The same without page, process and test servers, which the details show."""
    return "open" if is_current else state_words(replace(status, step="", holder=None, total=0))


def _in_place(status: SessionStatus) -> str:
    share, comma, incomplete = status.progress.partition(",")
    changes = count(status.changes, "change") if status.changes == status.planned else f"{share} changes"
    return f"{changes}{comma}{incomplete}"


def change_lines(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Returns the lines of each change after its step, which may have a sign, of at most `width` columns."""
    lines, column = [], max([9, *(len(step) for step, _ in rows)])
    indent = " " * (column + 3)
    for step, summary in rows:
        first, *others = wrap_lines(summary, width, indent) or [indent]
        lines += [f"  {step:<{column}} {first[len(indent) :]}", *others]
    return lines


def _labelled(label: str, text: str, width: int, colour: str = "") -> list[Content]:
    first, *others = wrap_lines(text, width, " " * 10) or [" " * 10]
    head = Content.assemble((f"{label:<10}", "bold"), (first[10:], colour))
    return [head, *(Content.styled(line, colour) for line in others)]
