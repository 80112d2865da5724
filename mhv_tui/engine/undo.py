"""Undoes the changes in a session's journal, newest first, and nothing else.

Undo refuses a change whose result others edited later, and the earlier changes on the same machine; it names the
reason. All other changes are undone.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, MhvError, StillUsed
from mhv_tui.core.events import Applying, Failed, Finished, Listener, Planned, Undone
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count, join_names
from mhv_tui.engine.failures import disk_sentence, engine_finding, finding_of, is_disk_error
from mhv_tui.engine.journal import JournalEntry, damage_finding, failure_record
from mhv_tui.engine.ledger import undone_words
from mhv_tui.engine.locks import Busy, machines_locked
from mhv_tui.engine.run import reporting
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo_selection import (
    EVERYTHING,
    Kinds,
    Selected,
    Selection,
    Undoable,
    UndoRow,
    has_older,
    selected_changes,
)

log = logging.getLogger(__name__)

AGAIN = "fix the cause, then undo again"


def undoable(session: Session, kinds: Kinds, selection: Selection = EVERYTHING) -> list[Undoable]:
    """The changes of a session to undo, newest first."""
    return [(entry, change) for _, entry, change in selected_changes(session, kinds, selection).rows]


def emit_undo_plan(session: Session, kinds: Kinds, listener: Listener, selection: Selection = EVERYTHING) -> int:
    """Emits the changes that undo would undo; returns their number."""
    rows = undoable(session, kinds, selection)
    for entry, change in rows:
        unknown = f"undo {entry.id} (made by another version of mhv-tui)"
        summary = change.undo_summary(entry.receipt) if change else unknown
        effect = change.undo_effect(entry.receipt) if change else "edit"
        listener(Planned(entry.step, entry.id, summary, "", entry.target, effect))
    return len(rows)


def undo(
    session: Session, kinds: Kinds, ctx: Context, listener: Listener, stop: Stop, selection: Selection = EVERYTHING
) -> Finished:
    """Undoes the selected changes of the session. The exit code is 1 if some are refused or lost, 3 if one is in use.

    Every undo reports the damage of the journal again, because nothing is ever removed from a journal.
    """
    journal, selected = session.journal, selected_changes(session, kinds, selection)
    damage = [loss for part in selected.parts for loss in part.journal.damage()]
    for loss in damage:
        listener(Failed(loss.step, loss.id, 0.0, damage_finding(loss), loss.target))
    try:
        journal.note("started", command="undo")
        if reason := _blocked(selected.rows, ctx, listener):
            finished = Finished("stopped", 3, message=f"nothing was undone, because {reason}")
        elif not selected.rows:
            finished = Finished("nothing-to-do", 0, message=_nothing_to_undo(session, kinds, selection))
        else:
            with machines_locked(ctx.machine_locks, [change for *_, change in selected.rows if change], session.name):
                keeper = session if selection.targets else None
                finished = _undo_all(selected, keeper, replace(ctx, stop=stop.raise_in_wait), listener, stop)
    except Cancelled as cancelled:
        message = "stopped after a completed undo; run undo again to continue"
        finished = Finished("cancelled", cancelled.exit_code, message=message)
    except Busy as busy:
        finished = Finished("stopped", 3, message=f"{busy.message}; nothing was undone; {busy.remedy}")
    except OSError as error:
        finished = Finished("failed", 1, message=f"{disk_sentence(error)}; {AGAIN}")
    for part in (part for part in selected.parts if part.target):
        finished = _saved(part, finished)
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


def _blocked(rows: list[UndoRow], ctx: Context, listener: Listener) -> str:
    """Why nothing may be undone: the result of a change is in use, or that could not be checked; "" if neither.

    Checked for all changes before the first one is undone. Raises OSError of a full or broken disk.
    """
    in_use = unchecked = False
    for part, entry, change in rows:
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
            _report(part, entry, listener, engine_finding("WZ12", "failure", problem, remedy))
    unknown = "it could not be checked whether changes of this session are in use"
    return "changes of this session are in use" if in_use else unknown if unchecked else ""


def _report(session: Session, entry: JournalEntry, listener: Listener, finding: Finding, seconds: float = 0.0) -> None:
    listener(Failed(entry.step, entry.id, seconds, finding, entry.target))
    session.journal.note("undo_failed", entry.key, id=entry.id, **failure_record(finding))


def _nothing_to_undo(session: Session, kinds: Kinds, selection: Selection) -> str:
    if not selection.targets:
        return "this session has no change to undo"
    sentence = f"no change of {join_names(sorted(selection.targets))} is in place"
    if selection.first or not has_older(selected_changes(session, kinds, EVERYTHING).rows):
        return sentence
    return f"{sentence}; changes from the time before the session had targets are undone without --target"


def _undo_all(selected: Selected, keeper: Session | None, ctx: Context, listener: Listener, stop: Stop) -> Finished:
    """Undoes the selected changes. `keeper` is the session that keeps what targets that are not undone still use."""
    undone = kept = refused = 0
    machines_refused: set[str] = set()
    for part, entry, change in selected.rows:
        stop.raise_between_changes()
        if _machine(entry) in machines_refused:
            _keep(part, entry, listener)
            refused += 1
        elif _undo_one(part, entry, change, ctx, listener, keeper if part.target or selected.has_others else None):
            is_kept = change is not None and change.undo_effect(entry.receipt) == "keep"
            kept, undone = kept + is_kept, undone + (not is_kept)
        else:
            refused += 1
            machines_refused |= {_machine(entry)} - {""}
    message = undone_words(undone, kept)
    if refused:
        return Finished("failed", 1, message=f"{message}, {refused} refused; the reasons are above")
    return Finished("done", 0, message=message)


def _machine(entry: JournalEntry) -> str:
    """The machine on which a change was made; "" for a change in a vCenter or a cloud."""
    host = entry.fields.get("host")
    return str(host.get("host", "")) if isinstance(host, dict) else ""


def _keep(session: Session, entry: JournalEntry, listener: Listener) -> None:
    """Reports that a change is kept, because a later change on the same machine could not be undone."""
    detail = f"this change is kept, because a later change on {_machine(entry)} could not be undone"
    remedy = "Follow the remedy of the later change, then undo again."
    _report(session, entry, listener, engine_finding("WZ13", "failure", detail, remedy))


def _undo_one(
    session: Session,
    entry: JournalEntry,
    change: Change | None,
    ctx: Context,
    listener: Listener,
    keeper: Session | None,
) -> bool:
    start = time.monotonic()
    summary = change.undo_summary(entry.receipt) if change else entry.id
    listener(Applying(entry.step, entry.id, summary, entry.target))
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
        if isinstance(error, StillUsed) and keeper == session:  # it stays in the journal, for the last target
            return _report_undone(entry, listener, start)
        if isinstance(error, StillUsed) and keeper:
            _move(entry, change, keeper)
            return _undone(session, entry, change, listener, start)
        finding = finding_of(error, AGAIN)
        if not isinstance(error, MhvError) and not is_disk_error(error):
            log.exception("the undo of %s crashed", entry.id)
        _report(session, entry, listener, finding, round(time.monotonic() - start, 3))
        return False
    return _undone(session, entry, change, listener, start)


def _undone(session: Session, entry: JournalEntry, change: Change, listener: Listener, start: float) -> bool:
    session.journal.note("undone", entry.key, id=entry.id, kept=change.undo_effect(entry.receipt) == "keep")
    return _report_undone(entry, listener, start)


def _report_undone(entry: JournalEntry, listener: Listener, start: float) -> bool:
    listener(Undone(entry.step, entry.id, round(time.monotonic() - start, 3), entry.target))
    return True


def _move(entry: JournalEntry, change: Change, keeper: Session) -> None:
    """Makes the rest of a change one that belongs to all targets: its undo is completed with that of the last one."""
    key = ("", entry.step)
    keeper.journal.intend(key, change, entry.receipt)
    keeper.journal.receive(key, entry.id, entry.receipt)
