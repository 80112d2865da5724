"""A list whose current row has the mark `>`, so that it is visible without colours."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import OptionList

MARK = ">"
"""The mark of the current row. The first column of each row of a MarkedList must be blank."""


class MarkedList(OptionList):
    """A list with the mark `>` in the first column of the highlighted row while it has the focus."""

    @property
    def is_marked(self) -> bool:
        """True if the mark is shown."""
        return self.has_focus

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self.highlighted is None or not self.is_marked:
            return strip
        if self.scroll_offset.y + y != self._index_to_line.get(self.highlighted):
            return strip
        style = next((segment.style for segment in strip), None)
        return Strip.join([Strip([Segment(MARK, style)]), strip.crop(1)])

    def scroll_to_row(self, last: int) -> None:
        """Scrolls down to show the rows up to `last`; the current row stays visible."""
        if self.highlighted is not None and last in self._index_to_line:
            first, end = self._index_to_line[self.highlighted], self._index_to_line.get(last + 1, len(self._lines))
            top = min(max(end - self.size.height, self.scroll_offset.y), first)
            self.scroll_to(y=top, animate=False, immediate=True)
