"""The scrolling list of a run's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from mhv_tui.tui.apply_model import OPEN_STATES, ApplyModel, ApplyRow
from mhv_tui.tui.apply_rows import row_lines

NEXT_LINES = 2
"""The lines that are visible below the running row, if more follow."""


class RowList(VerticalScroll):
    """The rows of a run. The chosen row, or else the running or failed one, is whole and stays visible."""

    BINDINGS: ClassVar[list[BindingType]] = [("up", "choose(-1)", "Up"), ("down", "choose(1)", "Down")]

    class Chosen(Message):
        """The operator has chosen another row."""

    def __init__(self) -> None:
        super().__init__(id="rows")
        self._chosen: tuple[str, str] | None = None
        """The key of the row that the operator chose; None to follow the run."""
        self._current: range | None = None
        """The positions of the lines that must be visible."""
        self._room = 0
        """The most lines that the list shows at once."""
        self._drawn: tuple[ApplyModel, int, float] | None = None
        """The arguments of the last `show`."""

    def compose(self) -> ComposeResult:
        yield Static("", id="row-lines")

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._scroll_to_current)

    def current(self, model: ApplyModel, now: float) -> ApplyRow | None:
        """The chosen row, else the running or failed one; None if there is none."""
        rows = model.rows(now)
        position = _position(rows, self._chosen)
        return None if position is None else rows[position]

    def needed(self, model: ApplyModel, width: int, now: float) -> int:
        """Returns how many lines must be visible: those of the current row; if there is none, all."""
        lines, current = self._lines(model, width, now, is_whole=False)
        return len(current or lines)

    def limit(self, room: int) -> None:
        """Limits the list to so many lines."""
        self._room = room
        self.styles.max_height = room

    def action_choose(self, offset: int) -> None:
        """Chooses the row above (-1) or below (1). With the running or failed row, the list follows the run again."""
        if self._drawn is None:
            return
        model, width, now = self._drawn
        rows = model.rows(now)
        position = _position(rows, self._chosen)
        start = len(rows) if position is None else position
        row = rows[min(max(start + offset, 0), len(rows) - 1)] if rows else None
        self._chosen = row.key if row and row.state not in OPEN_STATES else None
        self.show(model, width, now)
        self.post_message(self.Chosen())

    def show(self, model: ApplyModel, width: int, now: float) -> None:
        """Shows the rows in lines of `width` columns. The summaries are whole if all lines are then visible."""
        self._drawn = model, width, now
        whole = self._lines(model, width, now, is_whole=True)
        has_room = len(whole[0]) <= self._room
        lines, self._current = whole if has_room else self._lines(model, width, now, is_whole=False)
        text, widget = Content("\n").join(lines), self.query_one(Static)
        if widget.content != text:
            widget.update(text)
            self.call_after_refresh(self._scroll_to_current)

    def _lines(
        self, model: ApplyModel, width: int, now: float, *, is_whole: bool
    ) -> tuple[list[Content], range | None]:
        """The lines of all rows, and the positions of those of the current row. During the run, checks are whole."""
        lines: list[Content] = []
        place, rows = None, model.rows(now)
        position = _position(rows, self._chosen)
        for number, row in enumerate(rows):
            is_current = number == position
            whole = is_whole or is_current or (row.kind == "check" and not model.finished)
            added = row_lines(row, width, now, model.last_line(), is_whole=whole, is_current=is_current)
            if is_current:
                place = range(len(lines), len(lines) + len(added))
            lines += added
        return lines, place

    def _scroll_to_current(self) -> None:
        if self._current is None:
            return
        top = top_line(self._current, self.size.height, self.virtual_size.height)
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, immediate=True)


def _position(rows: Sequence[ApplyRow], chosen: tuple[str, str] | None) -> int | None:
    """The position of the current row: the chosen one, else the last one that is running or has failed."""
    chosen_rows = [number for number, row in enumerate(rows) if row.key == chosen]
    open_rows = [number for number, row in enumerate(rows) if row.state in OPEN_STATES]
    return next(iter([*chosen_rows, *open_rows[-1:]]), None)


def top_line(current: range, height: int, total: int) -> int:
    """The first visible of `total` lines in a list of `height` lines, so that the lines `current` are visible.

    The list scrolls by half of its height at once, because each scrolling writes all its lines to the terminal.
    """
    step = max(height // 2, 1)
    hidden = max(min(current.stop + NEXT_LINES, total) - height, 0)
    top = -(-hidden // step) * step
    return max(min(top, current.start, total - height), 0)
