"""Records the identities of a session's objects at the end of `apply`, and reports objects that are others (WZ06)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mhv_tui.core.findings import Finding, StepKey
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.text import count
from mhv_tui.engine.failures import engine_finding
from mhv_tui.engine.freeze import freeze, thaw
from mhv_tui.engine.journal import Journal

CODE = "WZ06"

OTHER_OBJECT = (
    "If you do not know this object, check that this is the intended system. If it is the right object, undo this "
    "session, or continue in a new --session: a session never changes an object that it does not know."
)
REPLACED = "Check that this is the intended system. If it is, `mhv-tui apply` records the new id."


def recorded_identities(records: Iterable[Mapping[str, Any]], target: str) -> dict[str, tuple[ObjectIdentity, ...]]:
    """Step id -> the newest identities of its objects. A complete undo ends what the records before it have."""
    by_step: dict[str, dict[tuple[str, str, str], ObjectIdentity]] = {}
    for record in records:
        if record["what"] == "finished" and (record.get("step"), record.get("outcome")) == ("undo", "done"):
            by_step.clear()
        elif record["what"] == "identities" and record["target"] == target:
            rows: tuple[ObjectIdentity, ...] = ()
            with contextlib.suppress(TypeError, KeyError, ValueError):
                rows = thaw(tuple[ObjectIdentity, ...], record["rows"])
            by_step.setdefault(record["step"], {}).update({row.key: row for row in rows})
    return {step: tuple(rows.values()) for step, rows in by_step.items()}


def record_identities(journal: Journal, current: Mapping[StepKey, Sequence[ObjectIdentity]]) -> None:
    """Adds the identities that the journal does not have yet. Raises OSError."""
    records = journal.records()
    for (target, step), identities in current.items():
        known = recorded_identities(records, target).get(step, ())
        new = tuple(identity for identity in identities if identity not in known)
        if new:
            journal.note("identities", (target, step), rows=freeze(new))


def drift(current: Iterable[ObjectIdentity], recorded: Iterable[ObjectIdentity]) -> Iterator[Finding]:
    """A finding for each object that is another one now, else one for all; none if nothing of them is recorded."""
    known = {identity.key: identity for identity in recorded}
    pairs = [(known[identity.key], identity) for identity in current if identity.key in known]
    changed = [(old, new) for old, new in pairs if old.id != new.id]
    for old, new in changed:
        detail = f"the {new.kind} {new.name} has the id {new.id} now, but had {old.id} at the last apply"
        if new.is_replaceable:
            yield engine_finding(CODE, "warning", detail, REPLACED, subject=new.name)
        else:
            yield engine_finding(CODE, "failure", detail, OTHER_OBJECT, subject=new.name, fatal=True)
    if pairs and not changed:
        yield engine_finding(CODE, "ok", f"{count(len(pairs), 'object')} with the id of the last apply")
