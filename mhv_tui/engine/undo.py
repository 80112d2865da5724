"""Undoes the changes in a session's journal, newest first, and nothing else.

Undo refuses a change whose result others edited later, and the earlier changes on the same machine; it names the
reason. All other changes are undone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from mhv_tui.core.changes import OPPOSITES, Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, MhvError
from mhv_tui.core.events import Applying, Failed, Finished, Listener, Planned, Undone
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count
from mhv_tui.engine.failures import disk_sentence, engine_finding, finding_of, is_disk_error
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.journal import JournalEntry, damage_finding, failure_record
from mhv_tui.engine.locks import Busy, machines_locked
from mhv_tui.engine.run import reporting
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop

log = logging.getLogger(__name__)

AGAIN = "fix the cause, then undo again"

Kinds = Mapping[str, type[Change]]
Undoable = tuple[JournalEntry, Change | None]
"""A journal entry and its change; the change is None if this version does not know it."""


def undoable(session: Session, kinds: Kinds) -> list[Undoable]:
    """The changes of a session to undo, newest first."""
    entries = [e for e in session.journal.not_undone() if not (e.smoke_test and e.complete)]
    return [(e, _change(e, kinds)) for e in reversed(entries)]


def _change(entry: JournalEntry, kinds: Kinds) -> Change | None:
    kind = kinds.get(entry.kind)
    if kind is None:
        return None
    try:
        change = cast(Change, thaw(kind, entry.fields))
        return change if change.summary else None
    except (TypeError, ValueError, LookupError, AttributeError):
        return None


def emit_undo_plan(session: Session, kinds: Kinds, listener: Listener) -> int:
    """Emits the changes that undo would undo; returns their number."""
    rows = undoable(session, kinds)
    for entry, change in rows:
        summary = change.undo_summary if change else f"undo {entry.id} (made by another version of mhv-tui)"
        effect = OPPOSITES[change.effect] if change else "edit"
        listener(Planned(entry.step, entry.id, summary, "", entry.target, effect))
    return len(rows)


def undo(session: Session, kinds: Kinds, ctx: Context, listener: Listener, stop: Stop) -> Finished:
    """Undoes all changes of the session. The exit code is 1 if some are refused or lost, 3 if a change is in use.

    Every undo reports the damage of the journal again, because nothing is ever removed from a journal.
    """
    journal = session.journal
    damage = journal.damage()
    for loss in damage:
        listener(Failed(loss.step, loss.id, 0.0, damage_finding(loss), loss.target))
    try:
        journal.note("started", command="undo")
        rows = undoable(session, kinds)
        if reason := _blocked(session, rows, ctx, listener):
            finished = Finished("stopped", 3, message=f"nothing was undone, because {reason}")
        else:
            with machines_locked(ctx.machine_locks, [change for _, change in rows if change], session.name):
                finished = _undo_all(session, rows, replace(ctx, stop=stop.raise_in_wait), listener, stop)
    except Cancelled as cancelled:
        message = "stopped after a completed undo; run undo again to continue"
        finished = Finished("cancelled", cancelled.exit_code, message=message)
    except Busy as busy:
        finished = Finished("stopped", 3, message=f"{busy.message}; nothing was undone; {busy.remedy}")
    except OSError as error:
        finished = Finished("failed", 1, message=f"{disk_sentence(error)}; {AGAIN}")
    finished = _saved(session, _with_damage(finished, len(damage)))
    listener(finished)
    return finished


def _with_damage(finished: Finished, damaged: int) -> Finished:
    if not damaged:
        return finished
    message = f"{finished.message}; the journal is damaged in {count(damaged, 'place')}, as reported above"
    if finished.exit:
        return replace(finished, message=message)
    return replace(finished, outcome="failed", exit=1, message=message)


def _saved(session: Session, finished: Finished) -> Finished:
    try:
        session.journal.note("finished", outcome=finished.outcome, exit=finished.exit, step="undo")
    except OSError as error:
        problem = disk_sentence(error)
        message = finished.message if problem in finished.message else f"{finished.message}; not recorded: {problem}"
        return replace(finished, outcome="failed", exit=finished.exit or 1, message=message)
    return finished


def _blocked(session: Session, rows: list[Undoable], ctx: Context, listener: Listener) -> str:
    """Why nothing may be undone: the result of a change is in use, or that could not be checked; "" if neither.

    Checked for all changes before the first one is undone. Raises OSError of a full or broken disk.
    """
    in_use = unchecked = False
    for entry, change in rows:
        remedy = "Fix the cause of this problem, then undo again."
        try:
            problem = change.blocked_by(ctx, entry.receipt) if change else ""
            if problem:
                in_use, remedy = True, "Move or delete what uses this change, then undo again."
        except MhvError as error:
            problem, unchecked = f"it could not be checked whether this change is in use: {error.message}", True
            remedy = error.remedy or remedy
        except Exception as error:
            if is_disk_error(error):
                raise
            log.exception("the check whether the change %s is in use crashed", entry.id)
            problem = f"the check whether this change is in use crashed: {type(error).__name__}: {error}"
            unchecked = True
        if problem:
            _report(session, entry, listener, engine_finding("WZ12", "failure", problem, remedy))
    unknown = "it could not be checked whether changes of this session are in use"
    return "changes of this session are in use" if in_use else unknown if unchecked else ""


def _report(session: Session, entry: JournalEntry, listener: Listener, finding: Finding, seconds: float = 0.0) -> None:
    listener(Failed(entry.step, entry.id, seconds, finding, entry.target))
    session.journal.note("undo_failed", entry.key, id=entry.id, **failure_record(finding))


def _undo_all(session: Session, rows: list[Undoable], ctx: Context, listener: Listener, stop: Stop) -> Finished:
    undone = refused = 0
    machines_refused: set[str] = set()
    for entry, change in rows:
        stop.raise_between_changes()
        if _machine(entry) in machines_refused:
            _keep(session, entry, listener)
            refused += 1
        elif _undo_one(session, entry, change, ctx, listener):
            undone += 1
        else:
            refused += 1
            machines_refused |= {_machine(entry)} - {""}
    if refused:
        return Finished("failed", 1, message=f"{undone} undone, {refused} refused; the reasons are above")
    if not undone:
        return Finished("nothing-to-do", 0, message="this session has no change to undo")
    return Finished("done", 0, message=f"{undone} undone")


def _machine(entry: JournalEntry) -> str:
    """The machine on which a change was made; "" for a change in a vCenter or a cloud."""
    host = entry.fields.get("host")
    return str(host.get("host", "")) if isinstance(host, dict) else ""


def _keep(session: Session, entry: JournalEntry, listener: Listener) -> None:
    """Reports that a change is kept, because a later change on the same machine could not be undone."""
    detail = f"this change is kept, because a later change on {_machine(entry)} could not be undone"
    remedy = "Follow the remedy of the later change, then undo again."
    _report(session, entry, listener, engine_finding("WZ13", "failure", detail, remedy))


def _undo_one(session: Session, entry: JournalEntry, change: Change | None, ctx: Context, listener: Listener) -> bool:
    start = time.monotonic()
    listener(Applying(entry.step, entry.id, change.undo_summary if change else entry.id, entry.target))
    if change is None:
        detail = f"this version of mhv-tui does not know changes of the kind {entry.kind}, or not all of their fields"
        remedy = "Undo this session with the version of mhv-tui that made the change."
        _report(session, entry, listener, engine_finding("WZ14", "failure", detail, remedy))
        return False
    try:
        change.undo(reporting(ctx, listener, entry.key, entry.id), entry.receipt)
    except Cancelled:
        raise
    except Exception as error:
        finding = finding_of(error, AGAIN)
        if not isinstance(error, MhvError) and not is_disk_error(error):
            log.exception("the undo of %s crashed", entry.id)
        _report(session, entry, listener, finding, round(time.monotonic() - start, 3))
        return False
    session.journal.note("undone", entry.key, id=entry.id)
    listener(Undone(entry.step, entry.id, round(time.monotonic() - start, 3), entry.target))
    return True
