"""The wizard after failures: a defect in a screen, a full disk, a failed run, a session that cannot be opened."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from typing import cast

import pexpect
import pytest
from textual.pilot import Pilot

from mhv_tui.cli.options import WizardOptions
from mhv_tui.core.events import Finished
from mhv_tui.domain.catalogue import explain_finding
from mhv_tui.engine.session import open_session
from mhv_tui.engine.session_status import status_of
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.dialogs import PlanExtensionDialog
from mhv_tui.tui.messages import RunFinished
from tests.tui.page_keys import drive
from tests.tui.session_wizard import session_wizard
from tests.tui.snapshots import PATIENCE, TOOLS, demo_state, settled, text_of
from tests.tui.terminals import ROOT

DEFECT = """
import sys
from mhv_tui import cli
from mhv_tui.tui.page import Page
def action_help(self):
    password = "S3cret" + "-typed"
    raise RuntimeError(password)
Page.action_help = action_help
sys.exit(cli.main(["--demo", "--fresh"]))
"""


def test_a_defect_in_a_screen_shows_no_value_and_exits_with_1() -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "MHV_DEMO_PACE": "0"}
    child = pexpect.spawn(
        sys.executable,
        ["-c", DEFECT],
        cwd=str(ROOT),
        env=environment,
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
    )
    child.expect("5 passed")
    child.send("\x1bOP")
    child.expect(pexpect.EOF)
    output = child.before
    child.close()
    assert child.exitstatus == 1
    assert "mhv-tui has a defect (RuntimeError)" in output and "crash.log" in output
    assert "S3cret" not in output and "Traceback" not in output


def test_unsaved_answers_are_reported_and_saved_later() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        shutil.rmtree(state.session.directory)
        pilot.app.screen.query_one("#field-host", Field).value = "vc2.example.org"
        while "the answers are not saved" not in (shown := text_of(pilot)):
            await pilot.pause(0.1)
        state.session.directory.mkdir()
        pilot.app.screen.query_one("#field-host", Field).value = "vc3.example.org"
        while not (state.session.directory / "answers.toml").exists():
            await pilot.pause(0.1)
        return shown

    shown = drive(state, "vcenter", play)
    assert "✗ the answers are not saved" in shown
    saved = state.session.directory / "answers.toml"
    assert state.answers.tables["vcenter"].host == "vc3.example.org" and "vc3.example.org" in saved.read_text()


async def _apply_with_a_fix(pilot: Pilot[int]) -> None:
    """Requests the highlighted fix and applies the plan, until the wizard asks about the changes it revealed."""
    pilot.app.screen.query_one("#findings").focus()
    await pilot.press("f")
    await settled(pilot)
    await pilot.press("ctrl+g")
    await settled(pilot)
    await pilot.press("ctrl+g", "y")
    for _ in range(PATIENCE):
        await pilot.pause(0.05)
        if isinstance(pilot.app.screen, PlanExtensionDialog):
            await pilot.pause(0.3)
            return
    raise AssertionError(f"no question appeared:\n{text_of(pilot)}")


def test_changes_revealed_by_a_fix_are_confirmed_and_made_in_order() -> None:
    state = demo_state("no-archive")

    async def play(pilot: Pilot[int]) -> str:
        await _apply_with_a_fix(pilot)
        question = text_of(pilot)
        await pilot.press("y")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ApplyScreen) and pilot.app.screen.finished
        assert pilot.app.screen.finished.exit == 0, pilot.app.screen.finished.message
        return question

    question = drive(state, "node", play)
    assert "Now 3 more changes are known" in question and "node: install" in question
    assert "Starts nova-compute on" in question and "Make them too" in question
    kinds = [id.split(":")[0] for step, id in state.changes_made() if step == "node"]
    assert kinds[:2] == ["archive", "packages"] and kinds[-1] == "service"


@pytest.mark.parametrize("key", ["n", "ctrl+q"])
def test_a_run_ends_after_a_fix_if_its_changes_are_not_confirmed(key: str) -> None:
    state = demo_state("no-archive")

    async def play(pilot: Pilot[int]) -> str:
        await _apply_with_a_fix(pilot)
        await pilot.press(key)
        thread = cast(Wizard, pilot.app).applying
        assert thread
        thread.join(20)
        return ""

    drive(state, "node", play)
    assert [id.split(":")[0] for _, id in state.changes_made()][-1] == "archive"
    finished = state.session.journal.last("finished")
    assert finished and (finished["outcome"], finished["exit"], finished["step"]) == ("cancelled", 130, "node")
    status = status_of(state.session)
    assert status.progress == f"{status.changes} of 11", "the declined changes are to do, too"


def logins(state: WizardState) -> int:
    """The number of logins that the simulated vCenter received."""
    rows = json.loads((state.session.directory / "world.json").read_text())["vcenters"]
    return sum(row.get("logins", 0) for row in rows.values())


def test_only_keys_that_request_a_check_try_a_refused_login_again() -> None:
    state = demo_state()
    assert state.give("vcenter", "password", "wrong").changed
    tries: list[int] = []

    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        pilot.app.screen.query_one("#field-host", Field).value = "vc.example.org "
        await pilot.pause(1.0)
        await settled(pilot)
        tries.append(logins(state))
        for key in ("ctrl+r", "ctrl+g", "ctrl+r"):
            await pilot.press(key)
            await pilot.pause(0.1)
            await settled(pilot)
            tries.append(logins(state))
        return text_of(pilot)

    assert "VC07" in drive(state, "vcenter", play)
    assert tries == [1, 2, 3, 4]


def test_the_exit_code_is_that_of_the_last_run_on_any_page() -> None:
    app = Wizard(demo_state(), explain_finding, "cloud", tools=TOOLS)

    async def go() -> None:
        async with app.run_test() as pilot:
            await settled(pilot)
            app.on_run_finished(RunFinished(Finished("failed", 1)))
            await pilot.press("ctrl+q")

    asyncio.run(go())
    assert app.return_value == 1


def test_a_session_that_cannot_be_opened_is_reported_and_the_list_shown_again() -> None:
    session = open_session("old")
    (session.directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhots = "vc"\n')
    session.journal.note("started", command="apply")

    async def go() -> list[str]:
        texts = []
        async with session_wizard(WizardOptions()) as pilot:
            for keys in (["enter"], ["escape"], ["n", "enter"]):
                await pilot.press(*keys)
                await pilot.pause(0.3)
                texts.append(text_of(pilot))
            await settled(pilot)
        return texts

    problem, question, page = asyncio.run(go())
    assert "vcenter.hots" in problem and "session old cannot be opened" in problem
    assert "1 unfinished of 1" in question and f"1 of {len(FLOW)}" in page
