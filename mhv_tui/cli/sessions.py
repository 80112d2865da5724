"""`mhv-tui sessions`: lists the sessions."""

from __future__ import annotations

from mhv_tui.cli.options import SessionsOptions
from mhv_tui.cli.output import json_line, report_damage
from mhv_tui.core.errors import UsageError
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.session import Session, all_sessions, summary
from mhv_tui.engine.state import private_directory


def run(options: SessionsOptions) -> int:
    """Prints every session, the last used one first; returns the exit code."""
    sessions = all_sessions()
    summaries = [summary(session) for session in sessions]
    for session in sessions:
        report_damage(_problems(session))
    if options.json:
        for row in summaries:
            print(json_line(str(row["name"]), {"event": "session", **row}))
        return 0
    if not summaries:
        print("no session exists yet; try the simulation: mhv-tui --demo")
    for row in summaries:
        print(shown(_line(row)))
    return 0


def _problems(session: Session) -> list[str]:
    """Returns sentences about why the session cannot be used, or what is damaged in it."""
    try:
        private_directory(session.directory)
        error = session.other_format()
        return [f"{error.message}; {error.remedy}"] if error else session.damage()
    except UsageError as error:
        return [f"{error.message}; {error.remedy}"]


def _line(row: dict[str, str | int]) -> str:
    pid = f", pid {row['pid']}" if row["pid"] else ""
    state = f"{row['outcome']}{pid}" + (f" at {row['step']}" if row["step"] else "")
    return f"{row['name']:<24} {state:<25} {_changes(row):<19} {row['last']}".rstrip()


def _changes(row: dict[str, str | int]) -> str:
    in_place = f"{count(int(row['changes']), 'change')} in place"
    return f"{in_place}, {row['half_made']} incomplete" if row["half_made"] else in_place
