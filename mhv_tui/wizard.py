"""Starts the wizard: which session, which world, screen or lines; and sees to an orderly end.

Offers to resume an unfinished session. Waits for the change in hand before the process ends.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import signal
import sys
import termios
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from mhv_tui import commands, guards, headless, outfits
from mhv_tui.core import answerfile
from mhv_tui.core.errors import UsageError
from mhv_tui.engine import session as sessions
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.outfits import Outfit

Row = dict[str, str | int]
Rows = Sequence[Row]
"""Rows of engine.session.summary."""

Begin = Callable[[str], WizardState]
"""Opens the named session, or a new one for ""."""

MOST = 8
"""Sessions that are offered at most."""

PACE = 0.4
"""Real seconds per unit of slow work in the simulated world, so that a person can follow; $MHV_DEMO_PACE overrides."""


def run(arguments: argparse.Namespace) -> int:
    """The wizard, to its end; returns the exit code."""
    if not (headless.at_terminal() and sys.stderr is not None and sys.stderr.isatty()):
        raise UsageError(
            "the wizard needs a terminal",
            "run it in one, or use `mhv-tui apply FILE`; `mhv-tui answers template` prints one",
        )
    plain = arguments.plain or os.environ.get("TERM", "dumb") in ("dumb", "")
    rows = _unfinished(arguments)
    with ExitStack() as kept:

        def begin(name: str) -> WizardState:
            return _road(_outfit(arguments, name, bool(rows)), kept)

        return _plain(begin, rows) if plain else _screen(begin, rows)


def _road(fitted: Outfit, kept: ExitStack) -> WizardState:
    from mhv_tui.steps import FLOW

    kept.enter_context(commands.logged(fitted.session))
    kept.callback(fitted.backend.close)
    fitted.session.save_answers(fitted.answers)
    state = WizardState(FLOW, fitted.context(), fitted.session, fitted.vault, lambda: fitted.backend.now().date())
    kept.callback(_flush, state)
    return state


def _flush(state: WizardState) -> None:
    """Nothing that was answered is lost at the end, however the wizard ends."""
    if problem := state.flush():
        headless.say(f"mhv-tui: {problem}", sys.stderr)


def _screen(begin: Begin, rows: Rows) -> int:
    from mhv_tui.domain import catalogue
    from mhv_tui.tui.app import Unfinished, Wizard

    def explain(code: str) -> str:
        try:
            return catalogue.explain(code)
        except ValueError as error:
            return str(error)

    app = Wizard(Unfinished([_told(row) for row in rows], begin) if rows else begin(""), explain)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the app's loop hears it; before and after that it ends nothing
    try:
        code = app.run(mouse=False)
    except OSError:
        app.told_to_end(129)
        code = 129
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if app.crash:
        _drop_typed()
    if app.busy and app.applying:
        headless.say("finishing the change in hand; Ctrl+C ends it at once", sys.stderr)
        app.applying.join()
    if app.crash and not app.told:
        raise app.crash
    return app.told or code or app.return_code or 0


def _drop_typed() -> None:
    """What was typed for a page that is gone, a password perhaps, must not reach the shell."""
    with contextlib.suppress(termios.error, ValueError):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _plain(begin: Begin, rows: Rows) -> int:
    from mhv_tui.tui.plain import walk

    state = begin(_resumed(rows))
    if not walk(state, headless.say, headless.ask_line, headless.ask_unseen):
        return 130
    listener = headless.line_listener({step.id: step.title for step in state.flow})
    with commands.stopping() as state.stop:
        return state.apply(listener, headless.approve_by_asking()).exit


def _outfit(arguments: argparse.Namespace, name: str, asked: bool) -> Outfit:
    """For a session to be resumed, or where `name` is "" for a new one. `asked`: the operator chose that."""
    if arguments.demo:
        arguments.fresh = arguments.fresh or (asked and not name)
        return outfits.demo_outfit_of(arguments, arguments.answers, pace=_pace())
    read = answerfile.read(Path(arguments.answers), outfits.schema()) if arguments.answers else None
    session = sessions.open_session(name or arguments.session or _new_name())
    guards.one_world(session, simulated=False)
    answers = read or session.answers(outfits.schema())
    return outfits.real_outfit(session, answers or answerfile.empty(outfits.schema()))


def _pace() -> float:
    given = os.environ.get("MHV_DEMO_PACE", str(PACE))
    try:
        pace = float(given)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 60:
        raise UsageError(f"MHV_DEMO_PACE is {given!r}", "write seconds from 0 to 60, such as 0.4, or unset it")
    return pace


def _unfinished(arguments: argparse.Namespace) -> Rows:
    """The sessions that could be resumed, the newest first: none where one was named or an answer file was given."""
    if arguments.answers or arguments.session or arguments.fresh:
        return []
    known = [s for s in sessions.all_sessions() if is_demo(s.directory) == arguments.demo]
    if arguments.demo:
        known = [s for s in known if s.name == outfits.demo_name(arguments)]
    return [row for s in known if _is_open(s, row := sessions.summary(s))][:MOST]


def _is_open(session: sessions.Session, row: Row) -> bool:
    if row["outcome"] in ("done", "nothing-to-do", "other format"):
        return False
    if row["outcome"] != "not begun":
        return True
    answers = None
    with contextlib.suppress(UsageError):  # damaged, and nothing was made with them
        answers = session.answers(outfits.schema())
    return not is_demo(session.directory) and answers not in (None, answerfile.empty(outfits.schema()))


def is_demo(directory: Path) -> bool:
    """True where a session's world is a simulated one."""
    return (directory / "world.json").exists()


def _told(row: Row) -> tuple[str, str]:
    """A session as a row of the question: its name, and where it stopped."""
    at = f" at {row['step']}" if row["step"] else ""
    day = f", {str(row['last'])[:16].replace('T', ' ')}" if row["last"] else ""
    count = f"{row['changes']} change{'' if row['changes'] == 1 else 's'}"
    return str(row["name"]), f"{row['outcome']}{at}, {count} made{day}"


def _resumed(rows: Rows) -> str:
    """The newest unfinished session, where the operator wants it; "" for a new one."""
    if not rows:
        return ""
    name, where = _told(rows[0])
    try:
        answer = headless.ask_line(f"Resume session {name} ({where})? [Y/n] ")
    except EOFError:
        return ""
    return "" if answer.strip().lower() in ("n", "no") else name


def _new_name() -> str:
    today = datetime.date.today().isoformat()
    taken = {s.name for s in sessions.all_sessions()}
    return next(name for n in range(1, 1000) if (name := f"{today}-{n}") not in taken)
