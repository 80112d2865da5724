"""A check that takes long shows its seconds, so that a slow system is not taken for a wizard that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mhv_tui.core.secret import Vault
from mhv_tui.core.waits import waiting
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.page import Page
from tests.steps.walked_world import context
from tests.tui.snapshots import settled, text_of, wizard


class SlowState(WizardState):
    """Its checks wait while the event is not set."""

    def __init__(self, path: Path, scene: str = "article") -> None:
        super().__init__(FLOW, context(path, scene), open_session("demo"), Vault(), lambda: date(2026, 11, 22))
        self.go_on = threading.Event()
        self.go_on.set()
        self.system = ""
        """The system that the checks wait for."""

    def check(self, step_id: str) -> StepResult:
        with waiting(self.system, 12.0) if self.system else contextlib.nullcontext():
            assert self.go_on.wait(60)
        return super().check(step_id)


async def shown(pilot: Pilot[int], pattern: str) -> bool:
    """True as soon as the screen has the pattern; False after 20 seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if re.search(pattern, text_of(pilot)):
            return True
        await pilot.pause(0.1)
    return False


@pytest.mark.parametrize("page", ["cloud", "vcenter", "cluster", "datastore", "node", "image"])
def test_the_seconds_of_a_check_are_shown_until_its_end(page: str, tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, page) as pilot:
            state.go_on.clear()
            await pilot.press("ctrl+r")
            assert await shown(pilot, r"checking, 1 s \.\.\.")
            assert await shown(pilot, r"checking, 2 s \.\.\.")
            await pilot.press("ctrl+r")  # a new check begins at 0
            assert await shown(pilot, r"checking \.\.\.")
            state.go_on.set()
            await settled(pilot)
            await pilot.pause(1.1)
            return text_of(pilot)

    text = asyncio.run(go())
    assert re.search(r"── \d", text) and "checking" not in text


def test_a_running_check_names_the_system_and_its_limit_and_dims_the_earlier_findings(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> None:
        async with wizard(state, "vcenter") as pilot:
            page = pilot.app.screen
            assert isinstance(page, Page)
            state.go_on.clear()
            state.system = "vc.example.org"
            await pilot.press("ctrl+r")
            assert await shown(pilot, r"asking vc\.example\.org, 1 s of at most 12 s \.\.\.")
            assert page.pane.rows.is_stale
            state.go_on.set()
            await settled(pilot)
            assert not page.pane.rows.is_stale

    asyncio.run(go())


def test_the_last_page_has_its_frame_and_the_keys_that_act_while_it_checks(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json", "drs-off")

    async def go() -> str:
        async with wizard(state, "cluster") as pilot:
            state.go_on.clear()
            await pilot.press("0")
            assert await shown(pilot, "10 of 10  Finish(.|\n)*Checking all pages(.|\n)* checking, [1-9] s")
            text = text_of(pilot)
            state.go_on.set()
            await settled(pilot)
            return text

    last = asyncio.run(go()).rstrip().splitlines()[-1]
    assert last.split("  ") == [" s save answers", "^P back", "^G plan", "F1 help", "^Q quit"]
