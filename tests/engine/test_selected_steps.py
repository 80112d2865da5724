"""Runs over some of the steps: what is checked and kept of the others, and which smoke tests run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import FindingReported
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides
from mhv_tui.engine.session import Session
from tests.engine.toy_steps import FLOW, run_of, with_work


def test_a_requested_smoke_test_that_no_step_has_is_unverified(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf", prove=True)
    run.flow = (FLOW[0], with_work(FLOW[1], smoke_tests=lambda look: ()))
    assert apply(run, approve_all).exit == 4


def test_selected_steps_without_a_smoke_test_report_none(session: Session, tmp_path: Path) -> None:
    for outcome in ("done", "nothing-to-do"):
        run, log = run_of(session, tmp_path / "shelf", selected=("first",), prove=True)
        finished = apply(run, approve_all)
        assert (finished.outcome, [e for e in log.of(FindingReported) if e.finding.code == "PR01"]) == (outcome, [])


def test_a_look_at_one_step_keeps_what_was_found_of_the_others(session: Session, tmp_path: Path) -> None:
    whole, _ = run_of(session, tmp_path / "shelf")
    apply(whole, approve_all)
    (tmp_path / "shelf").write_text("a b")
    for wanted, steps in ((("second",), ["first", "second"]), (("first",), ["first", "second"])):
        part, _ = run_of(session, tmp_path / "shelf", selected=wanted)
        findings = part.check()[0].findings
        part.save_findings()
        kept = session.findings()
        assert list(dict.fromkeys(step for (_, step), _ in kept)) == steps
        assert [f for (_, step), f in kept if step == wanted[0]] == list(findings)
    assert ("second", "missing") in [(key[1], f.level) for key, f in session.findings()]


def test_a_failure_in_a_used_step_is_reported_and_does_not_stop_the_step(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path, selected=("second",))
    run.flow = (FLOW[0], replace(with_work(FLOW[1], preconditions=()), requires=(), uses=("first",)))
    assert apply(run, approve_all).exit == 0
    assert set(run.results) == {("", "first"), ("", "second")} and {e.step for e in log.of(FindingReported)} == {
        "second"
    }


def test_a_failure_in_a_required_step_is_reported_even_if_it_is_not_selected(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("fire")
    run, log = run_of(session, path, selected=("second",))
    finished = apply(run, approve_all)
    assert finished.exit == 3 and [e.finding.code for e in log.of(FindingReported) if e.step == "first"] == ["TT01"]
    assert {level: number for level, number in finished.counts.items() if number} == {"skipped": 1, "failure": 1}


def test_a_failure_in_a_required_step_stops_a_selected_step(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path, selected=("second",), overrides=Overrides())
    run.flow = (FLOW[0], with_work(FLOW[1], preconditions=()))
    assert apply(run, approve_all).exit == 3
    assert any(e.step == "first" and e.finding.code == "TT02" for e in log.of(FindingReported))
    assert path.read_text() == "dust"
