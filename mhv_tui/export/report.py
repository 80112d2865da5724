"""The report of a session: findings, changes and smoke tests, and the commands that undo and repeat it.

Text and Markdown for people, JSON for tools. The sources are the journal and the last findings, which contain no
secret. Findings and smoke tests from before an undo are marked as outdated. No text of vCenter, the cloud or a node
can look like a row, a heading, a link or HTML of the report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from mhv_tui.core.findings import GLYPHS, Finding, KeyedFinding, StepKey
from mhv_tui.core.matrix_text import MatrixTable, table_lines
from mhv_tui.core.redaction import shown
from mhv_tui.engine.saved_findings import Tables

Findings = Sequence[KeyedFinding]
Records = Sequence[Mapping[str, Any]]

STATES = {"intent": "begun", "receipt": "made", "failed": "failed", "undone": "undone"}
"""The state of a change after each kind of record in the journal."""

_MARKDOWN = re.compile(r"[\\`*\[\]<>#|~&]|(?<!\w)_|_(?!\w)")
"""The characters with a meaning inside a line of Markdown. An underscore within a word has no meaning."""


@dataclass(frozen=True, kw_only=True)
class ReportInput:
    name: str
    """The name of the session."""
    findings: Findings
    findings_time: str
    """The time at which the findings were saved; empty without findings."""
    records: Records
    """The records of the journal, oldest first."""
    summaries: Mapping[str, str]
    """The summaries of changes by their ids. A change without a summary is shown by its id."""
    can_undo: bool
    """True if the session has a change that undo can undo."""
    scene: str | None = None
    """The scene of a simulated session, "" if the scene cannot be read; None for a real session."""

    tables: Tables = field(default_factory=lambda: MappingProxyType({}))
    """The matrices of the last check."""
    damage: Sequence[str] = ()
    """One sentence for each damaged place of the journal."""

    @property
    def undone_at(self) -> str:
        """The time of the last undo, if no check ran after it; else empty."""
        ids, last = {row["id"] for row in changes(self.records)}, ""
        for record in self.records:
            if record["what"] == "undone" and record["id"] in ids:
                last = str(record.get("time", ""))
            elif record["what"] == "finished" and record.get("step") != "undo":
                last = ""
        return last if self.findings_time and last >= self.findings_time else ""


def report(source: ReportInput, form: str) -> str:
    """Returns the report of a session. `form`: text, md or json."""
    if form == "json":
        return json.dumps(_document(source), indent=2) + "\n"
    markdown = form == "md"
    head, bullet, section = ("# ", "- ", "\n## {}\n\n") if markdown else ("", "  ", "\n{}\n")
    safe = markdown_text if markdown else shown
    parts = [f"{head}mhv-tui report of session {source.name}\n"]
    if source.scene is not None:
        scene = safe(f"scene {source.scene}" if source.scene else "unreadable scene")
        parts.append(f"\nThis session is simulated (--demo, {scene}): no real vCenter, cloud or node was changed.\n")
    for number, (title, rows) in enumerate(_sections(source)):
        parts += [section.format(safe(title)), *(f"{bullet}{safe(row)}\n" for row in rows)]
        for table in source.tables.values() if number == 0 else ():  # the matrices come after the findings
            parts += [section.format(safe(table.title)), table_markdown(table) if markdown else table_text(table)]
    return "".join(parts)


def markdown_text(text: str) -> str:
    """Returns Markdown that shows exactly these characters: no part is read as heading, link, emphasis or HTML."""
    return _MARKDOWN.sub(r"\\\g<0>", shown(text))


def table_text(table: MatrixTable) -> str:
    """Returns a matrix as aligned lines."""
    return "".join(f"  {line}\n" for line in table_lines(table))


def table_markdown(table: MatrixTable) -> str:
    """Returns a matrix as a table of Markdown."""
    rule = ("---",) * len(table.head)
    head, *rows = [tuple(map(markdown_text, row)) for row in (table.head, *table.rows)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))


def _document(source: ReportInput) -> dict[str, Any]:
    return {
        "session": source.name,
        "simulated": source.scene,
        "findings": [_finding_row(key, f) for key, f in source.findings],
        "findings_time": source.findings_time,
        "undone_since": source.undone_at,
        "changes": [{**row, "summary": source.summaries.get(row["id"], "")} for row in changes(source.records)],
        "proofs": proofs(source.records),
        "damage": list(source.damage),
    }


def _sections(source: ReportInput) -> Iterator[tuple[str, list[str]]]:
    outdated = (
        f" before the undo on {source.undone_at}; run the check again for the current state" if source.undone_at else ""
    )
    yield f"Found{outdated}", [_finding(key, f) for key, f in source.findings]
    if source.damage:
        yield "Damaged places of the journal", list(source.damage)
    yield "Changed", [_change(row, source.summaries) for row in changes(source.records)] or ["nothing"]
    yield "Proven", [_proof(row, source.summaries) for row in proofs(source.records)] or ["not yet"]
    yield "Undo and repeat", list(_commands(source))


def _finding_row(key: StepKey, finding: Finding) -> dict[str, Any]:
    target, step = key
    return {**({"target": target} if target else {}), "step": step, **asdict(finding)}


def _finding(key: StepKey, finding: Finding) -> str:
    step = " ".join(filter(None, key))
    tail = f": {finding.subline}" if finding.subline else ""
    accepted = f" (accepted: {finding.accepted})" if finding.accepted else ""
    return f"{GLYPHS[finding.level]} {finding.level} {step} {finding.code} {finding.headline}{tail}{accepted}"


def _change(row: Mapping[str, str], summaries: Mapping[str, str]) -> str:
    state = "incomplete" if row["state"] == "begun" else row["state"]
    change = f"{summaries[row['id']]}  [{row['id']}]" if row["id"] in summaries else row["id"]
    why = f": {row['code']} {row['error']}; {row['remedy']}" if "code" in row else ""
    return f"{row['time']}  {state}: {change}{why}"


def _proof(row: Mapping[str, Any], summaries: Mapping[str, str]) -> str:
    booted = "; ".join(summaries.get(id, id) for id in row["ids"])
    untested = f"; not proven: {row['left']}" if row["left"] else ""
    if row["undone"]:
        return f"proven on {row['time']}, but a change was undone later: {booted}{untested}"
    return f"{row['time']}  {booted}{untested}"


def _commands(source: ReportInput) -> Iterator[str]:
    demo = "" if source.scene is None else " --demo"
    scene = f" --scene {source.scene}" if source.scene not in (None, "", "article") else ""
    yield f"mhv-tui undo {source.name}{demo}" if source.can_undo else "nothing to undo"
    yield f"mhv-tui export {source.name} --to answers --output answers.toml"
    yield f"mhv-tui apply answers.toml{demo}{scene}"


def changes(records: Records) -> list[dict[str, str]]:
    """Returns one row per change, in the order of their start; failed ones with code, error and remedy."""
    rows: dict[str, dict[str, str]] = {}
    for record in records:
        state = STATES.get(record["what"])
        if state == "begun" and not record.get("smoke_test"):
            rows[record["id"]] = {"id": record["id"], "state": "", "time": ""}
        if state and record["id"] in rows:
            why = {key: str(record[key]) for key in ("code", "error", "remedy") if state == "failed"}
            rows[record["id"]] = {"id": record["id"], "state": state, "time": record.get("time", ""), **why}
    return list(rows.values())


def proofs(records: Records) -> list[dict[str, Any]]:
    """Returns one row per run of smoke tests, oldest first: time, booted servers, the tests that did not run, and
    whether a change was undone later.
    """
    ids, rows = {row["id"] for row in changes(records)}, list[dict[str, Any]]()
    for record in records:
        if record["what"] == "proven":
            untested = str(record.get("left", ""))
            rows.append({"time": record["time"], "ids": record["ids"], "left": untested, "undone": False})
        elif record["what"] == "undone" and record["id"] in ids:
            rows = [{**row, "undone": True} for row in rows]
    return rows
