"""`mhv-tui undo`: undoes only the changes of one session, newest first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

from mhv_tui.cli import leaving, output, preflight
from mhv_tui.cli.options import UndoOptions
from mhv_tui.cli.prompts import at_terminal, is_confirmed, secret_prompt
from mhv_tui.cli.setup import RunSetup, logging_to, reopen, schema, titles
from mhv_tui.cli.signals import stopping
from mhv_tui.cli.simulation import is_simulated
from mhv_tui.cli.undo_logins import LoginRefused, check_logins
from mhv_tui.core import answerfile
from mhv_tui.core.context import Context
from mhv_tui.core.errors import MhvError, UsageError
from mhv_tui.core.events import Finished, Listener, Outcome
from mhv_tui.core.secret import AskSecret
from mhv_tui.core.targets import first_target, targets_of
from mhv_tui.core.text import join_names, these
from mhv_tui.engine import undo
from mhv_tui.engine.commands import UNDO_SIMULATED
from mhv_tui.engine.make import EXIT_CODES
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo_selection import EVERYTHING, Selection


def run(options: UndoOptions) -> int:
    """Undoes the changes of a session; returns the exit code."""
    session = _session(options)
    # The journal has everything that undo needs; the answers may be unreadable.
    setup = reopen(session, answerfile.empty(schema()), secret_prompt())
    listener = output.json_listener(session.name) if options.json else output.line_listener(titles(), is_undo=True)
    output.report_damage(session.damage())
    selection = Selection(frozenset(options.targets), _first_target(session))
    with logging_to(session), closing(setup.backend), stopping() as stop:
        confirm = None if options.yes else _question(session)
        finished, problem = undo_session(setup, listener, stop, secret_prompt(), confirm, selection)
    if problem:
        output.say(f"mhv-tui: {problem}", sys.stderr)
    if not options.json:
        leaving.say_after_undo(session)
    return finished.exit


def undo_session(
    setup: RunSetup,
    listener: Listener,
    stop: Stop,
    ask: AskSecret | None = None,
    confirm: Callable[[int], bool] | None = None,
    selection: Selection = EVERYTHING,
) -> tuple[Finished, str]:
    """Undoes changes of a session, after `confirm` has returned True for their number. Raises Busy, SecretMissing.

    `ask` asks the operator for a secret; None if that is not possible.
    Returns the outcome, and a problem with what a killed apply left; "" if there is none.
    """
    from mhv_tui.changes import KINDS

    session = setup.session
    with session.locked("wait until the other run has ended, or stop it, then run undo again"):
        number = undo.emit_undo_plan(session, KINDS, listener, selection)
        if number and confirm and not confirm(number):
            return _ended("cancelled", "nothing was undone", listener), ""
        try:
            check_logins(setup, [change for _, change in undo.undoable(session, KINDS, selection)], ask)
        except LoginRefused as refused:
            reason = refused.message.rstrip(".")
            sentence = f"nothing was undone, because a login was refused: {reason}; {refused.remedy}"
            return _ended("stopped", sentence, listener), ""
        was_killed = any(part.journal.has_interrupted_apply() for part in session.parts())
        finished = undo.undo(session, KINDS, setup.context(), listener, stop, selection)
        return finished, _clear_trial(session, setup.context()) if was_killed else ""


def _ended(outcome: Outcome, message: str, listener: Listener) -> Finished:
    finished = Finished(outcome, EXIT_CODES[outcome], message=message)
    listener(finished)
    return finished


def _clear_trial(session: Session, ctx: Context) -> str:
    """Deletes the trial port that a killed apply left. No change records it, so the saved answers name the cloud.

    Returns the problem if that fails; else "".
    """
    from mhv_tui.steps.network.trial import clear_trial

    try:
        answers = session.answers(schema())
        for target in targets_of(answers) if answers else ():
            clear_trial(replace(ctx, target=target))
    except MhvError as error:
        return f"whether a killed apply left a trial port could not be checked: {error.message}"
    return ""


def _session(options: UndoOptions) -> Session:
    preflight.check_options(options)
    if options.fresh:
        raise UsageError("undo cannot use --fresh, which deletes the journal that undo needs", "leave out --fresh")
    session = open_session(options.session, create=False)
    known = [part.target for part in session.parts() if part.target]
    for name in options.targets:
        if name not in known:
            remedy = f"its targets are: {join_names(known)}" if known else "leave out --target"
            raise UsageError(f"session {session.name} has no target {name}", remedy)
    if options.demo:
        preflight.check_backend(session, simulated=True)
        preflight.check_scene(session, options.scene)
    return session


def _first_target(session: Session) -> str:
    """The target of the session's first changes; "" if no answers say so."""
    with suppress(UsageError):
        answers = session.answers(schema())
        return first_target(answers) if answers else ""
    return ""


def _question(session: Session) -> Callable[[int], bool]:
    """The question before the undo of a session, which says whether the session is simulated."""
    simulated = f"{UNDO_SIMULATED}\n" if is_simulated(session) else ""

    def confirm(count: int) -> bool:
        if not at_terminal():
            raise UsageError("undo needs a terminal to ask for approval", "add --yes")
        return is_confirmed(f"{simulated}Undo {these(count, 'change')}?")

    return confirm
