"""Collects a report's input from the files of a session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mhv_tui.core.answers import Accept
from mhv_tui.core.changes import Change
from mhv_tui.core.matrix_text import table_of
from mhv_tui.engine.fleet_matrix import fleet_matrix, saved_states
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.engine.run import SAVED
from mhv_tui.engine.saved_findings import Tables
from mhv_tui.engine.session import Session
from mhv_tui.engine.undo import undoable
from mhv_tui.engine.undo_selection import Kinds


def report_input(session: Session, kinds: Kinds, scene: str | None, accepts: Sequence[Accept] = ()) -> ReportInput:
    """Returns the input of a session's report. `kinds`: the classes of changes by name. Others: as in ReportInput."""
    parts = session.parts()
    saved = [part.saved_findings() for part in parts]
    records = [record for part in parts for record in part.journal.records()]
    if session.has_targets:
        records.sort(key=lambda record: str(record["time"]))
    return ReportInput(
        name=session.name,
        findings=[row for each in saved for row in each.findings],
        findings_time=max(part.findings_time() for part in parts),
        records=records,
        summaries=summaries(records, kinds),
        can_undo=bool(undoable(session, kinds)),
        scene=scene,
        tables={**_targets(parts), **{key: table for each in saved for key, table in each.tables.items()}},
        damage=[damage.sentence for part in parts for damage in part.journal.damage()],
        planned=[row for each in saved for row in each.planned],
        handover=next((each.handover for each in saved if each.handover), None),
        accepts=accepts,
    )


def _targets(parts: Sequence[Session]) -> Tables:
    """The matrix of targets and steps; nothing if the session has only one target."""
    rows = [(part.target, saved_states(part.saved_findings())) for part in parts if part.target]
    steps = list(dict.fromkeys(step for _, states in rows for step in states))
    return {("", "targets"): table_of(fleet_matrix(rows, steps), *SAVED)} if rows else {}


def summaries(records: Sequence[Mapping[str, Any]], kinds: Kinds) -> dict[str, str]:
    """The summary of a change by its id, except changes that another version made."""
    return {change_id: change.summary for change_id, change in changes(records, kinds)}


def changes(records: Sequence[Mapping[str, Any]], kinds: Kinds) -> Iterator[tuple[str, Change]]:
    """Each change of the journal with its id, except changes that another version made. Its secrets are absent."""
    for record in records:
        if record["what"] == "intent" and record["kind"] in kinds:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                change: Change = thaw(kinds[record["kind"]], record["fields"])
                yield record["id"], change
