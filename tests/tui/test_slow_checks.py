"""A check that takes long shows its seconds, so that a slow system is not taken for a wizard that hangs."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from functools import partial

import pytest
from textual.pilot import Pilot

from mhv_tui.tui.app import Wizard
from tests.tui.snapshots import demo_state, settled, text_of, wizard


def wait(event: threading.Event) -> None:
    event.wait(60)


async def shown(pilot: Pilot[int], pattern: str) -> bool:
    """True as soon as the screen has the pattern; False after 20 seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if re.search(pattern, text_of(pilot)):
            return True
        await pilot.pause(0.1)
    return False


@pytest.mark.parametrize("page", ["cloud", "vcenter", "cluster", "datastore", "node", "image"])
def test_the_seconds_of_a_check_are_shown_until_its_end(page: str) -> None:
    release = threading.Event()

    async def go() -> str:
        async with wizard(demo_state(), page) as pilot:
            assert isinstance(pilot.app, Wizard)
            pilot.app.worker.submit("slow", partial(wait, release))
            await pilot.press("ctrl+r")
            assert await shown(pilot, r"checks: running, 1 s \.\.\.")
            assert await shown(pilot, r"checks: running, 2 s \.\.\.")
            await pilot.press("ctrl+r")  # a new check begins at 0
            assert await shown(pilot, r"checks: running \.\.\.")
            release.set()
            await settled(pilot)
            await pilot.pause(1.1)
            return text_of(pilot)

    text = asyncio.run(go())
    assert re.search(r"checks: \d", text) and "checks: running" not in text
