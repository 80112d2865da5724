"""Starts the wizard: which session, which world, screen or lines; and sees to an orderly end.

Offers to resume an unfinished session. Waits for the change in hand before the process ends.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from pathlib import Path

from mhv_tui import commands, headless
from mhv_tui.commands import Outfit
from mhv_tui.core import answerfile
from mhv_tui.core.errors import UsageError
from mhv_tui.engine import session as sessions
from mhv_tui.engine.road import Road


def run(arguments: argparse.Namespace) -> int:
    """The wizard, to its end; returns the exit code."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "the wizard needs a terminal",
            "run it in one, or use `mhv-tui apply FILE`; `mhv-tui answers template` prints one",
        )
    fitted = _outfit(arguments)
    road = _road(fitted)
    with commands.logged(fitted.session):
        try:
            if arguments.plain or os.environ.get("TERM", "dumb") in ("dumb", ""):
                return _plain(road)
            return _screen(road)
        finally:
            fitted.world.close()


def _road(fitted: Outfit) -> Road:
    from mhv_tui.steps import FLOW

    fitted.session.save_answers(fitted.answers)
    return Road(FLOW, fitted.context(), fitted.session, fitted.vault, lambda: fitted.world.now().date())


def _screen(road: Road) -> int:
    from mhv_tui.domain import catalogue
    from mhv_tui.tui.app import Wizard

    def explain(code: str) -> str:
        try:
            return catalogue.explain(code)
        except ValueError as error:
            return str(error)

    app = Wizard(road, explain, road.first_open())
    try:
        code = app.run(mouse=False)
    except OSError:
        road.stop.ask(129)
        code = 129
    if app.applying is not None:
        app.applying.join()
    return road.stop.code if road.stop.asked else code or 0


def _plain(road: Road) -> int:
    from mhv_tui.tui.plain import walk

    listener = headless.line_listener({step.id: step.title for step in road.flow})
    return walk(road, headless.say, input, listener, headless.approve_by_asking())


def _outfit(arguments: argparse.Namespace) -> Outfit:
    if arguments.demo:
        return commands.demo_outfit_of(arguments, arguments.answers, pace=0.4)
    if arguments.session:
        session = sessions.open_session(arguments.session)
    else:
        session = _resumed(arguments) or sessions.open_session(_new_name())
    answers = session.answers(commands.schema())
    if arguments.answers:
        answers = answerfile.read(Path(arguments.answers), commands.schema())
    return commands.reopened(session, answers or answerfile.empty(commands.schema()))


def _resumed(arguments: argparse.Namespace) -> sessions.Session | None:
    """The newest unfinished session, where the operator wants it; None for a new one."""
    if arguments.answers:
        return None
    rows = [(s, sessions.summary(s)) for s in sessions.all_sessions()]
    unfinished = [(s, row) for s, row in rows if row["outcome"] not in ("done", "nothing-to-do")]
    if not unfinished:
        return None
    session, row = unfinished[0]
    step = f" at {row['step']}" if row["step"] else ""
    try:
        question = f"Resume session {session.name} ({row['outcome']}{step}, {row['changes']} changes made)? [Y/n] "
        return None if input(question).strip().lower() in ("n", "no") else session
    except EOFError:
        return None


def _new_name() -> str:
    today = datetime.date.today().isoformat()
    taken = {s.name for s in sessions.all_sessions()}
    return next(name for n in range(1, 1000) if (name := f"{today}-{n}") not in taken)
