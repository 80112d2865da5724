"""Runs the wizard with real sessions of the simulated backend, as `mhv-tui --demo` does, and without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

from textual.pilot import Pilot

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.domain import catalogue
from mhv_tui.engine.session import Session, open_session
from mhv_tui.tui.app import Wizard
from tests.tui.snapshots import TOOLS, settled

DRS_OFF = WizardOptions(demo=True, scene="drs-off")
Play = Callable[[Pilot[int]], Awaitable[str]]


@asynccontextmanager
async def session_wizard(
    options: WizardOptions | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[int]]:
    """The wizard as it starts with these options, after the first check if a page is open."""
    with closing(OpenSessions(options or WizardOptions(demo=True))) as sessions:
        state = None if sessions.unfinished() else sessions.open("")
        app = Wizard(state or sessions, catalogue.explain_finding, tools=TOOLS, sessions=sessions)
        app.is_simulated, app.theme = True, "dark"
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            yield pilot


def drive_sessions(play: Play, options: WizardOptions = DRS_OFF, size: tuple[int, int] = (80, 24)) -> str:
    """Starts the wizard with these options and returns the result of `play`."""

    async def go() -> str:
        async with session_wizard(options, size) as pilot:
            return await play(pilot)

    return asyncio.run(go())


def stopped_session(name: str = "demo", scene: str = "drs-off") -> Session:
    """A session whose last run was stopped by a check."""
    assert cli.main(["apply", "--demo", "--scene", scene, "--session", name, "--yes"]) == 3
    return open_session(name)


def applied_session(name: str, *steps: str) -> Session:
    """A session in which all changes of some steps are made."""
    words = [word for step in steps for word in ("--step", step)]
    assert cli.main(["apply", "--demo", "--session", name, "--yes", *words]) == 0
    return open_session(name)
