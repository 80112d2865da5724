"""The road at the left: every step with the glyph of its last look, the current one marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.findings import GLYPHS

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard


class Rail(Static):
    """Ten rows; narrow screens show it all the same, it is 13 columns wide."""

    def __init__(self, current: str) -> None:
        super().__init__("", id="rail")
        self._current = current

    def on_mount(self) -> None:
        self.refresh_states()

    def refresh_states(self) -> None:
        """Draws the states afresh."""
        road = cast("Wizard", self.app).road
        rows = []
        for step in road.flow:
            level = road.level(step.id)
            mark = ">" if step.id == self._current else " "
            rows.append(f"{mark}{GLYPHS[level] if level else '·'} {step.id}")
        self.update(Content("\n".join(rows)))
