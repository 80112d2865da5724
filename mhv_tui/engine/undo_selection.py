"""Which changes of a session an undo undoes: all of them, or those of some targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from mhv_tui.core.changes import Change
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.journal import JournalEntry
from mhv_tui.engine.session import Session
from mhv_tui.engine.sharing import belongs_to_all

Kinds = Mapping[str, type[Change]]
Undoable = tuple[JournalEntry, Change | None]
"""A journal entry and its change; the change is None if this version does not know it."""

UndoRow = tuple[Session, JournalEntry, Change | None]
"""An Undoable with the part of the session that has it in its journal."""


@dataclass(frozen=True)
class Selection:
    """What is undone. Without `targets`, all changes of the session.

    With `targets`, only the changes of these targets; also those that belong to all if no other target has changes.
    """

    targets: frozenset[str] = frozenset()
    first: str = ""
    """The target of the answer file's own tables: the changes from the time before the session had several targets are
    its changes. "" if it is not known."""


EVERYTHING = Selection()


@dataclass(frozen=True)
class Selected:
    """The changes that a selection selects, newest first."""

    parts: list[Session]
    """The parts of the session whose journals are used."""
    rows: list[UndoRow]
    has_others: bool = False
    """True if targets that are not selected have changes."""


def selected_changes(session: Session, kinds: Kinds, selection: Selection) -> Selected:
    parts, rows = session.parts(), list[UndoRow]()
    for part in parts:
        entries = [e for e in part.journal.not_undone() if not (e.smoke_test and e.complete)]
        rows += [(part, e, _change(e, kinds)) for e in reversed(entries)]
    if session.has_targets:
        rows.sort(key=lambda row: row[1].time, reverse=True)
    if not selection.targets:
        return Selected(parts, rows)
    is_older = has_older(rows)
    owned = [(_owner(row, selection.first, is_older), row) for row in rows]
    others = {owner for owner, (_, entry, _) in owned if owner is not None and not entry.smoke_test} - selection.targets
    rows = [row for owner, row in owned if (owner in selection.targets if owner is not None else not others)]
    uses_own = not others or selection.first in selection.targets
    parts = [part for part in parts if (part.target in selection.targets if part.target else uses_own)]
    return Selected(parts, rows, bool(others))


def has_older(rows: Iterable[UndoRow]) -> bool:
    """True if the session's own journal has changes from the time before the session had several targets.

    They include one that no target can share; the others share at most something, such as an aggregate.
    """
    own = [change for part, entry, change in rows if not part.target and not entry.smoke_test]
    return any(change is None or not change.shared for change in own)


def _owner(row: UndoRow, first: str, has_older: bool) -> str | None:
    """The target of a change; None if the change belongs to all targets."""
    part, _, change = row
    if part.target:
        return part.target
    return first if has_older and not (change and belongs_to_all(change)) else None


def _change(entry: JournalEntry, kinds: Kinds) -> Change | None:
    kind = kinds.get(entry.kind)
    if kind is None:
        return None
    try:
        change = cast(Change, thaw(kind, entry.fields))
        return change if change.summary else None
    except (TypeError, ValueError, LookupError, AttributeError):
        return None
