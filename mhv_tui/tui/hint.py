"""The place below a form that shows the help of the field with the focus, or a problem."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.findings import GLYPHS
from mhv_tui.tui.render import wrap_lines

HINT_LINES, PROBLEM_LINES = 3, 6
"""The maximum number of lines of a field's help, which F1 shows whole, and of its problem."""


class Hint(Static):
    """A help or a problem. Its place is as high as the longest help of the form, so that help never moves the page."""

    def __init__(self) -> None:
        super().__init__("", id="hint")

    def show(self, text: str, helps: Iterable[str], is_problem: bool = False) -> None:
        """Shows a text; a problem has its sign. `helps`: those of all visible fields."""
        shown_text = f"{GLYPHS['failure']} {text}" if is_problem else text
        lines = self._lines(shown_text, PROBLEM_LINES if is_problem else HINT_LINES)
        self.set_class(is_problem, "problem")
        self.styles.height = max(len(lines), *(len(self._lines(text)) for text in helps), 1)
        self.update(Content("\n".join(lines)))

    def clear(self) -> None:
        """Shows nothing in the same place, unless it shows a problem."""
        if not self.has_class("problem"):
            self.update("")

    def _lines(self, text: str, limit: int = HINT_LINES) -> list[str]:
        return wrap_lines(text, self.screen.query_one("#checks").size.width - 1, "", limit)
