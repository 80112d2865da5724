"""The line on the first page of a resumed session: what the session has done so far. Escape hides it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.redaction import shown
from mhv_tui.tui.render import truncate, wrap_lines

LINES = 3
"""The maximum number of lines. The screen of sessions shows all changes in place."""

HIDE = "Esc hides this"
PLAN = f"^G plan, {HIDE}"
"""The keys at the end of the line: about another session, and about the open one."""


class ResumeLine(Static):
    """One to three lines above a page."""

    DEFAULT_CSS = """
    ResumeLine { width: 100%; height: auto; color: $text; background: $panel; }
    """

    def __init__(self, text: str, keys: str = PLAN) -> None:
        super().__init__("", id="resume")
        self._text = shown(text)
        self._hint = f"  {keys}"

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        width, hint = self.app.size.width - 2, self._hint
        lines = wrap_lines(self._text, width, " ")
        if len(lines) > LINES or len(lines[-1]) + len(hint) > width:
            last = " ".join(line.strip() for line in lines[LINES - 1 :])
            lines = [*lines[: LINES - 1], truncate(f" {last}", width - len(hint))]
        lines[-1] = f"{lines[-1]:<{width - len(hint)}}{hint}"
        self.update(Content("\n".join(lines)))
