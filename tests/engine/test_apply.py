"""The engine with toy steps: check before changing, journal, verify, smoke tests, undo."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Applied, Applying, Failed, FindingReported, Planned, Progress, Undone
from mhv_tui.core.findings import Finding, Level, worst
from mhv_tui.core.steps import Check
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides, check_steps
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.toy_steps import FLOW, KINDS, EventLog, Put, Wants, context, run_of, shelf, with_work


def test_the_first_run_changes_everything_and_the_second_nothing(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    assert apply(run, approve_all).exit == 0
    assert [e.id for e in log.of(Applied)] == ["put:a", "put:b", "put:c", "put:proof"]
    again, log_again = run_of(session, tmp_path / "shelf")
    finished = apply(again, approve_all)
    assert (finished.outcome, finished.exit) == ("nothing-to-do", 0)
    assert log_again.of(Planned) == [] and log_again.of(Applying) == []
    proven = [e.finding for e in log_again.of(FindingReported) if e.finding.code == "PR01"]
    assert [f.level for f in proven] == ["ok", "skipped"]
    assert all(f.detail.startswith("the test servers booted on 20") for f in proven)


def test_unmet_goals_are_missing_before_and_ok_after(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    apply(run, approve_all)
    levels = [e.finding.level for e in log.of(FindingReported) if e.step == "first" and e.finding.code == "TT03"]
    assert levels == ["missing", "ok"]


def test_a_failure_in_a_later_step_stops_before_anything_is_changed(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path)
    finished = apply(run, approve_all)
    assert (finished.outcome, finished.exit) == ("stopped", 3)
    assert log.of(Applying) == [] and path.read_text() == "dust"


def test_an_accepted_failure_does_not_stop_the_run(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path, overrides=Overrides(accepts={"TT02": "it is old"}))
    finished = apply(run, approve_all)
    assert (finished.exit, finished.counts["failure"], finished.counts["accepted"]) == (0, 0, 2)
    assert any(e.finding.accepted == "it is old" for e in log.of(FindingReported))


def test_a_fatal_failure_cannot_be_accepted(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("fire")
    run, _ = run_of(session, path, overrides=Overrides(accepts={"TT01": "no matter"}))
    assert apply(run, approve_all).exit == 3


def test_a_fix_is_made_only_where_asked_for(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path, overrides=Overrides(fixes=frozenset({"TT02"})))
    apply(run, approve_all)
    assert log.of(Planned)[0].id == "put:polish"


def test_a_crashed_check_is_a_finding_and_names_no_traceback(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("bug")
    log = EventLog()
    looks = check_steps(FLOW, context(path), log)
    finding: Finding = looks[0].findings[0]
    assert (finding.code, finding.level) == ("WZ09", "failure") and "a defect" in finding.detail
    assert [f.code for f in looks[1].findings] == ["WZ10"]


def test_a_probe_that_fails_cannot_be_accepted_as_its_page_has_no_facts(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("bug")
    run, log = run_of(session, path, overrides=Overrides(accepts={"WZ09": "no matter"}))
    assert apply(run, approve_all).exit == 3
    (finding,) = [e.finding for e in log.of(FindingReported) if e.step == "first"]
    assert not finding.accepted and not finding.can_be_accepted and "accept" not in finding.remedy


def test_a_check_without_a_finding_is_unknown_and_the_others_keep_their_verdict(tmp_path: Path) -> None:
    def crash(view: object) -> Iterator[Finding]:
        raise RuntimeError("a defect")

    silent, broken = Check[Wants, set[str]](("TT04",), lambda view: ()), Check[Wants, set[str]](("TT05",), crash)
    flow = (with_work(FLOW[0], preconditions=(silent, broken, *FLOW[0].work.preconditions), postconditions=(silent,)),)
    (result,) = check_steps(flow, context(tmp_path / "shelf"), lambda event: None)
    rows = [(f.code, f.level) for f in result.findings]
    assert rows == [("TT04", "unknown"), ("WZ09", "failure"), ("TT02", "ok"), ("TT04", "unknown")]
    assert result.findings[0].sentence == "the check TT04 gave no result" and result.findings[0].remedy
    assert "first (TT05)" in result.findings[1].sentence
    assert worst(result.findings) == "failure" and worst(result.findings[:1]) == "unknown"


def test_a_check_that_crashes_loses_nothing_that_was_found_before_it(session: Session, tmp_path: Path) -> None:
    def needs(look: object) -> Iterator[Finding]:
        yield Finding("TT02", "failure", "The shelf is clean", remedy="wipe it")
        raise RuntimeError("a defect")

    run, log = run_of(session, tmp_path / "shelf", overrides=Overrides(accepts={"WZ09": "known"}))
    run.flow = (with_work(FLOW[0], preconditions=[Check(("TT02",), needs)]), FLOW[1])
    assert apply(run, approve_all).exit == 3
    accepted = {e.finding.code: e.finding.accepted for e in log.of(FindingReported) if e.step == "first"}
    assert accepted["WZ09"] == "known" and accepted["TT02"] == ""


def test_a_refused_change_ends_with_its_sentence(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    shelf(run.ctx).broken.add("b")
    finished = apply(run, approve_all)
    assert (finished.outcome, finished.exit) == ("failed", 1)
    assert finished.message == "1 change failed; 1 made"
    finding = log.of(Failed)[0].finding
    assert (finding.code, finding.sentence, finding.remedy) == ("WZ11", "b does not fit", "Take a smaller one")
    assert summary(session)["outcome"] == "failed"


def test_what_came_after_a_refused_change_is_not_ours(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    run, _ = run_of(session, path)
    shelf(run.ctx).broken.add("b")
    apply(run, approve_all)
    assert [e.id for e in session.journal.not_undone()] == ["put:a"]
    path.write_text("a b")
    again, _ = run_of(session, path)
    assert apply(again, approve_all).exit == 0
    assert undo(session, KINDS, again.ctx, EventLog(), Stop()).exit == 0
    assert path.read_text() == "b proof"


def gap(level: Level) -> Finding:
    return Finding("PR01", level, "A server boots", "the attic is locked", "find its key")


def fixed(gaps: tuple[Finding, ...], look: object) -> tuple[Finding, ...]:
    return gaps


def test_a_gap_of_the_smoke_tests_is_reported_and_never_ok(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    run.flow = (FLOW[0], with_work(FLOW[1], untested=lambda look: [gap("warning")]))
    finished = apply(run, approve_all)
    findings = [e.finding for e in log.of(FindingReported) if e.finding.code == "PR01"]
    assert [(f.level, f.detail) for f in findings] == [
        ("warning", "tested: put proof on the shelf; not tested: the attic is locked")
    ]
    assert finished.exit == 0 and finished.message.endswith("not tested: the attic is locked")
    again, log_again = run_of(session, tmp_path / "shelf")
    assert apply(again, approve_all).outcome == "nothing-to-do"
    assert log_again.of(FindingReported)[-1].finding.detail.endswith("; not tested: the attic is locked")


def test_a_proof_that_cannot_be_made_is_no_proof(session: Session, tmp_path: Path) -> None:
    for level, proofs in (("failure", FLOW[1].work.smoke_tests), ("warning", lambda look: ())):
        run, log = run_of(session, tmp_path / "shelf", prove=True)
        gaps = (gap(cast(Level, level)),)
        run.flow = (FLOW[0], with_work(FLOW[1], smoke_tests=proofs, untested=partial(fixed, gaps)))
        finished = apply(run, approve_all)
        assert (finished.outcome, finished.exit) == ("unverified", 4)
        assert "the attic is locked. Find its key" in finished.message
        assert "put:proof" not in [e.id for e in log.of(Applied)]
        assert ("second", "failure") in [(key[1], f.level) for key, f in session.findings() if f.code == "PR01"]
    assert session.journal.last("proven") is None


def test_undo_leaves_everything_while_somebody_needs_it(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    run, _ = run_of(session, path)
    apply(run, approve_all)
    shelf(run.ctx).keep(shelf(run.ctx).names() | {"reader-of-a"})
    before, log = path.read_text(), EventLog()
    finished = undo(session, KINDS, run.ctx, log, Stop())
    assert (finished.outcome, finished.exit, path.read_text()) == ("stopped", 3, before)
    assert [(e.finding.code, e.finding.sentence) for e in log.of(Failed)] == [("WZ12", "somebody reads a")]
    shelf(run.ctx).keep(shelf(run.ctx).names() - {"reader-of-a"})
    assert undo(session, KINDS, run.ctx, EventLog(), Stop()).exit == 0


def test_a_goal_that_stays_unmet_is_unverified(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf", ctx=context(tmp_path / "shelf", ("a", "ghost")))
    assert apply(run, approve_all).exit == 4


def test_nothing_is_made_where_it_was_not_approved(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    assert apply(run, lambda plan: None).exit == 130
    assert log.of(Applying) == [] and not (tmp_path / "shelf").exists()


def test_a_declined_change_stays_missing_and_the_run_continues(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    assert apply(run, lambda plan: frozenset({"put:a", "put:c"})).exit == 0
    assert [e.id for e in log.of(Applied)] == ["put:a", "put:c", "put:proof"]
    assert [e.finding.level for e in log.of(FindingReported) if e.finding.code == "TT03"][-2:] == ["missing", "ok"]


def test_a_change_without_effect_is_unverified(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf", ctx=context(tmp_path / "shelf", ("a", "b")))
    run.flow = (with_work(FLOW[0], plan=lambda look: [Put("a"), Put("b")]), FLOW[1])
    finished = apply(run, lambda plan: frozenset({"put:a"}))
    assert finished.exit == 4 and "this change had no effect: put a on the shelf" in finished.message


def test_a_fix_without_effect_is_made_once(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("dust")
    run, log = run_of(session, path, overrides=Overrides(fixes=frozenset({"TT02"})))
    assert apply(run, approve_all).exit == 4
    assert [e.id for e in log.of(Applied)].count("put:polish") == 1


def test_a_check_that_fails_after_the_changes_is_unverified(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    run, log = run_of(session, path, ctx=context(path, ("a",), ("dust",)))
    run.flow = (FLOW[0], with_work(FLOW[1], preconditions=()))
    assert apply(run, approve_all).exit == 4
    assert any(e.step == "first" and e.finding.stops for e in log.of(FindingReported))


def test_a_stop_takes_effect_between_two_changes(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")

    def listener(event: object) -> None:
        if isinstance(event, Applied):
            run.stop.request(129)

    run.listener = listener
    finished = apply(run, approve_all)
    assert (finished.exit, (tmp_path / "shelf").read_text()) == (129, "a")


def test_no_change_begins_until_the_operator_decides_to_continue(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    asked = threading.Event()

    def listener(event: object) -> None:
        if isinstance(event, Applied) and not asked.is_set():
            run.stop.on_hold = True
            asked.set()

    run.listener = listener
    thread = threading.Thread(target=lambda: apply(run, approve_all), daemon=True)
    thread.start()
    assert asked.wait(10)
    thread.join(0.5)
    assert thread.is_alive() and (tmp_path / "shelf").read_text() == "a"
    run.stop.on_hold = False
    thread.join(10)
    assert shelf(run.ctx).names() == {"a", "b", "c", "proof"}


def test_undo_is_newest_first_and_keeps_earlier_objects(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.write_text("old")
    run, _ = run_of(session, path, ctx=context(path, ("old", "a"), ("c",)))
    apply(run, approve_all)
    log = EventLog()
    assert undo(session, KINDS, run.ctx, log, Stop()).exit == 0
    assert [e.id for e in log.of(Undone)] == ["put:c", "put:a"]
    assert [e.note for e in log.of(Progress)] == ["taking c", "taking a"]
    assert path.read_text() == "old proof"
    assert undo(session, KINDS, run.ctx, EventLog(), Stop()).outcome == "nothing-to-do"
