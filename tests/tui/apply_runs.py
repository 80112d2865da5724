"""Recorded runs in the simulated world, and a screen that plays their events with a clock of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from textual.message_pump import MessagePump
from textual.pilot import Pilot

from mhv_tui.core.changes import Change
from mhv_tui.core.events import Applied, Applying, Event, Failed, Finished, Progress
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.messages import EngineEvent, RunFinished
from tests.tui.snapshots import demo_state, wizard


@dataclass(frozen=True)
class RecordedRun:
    """The events of one run, and the state after it."""

    state: WizardState
    approved: frozenset[str]
    events: Sequence[Event]

    def until(self, is_last: Callable[[Event], bool]) -> Sequence[Event]:
        """The events up to the first for which `is_last` is true."""
        position = next(number for number, event in enumerate(self.events, 1) if is_last(event))
        return self.events[:position]


def recorded_run(source: str = "", **faults: str) -> RecordedRun:
    """Applies all changes of the scene `article` with these faults of the simulated world ("." written as "__").

    `source` is the image to upload; if empty, that of the scene.
    """
    state = demo_state()
    if source:
        state.give("image", "source", source)
        state.give("image", "name", "debian-vmware")
    world = state.session.directory / "world.json"
    rows = json.loads(world.read_text())
    world.write_text(json.dumps({**rows, "faults": {name.replace("__", "."): text for name, text in faults.items()}}))
    return record(state)


def record(state: WizardState) -> RecordedRun:
    """Applies all changes and requested fixes of a state."""
    approved: set[str] = set()
    events: list[Event] = []

    def approve(plan: Sequence[tuple[str, Change]]) -> frozenset[str]:
        approved.update(change.id for _, change in plan)
        return frozenset(approved)

    state.apply(events.append, approve)
    return RecordedRun(state, frozenset(approved), events)


SECONDS = {Progress: 1.0, Applied: 0.4, Failed: 0.4}
"""The seconds before an event of a recorded run, by its type; none before other events."""


class Player:
    """A screen that shows events. Its clock moves only with the events, so that all seconds are fixed."""

    def __init__(self, pilot: Pilot[int], approved: frozenset[str]) -> None:
        self.pilot = pilot
        self.time = 0.0
        self._began: dict[str, float] = {}
        """The time at which each change began, by its id."""
        self.screen = ApplyScreen(approved, self._start, lambda: self.time)

    def _start(self, state: WizardState, approved: frozenset[str], screen: MessagePump) -> threading.Thread:
        return threading.Thread(target=list)

    async def play(self, events: Sequence[Event]) -> None:
        """Sends the events to the screen, and shows them at once."""
        for event in events:
            self.time += SECONDS.get(type(event), 0.0)
            if isinstance(event, Applying):
                self._began[event.id] = self.time
            if isinstance(event, Applied | Failed):
                event = replace(event, seconds=self.time - self._began[event.id])
            if isinstance(event, Finished):
                self.screen.on_run_finished(RunFinished(event))
            else:
                self.screen.on_engine_event(EngineEvent(event))
        self.screen.paint(at_once=True)
        await self.pilot.pause()
        await self.pilot.pause()


@asynccontextmanager
async def apply_screen(
    state: WizardState, approved: frozenset[str], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Player]:
    """The screen of a run that has just begun, above the last page."""
    async with wizard(state, state.flow[-1].id, size) as pilot:
        player = Player(pilot, approved)
        await pilot.app.push_screen(player.screen)
        await pilot.pause()
        yield player
