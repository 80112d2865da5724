"""`mhv-tui sessions`: lists the sessions, forgets some, or renames one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

from mhv_tui.cli import output
from mhv_tui.cli.options import SessionsOptions
from mhv_tui.cli.output import json_line, report_damage
from mhv_tui.cli.prompts import at_terminal, is_confirmed
from mhv_tui.cli.setup import DemoMode, schema
from mhv_tui.cli.simulation import is_simulated, scene_of
from mhv_tui.cli.streams import columns_of
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.redaction import shown
from mhv_tui.core.targets import targets_of
from mhv_tui.core.text import count, these
from mhv_tui.engine import session_edit
from mhv_tui.engine.session import Session, all_sessions, open_session
from mhv_tui.engine.session_status import FINISHED, SessionStatus, state_words, status_of, summary
from mhv_tui.engine.state import private_directory

HEADER = ("session", "target", "state", "in place", "last used (UTC)")

MOVED = ((), ("target",), ("target", "last used (UTC)"), ("state", "in place", "target", "last used (UTC)"))
"""The columns that get lines of their own, for narrower and narrower terminals."""

INDENT = "  "
"""The blanks before such a line, so that it is below the name of its session."""

NO_TARGET = "no target yet"


def run(options: SessionsOptions) -> int:
    """Lists, forgets or renames sessions; returns the exit code."""
    if options.action == "forget":
        return _forget(options)
    if options.action == "rename":
        return _rename(*options.names)
    return _list(options)


def _list(options: SessionsOptions) -> int:
    """Prints every session: the unfinished ones first, and of each kind the last used one first."""
    rows = [(session, status_of(session)) for session in all_sessions()]
    rows = [(session, status) for session, status in rows if not is_empty(session, status)]
    rows.sort(key=lambda row: used_at(*row), reverse=True)
    sessions = [session for session, _ in sorted(rows, key=lambda row: not is_unfinished(*row))]
    for session in sessions:
        report_damage(_problems(session))
    if options.json:
        for session in sessions:
            row = {"event": "session", **summary(session), "target": target_of(session)}
            print(json_line(session.name, row))
        return 0
    if not sessions:
        print("no session exists yet; try the simulation: mhv-tui --demo")
        return 0
    for line in table_lines([HEADER, *(_row(session) for session in sessions)], columns_of(sys.stdout)):
        print(shown(line))
    return 0


def _problems(session: Session) -> list[str]:
    """Returns sentences about why the session cannot be used, or what is damaged in it."""
    try:
        private_directory(session.directory)
        error = session.other_format()
        return [f"{error.message}; {error.remedy}"] if error else session.damage()
    except UsageError as error:
        return [f"{error.message}; {error.remedy}"]


def _row(session: Session) -> tuple[str, ...]:
    status = status_of(session)
    used = day_and_time(used_at(session, status), with_seconds=True)
    return session.name, target_of(session), state_words(status), status.progress, used


def table_lines(rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    """Returns the rows as lines with aligned columns. If they exceed the terminal, some columns get their own lines.

    `columns`: those of the terminal; 0 if the output is no terminal.
    """
    tables = [_lines(rows, moved) for moved in MOVED]
    return next((lines for lines in tables if not columns or max(map(len, lines)) <= columns), tables[-1])


def _lines(rows: Sequence[Sequence[str]], moved: Sequence[str]) -> list[str]:
    """The rows with the columns `moved` on lines of their own below each row."""
    places = [HEADER.index(name) for name in moved]
    table = _aligned([[cell for place, cell in enumerate(row) if place not in places] for row in rows])
    lines = table[:1]
    for line, row in zip(table[1:], rows[1:], strict=True):
        below = [row[place] if HEADER[place] == "target" else f"{HEADER[place]}: {row[place]}" for place in places]
        lines += [line, *(INDENT + text for text in below)]
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def used_at(session: Session, status: SessionStatus) -> str:
    """When a session was last used: the time of its last run, else of its last answer (UTC, ISO 8601)."""
    return status.last or session.last_used()


def day_and_time(time: str, with_seconds: bool = False) -> str:
    """A time of the journal without fractions of a second."""
    return time[: 19 if with_seconds else 16].replace("T", " ")


def target_of(session: Session) -> str:
    """What a session connects, such as `node1 → vc.example.org`: its compute node, and its vCenter or `cloud prod`."""
    answers: Answers | None = None
    with contextlib.suppress(UsageError, OSError):  # damaged answers, which `sessions` shows without a target
        answers = _answers(session)
    targets = targets_of(answers) if answers else ()
    target = (
        count(len(targets), "target") if len(targets) > 1 else _target(targets[0].answers.tables) if targets else ""
    )
    return f"{target or NO_TARGET} (simulated)" if is_simulated(session) else target or NO_TARGET


def _answers(session: Session) -> Answers | None:
    """The answers of a session; those of the scene of a simulated session until a run saves its own."""
    answers = session.answers(schema())
    return answers or (DemoMode(scene_of(session)).initial_answers() if is_simulated(session) else None)


def _target(tables: Any) -> str:
    cloud = tables["cloud"].name or tables["cloud"].auth_url
    return " → ".join(filter(None, (tables["node"].host, tables["vcenter"].host or (cloud and f"cloud {cloud}"))))


def is_unfinished(session: Session, status: SessionStatus) -> bool:
    """True if a session was begun and is not done: a run has not ended well, or answers are given and not applied."""
    if status.outcome in FINISHED:
        return False
    if status.outcome != "not begun":
        return True
    with contextlib.suppress(UsageError, OSError):  # the answers are damaged, but nothing was changed
        return not is_simulated(session) and not _is_unanswered(session)
    return False


def _is_unanswered(session: Session) -> bool:
    """True if no answer of the session is given. Raises UsageError or OSError if its answers cannot be read."""
    return session.answers(schema()) in (None, answerfile.empty(schema()))


def is_empty(session: Session, status: SessionStatus) -> bool:
    """True if no answers of a session are saved, and no run of it has changed anything.

    Such a session has at most the findings of `check`: it is not listed, and the wizard does not keep it.
    """
    if status.outcome != "not begun" or status.standing or status.wizard:
        return False
    try:
        return _is_unanswered(session) and not session.damage()
    except (UsageError, OSError):
        return False


def _forget(options: SessionsOptions) -> int:
    """Forgets the named sessions, on a terminal after a question.

    Raises UsageError with all problems before anything is deleted.
    """
    from mhv_tui.changes import KINDS
    from mhv_tui.engine.make import EXIT_CODES

    names = list(dict.fromkeys(options.names))
    known = {session.name: session for session in all_sessions()}
    problems = [problem for name in names if (problem := _why_kept(known, name, options.force))]
    if problems:
        can_force = any(_why_kept(known, name, False) and not _why_kept(known, name, True) for name in names)
        remedy = "undo the changes, or add --force to forget them" if can_force else ""
        lines = tuple(line for problem in problems for line in problem.splitlines())
        raise UsageError(f"{count(len(problems), 'session')} cannot be forgotten; nothing was deleted", remedy, lines)
    if not (options.yes or options.force or _is_deletion_confirmed([known[name] for name in names])):
        output.say("cancelled: nothing was deleted")
        return EXIT_CODES["cancelled"]
    for name in names:
        if options.force:
            _show_standing(session_edit.standing_or_none(known[name], KINDS), name)
        session_edit.forget(known[name])
        output.say(f"session {name} is forgotten")
    return 0


def _is_deletion_confirmed(sessions: Sequence[Session]) -> bool:
    """Asks on a terminal whether to delete sessions that have answers or a run; True if there is nothing to ask."""
    kept = [session for session in sessions if not is_empty(session, status_of(session))]
    if not (kept and at_terminal()):
        return True
    them = f"session {kept[0].name} with its" if len(kept) == 1 else f"{count(len(kept), 'session')} with their"
    return is_confirmed(f"Delete {them} answers and journal?")


def _why_kept(known: dict[str, Session], name: str, force: bool) -> str:
    from mhv_tui.changes import KINDS

    if name not in known:
        return f"there is no session {name!r}; `mhv-tui sessions` lists the names"
    return session_edit.why_kept(known[name], KINDS, force)


def _show_standing(rows: Sequence[tuple[str, str]] | None, name: str) -> None:
    if rows is None:
        output.say(f"session {name}: the changes in place are unknown")
    elif rows:
        output.say(f"session {name} forgets {these(len(rows), 'change')}. Nothing is undone, now or later:")
    for step, text in rows or ():
        output.say(f"  {step:<9} {text}")


def _rename(old: str, new: str) -> int:
    from mhv_tui.changes import KINDS

    session_edit.rename(open_session(old, create=False), new, KINDS)
    output.say(f"session {old} is now {new}; to continue it, add --session {new}")
    return 0
