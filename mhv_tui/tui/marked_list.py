"""Lists and rows of forms whose current row has the mark `>`, visible without colours."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList

from mhv_tui.tui.fields import Field

MARK = ">"
"""The mark of the current row. The first column of each row of a MarkedList must be blank."""

BEGINS_ABOVE = "↑"
"""The mark of the first line of the list if its row begins above the list."""

LIST_MARK = "▾"
"""The mark at the right end of a field that has a list of choices."""

MARK_COLUMNS = 2
"""The columns of this mark, with a blank before it."""


class MarkedList(OptionList):
    """A list with the mark `>` in the first column of the highlighted row while it has the focus."""

    @property
    def is_marked(self) -> bool:
        """True if the mark is shown."""
        return self.has_focus

    def render_line(self, y: int) -> Strip:
        strip, line = super().render_line(y), self.scroll_offset.y + y
        mark = BEGINS_ABOVE if y == 0 and self._line_of_row(line) else ""
        if self.is_marked and self.highlighted is not None and line == self._index_to_line.get(self.highlighted):
            mark = MARK
        style = next((segment.style for segment in strip), None)
        return Strip.join([Strip([Segment(mark, style)]), strip.crop(1)]) if mark else strip

    def _line_of_row(self, line: int) -> int:
        """The number of a line in its row; 0 for the first line."""
        return self._lines[line][1] if line < len(self._lines) else 0

    def scroll_to_highlight(self, top: bool = False) -> None:
        super().scroll_to_highlight(top)
        self._begin_with_a_row()

    def _begin_with_a_row(self) -> None:
        """Scrolls down if the first line of the list is not the first one of its row, unless the list ends before."""
        first = self.scroll_offset.y
        begins = (line for line in range(first, self.max_scroll_y + 1) if not self._line_of_row(line))
        top = next(begins, first)
        if self.highlighted is not None and first < top <= self._index_to_line.get(self.highlighted, first):
            self.scroll_to(y=top, animate=False, immediate=True)

    def scroll_to_end_of_row(self, word: str) -> None:
        """Scrolls to the end of a current row that is longer than the list, but not past its first line with a word."""
        index = self.highlighted or 0
        first, end = self._index_to_line.get(index, 0), self._index_to_line.get(index + 1, len(self._lines))
        lines = str(self.get_option_at_index(index).prompt).splitlines()
        named = next((line for line, text in enumerate(lines, first) if word in text), end)
        if end - first > self.size.height:
            self.scroll_to(y=min(end - self.size.height, named), animate=False, immediate=True)

    def scroll_to_row(self, last: int) -> None:
        """Scrolls down to show the rows up to `last`; the current row stays visible."""
        if self.highlighted is not None and last in self._index_to_line:
            first, end = self._index_to_line[self.highlighted], self._index_to_line.get(last + 1, len(self._lines))
            top = min(max(end - self.size.height, self.scroll_offset.y), first)
            self.scroll_to(y=top, animate=False, immediate=True)
            self._begin_with_a_row()


class FieldRow(Widget):
    """One line of a form: mark and key, the field, and the mark of a field with a list. It draws all but the field."""

    def __init__(self, field: Field, key_width: int, classes: str) -> None:
        super().__init__(classes=classes)
        self.field = field
        field.styles.margin = 0, MARK_COLUMNS, 0, key_width
        self._is_current = self._is_needed = self._has_list = False

    def compose(self) -> ComposeResult:
        yield self.field

    def render(self) -> Content:
        key = f"{MARK if self._is_current else ' '}{self.field.key}{'*' if self._is_needed else ''}"
        mark = LIST_MARK if self._has_list else ""
        key_style, mark_style = ("bold $text-accent",) * 2 if self.field.has_focus else ("", "$text-muted")
        return Content.assemble((key.ljust(self.size.width - 1), key_style), (mark, mark_style))

    def on_descendant_blur(self) -> None:
        self.refresh()

    def mark(self, is_current: bool) -> None:
        """Shows or removes the mark of the current row."""
        self._is_current = is_current
        self.refresh()

    def mark_needed(self, is_needed: bool) -> None:
        """Marks a field that needs an answer, or removes this mark."""
        self._is_needed = is_needed
        self.refresh()

    def mark_list(self, has_list: bool) -> None:
        """Shows or removes the mark of a field that has a list."""
        self._has_list = has_list
        self.refresh()
