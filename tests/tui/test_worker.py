"""Checks in the worker thread: the newest of each kind runs, and only its result is shown."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial

from mhv_tui.engine.check import StepResult
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.messages import StepChecked, post_from_thread
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.worker import LatestOnlyWorker
from tests.tui.snapshots import TOOLS, demo_state, settled, text_of, wizard


def test_only_the_newest_job_of_each_kind_runs() -> None:
    worker, started, release = LatestOnlyWorker(), threading.Event(), threading.Event()
    plan_done, all_done = threading.Event(), threading.Event()
    finished_jobs: list[str] = []

    def first() -> None:
        started.set()
        release.wait(10)

    worker.submit("page", first)
    assert started.wait(10)
    worker.submit("page", lambda: finished_jobs.append("an older page"))
    worker.submit("page", all_done.set)
    worker.submit("plan", plan_done.set)
    assert plan_done.wait(10), "jobs of other kinds do not wait"
    release.set()
    assert all_done.wait(10) and finished_jobs == []


def _wait(event: threading.Event) -> None:
    event.wait(10)


def test_the_plan_is_shown_although_its_page_is_checked_at_the_same_time() -> None:
    async def go() -> str:
        async with wizard(demo_state(), "finish") as pilot:
            page, app, release = pilot.app.screen, pilot.app, threading.Event()
            assert isinstance(page, Page) and isinstance(app, Wizard)
            app.worker.submit("slow", partial(_wait, release))
            await pilot.press("ctrl+g")
            assert isinstance(pilot.app.screen, PlanScreen)
            page.action_check()
            release.set()
            await settled(pilot)
            return text_of(pilot)

    assert "10 changes: 7 to create" in asyncio.run(go())


def test_a_page_drops_the_result_of_an_older_check() -> None:
    state = demo_state()

    async def go() -> str:
        async with wizard(state, "cluster") as pilot:
            pilot.app.screen.post_message(StepChecked(0, StepResult(state.step("cluster"), ())))
            await pilot.pause()
            return text_of(pilot)

    assert "13 passed" in asyncio.run(go())


def test_the_result_for_a_closed_page_changes_no_other_page() -> None:
    state = demo_state()

    async def go() -> str:
        async with wizard(state, "cloud") as pilot:
            page = pilot.app.screen
            await pilot.press("ctrl+n")
            await settled(pilot)
            await asyncio.to_thread(post_from_thread, page, StepChecked(1, StepResult(state.step("cloud"), ())))
            await pilot.pause()
            return text_of(pilot)

    assert "7 passed" in asyncio.run(go())


def test_quit_does_not_wait_for_a_check_that_hangs() -> None:
    app, release = Wizard(demo_state(), lambda finding, width: "", "cloud", tools=TOOLS), threading.Event()

    async def go() -> float:
        async with app.run_test() as pilot:
            await settled(pilot)
            app.worker.submit("hanging", partial(_wait, release))
            await pilot.press("ctrl+r")
            pressed = time.monotonic()
            await pilot.press("ctrl+q")
        return time.monotonic() - pressed

    assert asyncio.run(go()) < 5 and app.return_value == 0 and not release.is_set()
    release.set()
