"""The list of a page's findings: the gravest first, each fitted to the width; skipped ones are counted in one row."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mhv_tui.core.findings import GLYPHS, LEVELS, Finding, skipped_line, split_skipped
from mhv_tui.tui.words import COLOURS, row


class Checks(OptionList):
    """A page's findings."""

    def __init__(self) -> None:
        super().__init__(id="findings", compact=True)
        self.found: list[Finding] = []
        self._skipped: list[Finding] = []

    def show(self, findings: Sequence[Finding]) -> None:
        """These from now on."""
        shown, self._skipped = split_skipped(findings)
        self.found = sorted(shown, key=lambda f: -LEVELS.index(f.level))
        self.fit()

    def fit(self) -> None:
        """Writes them anew, for the width there is."""
        at = self.highlighted
        self.clear_options()
        self.add_options([Option(row(f, max(self.size.width - 3, 20))) for f in self.found])
        if self._skipped:
            lead = f"{GLYPHS['skipped']} skipped  "
            self.add_option(Option(Content.assemble((lead, COLOURS["skipped"]), skipped_line(self._skipped))))
        self.highlighted = min(at or 0, self.option_count - 1) if self.found else None

    @property
    def chosen(self) -> Finding | None:
        """The highlighted one; None in the row of the skipped ones."""
        at = len(self.found) if self.highlighted is None else self.highlighted
        return self.found[at] if at < len(self.found) else None

    @property
    def chosen_skipped(self) -> list[Finding]:
        """The skipped ones, if their row is highlighted."""
        return self._skipped if self.highlighted == len(self.found) else []
