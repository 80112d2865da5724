"""Collects a report's input from the files of a session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mhv_tui.core.changes import Change
from mhv_tui.engine import undo
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.session import Session
from mhv_tui.export.report import ReportInput


def report_input(session: Session, kinds: undo.Kinds, scene: str | None) -> ReportInput:
    """Returns the input of a session's report. `kinds`: the classes of changes by name. `scene`: as in ReportInput."""
    records = session.journal.records()
    return ReportInput(
        name=session.name,
        findings=session.findings(),
        findings_time=session.findings_time(),
        records=records,
        summaries=_summaries(records, kinds),
        can_undo=bool(undo.undoable(session, kinds)),
        scene=scene,
        tables=session.tables(),
        damage=[damage.sentence for damage in session.journal.damage()],
    )


def _summaries(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> dict[str, str]:
    """The summary of a change by its id, except changes that another version made."""
    return {change_id: change.summary for change_id, change in changes(records, kinds)}


def changes(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> Iterator[tuple[str, Change]]:
    """Each change of the journal with its id, except changes that another version made. Its secrets are absent."""
    for record in records:
        if record["what"] == "intent" and record["kind"] in kinds:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                change: Change = thaw(kinds[record["kind"]], record["fields"])
                yield record["id"], change
