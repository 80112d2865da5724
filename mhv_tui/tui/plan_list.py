"""The list of the rows of a plan. The same row stays current if the rows change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from textual.binding import BindingType
from textual.widgets.option_list import Option

from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.plan_detail import PlanDetail
from mhv_tui.tui.plan_rows import PlanRow
from mhv_tui.tui.screens import WizardScreen

ONE_PART = "The plan has only one part: Up and Down move in it."


class PlanList(MarkedList):
    """The rows of a plan, in parts: what blocks it, the changes, then warnings and what is unknown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("tab", "go_to_part(1)", "Next part"),
        ("shift+tab", "go_to_part(-1)", "Previous part"),
    ]

    def __init__(self) -> None:
        super().__init__(id="plan")
        self._rows: Sequence[PlanRow] = ()
        self._placed: int | None = None
        """The row that `show` made current."""
        self._has_moved = False
        """True if the operator has moved to a row or changed one. Until then the first row stays current."""

    def on_resize(self) -> None:
        self._fill_last_page()
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
        self._fill_last_page()
        if rows:
            self.scroll_to(y=top, animate=False, immediate=True)
            self.highlighted = keys.index(wanted) if wanted in keys else place
        self._placed = self.highlighted

    def _fill_last_page(self) -> None:
        """Adds blank lines below the last row if the list would else begin within a row when it shows the last one."""
        if self.option_count > len(self._rows):
            self.remove_option_at_index(len(self._rows))
        lines, height = self._lines, self.scrollable_content_region.height
        first = len(lines) - height
        blank = next((n for n in range(len(lines) - first) if first > 0 and not self._line_of_row(first + n)), 0)
        if blank:
            self.add_option(Option("\n".join([" "] * blank), disabled=True))

    def action_cursor_down(self) -> None:
        self._go(1)

    def action_cursor_up(self) -> None:
        self._go(-1)

    def _go(self, direction: int) -> None:
        """Moves to the next row below (1) or above (-1); passes the lines of an open change that are visible.

        So the next change is one key away, and each line of a long one is seen. After the last row, the first follows.
        """
        stop = len(self._rows) if direction > 0 else -1
        places = [n for n in range((self.highlighted or 0) + direction, stop, direction) if not self._rows[n].is_blank]
        ends = [number for number, n in enumerate(places) if not self._rows[n].is_preview]
        path = places[: ends[0] + 1] if ends else places
        if path:
            self.highlighted = next((n for n in path if not self._is_whole(n)), path[-1])
        elif direction > 0:
            super().action_cursor_down()
        else:
            super().action_cursor_up()

    def _is_whole(self, place: int) -> bool:
        """True if all lines of a row are visible."""
        first, top = self._index_to_line[place], self.scroll_offset.y
        return top <= first and first + self._heights[place] <= top + self.size.height

    def action_page_down(self) -> None:
        """Begins with the first row that is not wholly visible."""
        below = [n for n in self._enabled if self._index_to_line[n] > self.scroll_offset.y and not self._is_whole(n)]
        self._begin_with(below[0]) if below else self.action_last()

    def action_page_up(self) -> None:
        """Shows the rows above the first visible one, as many as there is room for."""
        top = self.scroll_offset.y
        above = [n for n in self._enabled if self._index_to_line[n] < top]
        fitting = [n for n in above if self._index_to_line[n] >= top - self.size.height]
        self._begin_with((fitting or above[-1:])[0]) if above else self.action_first()

    @property
    def _enabled(self) -> Sequence[int]:
        return [number for number, row in enumerate(self._rows) if not row.is_blank]

    def _begin_with(self, place: int) -> None:
        """Makes a row current and the first visible one."""
        self.highlighted = place
        self.scroll_to(y=self._index_to_line[place], animate=False, immediate=True)

    def action_go_to_part(self, direction: int) -> None:
        """Goes to the explanation at the right if it is longer than its place, else to the first row of another part.

        The next part follows (1), or the previous one (-1); after the last one, the first.
        """
        details = self.screen.query_one(PlanDetail)
        here = self.highlighted or 0
        parts = [number for number in self._enabled if not number or self._rows[number - 1].is_blank]
        if details.display and details.max_scroll_y:
            details.focus()
        elif len(parts) > 1:
            after = [number for number in parts[::direction] if (number - here) * direction > 0]
            self.highlighted = (after or parts[::direction])[0]
        else:
            cast("WizardScreen[None]", self.screen).notice(ONE_PART)

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
