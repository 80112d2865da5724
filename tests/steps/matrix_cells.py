"""The matrix of a page in a case's world, and its cells."""

from __future__ import annotations

from typing import Any

from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix, MatrixCell
from tests.steps.case_world import PAGES, findings, view_of

Doc = dict[str, Any]


def matrix_of(page: str, doc: Doc, judged_by: list[Finding] | None = None) -> Matrix:
    step = next(step for step in PAGES if step.id == page)
    matrix = step.work.matrix(view_of(page, doc), findings(page, doc) if judged_by is None else judged_by)
    assert matrix
    return matrix


def texts(matrix: Matrix, row: str) -> dict[str, str]:
    """Column -> text of the cell, of one row."""
    (cells,) = [r.cells for r in matrix.rows if r.name == row]
    return {column.name: cell.text for column, cell in zip(matrix.columns, cells, strict=True)}


def cell_of(matrix: Matrix, row: str, column: str) -> MatrixCell:
    (cells,) = [r.cells for r in matrix.rows if r.name == row]
    return cells[[c.name for c in matrix.columns].index(column)]
