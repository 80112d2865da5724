"""The matrix of a page: arrows move between cells, Enter explains a cell; the other keys are those of the findings.

A matrix that is too large is shortened. In the complete one the row names and the pinned columns do not scroll.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import RANKS, Matrix, MatrixCell, MatrixRow, fitted
from mhv_tui.core.matrix_text import (
    Sizes,
    first_columns,
    fits,
    hidden_signs,
    padded,
    problem_signs,
    sizes_of,
    visible_columns,
    window,
)
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import capitalised
from mhv_tui.tui.messages import NoticePosted
from mhv_tui.tui.render import COLOURS, heading

CURSOR = "bold $focus-text on $focus"
OTHERS, OTHERS_AT_REST = 2, 4
"""The lines of the findings that a matrix leaves visible if it has the focus, and if it does not have the focus."""
AROUND = 10
"""The columns of a heading that are neither its title nor its signs."""
LEAST = 4
"""The lines of the smallest matrix at rest; with less room only its title is shown."""


class MatrixView(Widget, can_focus=True):
    """The matrix of the last result of a page. It is hidden if the page has none."""

    DEFAULT_CSS = "MatrixView { height: auto; width: 100%; text-wrap: nowrap; padding: 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("up", "move(-1, 0)", "Up"),
        ("down", "move(1, 0)", "Down"),
        ("left", "move(0, -1)", "Left"),
        ("right", "move(0, 1)", "Right"),
        ("pageup", "move(-10, 0)", "Page up"),
        ("pagedown", "move(10, 0)", "Page down"),
        ("home", "move(0, -1000)", "First column"),
        ("end", "move(0, 1000)", "Last column"),
        ("ctrl+home", "move(-1000, 0)", "First row"),
        ("ctrl+end", "move(1000, 0)", "Last row"),
        ("enter", "explain", "Explain"),
        ("space", "toggle_complete", "Complete"),
    ]

    class Left(Message):
        """The operator moved up from the first row."""

    class Chosen(Message):
        """The operator wants an explanation of the finding about the current cell."""

    class Moved(Message):
        """Another cell is the current one."""

    def __init__(self) -> None:
        super().__init__(id="matrix")
        self.display = False
        self._complete: Matrix | None = None
        self._findings: Sequence[Finding] = ()
        self._drawn: Matrix | None = None
        """The matrix as it is drawn: complete or shortened."""
        self._sizes = Sizes(0, ())
        self._drawn_for: tuple[Matrix, int, int] | None = None
        """The complete matrix, the width and the number of rows for which `_drawn` was made."""
        self._scrolls = False
        """True if the complete matrix is drawn although it is larger than its place."""
        self._row = self._column = self._first_row = self._first_column = 0

    def show(self, matrix: Matrix | None, findings: Sequence[Finding]) -> None:
        """Shows a matrix and the findings to which its cells refer; None hides the widget."""
        self._findings = findings
        self.display = matrix is not None
        if matrix != self._complete:
            self._complete, self._drawn_for = matrix, None
            self._row = self._column = self._first_row = self._first_column = 0
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        lines = 2 + len(self._fit(width).rows[: self._limit])
        # A small matrix keeps its last line free for the sentence, so that nothing moves when it gets the focus.
        lines += self.has_focus or 2 * (lines + 1) <= container.height
        room = container.height - (OTHERS if self.has_focus else OTHERS_AT_REST)
        if self.has_focus:
            return max(min(lines, room), 3)
        return min(lines, room) if room >= LEAST else 1

    @property
    def _limit(self) -> int:
        """The maximum number of rows."""
        height = self.screen.size.height
        return max(height // 2 - 3 if self._scrolls else height * 3 // 10 - 3, 3)

    def _fit(self, width: int) -> Matrix:
        """Returns the matrix to draw for a width."""
        complete = self._complete
        assert complete is not None
        key = (complete, width, limit := self._limit)
        if self._drawn is None or self._drawn_for != key:
            self._drawn = complete if self._scrolls else fitted(complete, limit, lambda m: fits(m, width, limit))
            self._sizes, self._drawn_for = sizes_of(self._drawn), key
            columns = first_columns(self._drawn, self._sizes, width)
            self._first_column = columns[0]
            self._row, self._column = _worst_cell(self._drawn, columns)
        return self._drawn

    @property
    def _current(self) -> tuple[MatrixRow, MatrixCell] | None:
        if self._drawn is None or not self._drawn.rows:
            return None
        row = self._drawn.rows[self._row]
        return row, row.cells[self._column]

    def on_focus(self) -> None:
        self.refresh(layout=True)
        self.post_message(self.Moved())

    def on_blur(self) -> None:
        if self._scrolls:
            self._scrolls, self._drawn_for = False, None
        self.refresh(layout=True)

    def on_resize(self, event: events.Resize) -> None:
        self.refresh(layout=True)

    def render(self) -> Content:
        width = self.content_size.width
        if self._complete is None or width < 1:
            return Content("")
        matrix = self._fit(width)
        columns = visible_columns(matrix, self._sizes, width, self._first_column, self._column)
        self._first_column = min(number for number in columns if not matrix.columns[number].pinned)
        height = self.content_size.height
        has_sentence = self.has_focus and height > 3
        rows = window([1] * len(matrix.rows), height - 2 - has_sentence, self._first_row, self._row)
        self._first_row = rows.start
        if height <= 1:
            signs, room = problem_signs(matrix), width - len(matrix.title) - AROUND
            with_key = f"{signs}   Tab opens it"
            title = self._title(matrix, with_key if len(with_key) <= room else signs, width)
            return title.truncate(width, ellipsis=True)
        lines = [
            self._title(matrix, hidden_signs(matrix, columns, rows, width - len(matrix.title) - AROUND), width),
            self._heading(matrix, columns),
        ]
        lines += [self._line(matrix, number, columns, width) for number in rows]
        if has_sentence:
            lines.append(Content.styled(self._sentence(width), "italic"))
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    def _title(self, matrix: Matrix, signs: str, width: int) -> Content:
        return Content(heading(shown(matrix.title), width, signs))

    def _heading(self, matrix: Matrix, columns: Sequence[int]) -> Content:
        cells = [f" {padded(matrix.columns[number].name, self._sizes.columns[number])} " for number in columns]
        return Content.styled(f" {padded(matrix.corner, self._sizes.name)} {''.join(cells)}", "$text-muted")

    def _line(self, matrix: Matrix, number: int, columns: Sequence[int], width: int) -> Content:
        row, is_current = matrix.rows[number], self.has_focus and number == self._row
        mark = ">" if is_current else " "
        if row.summary:
            hint = f"{row.name}   Enter lists them"
            name = padded(hint if len(hint) < width else row.name, width - 2)
            return Content.styled(f"{mark}{name}", CURSOR if is_current else "$text-muted")
        parts: list[tuple[str, str]] = [(f"{mark}{padded(row.name, self._sizes.name)} ", "bold" if is_current else "")]
        for column in columns:
            text = padded(row.cells[column].text, self._sizes.columns[column])
            if is_current and column == self._column:
                parts.append((f"[{text}]", CURSOR))
            else:
                parts.append((f" {text} ", _colour(row.cells[column])))
        return Content.assemble(*parts)

    def _sentence(self, width: int) -> str:
        if self._drawn is None or self._current is None:
            return ""
        row, cell = self._current
        if row.summary:
            return f"Enter lists every {self._drawn.row_noun}; the list is short again after you leave it"
        finding = self.finding
        keys = "" if finding or cell.sentence else "   Enter lists each"
        sentence = shown(
            capitalised(cell.sentence) or f"{row.name}, {self._drawn.columns[self._column].name}: {cell.text}"
        )
        return sentence + keys if len(sentence + keys) <= width else sentence

    @property
    def finding(self) -> Finding | None:
        """The finding about the current cell."""
        cell = self._current[1] if self._current else MatrixCell("")
        return next((f for f in self._findings if cell.code and (f.code, f.subject) == (cell.code, cell.subject)), None)

    @property
    def signs(self) -> set[str]:
        """The signs of the cells."""
        return {cell.glyph for row in self._complete.rows for cell in row.cells} if self._complete else set()

    @property
    def fact(self) -> str:
        """A sentence about the current cell."""
        return self.facts.partition("\n")[0]

    @property
    def facts(self) -> str:
        """A sentence about the current cell, then one on a line for each other cell of its row."""
        if self._drawn is None or self._current is None or self._current[0].summary:
            return ""
        names = [column.name for column in self._drawn.columns]
        facts = [
            capitalised(c.sentence) or f"{name}: {c.text}"
            for name, c in zip(names, self._current[0].cells, strict=True)
        ]
        cell, *others = (f"{shown(fact)}." for fact in (facts.pop(self._column), *facts))
        above = f"The other cells of the row {shown(self._current[0].name)}:"
        return "\n".join([cell, "", above, *others] if others else [cell])

    def action_move(self, rows: int, columns: int) -> None:
        """Moves the cursor by a number of rows and columns, as far as the matrix goes."""
        if rows == -1 and self._row == 0:
            self.post_message(self.Left())
        elif self._drawn is not None and self._drawn.rows:
            self._row = min(max(self._row + rows, 0), len(self._drawn.rows) - 1)
            self._column = min(max(self._column + columns, 0), len(self._drawn.columns) - 1)
            self.refresh()
            self.post_message(self.Moved())

    def action_explain(self) -> None:
        """Explains the cell: its finding, else its fact, then those of its row. A cell of several rows shows these."""
        if self._drawn is None or self._current is None:
            return
        row, cell = self._current
        if self.finding:
            self.post_message(self.Chosen())
        elif not cell.sentence:
            self.action_toggle_complete()
        else:
            from mhv_tui.tui.dialogs import TextViewer

            column = self._drawn.columns[self._column].name
            self.app.push_screen(TextViewer(f"{row.name}, {column}: {cell.text}", self.facts))

    def shorten(self) -> bool:
        """Shows the shortened matrix again. Returns False if it is shown already."""
        if not self._scrolls:
            return False
        before = self._drawn
        self.action_toggle_complete()
        return self._complete is not None and self._fit(self.content_size.width) is not before

    @property
    def space(self) -> str:
        """What Space shows; "" if the matrix is not shortened."""
        width = self.content_size.width
        is_short = width > 0 and self._complete is not None and self._fit(width) is not self._complete
        return "fewer rows" if self._scrolls else "all rows" if is_short else ""

    def action_toggle_complete(self) -> None:
        """Shows the complete matrix, or the shortened one again."""
        if not self.space:
            self.post_message(NoticePosted("The whole table is shown."))
            return
        self._scrolls, self._drawn_for = not self._scrolls, None
        self.refresh(layout=True)
        self.post_message(self.Moved())


def _worst_cell(matrix: Matrix, visible: Sequence[int]) -> tuple[int, int]:
    """The row and the column of the first cell with the worst level, if possible in one of the visible columns."""
    levels = [
        (RANKS[cell.level] if cell.level not in ("ok", "skipped") else 0, column in visible, -row, -column)
        for row, matrix_row in enumerate(matrix.rows)
        for column, cell in enumerate(matrix_row.cells)
    ]
    _, _, row, column = max(levels, default=(0, True, 0, 0))
    return -row, -column


def _colour(cell: MatrixCell) -> str:
    return "" if cell.level == "ok" else COLOURS[cell.level]
