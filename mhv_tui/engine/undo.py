"""Undoing: takes back, newest first, only what a session's journal says it made. What was changed since is refused
with the reason, and the rest is done all the same, but for what lies under it on the same machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, MhvError
from mhv_tui.core.events import Applying, Failed, Finished, Listener, Planned, Undone
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.journal import JournalEntry
from mhv_tui.engine.run import teller
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop

log = logging.getLogger(__name__)

Kinds = Mapping[str, type[Any]]


def standing(session: Session, kinds: Kinds) -> list[tuple[JournalEntry, Change | None]]:
    """What there is to take back, newest first, each with its change; None where its kind is of another version."""
    entries = [e for e in session.journal.standing() if not (e.proof and e.complete)]
    return [(e, _change(e, kinds)) for e in reversed(entries)]


def _change(entry: JournalEntry, kinds: Kinds) -> Change | None:
    kind = kinds.get(entry.kind)
    try:
        return cast(Change, thaw(kind, entry.fields)) if kind else None
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def tell_plan(session: Session, kinds: Kinds, listener: Listener) -> int:
    """Says what would be taken back; returns how many."""
    entries = standing(session, kinds)
    for entry, change in entries:
        summary = f"undo: {change.summary}" if change else f"undo: {entry.id} (of another version)"
        listener(Planned(entry.step, entry.id, summary, ""))
    return len(entries)


def undo(session: Session, kinds: Kinds, ctx: Context, listener: Listener, stop: Stop) -> Finished:
    """Takes everything back that stands. Exit 1 where some of it was refused."""
    journal = session.journal
    journal.note("started", command="undo")
    refused = done = 0
    leaning: set[str] = set()
    finished: Finished | None = None
    try:
        entries = standing(session, kinds)
        if _in_use(entries, ctx, listener):
            finished = Finished("stopped", 3, message="what was made is in use; nothing was taken back")
            entries = []
        for entry, change in entries:
            stop.between()
            if _machine(entry) in leaning:
                _keep(entry, listener)
                refused += 1
            elif _take_back(session, entry, change, replace(ctx, stop=stop.waiting), listener):
                done += 1
            else:
                refused += 1
                leaning |= {_machine(entry)} - {""}
    except Cancelled as cancelled:
        finished = Finished(
            "cancelled", cancelled.exit_code, message="stopped between two changes; undo again to go on"
        )
    if finished is None:
        finished = _outcome(done, refused)
    journal.note("finished", outcome=finished.outcome, exit=finished.exit, step="undo")
    listener(finished)
    return finished


def _in_use(entries: list[tuple[JournalEntry, Change | None]], ctx: Context, listener: Listener) -> bool:
    """Asked before anything is taken back, so that a hypervisor that serves is not dismantled half-way."""
    used = False
    for entry, change in entries:
        ask = getattr(change, "in_use", None)
        try:
            sentence = ask(ctx, entry.receipt) if ask else ""
        except MhvError as error:
            sentence = f"whether it is in use could not be seen: {error.message}"
        if sentence:
            listener(Failed(entry.step, entry.id, 0.0, sentence))
            used = True
    return used


def _outcome(done: int, refused: int) -> Finished:
    if refused:
        return Finished("failed", 1, message=f"{done} taken back, {refused} refused with the reason above")
    if not done:
        return Finished("nothing-to-do", 0, message="this session has nothing that stands")
    return Finished("done", 0, message=f"{done} taken back")


def _machine(entry: JournalEntry) -> str:
    """The machine that a change was made on; "" where it was made on none."""
    host = entry.fields.get("host")
    return str(host.get("host", "")) if isinstance(host, dict) else ""


def _keep(entry: JournalEntry, listener: Listener) -> None:
    """What lies under something that stays has to stay as well: a file that somebody edited, a service in use."""
    sentence = f"kept, as what was made on {_machine(entry)} after it stands on it; settle that, then undo again"
    listener(Failed(entry.step, entry.id, 0.0, sentence))


def _take_back(session: Session, entry: JournalEntry, change: Change | None, ctx: Context, listener: Listener) -> bool:
    start = time.monotonic()
    listener(Applying(entry.step, entry.id, f"undo: {change.summary}" if change else entry.id))
    try:
        if change is None:
            raise MhvError(f"{entry.kind} is not known to this version", "undo with the version that made it")
        change.undo(replace(ctx, on_progress=teller(listener, entry.step, entry.id)), entry.receipt)
    except Cancelled:
        raise
    except MhvError as error:
        sentence = f"{error.message}; {error.remedy}" if error.remedy else error.message
    except Exception as error:
        log.exception("the undo of %s crashed", entry.id)
        sentence = f"a defect of mhv-tui ({type(error).__name__}: {error}); undo again after mending it"
    else:
        session.journal.note("undone", step=entry.step, id=entry.id)
        listener(Undone(entry.step, entry.id, round(time.monotonic() - start, 3)))
        return True
    listener(Failed(entry.step, entry.id, round(time.monotonic() - start, 3), sentence))
    return False
