"""The matrix of targets and steps. Enter opens the page of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix
from mhv_tui.tui.matrix import MatrixView


class TargetMatrix(MatrixView):
    """A matrix whose rows are targets and whose columns are steps. It is always complete."""

    @dataclass
    class Opened(Message):
        """The operator wants to open the page of a cell."""

        column: int

    def __init__(self, row: str) -> None:
        super().__init__()
        self._scrolls = True
        self._place: tuple[str, int] | None = (row, 0) if row else None
        """The name of the current row and the number of the current column; None for those of the worst cell."""

    def on_blur(self) -> None:
        self.refresh(layout=True)

    @property
    def row_name(self) -> str:
        """The name of the current row; "" without one."""
        if self._drawn_for is None and self._place:  # the row that the next drawing makes the current one
            return self._place[0]
        return self._current[0].name if self._current else ""

    def show(self, matrix: Matrix | None, findings: Sequence[Finding]) -> None:
        """Shows a matrix; the current row and column stay. The row after it takes the place of a removed row."""
        if self._current is not None and self._drawn_for is not None:
            self._place = self._current[0].name, self._column
        names = [row.name for row in matrix.rows] if matrix else []
        if self._place and names and self._place[0] not in names:
            self._place = names[min(self._row, len(names) - 1)], self._place[1]
        super().show(matrix, findings)

    def _fit(self, width: int) -> Matrix:
        before = self._drawn_for
        matrix = super()._fit(width)
        if self._drawn_for != before and self._place:
            name, self._column = self._place
            self._row = next((number for number, row in enumerate(matrix.rows) if row.name == name), 0)
        return matrix

    def action_explain(self) -> None:
        """Opens the page of the current cell."""
        if self._current is not None:
            self.post_message(self.Opened(self._column))
