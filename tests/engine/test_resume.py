"""After a killed or refused run: the next one finishes, proves or undoes its changes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Applied
from mhv_tui.engine.apply import apply
from mhv_tui.engine.ledger import change_rows
from mhv_tui.engine.locks import Busy
from mhv_tui.engine.session import Session, all_sessions
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.journals import HEADER, write_records
from tests.engine.toy_steps import KINDS, EventLog, Put, context, run_of, shelf


def test_the_next_run_repeats_missing_smoke_tests(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    shelf(run.ctx).broken.add("proof")
    assert apply(run, approve_all).exit == 4
    again, log = run_of(session, tmp_path / "shelf")
    assert apply(again, approve_all).outcome == "done"
    assert [e.id for e in log.of(Applied)] == ["put:proof"]
    third, _ = run_of(session, tmp_path / "shelf")
    assert apply(third, approve_all).outcome == "nothing-to-do"


def test_a_killed_change_is_finished_and_can_be_undone(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.engine.toy_steps import *; from mhv_tui.engine.apply import Run, apply\n"
        "from mhv_tui.engine.check import Overrides; from mhv_tui.engine.session import open_session\n"
        "from mhv_tui.engine.stop import Stop; from mhv_tui.cli.prompts import approve_all\n"
        "ctx = context(Path(sys.argv[1]), ('deadly', 'z'))\n"
        "apply(Run(FLOW, ctx, open_session('toy'), EventLog(), Stop(), Overrides()), approve_all)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == 9 and path.read_text() == "deadly"
    assert [e.complete for e in session.journal.not_undone()] == [False]
    assert summary(session)["outcome"] == "interrupted"
    run, log = run_of(session, path, ctx=context(path, ("deadly", "z")))
    assert apply(run, approve_all).exit == 0
    assert "put:deadly" not in [e.id for e in log.of(Applied)]
    made = len([e for e in session.journal.not_undone() if not e.smoke_test])
    assert (summary(session)["changes"], summary(session)["half_made"]) == (made, 0)
    assert {(row.state, row.is_verified) for row in change_rows(session.journal.records())} >= {("made", True)}
    assert undo(session, KINDS, run.ctx, EventLog(), Stop()).exit == 0
    assert path.read_text() == "proof"


def test_an_intent_with_other_answers_is_left_to_undo_and_the_change_gets_a_new_one(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "shelf"
    path.write_text("old")
    journal = session.journal
    journal.intend(("", "first"), Put("a"), {"there": False})
    old = journal.not_undone()[0]
    intent = {"what": "intent", **asdict(replace(old, fields={"name": "A"})), "before": old.receipt}
    write_records(session, [HEADER, intent])
    run, _ = run_of(session, path)
    assert apply(run, approve_all).exit == 0
    assert [e.complete for e in journal.not_undone() if e.id == "put:a"] == [False, True]
    assert undo(session, KINDS, run.ctx, EventLog(), Stop()).exit == 0
    assert path.read_text() == "old proof"


def test_an_interrupted_smoke_test_runs_again(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    shelf(run.ctx).broken.add("proof")
    assert apply(run, approve_all).exit == 4
    assert all(e.complete for e in session.journal.not_undone()), "the failed test left nothing"
    session.journal.intend(("", "second"), Put("proof"), {"there": False}, smoke_test=True)
    again, log = run_of(session, tmp_path / "shelf")
    finished = apply(again, approve_all)
    assert (finished.outcome, finished.message) == ("done", "the test servers booted")
    assert [e.id for e in log.of(Applied)] == ["put:proof"]
    last, _ = run_of(session, tmp_path / "shelf")
    assert apply(last, approve_all).outcome == "nothing-to-do"


def test_an_open_intent_keeps_its_first_state(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    session.journal.intend(("", "first"), Put("a"), {"there": True, "mark": 1})
    run, _ = run_of(session, path)
    apply(run, approve_all)
    entry = next(e for e in session.journal.not_undone() if e.id == "put:a")
    assert entry.receipt == {"there": True, "mark": 1} and entry.complete


def test_a_partial_write_is_completed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:7]))
    session.journal.intend(("", "first"), Put("a"), {"there": False})
    assert [e.id for e in session.journal.not_undone()] == ["put:a"]


def test_an_incomplete_last_line_is_ignored(session: Session, tmp_path: Path) -> None:
    session.journal.intend(("", "first"), Put("a"), {"there": False})
    with (session.directory / "journal.jsonl").open("a") as file:
        file.write('{"n": 3, "time": "2026-11-26T10:00:00+00:00", "what": "rece')
    session.journal.receive(("", "first"), "put:a", {})
    assert [e.complete for e in session.journal.not_undone()] == [True]


def test_one_run_at_a_time_can_lock_a_session(session: Session) -> None:
    with session.locked(), pytest.raises(Busy, match="in use by process"), replace(session).locked():
        pass


def test_sessions_are_listed_while_a_run_writes_one(session: Session) -> None:
    (session.directory / ".answers.toml.abcdefgh.tmp").symlink_to("removed")  # as if it had been replaced just now
    assert all_sessions() == [session]
