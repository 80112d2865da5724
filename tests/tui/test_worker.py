"""Looks in the background: the newest of each kind is made, and none of one kind is lost to another."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

from mhv_tui.tui.app import Wizard
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.worker import LatestOnlyWorker
from tests.tui.snapshots import demo_state, settled, text_of, wizard


def test_the_newest_of_each_kind_is_done() -> None:
    latest, begun, go_on, over = LatestOnlyWorker(), threading.Event(), threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        begun.set()
        go_on.wait(10)

    latest.submit("page", first)
    assert begun.wait(10)
    latest.submit("plan", lambda: done.append("plan"))
    latest.submit("page", lambda: done.append("an older page"))
    latest.submit("page", lambda: done.append("page"))
    latest.submit("last", over.set)
    go_on.set()
    assert over.wait(10) and done == ["plan", "page"]


def _wait(event: threading.Event) -> None:
    event.wait(10)


def test_the_plan_comes_though_its_page_is_looked_at_just_then() -> None:
    async def go() -> str:
        async with wizard(demo_state(), "finish") as pilot:
            page, app, slow = pilot.app.screen, pilot.app, threading.Event()
            assert isinstance(page, Page) and isinstance(app, Wizard)
            app.worker.submit("slow", partial(_wait, slow))
            await pilot.press("ctrl+g")
            assert isinstance(pilot.app.screen, PlanScreen)
            page.action_check()
            slow.set()
            await settled(pilot)
            return text_of(pilot)

    assert "changes to make; Ctrl+G" in asyncio.run(go())
