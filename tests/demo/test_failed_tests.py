"""A test server that does not boot: what the journal, the pages, the verdict, the report and the undo say about it."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions, leaving_line
from mhv_tui.core.handover import users_text
from mhv_tui.domain.catalogue import OF_FAILED_TEST
from mhv_tui.engine.failed_tests import TEST_AGAIN, failed_tests
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.session_status import resume_sentence, state_words, status_of
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.page_keys import drive, last_line, press
from tests.tui.snapshots import TOOLS

Capture = pytest.CaptureFixture[str]
APPLY = ["apply", "--demo", "--scene", "missing-privilege", "--accept", "VC12=the role is being changed", "--yes"]
NAME = "demo-missing-privilege"


@pytest.fixture
def session(capsys: Capture) -> Session:
    """The session in which nova may not add a disk, and the operator applied nevertheless."""
    assert cli.main(APPLY) == 4
    return open_session(NAME)


def in_wizard(state: WizardState) -> str:
    """The findings of the page `prove`, as the wizard checks it."""
    return "\n".join(f"{f.level} {f.code} {f.headline}" for f in state.check("prove").findings)


def allow(session: Session) -> None:
    """Gives the account of the simulated vCenter what it lacks."""
    path = session.directory / "world.json"
    world: dict[str, Any] = json.loads(path.read_text())
    for vcenter in world["vcenters"].values():
        for user in vcenter["users"].values():
            user["lacks"] = {}
    path.write_text(json.dumps(world))


def test_the_run_says_what_became_of_the_server_and_undo_lists_only_what_exists(capsys: Capture) -> None:
    assert cli.main(APPLY) == 4
    shown = capsys.readouterr()
    assert (
        "then delete it; the test server is deleted" in shown.out
        and f"cover the cluster DC0_C0. {TEST_AGAIN}" in shown.out
    )
    made = f"session {NAME}: 10 of 10 changes made; a test failed (VC12)."
    assert shown.err.splitlines()[-1] == f"{made} Resume: run the same command again   Undo: mhv-tui undo {NAME}"
    assert cli.main(["undo", NAME, "--yes"]) == 0
    assert "10 undone" in capsys.readouterr().out


def test_a_failed_test_is_known_from_the_journal(session: Session, capsys: Capture) -> None:
    status = status_of(session)
    assert state_words(status) == "test failed (VC12)"
    assert resume_sentence(status) == f"Test failed (VC12) on {status.last[:10]}: 10 changes made."
    with closing(OpenSessions(WizardOptions(demo=True, session=NAME))) as sessions:
        state = sessions.open("")
        assert "a test failed (VC12)" in leaving_line(state, "mhv-tui", 80)
        assert "failure VC12 The last test failed on" in in_wizard(state)
        for step in state.flow:
            state.check(step.id)
        source = TOOLS.collect(state)
    assert source.verdict.state == "test failed" and source.verdict.step == "prove"
    assert source.handover and not users_text(source.handover)
    assert source.handover.command_missing[0].startswith("A test on vCenter failed on")
    capsys.readouterr()
    assert cli.main(["export", NAME, "--to", "report"]) == 0
    report = capsys.readouterr().out
    assert "a test failed on" in report and "Failed tests" in report and "not yet" not in report
    assert "openstack server create" not in report


def test_a_failed_test_has_the_sign_of_a_problem_that_neither_stops_apply_nor_can_be_accepted(session: Session) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "f2", "a")
        assert re.search(r"9 prove +✗1 ", shown) and "1 problem · 1 warning" in shown
        assert "VC12 is a failed test: apply tests again, so there is nothing to accept." in last_line(shown)
        await press(pilot, "x")
        text = str(pilot.app.screen.query_one(".text Static", Static).content)
        assert OF_FAILED_TEST in " ".join(text.split())
        await press(pilot, "escape")
        shown = await press(pilot, "ctrl+g")
        assert re.search(r">✗ prove +VC12  The last test failed", shown) and "blocks" not in shown
        assert "VC12 does not block the changes" in last_line(await press(pilot, "a"))
        assert "Boot one server on each hypervisor now, and delete it?" in await press(pilot, "ctrl+g")

    with closing(OpenSessions(WizardOptions(demo=True, session=NAME))) as sessions:
        drive(sessions.open(""), "prove", play)


def test_the_last_line_of_a_check_says_that_a_test_failed(session: Session, capsys: Capture) -> None:
    for command, options, is_named, code in (
        ("check", [], True, 4),
        ("plan", [], True, 0),
        ("check", ["--step", "network"], False, 0),
    ):
        capsys.readouterr()
        assert cli.main([command, "--demo", "--scene", "missing-privilege", *options]) == code
        lines = capsys.readouterr().out.splitlines()
        last = "\n".join(lines[-3:] if is_named else lines[-1:])
        failed = [line for line in lines if "The last test failed on" in line]
        assert all(line.startswith("  ✗ problem VC12") for line in failed) and bool(failed) == is_named
        assert ("1 problem" in last and "warnings" not in last) == is_named
        assert ("(VC12): follow its remedy, then run apply, which tests again" in last) == is_named
        assert last.startswith("not verified: all steps checked; no change is missing" if is_named else "nothing to do")


def test_a_server_that_was_not_deleted_is_named_and_undo_deletes_it(session: Session) -> None:
    intent = next(r for r in session.journal.records() if r.get("smoke_test"))
    keys = {name: intent[name] for name in ("id", "kind", "fields", "before", "smoke_test")}
    session.journal.note("intent", ("", "prove"), **keys)
    session.journal.note("failed", ("", "prove"), id=intent["id"], code="PR01", error="no answer", remedy="wait")
    (test,) = failed_tests(session.journal.records())
    assert test.reason.endswith("mhv-tui-test-vmware-novavmware1 may still exist; apply or undo deletes it")
    assert "1 test server may still exist; apply or undo deletes it" in status_of(session).changes_made


def test_a_later_success_replaces_the_failure(session: Session, capsys: Capture) -> None:
    allow(session)
    capsys.readouterr()
    assert cli.main(APPLY) == 0
    result = "ubuntu-vmware booted through novavmware1 and was deleted in .*; cirros booted"
    assert re.search(rf"A server boots on each hypervisor\n +{result}", capsys.readouterr().out)
    assert not failed_tests(session.journal.records())
    assert not [f for _, f in session.findings() if f.tested_again]
    capsys.readouterr()
    assert cli.main(["export", NAME, "--to", "report"]) == 0
    report = capsys.readouterr().out
    assert "Done. vCenter serves this cloud" in report and "Failed tests" not in report
