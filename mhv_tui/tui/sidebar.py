"""The sidebar: every step with the glyph of its last check; the step of the page is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.tui.render import COLOURS

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

WIDE = 100
"""From this number of columns on, the sidebar shows the name of a level beside its glyph."""


class Sidebar(Static):
    """A list with one row per step."""

    def __init__(self, current: str) -> None:
        super().__init__("", id="sidebar")
        self._current = current

    def on_mount(self) -> None:
        self.refresh_levels()

    def on_resize(self, event: events.Resize) -> None:
        self.screen.set_class(self.app.size.width >= WIDE, "wide")
        self.refresh_levels()

    def refresh_levels(self) -> None:
        """Shows the levels of the last results."""
        state = cast("Wizard", self.app).state
        is_wide = self.app.size.width >= WIDE
        rows = [self._row(step.id, state.level(step.id), is_wide) for step in state.flow]
        self.update(Content("\n").join(rows))

    def _row(self, step: str, level: Level | None, is_wide: bool) -> Content:
        is_current = step == self._current
        glyph = (GLYPHS[level], COLOURS[level]) if level else ("·", "$text-muted")
        word = (f" {level or ''}", COLOURS[level] if level else "") if is_wide else ""
        name = (f" {step:<9}", "bold" if is_current else "")
        return Content.assemble((">" if is_current else " ", "bold"), glyph, name, word)
