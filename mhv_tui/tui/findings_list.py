"""The list of a page's findings: the gravest first, each fitted to the width, the highlighted one at hand."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mhv_tui.core.findings import LEVELS, Finding
from mhv_tui.tui.render import row


class FindingsList(OptionList):
    """A page's findings."""

    def __init__(self) -> None:
        super().__init__(id="findings", compact=True)
        self.found: list[Finding] = []

    def show(self, findings: Iterable[Finding]) -> None:
        """These from now on."""
        self.found = sorted(findings, key=lambda f: -LEVELS.index(f.level))
        self.fit()

    def fit(self) -> None:
        """Writes them anew, for the width there is."""
        at = self.highlighted
        self.clear_options()
        self.add_options([Option(row(f, max(self.size.width - 3, 20))) for f in self.found])
        self.highlighted = min(at or 0, len(self.found) - 1) if self.found else None

    @property
    def chosen(self) -> Finding | None:
        """The highlighted one."""
        return self.found[self.highlighted] if self.highlighted is not None and self.found else None
