"""The line on the first page of a resumed session: what the session has done so far. Escape hides it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.redaction import shown
from mhv_tui.tui.render import truncate, wrap_lines

LINES = 2
"""The maximum number of lines. The screen of sessions shows all changes in place."""

HINT = "  ^G plan, Esc hides this"


class ResumeLine(Static):
    """One or two lines above a page."""

    DEFAULT_CSS = """
    ResumeLine { width: 100%; height: auto; color: $text; background: $panel; }
    """

    def __init__(self, text: str) -> None:
        super().__init__("", id="resume")
        self._text = shown(text)

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        width = self.app.size.width - 2
        lines = wrap_lines(self._text, width, " ")
        if len(lines) > LINES or len(lines[-1]) + len(HINT) > width:
            last = " ".join(line.strip() for line in lines[LINES - 1 :])
            lines = [*lines[: LINES - 1], truncate(f" {last}", width - len(HINT))]
        lines[-1] = f"{lines[-1]:<{width - len(HINT)}}{HINT}"
        self.update(Content("\n".join(lines)))
