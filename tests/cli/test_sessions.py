"""`mhv-tui sessions`: how the last run ended, and how many changes are in place."""

from __future__ import annotations

import json
import os
import re

import pytest

from mhv_tui import cli
from mhv_tui.cli.sessions import HEADER, table_lines
from mhv_tui.cli.setup import schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.session import Session, all_sessions, open_session
from mhv_tui.engine.session_status import summary
from tests.engine.toy_steps import Put
from tests.tui.terminals import terminal

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
        assert f"running in process {os.getpid()}" in capsys.readouterr().out
    assert (listed(capsys)["outcome"], summary(halfway)["pid"]) == ("interrupted", 0)


def test_an_incomplete_change_is_not_counted_as_made(halfway: Session, capsys: Capture) -> None:
    session_row = listed(capsys)
    assert (session_row["changes"], session_row["half_made"]) == (1, 1)
    assert cli.main(["sessions"]) == 0
    assert "1 of 2, 1 incomplete" in capsys.readouterr().out


def test_a_session_of_another_version_is_listed_with_its_reason_and_can_be_exported_as_answers(capsys: Capture) -> None:
    assert cli.main(["check", "--demo"]) == 0
    directory = open_session("demo").directory
    (directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhost = "vc.example.org"\n')
    (directory / "findings.json").write_text("[]")
    capsys.readouterr()
    assert cli.main(["sessions"]) == 0
    listed = capsys.readouterr()
    assert "made by another version" in listed.out and "session demo has format 1" in listed.err
    assert cli.main(["undo", "demo", "--yes"]) == 2
    assert "start a new session" in capsys.readouterr().err
    assert cli.main(["export", "demo", "--to", "answers"]) == 0
    assert "vc.example.org" in capsys.readouterr().out
    assert cli.main(["check", "--demo"]) == 2
    assert cli.main(["check", "--demo", "--fresh"]) == 0


def test_a_check_leaves_no_session_in_the_list_but_a_report(capsys: Capture) -> None:
    for scene, exit_code in (("article", 0), ("drs-off", 3)):
        assert cli.main(["check", "--demo", "--scene", scene, "--step", "cluster"]) == exit_code
    capsys.readouterr()
    assert cli.main(["sessions", "--json"]) == 0 and capsys.readouterr().out == ""
    assert cli.main(["export", "demo-drs-off", "--to", "report"]) == 0
    assert "Blocked: DRS of DC0_C0 is off" in capsys.readouterr().out


def test_the_list_is_a_table_with_target_state_and_changes(halfway: Session, capsys: Capture) -> None:
    halfway.save_answers(demo_answers())
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    open_session("demo").save_answers(demo_answers())
    cloud = answerfile.parse_text('mhv_answers = 1\n[cloud]\nname = "afy/zzz"\n', schema())
    open_session("typed").save_answers(cloud)
    capsys.readouterr()
    assert cli.main(["sessions"]) == 0
    header, *rows = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
    assert header == ["session", "target", "state", "in place", "last used (UTC)"]
    assert {row[0]: row[1:4] for row in rows} == {
        "prod": ["novavmware1 → vc.example.org", "interrupted at page node", "1 of 2, 1 incomplete"],
        "demo": ["novavmware1 → vc.example.org (simulated)", "nothing applied yet", "0"],
        "typed": ["cloud afy/zzz", "nothing applied yet", "0"],
    }


def test_the_session_with_the_newest_time_comes_first(capsys: Capture) -> None:
    for name in ("earlier", "later"):
        open_session(name).journal.note("started", command="apply")
        open_session(name).journal.note("finished", outcome="done", exit=0)
    (open_session("earlier").directory / "findings.json").touch()
    assert cli.main(["sessions"]) == 0
    rows = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == ["later", "earlier"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows[0][-1])


@pytest.mark.parametrize("columns", [0, 80, 200])
def test_a_narrow_terminal_shows_the_targets_on_their_own_lines(columns: int) -> None:
    rows = [
        ("session", "target", "state", "in place", "last used (UTC)"),
        ("prod", "novavmware1 → vc.example.org (simulated)", "stopped by a check", "-", "2026-11-26 13:11"),
    ]
    lines = table_lines(rows, columns)
    if columns != 80:
        assert len(lines) == 2 and "  novavmware1 → vc.example.org (simulated)  stopped" in lines[1]
        return
    assert lines == [
        "session  state               in place  last used (UTC)",
        "prod     stopped by a check  -         2026-11-26 13:11",
        "  novavmware1 → vc.example.org (simulated)",
    ]


@pytest.mark.parametrize(("columns", "moved"), [(80, 1), (60, 2), (50, 4)])
def test_no_word_of_the_list_is_broken_on_a_narrow_terminal(columns: int, moved: int) -> None:
    state = "made; a check fails on page finish"
    rows = [HEADER, ("prod-20261127", "node1 → vc.example.org", state, "10", "2026-11-26 13:11")]
    lines = table_lines(rows, columns)
    assert max(map(len, lines)) <= columns and len(lines) == 2 + moved
    text = "\n".join(lines)
    assert state in text and "2026-11-26 13:11" in text and "last used (UTC)" in text and "in place" in text


def demo_answers() -> Answers:
    return answerfile.parse_text(answerfile.dumps(answers_of("article")), schema())


def test_a_session_with_changes_in_place_is_not_forgotten(halfway: Session, capsys: Capture) -> None:
    open_session("empty")
    assert cli.main(["sessions", "forget", "empty", "prod", "nope"]) == 2
    error = capsys.readouterr().err
    assert "2 sessions cannot be forgotten; nothing was deleted" in error and "there is no session 'nope'" in error
    assert "2 changes are in place; to undo: mhv-tui undo prod" in error and "put:b" in error
    assert {s.name for s in all_sessions()} == {"empty", "prod"}
    assert cli.main(["sessions", "forget", "empty"]) == 0
    assert [s.name for s in all_sessions()] == ["prod"] and not open_session("prod").journal.is_empty()


def test_a_forced_forget_shows_what_stays_in_place(halfway: Session, capsys: Capture) -> None:
    assert cli.main(["sessions", "forget", "--force", "prod"]) == 0
    output = capsys.readouterr().out
    assert "session prod forgets these 2 changes. Nothing is undone, now or later:" in output and "put:a" in output
    assert list(halfway.directory.parent.iterdir()) == []


QUESTION = r"Delete session prod with its answers and journal\? \[y/N\]"


@pytest.mark.parametrize(("typed", "code"), [(b"\n", 130), (b"\x04", 130), (b"n\n", 130), (b"y\n", 0)])
def test_on_a_terminal_a_session_with_answers_is_forgotten_after_a_question(typed: bytes, code: int) -> None:
    open_session("prod").save_answers(demo_answers())
    with terminal("sessions", "forget", "prod") as program:
        program.wait_for(QUESTION)
        program.press(typed)
        assert program.exit_code(20) == code
        assert ("nothing was deleted" in program.screen()) == bool(code) == bool(all_sessions())


@pytest.mark.parametrize("words", [("prod", "--yes"), ("empty",)])
def test_on_a_terminal_yes_and_an_empty_session_need_no_question(words: tuple[str, ...]) -> None:
    open_session("prod").save_answers(demo_answers())
    open_session("empty")
    with terminal("sessions", "forget", *words) as program:
        assert program.exit_code(20) == 0
        assert f"session {words[0]} is forgotten" in program.screen() and "Delete" not in program.screen()
    assert words[0] not in {session.name for session in all_sessions()}


@pytest.mark.parametrize("user", ["run", "wizard"])
def test_a_session_in_use_is_neither_forgotten_nor_renamed(user: str, capsys: Capture) -> None:
    session = open_session("prod")
    with session.locked() if user == "run" else session.opened():
        assert cli.main(["sessions", "forget", "--force", "prod"]) == 2
        assert f"session prod is in use by process {os.getpid()}" in capsys.readouterr().err
        assert cli.main(["sessions", "rename", "prod", "other"]) == 3
        assert "session prod is in use by process" in capsys.readouterr().err
    assert [s.name for s in all_sessions()] == ["prod"]


def test_an_undone_session_is_forgotten_and_a_damaged_one_is_not(halfway: Session, capsys: Capture) -> None:
    halfway.journal.note("undone", ("", "node"), id="put:b")
    halfway.journal.note("undone", ("", "network"), id="put:a")
    damaged = open_session("damaged")
    damaged.journal.note("started", command="apply")
    path = damaged.directory / "journal.jsonl"
    path.write_text(path.read_text().replace("apply", "aplly"))
    assert cli.main(["sessions", "forget", "damaged"]) == 2
    assert "more changes may be in place than it shows" in capsys.readouterr().err
    assert cli.main(["sessions", "forget", "prod"]) == 0
    assert cli.main(["sessions", "forget", "damaged", "--force"]) == 0
    assert "the changes in place are unknown" in capsys.readouterr().out and all_sessions() == []


@pytest.mark.parametrize(("old", "new", "problem"), [("prod", "b", "1 change in place"), ("a", "b/c", "not a session")])
def test_a_session_is_not_renamed(old: str, new: str, problem: str, capsys: Capture) -> None:
    session = open_session("prod")
    session.journal.intend(("", "network"), Put("a"), {"there": False})
    session.journal.receive(("", "network"), "put:a", {})
    open_session("a")
    assert cli.main(["sessions", "rename", old, new]) == 2
    assert problem in capsys.readouterr().err and {s.name for s in all_sessions()} == {"prod", "a"}


def test_a_renamed_session_keeps_its_answers(capsys: Capture) -> None:
    open_session("prod").save_answers(demo_answers())
    open_session("taken")
    assert cli.main(["sessions", "rename", "prod", "taken"]) == 2
    assert "there is a session taken already" in capsys.readouterr().err
    assert cli.main(["sessions", "rename", "prod", "site-a"]) == 0
    assert "add --session site-a" in capsys.readouterr().out
    assert open_session("site-a").answers(schema()) == demo_answers()


def test_the_unfinished_sessions_are_listed_first(halfway: Session, capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    os.utime(halfway.directory / "journal.jsonl", (1.0, 1.0))
    assert [session.name for session in all_sessions()] == ["demo", "prod"]
    capsys.readouterr()
    assert cli.main(["sessions"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["session", "prod", "demo"]
