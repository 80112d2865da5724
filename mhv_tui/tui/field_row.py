"""One line of a form: the key of an answer with its marks, and the field."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from mhv_tui.tui.fields import Field
from mhv_tui.tui.marked_list import MARK

LIST_MARK = "▾"
"""The mark at the right end of a field that has a list of choices."""

MARK_COLUMNS = 2
"""The columns of this mark, with a blank before it."""


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
