"""The report of a session in each format: text, Markdown, HTML and JUnit XML for people and CI, JSON for tools.

No text of vCenter, the cloud or a node can look like a row, a heading, a link or HTML of the report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from mhv_tui import __version__
from mhv_tui.core.findings import Finding, StepKey
from mhv_tui.engine.freeze import freeze
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.export.document import document
from mhv_tui.export.html import html
from mhv_tui.export.junit import junit
from mhv_tui.export.markdown import markdown
from mhv_tui.export.plain_text import plain_text


def report(source: ReportInput, form: str) -> str:
    """Returns the report of a session. `form` is a key of FORMATS."""
    return FORMATS[form](source)


def _json(source: ReportInput) -> str:
    return json.dumps(_json_document(source), indent=2) + "\n"


def _json_document(source: ReportInput) -> dict[str, Any]:
    verdict = source.verdict
    return {
        "session": source.name,
        "mhv_tui": __version__,
        "verdict": {"state": verdict.state, "level": verdict.level, "sentence": verdict.sentence},
        "simulated": source.scene,
        "findings": [_finding_row(key, f) for key, f in source.findings],
        "findings_time": source.findings_time,
        "undone_since": source.undone_at,
        "planned": [{**_key(key), "summary": summary} for key, summary in source.planned],
        "changes": [_without_empty(asdict(row)) | _summary(row.id, source) for row in source.changes],
        "proofs": [asdict(row) | {"ids": [server.id for server in row.servers]} for row in source.proofs],
        "failed_tests": [asdict(test) for test in source.failed_tests],
        "handover": freeze(source.handover),
        "matrices": [{**_key(key), **asdict(table)} for key, table in source.tables.items()],
        "damage": list(source.damage),
    }


def _summary(change_id: str, source: ReportInput) -> dict[str, str]:
    return {"summary": source.summaries.get(change_id, "")}


def _without_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value or key not in ("code", "error", "remedy")}


def _key(key: StepKey) -> dict[str, str]:
    target, step = key
    return {**({"target": target} if target else {}), "step": step}


def _finding_row(key: StepKey, finding: Finding) -> dict[str, Any]:
    return {**_key(key), **asdict(finding)}


FORMATS: Mapping[str, Callable[[ReportInput], str]] = {
    "text": lambda source: plain_text(document(source)),
    "md": lambda source: markdown(document(source)),
    "json": _json,
    "html": lambda source: html(document(source)),
    "junit": junit,
}
"""The functions that write a report, by the value of --format."""

SUFFIXES: Mapping[str, str] = {".md": "md", ".json": "json", ".html": "html", ".htm": "html", ".xml": "junit"}
"""The suffix of a file -> the format of the report in it; other files contain text."""
