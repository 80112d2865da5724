"""The plan while its pages are checked: each result at once, a check that hangs, and keys during a check."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.plan_check import PlanCheck
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.worker import LatestOnlyWorker
from tests.tui.page_keys import last_line
from tests.tui.snapshots import settled, text_of, wizard
from tests.tui.test_plan import ALL, words
from tests.tui.test_slow_checks import SlowState, shown


def test_each_page_is_shown_as_soon_as_it_is_checked_and_esc_leaves_at_once(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> None:
        async with wizard(state, "finish") as pilot:
            state.go_on.clear()
            await pilot.press("ctrl+g")
            assert "\n checking ...\n" in text_of(pilot)
            assert await shown(pilot, "0 of 10 pages checked; checking cloud, 1 s")
            assert await shown(pilot, r"◐ cloud +· vcenter")
            assert "The plan is being checked" in await after_now(pilot, "ctrl+g")
            plan = pilot.app.screen
            assert isinstance(plan, PlanScreen) and plan.checking
            await pilot.press("escape")
            assert pilot.app.screen is not plan
            state.go_on.set()
            await settled(pilot)

    asyncio.run(go())


def test_keys_that_apply_too_early_are_answered_until_the_check_is_complete(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, "finish") as pilot:
            state.go_on.clear()
            await pilot.press("ctrl+g")
            for key in ("ctrl+g", "y"):
                assert "The plan is being checked: press ^G again" in last_line(await after_now(pilot, key))
            state.go_on.set()
            await settled(pilot)
            assert "The check of the plan is complete: press ^G again." in last_line(text_of(pilot))
            return await after_now(pilot, "ctrl+g")

    assert "Make these 10 changes now?" in asyncio.run(go())


def test_a_key_after_the_early_one_ends_its_answer(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, "finish") as pilot:
            state.go_on.clear()
            await pilot.press("ctrl+g", "ctrl+g", "down")
            state.go_on.set()
            await settled(pilot)
            return last_line(text_of(pilot))

    assert "^G apply" in asyncio.run(go())


def test_a_requested_check_shows_at_once_how_far_it_is(tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, "finish") as pilot:
            await pilot.press("ctrl+g")
            await settled(pilot)
            plan = pilot.app.screen
            assert isinstance(plan, PlanScreen) and not plan.check.progress
            state.go_on.clear()
            await pilot.press("ctrl+r")
            progress = plan.check.progress
            state.go_on.set()
            await settled(pilot)
            return progress

    assert asyncio.run(go()) == "checking ... 0 of 10 pages"


@pytest.mark.parametrize("width", [36, 56, 76])
def test_no_line_parts_the_sign_of_a_page_from_its_name(width: int, tmp_path: Path) -> None:
    state = SlowState(tmp_path / "world.json")
    lines = PlanCheck(MessagePump(), state, LatestOnlyWorker()).strip(width).plain.splitlines()
    assert len(lines) > 1 and all(len(line) <= width and len(line.split()) % 2 == 0 for line in lines)


async def after_now(pilot: Pilot[int], key: str) -> str:
    await pilot.press(key)
    return text_of(pilot)


class HangsOnce(SlowState):
    """Its first check of one page inside the plan hangs until `go_on`; later checks do not."""

    armed = False
    hanging = "vcenter"

    def check(self, step_id: str) -> StepResult:
        if step_id == self.hanging and self.armed:
            self.armed = False
            return super().check(step_id)
        return WizardState.check(self, step_id)


def test_a_check_that_hangs_is_replaced(tmp_path: Path) -> None:
    state = HangsOnce(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, "finish") as pilot:
            state.go_on.clear()
            state.armed = True
            await pilot.press("ctrl+g")
            assert await shown(pilot, "1 of 10 pages checked; checking vcenter")
            await pilot.press("ctrl+r")
            await settled(pilot)
            state.go_on.set()
            return text_of(pilot)

    assert ALL in words(asyncio.run(go()))


class Recorded(SlowState):
    """Records the pages that are checked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "drs-off")
        self.checked: list[str] = []

    def check(self, step_id: str) -> StepResult:
        result = super().check(step_id)
        self.checked.append(step_id)
        return result


def test_a_fix_requested_during_the_check_does_not_skip_pages(tmp_path: Path) -> None:
    state = Recorded(tmp_path / "world.json")

    async def go() -> str:
        async with wizard(state, "finish") as pilot:
            state.go_on.clear()
            await pilot.press("ctrl+g")
            assert await shown(pilot, "0 of 10 pages checked")
            state.checked.clear()
            await pilot.press("f")
            state.go_on.set()
            await settled(pilot)
            return text_of(pilot)

    assert "11 changes: 7 to create, 4 to edit" in asyncio.run(go())
    assert {*state.checked} == {step.id for step in state.flow}


def test_the_cursor_stays_where_the_operator_has_moved_it(tmp_path: Path) -> None:
    state = HangsOnce(tmp_path / "world.json", "no-archive")
    state.hanging = "prove"

    async def go() -> str:
        async with wizard(state, "cloud") as pilot:
            state.go_on.clear()
            state.armed = True
            await pilot.press("ctrl+g")
            assert await shown(pilot, "checking prove")
            await pilot.press("down", "down")
            state.go_on.set()
            await settled(pilot)
            return text_of(pilot)

    assert ">+ register" in asyncio.run(go())
