"""The road at the left: every step with the glyph of its last look, the current one marked."""

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
"""Columns from which the level's word stands beside the glyph."""


class Sidebar(Static):
    """Ten rows: narrow, glyph and step; on a wide screen the word as well."""

    def __init__(self, current: str) -> None:
        super().__init__("", id="rail")
        self._current = current

    def on_mount(self) -> None:
        self.refresh_states()

    def on_resize(self, event: events.Resize) -> None:
        self.screen.set_class(self.app.size.width >= WIDE, "wide")
        self.refresh_states()

    def refresh_states(self) -> None:
        """Draws the states afresh."""
        state = cast("Wizard", self.app).state
        wide = self.app.size.width >= WIDE
        rows = [self._row(step.id, state.level(step.id), wide) for step in state.flow]
        self.update(Content("\n").join(rows))

    def _row(self, step: str, level: Level | None, wide: bool) -> Content:
        current = step == self._current
        glyph = (GLYPHS[level], COLOURS[level]) if level else ("·", "$text-muted")
        word = (f" {level or ''}", COLOURS[level] if level else "") if wide else ""
        name = (f" {step:<9}", "bold" if current else "")
        return Content.assemble((">" if current else " ", "bold"), glyph, name, word)
