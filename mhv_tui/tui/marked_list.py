"""A list whose current row has the mark `>`, visible without colours. If possible, it begins with a whole row."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import OptionList

MARK = ">"
"""The mark of the current row. The first column of each row of a MarkedList must be blank."""

BEGINS_ABOVE = "↑"
"""The mark of the first line of the list if its row begins above the list."""


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
