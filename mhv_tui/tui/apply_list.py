"""The scrolling list of a run's rows."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mhv_tui.tui.apply_model import ApplyModel
from mhv_tui.tui.apply_rows import row_lines

NEXT_LINES = 2
"""The lines that are visible below the running row, if more follow."""


class RowList(VerticalScroll):
    """The rows of a run. The running row, or else the failed one, stays visible."""

    def __init__(self) -> None:
        super().__init__(id="rows")
        self._current: range | None = None
        """The positions of the lines that must be visible."""
        self._room = 0
        """The most lines that the list shows at once."""

    def compose(self) -> ComposeResult:
        yield Static("", id="row-lines")

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._scroll_to_current)

    def limit(self, room: int) -> None:
        """Limits the list to so many lines."""
        self._room = room
        self.styles.max_height = room

    def show(self, model: ApplyModel, width: int, now: float) -> None:
        """Shows the rows in lines of `width` columns. The summaries are whole if all lines are then visible."""
        whole = self._lines(model, width, now, is_whole=True)
        has_room = len(whole[0]) <= self._room
        lines, self._current = whole if has_room else self._lines(model, width, now, is_whole=False)
        text, widget = Content("\n").join(lines), self.query_one(Static)
        if widget.content != text:
            widget.update(text)
            self.call_after_refresh(self._scroll_to_current)

    @staticmethod
    def _lines(model: ApplyModel, width: int, now: float, *, is_whole: bool) -> tuple[list[Content], range | None]:
        """The lines of all rows, and the positions of those of the running or failed row."""
        lines: list[Content] = []
        current = None
        for row in model.rows(now):
            added = row_lines(row, width, now, model.last_line(), is_whole=is_whole)
            if row.state in ("running", "failed"):
                current = range(len(lines), len(lines) + len(added))
            lines += added
        return lines, current

    def _scroll_to_current(self) -> None:
        if self._current is None:
            return
        top = top_line(self._current, self.size.height, self.virtual_size.height)
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, immediate=True)


def top_line(current: range, height: int, total: int) -> int:
    """The first visible of `total` lines in a list of `height` lines, so that the lines `current` are visible.

    The list scrolls by half of its height at once, because each scrolling writes all its lines to the terminal.
    """
    step = max(height // 2, 1)
    hidden = max(min(current.stop + NEXT_LINES, total) - height, 0)
    top = -(-hidden // step) * step
    return max(min(top, current.start, total - height), 0)
