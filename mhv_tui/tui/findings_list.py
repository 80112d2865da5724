"""The list of a page's findings, the worst first, wrapped to the list's width. One row counts the skipped checks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mhv_tui.core.findings import GLYPHS, LEVELS, Finding, skipped_line, split_skipped
from mhv_tui.tui.render import COLOURS, finding_row


class FindingsList(OptionList):
    """A page's findings."""

    def __init__(self) -> None:
        super().__init__(id="findings", compact=True)
        self._findings: list[Finding] = []
        self._skipped: list[Finding] = []

    def show(self, findings: Sequence[Finding]) -> None:
        """Shows these findings instead of the earlier ones."""
        shown, self._skipped = split_skipped(findings)
        self._findings = sorted(shown, key=lambda f: -LEVELS.index(f.level))
        self.fit_width()

    def fit_width(self) -> None:
        """Draws the rows again for the current width. The same row stays highlighted."""
        row = self.highlighted
        self.clear_options()
        self.add_options([Option(finding_row(f, max(self.size.width - 3, 20))) for f in self._findings])
        if self._skipped:
            prefix = f"{GLYPHS['skipped']} skipped  "
            self.add_option(Option(Content.assemble((prefix, COLOURS["skipped"]), skipped_line(self._skipped))))
        self.highlighted = min(row or 0, self.option_count - 1) if self._findings else None

    @property
    def selected(self) -> Finding | None:
        """The highlighted finding; None if the row of the skipped findings is highlighted."""
        row = len(self._findings) if self.highlighted is None else self.highlighted
        return self._findings[row] if row < len(self._findings) else None

    @property
    def selected_skipped(self) -> Sequence[Finding]:
        """The skipped findings, if the row that counts them is highlighted; else empty."""
        return self._skipped if self.highlighted == len(self._findings) else ()
