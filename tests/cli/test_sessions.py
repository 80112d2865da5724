"""`mhv-tui sessions`: how the last run ended, and how many changes are in place."""

from __future__ import annotations

import json
import os

import pytest

from mhv_tui import cli
from mhv_tui.engine.session import Session, open_session, summary
from tests.engine.toy_steps import Put

Capture = pytest.CaptureFixture[str]


def listed(capsys: Capture) -> dict[str, str | int]:
    """Of the one session there is, as `sessions --json` has it."""
    capsys.readouterr()
    assert cli.main(["sessions", "--json"]) == 0
    session_row: dict[str, str | int] = json.loads(capsys.readouterr().out)
    return session_row


@pytest.fixture
def halfway() -> Session:
    """One change made, and one begun."""
    session = open_session("prod")
    session.journal.note("started", command="apply")
    session.journal.intend(("", "network"), Put("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    session.journal.intend(("", "node"), Put("b"), {"there": False})
    return session


def test_a_running_session_is_not_an_interrupted_one(halfway: Session, capsys: Capture) -> None:
    with halfway.locked():
        session_row = listed(capsys)
        assert (session_row["outcome"], session_row["pid"], session_row["step"]) == ("running", os.getpid(), "node")
        assert cli.main(["sessions"]) == 0
        assert f"running, pid {os.getpid()} at node" in capsys.readouterr().out
    assert (listed(capsys)["outcome"], summary(halfway)["pid"]) == ("interrupted", 0)


def test_an_incomplete_change_is_not_counted_as_made(halfway: Session, capsys: Capture) -> None:
    session_row = listed(capsys)
    assert (session_row["changes"], session_row["half_made"]) == (1, 1)
    assert cli.main(["sessions"]) == 0
    assert "1 change in place, 1 incomplete" in capsys.readouterr().out


def test_a_session_of_another_version_is_listed_with_its_reason_and_can_be_exported_as_answers(capsys: Capture) -> None:
    assert cli.main(["check", "--demo"]) == 0
    directory = open_session("demo").directory
    (directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhost = "vc.example.org"\n')
    (directory / "findings.json").write_text("[]")
    capsys.readouterr()
    assert cli.main(["sessions"]) == 0
    listed = capsys.readouterr()
    assert "other format" in listed.out and "session demo has format 1" in listed.err
    assert cli.main(["undo", "demo", "--yes"]) == 2
    assert "start a new session" in capsys.readouterr().err
    assert cli.main(["export", "demo", "--to", "answers"]) == 0
    assert "vc.example.org" in capsys.readouterr().out
    assert cli.main(["check", "--demo"]) == 2
    assert cli.main(["check", "--demo", "--fresh"]) == 0
