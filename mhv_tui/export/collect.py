"""Collects a report's input from the files of a session."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

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
        damage=[damage.sentence for damage in session.journal.damage()],
    )


def _summaries(records: Sequence[Mapping[str, Any]], kinds: undo.Kinds) -> dict[str, str]:
    """Returns the summaries of the changes by their ids, without changes that another version of mhv-tui made."""
    summaries: dict[str, str] = {}
    for record in records:
        if record["what"] == "intent" and record["kind"] in kinds:
            with contextlib.suppress(TypeError, KeyError, ValueError, AttributeError):
                summaries[record["id"]] = thaw(kinds[record["kind"]], record["fields"]).summary
    return summaries
