"""Collects a report's input from the files of a session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mhv_tui.core.answers import Accept
from mhv_tui.core.changes import Change
from mhv_tui.engine import undo
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.engine.session import Session


def report_input(session: Session, kinds: undo.Kinds, scene: str | None, accepts: Sequence[Accept] = ()) -> ReportInput:
    """Returns the input of a session's report. `kinds`: the classes of changes by name. Others: as in ReportInput."""
    records, saved = session.journal.records(), session.saved_findings()
    return ReportInput(
        name=session.name,
        findings=saved.findings,
        findings_time=session.findings_time(),
        records=records,
        summaries=summaries(records, kinds),
        can_undo=bool(undo.undoable(session, kinds)),
        scene=scene,
        tables=saved.tables,
        damage=[damage.sentence for damage in session.journal.damage()],
        planned=saved.planned,
        handover=saved.handover,
        accepts=accepts,
    )


def summaries(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> dict[str, str]:
    """The summary of a change by its id, except changes that another version made."""
    return {change_id: change.summary for change_id, change in changes(records, kinds)}


def changes(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> Iterator[tuple[str, Change]]:
    """Each change of the journal with its id, except changes that another version made. Its secrets are absent."""
    for record in records:
        if record["what"] == "intent" and record["kind"] in kinds:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                change: Change = thaw(kinds[record["kind"]], record["fields"])
                yield record["id"], change
