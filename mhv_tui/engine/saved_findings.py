"""Reads findings.json: the last findings of a session, its missing changes and hand-over, and the number of journal
lines when they were saved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mhv_tui.core.findings import Finding, KeyedFinding, StepKey
from mhv_tui.core.frozen import dataclass
from mhv_tui.engine.freeze import thaw
from mhv_tui.engine.records import FORMAT

if TYPE_CHECKING:
    from mhv_tui.core.handover import Handover
    from mhv_tui.core.matrix_text import MatrixTable

PlannedChange = tuple[StepKey, str]

Tables = Mapping[StepKey, "MatrixTable"]
"""The key of a step -> its last matrix."""


@dataclass(frozen=True)
class SavedFindings:
    """The contents of findings.json; `problem` is a sentence if the file is damaged, else ""."""

    findings: tuple[KeyedFinding, ...] = ()
    journal_lines: int = 0
    format: int = FORMAT
    problem: str = ""
    tables: Tables = field(default_factory=lambda: MappingProxyType({}))
    planned: tuple[PlannedChange, ...] = ()
    """The missing changes: the key of the step, and the summary."""
    handover: Handover | None = None


def saved_findings(data: bytes, path: str) -> SavedFindings:
    """Parses the contents of findings.json; `path` is used in messages."""
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError):
        return SavedFindings(problem=f"{path} is not JSON")
    if isinstance(document, list):  # as the versions before format 2 wrote it
        return SavedFindings(format=1)
    number = document.get("format") if isinstance(document, dict) else None
    if type(number) is not int:
        return SavedFindings(problem=f"{path} does not contain the findings of a check")
    if number != FORMAT:
        return SavedFindings(format=number)
    lines = document.get("journal_lines")
    try:
        findings = tuple(_finding(row) for row in document["findings"])
        tables = MappingProxyType(dict(_table(row) for row in document.get("matrices", [])))
        planned: tuple[PlannedChange, ...] = thaw(tuple[PlannedChange, ...], document.get("planned", []))
        handover = _handover(document.get("handover"))
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError):
        return SavedFindings(problem=f"{path} does not contain the findings of a check", journal_lines=_number(lines))
    return SavedFindings(findings, _number(lines), tables=tables, planned=planned, handover=handover)


def journal_lines(data: bytes) -> int:
    """How many lines the journal had when the file was saved; 0 if the file does not tell. Parses no finding."""
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError):
        return 0
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return 0
    return _number(document.get("journal_lines"))


def _finding(row: dict[str, Any]) -> KeyedFinding:
    keys: tuple[str, str] = thaw(tuple[str, str], [row["target"], row["step"]])
    finding: Finding = thaw(Finding, {key: value for key, value in row.items() if key not in ("target", "step")})
    return keys, finding


def _table(row: dict[str, Any]) -> tuple[StepKey, MatrixTable]:
    from mhv_tui.core.matrix_text import MatrixTable

    keys: StepKey = thaw(StepKey, [row["target"], row["step"]])
    table: MatrixTable = thaw(MatrixTable, row)
    return keys, table


def _handover(row: Any) -> Handover | None:
    from mhv_tui.core.handover import Handover

    handover: Handover | None = thaw(Handover | None, row)
    return handover


def _number(lines: Any) -> int:
    return lines if type(lines) is int else 0
