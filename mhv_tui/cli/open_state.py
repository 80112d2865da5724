"""Opens a session for the wizard: locks, log, connections, and the state of its only target or of its first one."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack

from mhv_tui.cli import output, simulation
from mhv_tui.cli.overrides import today
from mhv_tui.cli.setup import RunSetup, logging_to
from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.ports import Backend
from mhv_tui.core.targets import Target
from mhv_tui.engine.last_seen import save_last_seen
from mhv_tui.engine.session import Session
from mhv_tui.engine.wizard_state import WizardState

CLOSING = 0.3
"""Seconds that the end of the wizard waits for logouts. The logins to a system that hangs end by themselves."""


def wizard_state(setup: RunSetup, resources: ExitStack) -> WizardState:
    """Returns the wizard's state. At the end, `resources` saves answers and findings and closes the connections."""
    from mhv_tui.steps import FLOW

    resources.enter_context(setup.session.opened())
    resources.enter_context(logging_to(setup.session))
    if simulation.is_simulated(setup.session):
        resources.callback(setup.backend.close)
    else:
        resources.callback(close_soon, setup.backend)
    setup.session.save_answers(setup.answers)
    if setup.answers.targets:
        return _fleet_state(setup, resources)
    state = WizardState(FLOW, setup.context(), setup.session, setup.vault, today)
    resources.callback(_flush, state)
    return state


def _fleet_state(setup: RunSetup, resources: ExitStack) -> WizardState:
    """Returns the state of the first of several targets."""
    from mhv_tui.cli.fleet import compared
    from mhv_tui.engine.fleet_state import FleetState
    from mhv_tui.steps import FLOW

    def new_state(target: Target, session: Session) -> WizardState:
        state = WizardState(FLOW, setup.context(target), session, setup.vault, today)
        resources.callback(_flush, state)
        return state

    fleet = FleetState(FLOW, setup.session, setup.answers, new_state, compared)
    return fleet.state_of(fleet.ids[0])


def close_soon(backend: Backend) -> None:
    """Closes the connections of a backend, and waits at most CLOSING for systems that do not answer the logout."""
    thread = threading.Thread(target=backend.close, name="logout", daemon=True)
    thread.start()
    thread.join(CLOSING)


def _flush(state: WizardState) -> None:
    """Waits until the answers are saved, and saves the last findings; prints the problem if that fails."""
    if problem := state.flush():
        output.say(f"mhv-tui: {problem}", sys.stderr)
        return
    try:
        save_last_seen(*_last_findings(state))
    except (OSError, UsageError) as error:
        output.say(f"mhv-tui: the last findings are not saved: {error}", sys.stderr)


def _last_findings(state: WizardState) -> tuple[Session, list[KeyedFinding]]:
    """The last findings, and where they belong: to the session itself as soon as its other targets are removed."""
    fleet = state.fleet
    if fleet and fleet.ids == [state.session.target] and not fleet.answers.targets:
        return fleet.session, [(("", step), finding) for (_, step), finding in state.findings()]
    return state.session, state.findings()
