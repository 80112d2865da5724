"""The last findings of the pages between two starts of the wizard: saved at its end, shown until the next check."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mhv_tui.core.findings import Finding, KeyedFinding, Level, worst
from mhv_tui.engine.locks import Busy
from mhv_tui.engine.session import Session


def saved_levels(session: Session) -> dict[str, Level]:
    """Step id -> the worst level of its saved findings. Has only steps with findings."""
    by_step: dict[str, list[Finding]] = {}
    for (_, step), finding in session.findings():
        by_step.setdefault(step, []).append(finding)
    return {step: worst(findings) for step, findings in by_step.items()}


def save_last_seen(session: Session, findings: Sequence[KeyedFinding]) -> None:
    """Saves the findings of some pages, and keeps the saved findings of the other pages.

    Saves nothing if another run uses the session: that run saves newer findings. Raises OSError.
    """
    if not findings:
        return
    keys = {key for key, _ in findings}
    with contextlib.suppress(Busy), session.locked():
        session.save_findings([*(row for row in session.findings() if row[0] not in keys), *findings])
