"""Targets: journal, results, events and findings of two of them in one session stay apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.answers import TargetRow
from mhv_tui.core.errors import UsageError
from mhv_tui.core.events import Applied, FindingReported, Finished
from mhv_tui.core.findings import Finding
from mhv_tui.core.targets import Target, single_target
from mhv_tui.engine.apply import apply
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.toy_steps import KINDS, EventLog, Put, answers, context, run_of


def test_the_same_change_of_two_targets_has_two_entries(session: Session) -> None:
    journal = session.journal
    for target in ("one", "two"):
        journal.intend((target, "first"), Put("a"), {"there": False})
    journal.receive(("two", "first"), "put:a", {"by": "two"})
    assert [(e.key, e.complete) for e in journal.not_undone()] == [(("one", "first"), False), (("two", "first"), True)]
    open_intent = journal.open_intent("one", "put:a")
    assert open_intent is not None and journal.open_intent("two", "put:a") is None
    assert journal.needs_smoke_tests("two") and not journal.needs_smoke_tests("one")
    journal.note("undone", ("two", "first"), id="put:a")
    assert [e.key for e in journal.not_undone()] == [("one", "first")]


def test_a_run_keeps_the_findings_of_the_other_target_and_names_its_own(session: Session, tmp_path: Path) -> None:
    finding = Finding("TT02", "ok", "The shelf is clean")
    session.save_findings([(("two", "first"), finding)])
    ctx = replace(context(tmp_path / "shelf"), target=Target("one", answers(("a",), ("c",))))
    run, log = run_of(session, tmp_path / "shelf", ctx=ctx)
    assert apply(run, approve_all).exit == 0
    assert set(run.results) == {("one", "first"), ("one", "second")}
    assert {e.target for e in (*log.of(FindingReported), *log.of(Applied))} == {"one"}
    assert (("two", "first"), finding) in session.findings()
    assert {key[0] for key, _ in session.findings()} == {"one", "two"}
    log_again = EventLog()
    assert undo(session, KINDS, run.ctx, log_again, Stop()).exit == 0
    assert {e.target for e in log_again.events if not isinstance(e, Finished)} == {"one"}


def test_answers_without_a_target_table_have_one_target_without_a_name() -> None:
    own = answers(("a",), ("c",))
    assert single_target(own) == Target("", own) and single_target(own).key("first") == ("", "first")
    with pytest.raises(ValueError, match="tables"):
        single_target(replace(own, targets=(TargetRow("n2"),)))


def test_a_journal_begins_with_its_format(session: Session) -> None:
    session.journal.note("started", command="apply")
    first = json.loads((session.directory / "journal.jsonl").read_text().splitlines()[0])
    assert (first["what"], first["format"]) == ("session", 2)


OLDER = {
    "journal.jsonl": '{"time": "T1", "what": "intent", "step": "first", "id": "put:a", "kind": "Put"}\n',
    "findings.json": '[{"step": "first", "code": "TT02", "level": "ok", "title": "x"}]',
}
NEWER = {
    "journal.jsonl": '{"time": "T1", "what": "session", "format": 3}\n',
    "findings.json": '{"format": 3, "findings": []}',
}


@pytest.mark.parametrize("name", OLDER)
@pytest.mark.parametrize(("files", "number"), [(OLDER, 1), (NEWER, 3)])
def test_a_session_of_another_format_is_refused_and_listed(
    session: Session, name: str, files: dict[str, str], number: int
) -> None:
    (session.directory / name).write_text(files[name])
    with pytest.raises(UsageError) as refused:
        open_session("toy")
    assert refused.value.message == f"session toy has format {number}, but this version of mhv-tui reads format 2"
    assert refused.value.remedy.startswith("start a new session, or undo this session with the version of mhv-tui")
    assert summary(session)["outcome"] == "other format"
    assert open_session("toy", any_format=True) == session


def test_a_damaged_findings_file_does_not_count_as_another_format(session: Session) -> None:
    (session.directory / "findings.json").write_text("{")
    assert session.other_format() is None and session.findings() == []
