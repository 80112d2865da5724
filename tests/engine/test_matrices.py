"""The engine computes the matrix of each step, reports a crash of it, and saves it for reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import CheckFinished
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix, MatrixCell, MatrixColumn, MatrixRow, judged, problems_of
from mhv_tui.core.steps import PageView, Step
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides, check_step
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import Session
from tests.engine.toy_steps import FLOW, Wants, context, run_of, with_work

View = PageView[Wants, set[str]]
DAMAGED = [
    '[{"target": "", "step": "first"}]',
    '[{"target": "", "step": "first", "title": "t", "head": ["a"], "rows": [["1", "2"]]}]',
    '[{"target": "", "step": "first", "title": "t", "head": "a", "rows": []}]',
    "7",
    "null",
]


def names_matrix(view: View, findings: Sequence[Finding]) -> Matrix | None:
    dust = problems_of(findings).get(("TT02", ""))
    rows = tuple(MatrixRow(name, (judged("there", f"{name} is there", dust),)) for name in sorted(view.facts))
    return Matrix("Shelf", "name", (MatrixColumn("place"),), rows) if rows else None


def crashing_matrix(view: View, findings: Sequence[Finding]) -> Matrix | None:
    raise KeyError("no such host")


def steps() -> tuple[Step[Wants, set[str]], ...]:
    return tuple(with_work(step, matrix=names_matrix) for step in FLOW)


def checked(run: Run) -> Run:
    run.flow = steps()
    run.check()
    run.save_findings()
    return run


def test_the_event_at_the_end_of_a_check_has_the_matrix(session: Session, tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("dust a")
    run, log = run_of(session, tmp_path / "shelf")
    checked(run)
    matrices = {event.step: event.matrix for event in log.of(CheckFinished)}
    first = matrices["first"]
    assert first and [row.name for row in first.rows] == ["a", "dust"]
    assert first.rows[0].cells == (MatrixCell("there", "a is there", "failure", "TT02", ""),) and first.has_problem


def test_the_matrix_of_a_required_step_that_stops_is_reported_too(session: Session, tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("dust")
    run, log = run_of(session, tmp_path / "shelf", selected=("second",))
    checked(run)
    assert [event.step for event in log.of(CheckFinished) if event.matrix] == ["second", "first"]


def test_a_matrix_that_crashes_is_a_finding_and_loses_no_other(tmp_path: Path) -> None:
    step = with_work(FLOW[0], matrix=crashing_matrix)
    result = check_step(step, context(tmp_path / "shelf"), [], Overrides())
    assert result.matrix is None and result.plan
    assert [f.code for f in result.findings] == ["TT02", "TT03", "WZ09"]
    assert "no such host" in next(f.detail for f in result.findings if f.code == "WZ09")
    assert result.stops


def test_saved_matrices_of_other_steps_stay(session: Session, tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a")
    checked(run_of(session, tmp_path / "shelf")[0])
    assert {key[1]: [row[0] for row in table.rows] for key, table in session.saved_findings().tables.items()} == {
        "first": ["a"],
        "second": ["a"],
    }
    (tmp_path / "shelf").write_text("a b")
    checked(run_of(session, tmp_path / "shelf", selected=("second",))[0])
    tables = session.saved_findings().tables
    assert {key[1]: len(table.rows) for key, table in tables.items()} == {"first": 1, "second": 2}


def test_a_step_that_has_no_matrix_any_more_loses_its_saved_one(session: Session, tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a")
    checked(run_of(session, tmp_path / "shelf")[0])
    (tmp_path / "shelf").write_text("")
    checked(run_of(session, tmp_path / "shelf", selected=("first",))[0])
    assert list(session.saved_findings().tables) == [("", "second")]


def test_apply_saves_the_matrices_of_the_changed_world(session: Session, tmp_path: Path) -> None:
    run = run_of(session, tmp_path / "shelf")[0]
    run.flow = steps()
    assert apply(run, approve_all).exit == 0
    assert {key[1]: table.rows for key, table in session.saved_findings().tables.items()}["second"] == (
        ("a", "there"),
        ("b", "there"),
        ("c", "there"),
    )


@pytest.mark.parametrize("matrices", DAMAGED)
def test_damaged_matrices_are_reported(session: Session, matrices: str) -> None:
    (session.directory / "findings.json").write_text(f'{{"format": 2, "findings": [], "matrices": {matrices}}}')
    assert session.saved_findings().tables == {} and len(session.damage()) == 1


def test_a_file_without_matrices_is_read(session: Session) -> None:
    (session.directory / "findings.json").write_text('{"format": 2, "findings": []}')
    assert session.saved_findings().tables == {} and session.damage() == []
