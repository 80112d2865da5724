"""The plan as text for a file: totals, problems, changes with their previews, acceptances and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import EFFECT_GLYPHS, Change
from mhv_tui.core.findings import GLYPHS, Finding
from mhv_tui.core.redaction import shown_lines
from mhv_tui.core.text import join_names
from mhv_tui.core.wrapping import with_command_lines
from mhv_tui.engine.plan_summary import PlanSummary


def plan_text(summary: PlanSummary, session: str, answers: Answers, today: date) -> str:
    """The whole plan of a session. It contains no secrets and no characters that control a terminal."""
    lines = [f"mhv-tui: plan of session {session}, {today}", "", summary.totals]
    sections = {
        "Problems": [line for row in (*summary.problems, *summary.unanswered) for line in _finding(*row)],
        "Failed tests, which apply repeats": [line for row in summary.failed_tests for line in _finding(*row)],
        "Changes": [line for row in summary.changes for line in _change(*row)],
        "Accepted": [line for step, f in summary.accepted for line in _accepted(step, f, answers)],
        "Warnings": [line for row in summary.warnings for line in _finding(*row)],
    }
    for title, rows in sections.items():
        lines += ["", title, *rows] if rows else []
    if summary.waiting:
        lines += ["", f"Not checked yet: {join_names(summary.waiting, len(summary.waiting))}"]
    return shown_lines("\n".join([*lines, ""]))


def _finding(step: str, finding: Finding) -> Iterator[str]:
    yield f"  {GLYPHS[finding.level]} {step:<10} {finding.code}  {finding.headline}"
    if finding.remedy:
        yield f"      remedy: {with_command_lines(finding.remedy, ' ' * 8)}"


def _accepted(step: str, finding: Finding, answers: Answers) -> Iterator[str]:
    row = answers.acceptance(finding.code)
    until = f" until {row.until}" if row and row.until else ""
    yield f"  {GLYPHS['warning']} {step:<10} {finding.code}  {finding.headline}"
    yield f"      accepted{until}: {finding.accepted}"


def _change(step: str, change: Change) -> Iterator[str]:
    yield f"  {EFFECT_GLYPHS[change.effect]} {step:<10} {change.summary}"
    yield from (f"      {sentence}" for sentence in change.consequences)
    yield from (f"      {line}".rstrip() for line in change.preview().splitlines())
