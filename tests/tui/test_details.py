"""The details below a list: they take the focus and scroll only if they are longer than their place."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult

from mhv_tui.tui.details import SCROLL, Details
from mhv_tui.tui.render import KeyHint

ENTER, QUIT = KeyHint("Enter", "open"), KeyHint("^Q", "quit")


class DetailsOnly(App[None]):
    """An app with nothing but details."""

    def compose(self) -> ComposeResult:
        yield Details()


def test_details_scroll_with_the_keys_only_if_there_is_more_to_show() -> None:
    async def play() -> None:
        async with DetailsOnly().run_test(size=(60, 10)) as pilot:
            details = pilot.app.query_one(Details)
            details.show("one line")
            await pilot.pause()
            assert not details.can_focus and details.with_key([ENTER, QUIT]) == [ENTER, QUIT]
            details.show("\n".join(f"line {number}" for number in range(30)))
            await pilot.pause()
            assert details.can_focus and details.with_key([ENTER, QUIT]) == [ENTER, SCROLL, QUIT]
            await pilot.press("tab", "down")
            await pilot.pause()
            assert details.has_focus and details.scroll_offset.y == 1
            details.show("one line")
            await pilot.pause()
            assert not details.can_focus and details.scroll_offset.y == 0

    asyncio.run(play())
