"""The question whether to stop a run: the real engine makes quick changes, and the key comes at any moment of them."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from pathlib import Path
from typing import Any

from textual.message_pump import MessagePump
from textual.pilot import Pilot

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Applied, Applying, Finished
from mhv_tui.engine.apply import apply
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.dialogs import StopDialog
from mhv_tui.tui.messages import EngineEvent, RunFinished, post_from_thread
from mhv_tui.tui.quitting import ask_to_stop
from tests.engine.toy_steps import context, run_of
from tests.tui.apply_runs import apply_screen
from tests.tui.snapshots import demo_state, settled, text_of, wizard

NAMES = tuple(f"n{number:03}" for number in range(300))
MOST_SECONDS = 0.06
"""The longest of the changes, whose times are random."""


class QuickRun:
    """A run of many quick changes by the real engine, in a thread of its own."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.begun: list[str] = []
        self.ended: list[str] = []
        self._path = path
        self._session = open_session(f"toy{seed}")

    def start(self, state: WizardState, approved: frozenset[str], screen: MessagePump) -> threading.Thread:
        run, _ = run_of(self._session, self._path, ctx=context(self._path, NAMES, ("last",)))
        run.stop = state.stop

        def listen(event: Any) -> None:
            if isinstance(event, Applying):
                self.begun.append(event.id)
                time.sleep(self.random.random() * MOST_SECONDS)
            if isinstance(event, Applied):
                self.ended.append(event.id)
            post_from_thread(screen, EngineEvent(event))

        def go() -> None:
            run.listener = listen
            post_from_thread(screen, RunFinished(apply(run, approve_all)))

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        return thread


async def _ask(pilot: Pilot[int], run: QuickRun) -> None:
    """Asks at a random moment; while the question is open, only the change in progress ends."""
    await asyncio.sleep(run.random.random() * 2 * MOST_SECONDS)
    await pilot.press("ctrl+c")
    assert isinstance(pilot.app.screen, StopDialog)
    begun = len(run.begun)
    await pilot.pause(MOST_SECONDS)
    shown = int(text_of(pilot).partition(" of ")[0].split()[-1])
    assert begun - 1 <= shown <= begun, "the screen below shows where the run is"
    await asyncio.sleep(run.random.random() * 2 * MOST_SECONDS)
    assert len(run.begun) == begun, f"{len(run.begun) - begun} changes began while the question was open"


def test_after_yes_no_other_change_begins_whenever_the_key_comes(tmp_path: Path) -> None:
    async def go(seed: int) -> None:
        run = QuickRun(tmp_path / f"shelf{seed}", seed)
        async with wizard(demo_state(), "finish") as pilot:
            await pilot.app.push_screen(ApplyScreen(frozenset(f"put:{name}" for name in NAMES), run.start))
            while not run.begun:
                await asyncio.sleep(0.01)
            for _ in range(9):
                await _ask(pilot, run)
                begun = len(run.begun)
                await pilot.press("n")
                while len(run.begun) == begun:
                    await asyncio.sleep(0.01)
            await _ask(pilot, run)
            begun = len(run.begun)
            await pilot.press("y")
            assert isinstance(pilot.app, Wizard) and pilot.app.applying
            pilot.app.applying.join(10)
            assert len(run.begun) == len(run.ended) == begun

    for seed in range(3):
        asyncio.run(go(seed))


def test_a_run_that_ends_while_the_question_is_open_says_how_to_quit() -> None:
    async def go() -> None:
        async with apply_screen(demo_state(), frozenset()) as player:
            app = player.pilot.app
            assert isinstance(app, Wizard)
            ask_to_stop(app)
            player.screen.post_message(RunFinished(Finished("done", 0, message="every change is made")))
            await settled(player.pilot)
            assert app.screen is player.screen and not app.state.stop.on_hold
            assert "The run has ended; press ^Q again to quit." in text_of(player.pilot)
            await player.pilot.press("ctrl+q")
            assert app.return_value == 0

    asyncio.run(go())
