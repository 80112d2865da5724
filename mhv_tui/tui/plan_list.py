"""The list of the rows of a plan. The same row stays current if the rows change."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets.option_list import Option

from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.plan_rows import PlanRow


class PlanList(MarkedList):
    """The rows of a plan."""

    def __init__(self) -> None:
        super().__init__(id="plan", compact=True)
        self._rows: Sequence[PlanRow] = ()
        self._placed: int | None = None
        """The row that `show` made current."""
        self._has_moved = False
        """True if the operator has moved to a row or changed one. Until then the first row stays current."""

    def on_resize(self) -> None:
        self.call_after_refresh(self.scroll_to_highlight)

    @property
    def current(self) -> PlanRow | None:
        """The highlighted row."""
        return self._rows[self.highlighted] if self.highlighted is not None and self._rows else None

    @property
    def others(self) -> Sequence[PlanRow]:
        """The other rows, from the one below the current row on."""
        place = self.highlighted or 0
        return [*self._rows[place + 1 :], *self._rows[:place]]

    def show(self, rows: Sequence[PlanRow], key: str = "") -> None:
        """Shows these rows. The row with this key becomes current; else the same row, or the row at the same place.

        Until the operator moves, the first row becomes current: problems come first, also those that arrive later.
        """
        self._has_moved |= bool(key) or self.highlighted != self._placed
        present = rows[0] if rows and not self._has_moved else self.current
        keys, wanted = [row.key for row in rows], key or (present.key if present else "")
        place, top = min(self.highlighted or 0, len(rows) - 1), self.scroll_offset.y
        self._rows = rows
        self.set_options(Option(row.content, disabled=row.is_blank) for row in rows)
        if rows:
            self.scroll_to(y=top, animate=False, immediate=True)
            self.highlighted = keys.index(wanted) if wanted in keys else place
        self._placed = self.highlighted

    def go_to_next_problem(self) -> bool:
        """Makes the next problem, unanswered page or warning current, after the last one the first.

        What is only unknown is next if there is neither. Returns False if there is none of them.
        """
        numbered = list(enumerate(self._rows))
        problems = [number for number, row in numbered if row.is_problem or row.is_warning]
        problems = problems or [number for number, row in numbered if row.is_unknown]
        if problems:
            after = [number for number in problems if self.highlighted is not None and number > self.highlighted]
            self.highlighted = (after or problems)[0]
        return bool(problems)

    def scroll_to_end_of(self, prefix: str) -> None:
        """Scrolls down to show the rows whose key begins with a prefix; the current row stays visible."""
        last = max((i for i, row in enumerate(self._rows) if row.key.startswith(prefix)), default=None)
        if last is not None:
            self.scroll_to_row(last)
