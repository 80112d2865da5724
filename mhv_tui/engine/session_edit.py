"""Forgets and renames sessions. Neither is possible while a run or a wizard uses the session."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from mhv_tui.core.changes import EFFECT_GLYPHS
from mhv_tui.core.errors import UsageError
from mhv_tui.core.targets import NAME
from mhv_tui.core.text import be, count, quoted
from mhv_tui.engine.commands import undo_command
from mhv_tui.engine.session import Session
from mhv_tui.engine.state import private_directory, sessions_home

if TYPE_CHECKING:
    from mhv_tui.engine.undo_selection import Kinds, Undoable

FORGOTTEN = ".forgotten-"
"""The beginning of the name of a session's directory while it is deleted."""

T = TypeVar("T")

IN_USE = "wait until it ends, or stop it"


def standing(session: Session, kinds: Kinds) -> list[tuple[str, str]]:
    """(step id, summary) of each change that undo would undo, oldest first. Raises UsageError if it cannot be read."""
    rows = [(entry.step, change.summary if change else entry.id) for entry, change in _undoable(session, kinds)]
    return rows[::-1]


def undo_rows(session: Session, kinds: Kinds) -> list[tuple[str, str, str]]:
    """(sign, step id, what undo does) of each of these changes, newest first. Raises UsageError like `standing`."""
    rows: list[tuple[str, str, str]] = []
    for entry, change in _undoable(session, kinds):
        glyph = EFFECT_GLYPHS[change.undo_effect(entry.receipt) if change else "edit"]
        rows.append((glyph, entry.step, change.undo_summary(entry.receipt) if change else entry.id))
    return rows


def _undoable(session: Session, kinds: Kinds) -> list[Undoable]:
    from mhv_tui.engine.undo import undoable  # the wizard's first frame needs no undo

    return undoable(session, kinds)


def standing_or_none(session: Session, kinds: Kinds) -> list[tuple[str, str]] | None:
    """As `standing`; None if another version wrote the journal, or if it is damaged."""
    return _or_none(session, kinds, standing)


def undo_rows_or_none(session: Session, kinds: Kinds) -> list[tuple[str, str, str]] | None:
    """As `undo_rows`; None if another version wrote the journal, or if it is damaged."""
    return _or_none(session, kinds, undo_rows)


def _or_none(session: Session, kinds: Kinds, rows: Callable[[Session, Kinds], list[T]]) -> list[T] | None:
    try:
        damaged = session.other_format() or any(part.journal.damage() for part in session.parts())
        return None if damaged else rows(session, kinds)
    except UsageError:
        return None


def why_in_use(session: Session, is_ours: bool = False) -> str:
    """The sentence that a run or a wizard uses the session; "" if none does. `is_ours`: this wizard has it open."""
    holder = session.holder() or (None if is_ours else session.wizard())
    return f"session {session.name} is in use by {holder}; {IN_USE}" if holder else ""


def why_kept(session: Session, kinds: Kinds, force: bool = False, is_ours: bool = False) -> str:
    """Why the session must not be forgotten, as lines with what to do; "" if it can be.

    With `force`, changes may be in place. `is_ours`: the wizard that asks has it open.
    """
    try:
        private_directory(session.directory)
    except UsageError as error:
        return f"session {session.name}: {error.message}; {error.remedy}"
    if busy := why_in_use(session, is_ours):
        return busy
    return "" if force else _what_stands(session, kinds)


def _what_stands(session: Session, kinds: Kinds) -> str:
    """The sentence about the changes in place, or about a journal that does not show them; "" if there are none."""
    name, undo = session.name, undo_command(session.name)
    if error := session.other_format():
        return f"session {name}: which changes are in place is unknown: {error.message}; {error.remedy}"
    if standing_or_none(session, kinds) is None:
        return f"session {name}: the journal is damaged, so more changes may be in place than it shows; run {undo}"
    rows = standing(session, kinds)
    if not rows:
        return ""
    sentence = f"session {name}: {count(len(rows), 'change')} {be(len(rows))} in place; to undo: {undo}"
    return "\n".join([sentence, *(f"  {step:<9} {summary}" for step, summary in rows)])


def forget(session: Session) -> None:
    """Deletes a session with its answers and its journal. Raises Busy if it is in use, OSError if that fails.

    The directory gets another name first, so that a killed deletion leaves no half of a session.
    """
    target = sessions_home() / f"{FORGOTTEN}{session.name}-{os.getpid()}"
    with session.locked(IN_USE), session.opened():
        os.rename(session.directory, target)
    for leftover in sessions_home().glob(f"{FORGOTTEN}*"):
        with contextlib.suppress(OSError):
            leftover.unlink() if leftover.is_symlink() else shutil.rmtree(leftover)


def check_rename(session: Session, name: str, kinds: Kinds) -> None:
    """Raises UsageError if a session cannot get this name.

    Changes in place keep the old name: their jobs and backup copies on the node contain it, and undo needs it.
    """
    if refused := why_not_named(name):
        raise UsageError(*refused)
    if rows := standing(session, kinds):
        problem = f"session {session.name} has {count(len(rows), 'change')} in place, so its name is in use on the node"
        raise UsageError(problem, f"keep the name, or undo the session first: {undo_command(session.name)}")


def rename(session: Session, name: str, kinds: Kinds) -> Session:
    """Gives a session another name; returns it. Raises UsageError as `check_rename` does, Busy if it is in use."""
    check_rename(session, name, kinds)
    with session.locked(IN_USE), session.opened():
        os.rename(session.directory, sessions_home() / name)
    return Session(name, sessions_home() / name)


def why_not_named(name: str) -> tuple[str, str] | None:
    """The problem and the remedy if a new session cannot have this name; None if it can."""
    if not NAME.fullmatch(name):
        return f"{quoted(name)} is not a session name", "write a name of letters, digits, dots, hyphens and underscores"
    if os.path.lexists(sessions_home() / name):
        return f"there is a session {name} already", "write another name"
    return None
