"""The list of a page's findings: the worst first, each wrapped to the width of the list."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mhv_tui.core.findings import LEVELS, Finding
from mhv_tui.tui.render import finding_row


class FindingsList(OptionList):
    """A page's findings."""

    def __init__(self) -> None:
        super().__init__(id="findings", compact=True)
        self._findings: list[Finding] = []

    def show(self, findings: Iterable[Finding]) -> None:
        """Replaces the findings."""
        self._findings = sorted(findings, key=lambda f: -LEVELS.index(f.level))
        self.fit_width()

    def fit_width(self) -> None:
        """Draws the rows again for the current width; the highlight stays at its row."""
        row = self.highlighted
        self.clear_options()
        self.add_options([Option(finding_row(f, max(self.size.width - 3, 20))) for f in self._findings])
        self.highlighted = min(row or 0, len(self._findings) - 1) if self._findings else None

    @property
    def selected(self) -> Finding | None:
        """The highlighted finding."""
        return self._findings[self.highlighted] if self.highlighted is not None and self._findings else None
