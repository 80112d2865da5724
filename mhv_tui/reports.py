"""What a report of a session tells of, gathered from its files; which session is meant where a file is named."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mhv_tui import guards
from mhv_tui.core.errors import UsageError
from mhv_tui.engine import session as sessions
from mhv_tui.engine import undo
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.session import Session
from mhv_tui.export.report import ReportInput
from mhv_tui.outfits import session_name


def report_input(source: str) -> ReportInput:
    """Of the session of that name, or of the one that runs with that answer file. Raises UsageError."""
    from mhv_tui.changes import KINDS

    session = _session_of(source)
    records = list(session.journal.records())
    return ReportInput(
        session.name,
        session.findings(),
        session.findings_time(),
        records,
        summaries(records, KINDS),
        stands=bool(undo.undoable(session, KINDS)),
        scene=_scene(session),
    )


def summaries(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> dict[str, str]:
    """By id, what each change was to do; those whose kind is of another version are left out."""
    said: dict[str, str] = {}
    for record in records:
        if record["what"] == "intent" and record["kind"] in kinds:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                said[record["id"]] = thaw(kinds[record["kind"]], record["fields"]).summary
    return said


def _scene(session: Session) -> str | None:
    from mhv_tui.demo.backend import scene_of

    world = session.directory / guards.WORLD
    if not world.exists():
        return None
    with contextlib.suppress(UsageError):
        return scene_of(world)
    return ""


def _session_of(name: str) -> Session:
    known = [session.name for session in sessions.all_sessions()]
    named_so = session_name(Path(name)) if os.path.isfile(name) else name
    if name not in known and os.path.isfile(name) and named_so in known:
        return sessions.open_session(named_so, create=False)
    if name not in known and is_path(name):
        there = "is a file, and a report is of a session's runs" if os.path.isfile(name) else "is no session"
        own = f"no session {named_so} was run with it; " if os.path.isfile(name) else ""
        raise UsageError(f"{name} {there}", f"{own}name a session: {', '.join(known) or 'there is none yet'}")
    return sessions.open_session(name, create=False)


def is_path(name: str) -> bool:
    """True for what can only be meant as a file."""
    return "/" in name or name.endswith(".toml") or os.path.isfile(name)
