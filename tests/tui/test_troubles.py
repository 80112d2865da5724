"""The wizard where something goes wrong beneath it: a defect, a disk that takes nothing, a run that fails."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable

import pexpect
from textual.pilot import Pilot

from mhv_tui.engine.road import Road
from tests.tui.pictures import demo_road, text_of, wizard
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


def drive(road: Road, start: str, play: Callable[[Pilot[int]], Awaitable[str]]) -> str:
    async def go() -> str:
        async with wizard(road, start) as pilot:
            return await play(pilot)

    return asyncio.run(go())


def test_a_defect_in_a_screen_shows_no_value_and_is_no_success() -> None:
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
    child.expect("5 ok")
    child.send("?")
    child.expect(pexpect.EOF)
    said = child.before
    child.close()
    assert child.exitstatus == 1
    assert "a defect of mhv-tui (RuntimeError)" in said and "crash.log" in said
    assert "S3cret" not in said and "Traceback" not in said


def test_a_session_that_cannot_be_written_is_told_and_the_answer_held() -> None:
    road = demo_road()

    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        shutil.rmtree(road.session.directory)
        pilot.app.screen.query_one("#field-password", Field).value = "S3cret-typed"
        await pilot.pause(0.3)
        shown = text_of(pilot)
        road.session.directory.mkdir()
        pilot.app.screen.query_one("#field-host", Field).value = "vc3.example.org"
        await pilot.pause(0.3)
        return shown + text_of(pilot)

    shown = drive(road, "vcenter", play)
    assert "password: is not saved (No such file or directory)" in shown and "S3cret" not in shown
    kept = road.session.directory / "answers.toml"
    assert road.answers.tables["vcenter"].host == "vc3.example.org" and "vc3.example.org" in kept.read_text()
