"""What the last page of the wizard shows and writes: the report of the session with the wizard's present results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mhv_tui.engine.report_input import ReportInput
    from mhv_tui.engine.wizard_state import WizardState


def collect(state: WizardState) -> ReportInput:
    """Returns the session as it is now; what the wizard did not check is named as unchecked."""
    from mhv_tui.changes import KINDS
    from mhv_tui.cli.export import scene_of
    from mhv_tui.core.matrix_text import table_of
    from mhv_tui.engine.handover import handover_of
    from mhv_tui.engine.run import SAVED
    from mhv_tui.export.collect import report_input

    now = datetime.now(UTC).isoformat(timespec="milliseconds")  # later than an undo in the same second
    pages = [(step.id, state.result(step.id)) for step in state.flow]
    results = [(step, result) for step, result in pages if result]
    handover = handover_of(result for _, result in results)
    return replace(
        report_input(state.session, KINDS, scene_of(state.session), state.answers.accepts),
        findings=[(("", step), finding) for step, result in results for finding in result.findings],
        findings_time=now,
        planned=[(("", step), change.summary) for step, change in state.planned()],
        tables={("", step): table_of(result.matrix, *SAVED) for step, result in results if result.matrix},
        handover=replace(handover, checked_at=now) if handover else None,
        unchecked=[step for step, result in pages if result is None or result.unchecked],
    )


def report(source: ReportInput, suffix: str) -> str:
    """Returns the report in the format of a file with this suffix; text if no format has the suffix."""
    from mhv_tui.export.report import FORMATS, SUFFIXES

    return FORMATS[SUFFIXES.get(suffix.lower(), "text")](source)
