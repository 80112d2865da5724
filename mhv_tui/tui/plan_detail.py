"""The explanation of the current row beside the list of a wide plan."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.findings import Finding
from mhv_tui.tui.plan_rows import PlanRow, Preview, detail_of
from mhv_tui.tui.wording import in_wizard


class PlanDetail(VerticalScroll):
    """What a change does, or the entry of a problem in the catalogue."""

    def __init__(self) -> None:
        super().__init__(Static(""), id="plan-detail")

    def show(self, row: PlanRow | None, preview: Preview, explain: Callable[[Finding, int], str], width: int) -> None:
        """Shows the explanation of a row from its beginning, in lines of `width` columns; nothing without one."""
        text = Content("")
        if row and row.change:
            text = detail_of(row.change, preview, width)
        elif row and row.finding:
            text = Content(in_wizard(explain(row.finding, width)))
        self.query_one(Static).update(text)
        self.scroll_home(animate=False)
