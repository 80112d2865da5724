"""The last findings of the pages between two starts of the wizard: saved at its end, shown until the next check."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mhv_tui.core.findings import Finding, KeyedFinding, Level, page_level
from mhv_tui.engine.ledger import change_rows
from mhv_tui.engine.locks import Busy
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import FINISHED, status_of


def saved_levels(session: Session) -> dict[str, Level]:
    """Step id -> the worst level of its saved findings. Has only steps with findings.

    A step whose changes are not in place has no level that is as good as ok, because its findings are older.
    """
    by_step: dict[str, list[Finding]] = {}
    for (_, step), finding in session.findings():
        by_step.setdefault(step, []).append(finding)
    levels = {step: page_level(findings) for step, findings in by_step.items()}
    outdated = _steps_with_missing_changes(session) if levels else ()
    return {step: level for step, level in levels.items() if step not in outdated or level in ("missing", "failure")}


def _steps_with_missing_changes(session: Session) -> set[str]:
    """The steps with changes that are undone or incomplete. None after a run of apply that ended well."""
    status = status_of(session)
    if status.outcome in FINISHED and status.command != "undo":
        return set()
    return {row.step for row in change_rows(session.journal.records()) if row.state != "made"}


def save_last_seen(session: Session, findings: Sequence[KeyedFinding]) -> None:
    """Saves the findings of some pages, and keeps the saved findings of the other pages.

    Saves nothing if another run uses the session: that run saves newer findings. Raises OSError.
    """
    if not findings:
        return
    keys = {key for key, _ in findings}
    with contextlib.suppress(Busy), session.locked():
        session.save_findings([*(row for row in session.findings() if row[0] not in keys), *findings])
