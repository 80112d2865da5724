"""Drives a page of the wizard by keys, without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual import events
from textual.pilot import Pilot

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import Field
from mhv_tui.tui.page import Page
from tests.tui.snapshots import settled, text_of, wizard

T = TypeVar("T")


def drive(
    state: WizardState,
    start: str,
    play: Callable[[Pilot[int]], Awaitable[T]],
    size: tuple[int, int] = (80, 24),
    *,
    in_form: bool = True,
) -> T:
    """Opens the wizard at the page `start`; returns the result of `play`. `in_form`: a field has the focus, if any."""

    async def go() -> T:
        async with wizard(state, start, size) as pilot:
            page = pilot.app.screen
            field = page.form.first_to_fill() if in_form and isinstance(page, Page) else None
            if field:
                page.set_focus(field)
                await pilot.pause()
            return await play(pilot)

    return asyncio.run(go())


async def press(pilot: Pilot[int], *keys: str) -> str:
    """Presses keys and returns the screen when it is idle."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await settled(pilot)
    return text_of(pilot)


async def press_at_once(pilot: Pilot[int], *keys: str) -> str:
    """Presses keys that arrive together, as over a slow line, and returns the screen when it is idle."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await settled(pilot)
    return text_of(pilot)


def field(pilot: Pilot[int], key: str) -> Field:
    """The field of an answer of the current page."""
    return pilot.app.screen.query_one(f"#field-{key}", Field)


def last_line(text: str) -> str:
    """The line with the keys or a notice."""
    return text.rstrip("\n").splitlines()[-1]
