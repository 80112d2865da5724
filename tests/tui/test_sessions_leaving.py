"""The line after the wizard and after `apply`: what the session has changed, and how to resume it or undo it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import closing

import pexpect
import pytest

from mhv_tui import cli
from mhv_tui.cli import output
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions, leaving_line
from mhv_tui.cli.setup import DemoMode, open_run
from mhv_tui.core.redaction import remember
from mhv_tui.engine.session import all_sessions, open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from tests.engine.toy_steps import Put
from tests.tui.session_wizard import applied_session, stopped_session
from tests.tui.terminals import PROGRAM, ROOT, terminal

RESUME = "Resume: mhv-tui --demo --session demo"
OPEN = "Open: mhv-tui --demo --session demo"
KEPT = f"session demo is kept: nothing was changed. {RESUME}"


def line_of(name: str = "demo", program: str = "mhv-tui", columns: int = 120) -> str:
    """The line of a session whose pages are not checked."""
    setup = open_run(WizardOptions(demo=True, session=name), DemoMode("article"))
    context = setup.context()
    state = WizardState(FLOW, context, setup.session, setup.vault, lambda: setup.backend.now().date())
    return leaving_line(state, program, columns)


def test_a_done_an_undone_and_an_untouched_session() -> None:
    applied_session("demo", "network")
    assert line_of() == f"session demo is done: 1 change made. {OPEN}   Undo: mhv-tui undo demo"
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert line_of() == f"session demo: every change is undone. {OPEN}"
    assert line_of("new") == "session new is kept: nothing was changed. Resume: mhv-tui --demo --session new"
    assert cli.main(["undo", "new", "--yes"]) == 0
    assert line_of("new").startswith("session new is kept: nothing was changed.")


def test_an_undo_that_keeps_a_change_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["apply", "--demo", "--scene", "half-configured", "--fix", "CN04", "--yes"]) == 0
    assert cli.main(["undo", "demo-half-configured", "--yes"]) == 0
    output = capsys.readouterr()
    mapping, record = "delete the cell mapping of novavmware1: nova does it", "delete its service record in nova"
    assert mapping in output.out and 0 < output.out.index(mapping) < output.out.index(record)
    assert "\ndone: 10 undone, 1 kept\n" in output.out
    assert "session demo-half-configured: 10 undone, 1 kept. Open: " in output.err
    assert cli.main(["sessions"]) == 0
    assert " undone, 1 kept " in capsys.readouterr().out


def test_apply_ends_with_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["apply", "--demo", "--scene", "drs-off", "--yes"]) == 3
    assert "session" not in capsys.readouterr().err
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    done = f"session demo is done: 10 changes made. {OPEN}   Undo: mhv-tui undo demo\n"
    assert capsys.readouterr().err.endswith(done)
    assert cli.main(["apply", "--demo", "--yes", "--json"]) == 0
    assert capsys.readouterr().err == ""
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert capsys.readouterr().err.endswith(f"session demo: every change is undone. {OPEN}\n")


def test_a_session_without_answers_is_neither_listed_nor_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(OpenSessions(WizardOptions())) as sessions:
        sessions.open("")
        sessions.create("second")
        assert [row.name for row in sessions.rows()] == ["second"]
        open_session("abandoned")
        assert [row.name for row in sessions.rows()] == ["second"]
    assert [s.name for s in all_sessions()] == ["abandoned"]
    assert cli.main(["sessions"]) == 0 and "abandoned" not in capsys.readouterr().out
    with closing(OpenSessions(WizardOptions())) as sessions:
        state = sessions.create("third")
        assert not state.give("vcenter", "host", "vc.example.org").problem
    assert "third" in {s.name for s in all_sessions()} and "session third is kept" in capsys.readouterr().err


def test_the_real_wizard_names_an_unfinished_demo() -> None:
    with closing(OpenSessions(WizardOptions())) as sessions:
        assert sessions.demo_text() == ""
        stopped_session()
        assert sessions.demo_text() == "mhv-tui --demo lists the unfinished demo session demo."
        with open_session("demo").locked():
            running = f"mhv-tui --demo lists the demo session demo, which is running in process {os.getpid()}."
            assert sessions.demo_text() == running
        copy = open_session("demo").directory
        shutil.copytree(copy, copy.parent / "second")
        assert sessions.demo_text() == "mhv-tui --demo lists 2 unfinished demo sessions (demo and second)."
    with closing(OpenSessions(WizardOptions(demo=True))) as sessions:
        assert sessions.demo_text() == ""


def test_the_commands_have_lines_of_their_own_if_one_line_is_too_long() -> None:
    applied_session("demo", "network")
    assert line_of(columns=80, program=".venv/bin/mhv-tui").splitlines() == [
        "session demo is done: 1 change made.",
        "  Open: .venv/bin/mhv-tui --demo --session demo",
        "  Undo: .venv/bin/mhv-tui undo demo",
    ]


def test_a_password_that_is_a_word_of_the_name_does_not_mask_it(capsys: pytest.CaptureFixture[str]) -> None:
    remember("wrong")
    output.say("session demo-wrong-password: 1 of 10", sys.stderr, is_masked=False)
    output.say("session demo-wrong-password: 2 of 10", sys.stderr)
    assert capsys.readouterr().err.split("\n")[:2] == [
        "session demo-wrong-password: 1 of 10",
        "session demo-••••-password: 2 of 10",
    ]


def test_a_half_made_session_counts_the_plan_and_what_is_incomplete() -> None:
    session = applied_session("demo", "network")
    session.journal.note("approved", total=10)
    session.journal.note("started", command="apply")
    assert line_of() == f"session demo: 1 of 10 changes made. {RESUME}   Undo: mhv-tui undo demo"
    session.journal.intend(("", "node"), Put("b"), {"there": False})
    assert line_of() == f"session demo: 1 of 10 changes made, 1 incomplete. {RESUME}   Undo: mhv-tui undo demo"


def test_the_last_check_counts_more_than_an_older_plan() -> None:
    applied_session("demo", "network")
    options = WizardOptions(demo=True, session="demo")
    with closing(OpenSessions(options)) as sessions:
        state = sessions.open("demo")
        for step in state.flow:
            state.check(step.id)
        assert leaving_line(state, "mhv-tui", 100).startswith("session demo: 1 of 10 changes made. ")


def test_a_damaged_session_does_not_claim_anything() -> None:
    path = applied_session("demo", "network").directory / "journal.jsonl"
    path.write_text(path.read_text().replace("approved", "aproved"))
    assert line_of().startswith("session demo: journal damaged; what it changed is not certain.")


@pytest.mark.parametrize("end", [b"\x11", b"\x03", signal.SIGTERM])
def test_the_line_follows_the_restored_screen(end: bytes | signal.Signals) -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("5 passed")
        if isinstance(end, bytes):
            term.press(end)
        else:
            term.signal(end)
        assert term.exit_code(20) == (0 if isinstance(end, bytes) else 143)
        assert term.raw.index(b"\x1b[?1049l") < term.raw.index(KEPT.encode())
        assert term.raw.count(b"Resume: ") == 1


def test_line_prompts_end_with_the_line() -> None:
    child = pexpect.spawn(PROGRAM[0], [*PROGRAM[1:], "--demo", "--fresh", "--plain"], cwd=str(ROOT), encoding="utf-8")
    child.expect("Page 1 of", timeout=60)
    child.expect(": $", timeout=60)
    child.sendeof()
    child.expect_exact(KEPT, timeout=60)
    child.expect(pexpect.EOF, timeout=60)


def test_a_session_that_is_open_in_another_wizard_is_not_opened() -> None:
    session = open_session("demo")
    with session.opened(), terminal("--demo", "--fresh") as term:
        assert term.exit_code(20) == 3
        assert "session demo is in use by process" in " ".join(term.screen().split())


def test_findings_are_saved_when_the_wizard_ends() -> None:
    with closing(OpenSessions(WizardOptions(demo=True))) as sessions:
        sessions.open("").check("cloud")
    saved = [finding for (_, step), finding in open_session("demo").findings() if step == "cloud"]
    assert {finding.level for finding in saved} == {"ok", "skipped"}
