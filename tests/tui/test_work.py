"""Looks in the background: the newest of each kind is made, and none of one kind is lost to another."""

from __future__ import annotations

import asyncio
import threading

from mhv_tui.tui.page import Page
from mhv_tui.tui.review import Review
from mhv_tui.tui.work import Latest
from tests.tui.pictures import demo_road, settled, text_of, wizard


def test_the_newest_of_each_kind_is_done() -> None:
    latest, begun, go_on, over = Latest(), threading.Event(), threading.Event(), threading.Event()
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


def test_the_plan_comes_though_its_page_is_looked_at_just_then() -> None:
    async def go() -> str:
        async with wizard(demo_road(), "finish") as pilot:
            page = pilot.app.screen
            assert isinstance(page, Page)
            page.action_look()
            await pilot.press("ctrl+g")
            assert isinstance(pilot.app.screen, Review)
            page.action_look()
            await settled(pilot)
            return text_of(pilot)

    assert "changes are missing" in asyncio.run(go())
