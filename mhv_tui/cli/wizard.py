"""`mhv-tui` without a command: runs the wizard on a screen or as line prompts.

The wizard offers to resume an unfinished session. The process ends only after the current change is completed.
"""

from __future__ import annotations

import contextlib
import datetime
import gc
import os
import signal
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from mhv_tui.cli import finish_tools, output, preflight, simulation
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_by_asking, ask_line, ask_unseen, at_terminal
from mhv_tui.cli.setup import RunSetup, logging_to, mode_of, open_run, schema, titles
from mhv_tui.cli.signals import stopping
from mhv_tui.core import answerfile
from mhv_tui.core.errors import UsageError
from mhv_tui.core.text import count
from mhv_tui.engine.session import Session, all_sessions
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.wizard_state import WizardState

Summary = Mapping[str, str | int]
"""The summary of a session, as `engine.session.summary` returns it."""

OpenSession = Callable[[str], WizardState]
"""A function that opens the session with the given name, or a new session if the name is empty."""

MAX_OFFERED = 8
"""The maximum number of sessions that the wizard offers to resume."""

DEMO_PACE = 0.4
"""Seconds per unit of slow work of the simulated backend, so that a person can follow; $MHV_DEMO_PACE overrides it."""


def run(options: WizardOptions) -> int:
    """Runs the wizard to its end; returns the exit code."""
    preflight.check_options(options)
    if not (at_terminal() and sys.stderr is not None and sys.stderr.isatty()):
        raise UsageError(
            "the wizard needs a terminal",
            "run mhv-tui in a terminal, or use `mhv-tui apply FILE`; `mhv-tui answers template` prints such a FILE",
        )
    plain = options.plain or os.environ.get("TERM", "dumb") in ("dumb", "")
    unfinished = unfinished_sessions(options)
    with ExitStack() as resources:

        def open_session(name: str) -> WizardState:
            is_new = bool(unfinished) and not name
            return wizard_state(_open(options, name, is_new), resources)

        return _run_plain(open_session, unfinished) if plain else _run_screen(open_session, unfinished)


def _open(options: WizardOptions, name: str, is_new: bool) -> RunSetup:
    """Opens the session `name`, else a new one. `is_new`: the operator chose a new session instead of resuming one."""
    if options.demo:
        fresh = options.fresh or is_new
        return open_run(replace(options, fresh=fresh), mode_of(options, pace=_demo_pace()))
    session = name or options.session or _new_name()
    return open_run(replace(options, session=session), mode_of(options, initial=answerfile.empty(schema())))


def wizard_state(setup: RunSetup, resources: ExitStack) -> WizardState:
    """Returns the wizard's state. At the end, `resources` saves the answers and closes the connections."""
    from mhv_tui.steps import FLOW

    resources.enter_context(logging_to(setup.session))
    resources.callback(setup.backend.close)
    setup.session.save_answers(setup.answers)
    state = WizardState(FLOW, setup.context(), setup.session, setup.vault, lambda: setup.backend.now().date())
    resources.callback(_flush, state)
    return state


def _flush(state: WizardState) -> None:
    """Waits until the answers are saved; prints the problem if that fails."""
    if problem := state.flush():
        output.say(f"mhv-tui: {problem}", sys.stderr)


def _run_screen(open_session: OpenSession, unfinished: Sequence[Summary]) -> int:
    from mhv_tui.domain import catalogue
    from mhv_tui.tui.app import UnfinishedSessions, Wizard
    from mhv_tui.tui.finish_tools import FinishTools

    rows = [_name_and_state(session) for session in unfinished]
    source = UnfinishedSessions(rows, open_session) if rows else open_session("")
    app = Wizard(source, catalogue.explain_finding, tools=FinishTools(finish_tools.collect, finish_tools.report))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the app's event loop handles it while it runs
    try:
        code = app.run(mouse=False)
    except OSError:
        app.end_with(129)
        code = 129
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if app.crash:
        _discard_input()
    if app.busy and app.applying:
        output.say("mhv-tui completes the current change; press Ctrl+C to stop at once", sys.stderr)
        app.applying.join()
    gc.freeze()  # the process ends now: a last search for garbage would only delay it
    if app.crash and not app.requested_exit:
        raise app.crash
    return app.requested_exit or code or app.return_code or 0


def _discard_input() -> None:
    """Discards keys typed after the screen has crashed: they may be a password, and the shell must not read them."""
    with contextlib.suppress(termios.error, ValueError):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _run_plain(open_session: OpenSession, unfinished: Sequence[Summary]) -> int:
    from mhv_tui.tui.plain import ask_all_pages

    state = open_session(_session_to_resume(unfinished))
    if not ask_all_pages(state, output.say, ask_line, ask_unseen):
        return 130
    with stopping() as state.stop:
        return state.apply(output.line_listener(titles()), approve_by_asking).exit


def _demo_pace() -> float:
    text = os.environ.get("MHV_DEMO_PACE", str(DEMO_PACE))
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 60:
        raise UsageError(
            f"MHV_DEMO_PACE is {text!r}", "set it to a number of seconds from 0 to 60, such as 0.4, or unset it"
        )
    return pace


def unfinished_sessions(options: WizardOptions) -> Sequence[Summary]:
    """Returns the sessions to resume, newest first; none if the options name a session or an answer file."""
    if options.file or options.session or options.fresh:
        return []
    sessions = [s for s in all_sessions() if simulation.is_simulated(s) == options.demo]
    if options.demo:
        sessions = [s for s in sessions if s.name == simulation.session_name_of(options.scene)]
    return [row for s in sessions if _is_unfinished(s, row := summary(s))][:MAX_OFFERED]


def _is_unfinished(session: Session, row: Summary) -> bool:
    if row["outcome"] in ("done", "nothing-to-do", "other format", "unreadable"):
        return False
    if row["outcome"] != "not begun":
        return True
    answers = None
    with contextlib.suppress(UsageError):  # the answers are damaged, but nothing was changed
        answers = session.answers(schema())
    return not simulation.is_simulated(session) and answers not in (None, answerfile.empty(schema()))


def _name_and_state(row: Summary) -> tuple[str, str]:
    """Returns a session's name, and a text about how and where its last run ended."""
    step = f" at {row['step']}" if row["step"] else ""
    time = f", {str(row['last'])[:16].replace('T', ' ')}" if row["last"] else ""
    return str(row["name"]), f"{row['outcome']}{step}, {count(int(row['changes']), 'change')} made{time}"


def _session_to_resume(unfinished: Sequence[Summary]) -> str:
    """Returns the newest unfinished session's name if the operator wants to resume it; otherwise ""."""
    if not unfinished:
        return ""
    name, state = _name_and_state(unfinished[0])
    try:
        answer = ask_line(f"Resume session {name} ({state})? [Y/n] ")
    except EOFError:
        return ""
    return "" if answer.strip().lower() in ("n", "no") else name


def _new_name() -> str:
    today = datetime.date.today().isoformat()
    taken = {session.name for session in all_sessions()}
    return next(name for n in range(1, 1000) if (name := f"{today}-{n}") not in taken)
