"""The line about a session at the end of a command or of the wizard: what is changed, how to resume and to undo."""

from __future__ import annotations

import sys
from dataclasses import replace

from mhv_tui.cli import output, simulation
from mhv_tui.cli.program import program
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.text import count
from mhv_tui.engine.commands import open_command, undo_command
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import FINISHED, SessionStatus, state_words, status_of


def say_after_apply(session: Session) -> None:
    """Prints the line to stderr if a change of the session is in place. Call it after the lock is released."""
    status = status_of(session)
    if status.standing:
        _say(session, status, "run the same command again")


def say_after_undo(session: Session) -> None:
    """Prints the line to stderr. Call it after the lock is released."""
    opened = open_command(session.name, simulation.is_simulated(session), program())
    _say(session, status_of(session), opened)


def _say(session: Session, status: SessionStatus, resume: str) -> None:
    opened = open_command(session.name, simulation.is_simulated(session), program())
    text = line(status, status.planned, program(), columns_of(sys.stderr), opened, resume)
    output.say(text, sys.stderr, is_masked=False)


def line(status: SessionStatus, planned: int, program: str, columns: int, opened: str, resume: str) -> str:
    """Returns one line about a session: what is changed, and how to open it, resume it or undo it.

    A line that is longer than the terminal (`columns`; 0 if there is none) becomes several, so that no command is
    broken. `planned`: the number of its changes in place and still to make. `program`: the words that call mhv-tui.
    """
    sentence, *commands = _parts(status, planned, program, opened, resume)
    text = f"{sentence} {'   '.join(commands)}"
    return text if not columns or len(text) <= columns else "\n  ".join([sentence, *commands])


def _parts(status: SessionStatus, planned: int, program: str, opened: str, resume: str) -> tuple[str, ...]:
    """Returns a sentence about the session, and the commands that continue."""
    name, undo = status.name, f"Undo: {undo_command(status.name, program)}"
    if status.outcome in ("damaged", "other format", "unreadable"):
        return f"session {name}: {state_words(status)}; what it changed is not certain.", f"See: {program} sessions"
    if status.standing and status.outcome in FINISHED and planned == status.changes and not status.failed_test:
        return f"session {name} is done: {count(planned, 'change')} made.", f"Open: {opened}", undo
    if status.standing:
        made = replace(status, outcome="cancelled", total=planned).changes_made
        return f"session {name}: {made}.", f"Resume: {resume}", undo
    if status.is_undone and (status.undone or status.kept):
        return f"session {name}: {status.undone_words}.", f"Open: {opened}"
    return f"session {name} is kept: nothing was changed.", f"Resume: {resume}"
