"""The report of a session: what was found, changed, proven and accepted, and how to undo and repeat it.

Text and Markdown for people, JSON for tools. It reads the journal's records and the last findings; neither holds a
secret. What an undo has taken back is told as gone: neither what was found before it nor a proof is passed off as true.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mhv_tui.core.findings import GLYPHS, Finding, KeyedFinding, StepKey

Findings = Sequence[KeyedFinding]
Records = Sequence[Mapping[str, Any]]

STATES = {"intent": "begun", "receipt": "made", "failed": "failed", "undone": "undone"}


@dataclass(frozen=True)
class ReportInput:
    """What a report tells of."""

    name: str
    """The session's."""
    found: Findings
    found_at: str
    """When `found` was kept; "" where nothing was."""
    records: Records
    """The journal's, oldest first."""
    summaries: Mapping[str, str]
    """By a change's id; the id itself tells of those that are not in it."""
    stands: bool
    """True where there is something to undo."""
    scene: str | None = None
    """Of the simulated world, "" where it cannot be read; None for the real one."""

    @property
    def undone_at(self) -> str:
        """When changes were last taken back, where nobody has looked since; else ""."""
        ids, last = {row["id"] for row in changes(self.records)}, ""
        for record in self.records:
            if record["what"] == "undone" and record["id"] in ids:
                last = str(record.get("time", ""))
            elif record["what"] == "finished" and record.get("step") != "undo":
                last = ""
        return last if self.found_at and last >= self.found_at else ""


def report(told: ReportInput, form: str) -> str:
    """The report as text, md or json."""
    if form == "json":
        return json.dumps(_document(told), indent=2) + "\n"
    head, bullet, section = ("# ", "- ", "\n## {}\n\n") if form == "md" else ("", "  ", "\n{}\n")
    out = [f"{head}mhv-tui report of session {told.name}\n"]
    if told.scene is not None:
        named = f"scene {told.scene}" if told.scene else "of a scene that cannot be read"
        out.append(f"\nsimulated world (--demo, {named}): no real vCenter, cloud or node was touched\n")
    for title, rows in _sections(told):
        out += [section.format(title), *(f"{bullet}{row}\n" for row in rows)]
    return "".join(out)


def _document(told: ReportInput) -> dict[str, Any]:
    return {
        "session": told.name,
        "simulated": told.scene,
        "findings": [_finding_row(key, f) for key, f in told.found],
        "findings_time": told.found_at,
        "undone_since": told.undone_at,
        "changes": [{**row, "summary": told.summaries.get(row["id"], "")} for row in changes(told.records)],
        "proofs": proofs(told.records),
    }


def _sections(told: ReportInput) -> Iterator[tuple[str, list[str]]]:
    before = f" before the undo of {told.undone_at}; a new check tells what is true now" if told.undone_at else ""
    yield f"Found{before}", [_finding(key, f) for key, f in told.found]
    yield "Changed", [_change(row, told.summaries) for row in changes(told.records)] or ["nothing"]
    yield "Proven", [_proof(row, told.summaries) for row in proofs(told.records)] or ["not yet"]
    yield "Undo and repeat", list(_commands(told))


def _finding_row(key: StepKey, finding: Finding) -> dict[str, Any]:
    target, step = key
    return {**({"target": target} if target else {}), "step": step, **asdict(finding)}


def _finding(key: StepKey, finding: Finding) -> str:
    step = " ".join(filter(None, key))
    tail = f": {finding.detail}" if finding.detail else ""
    accepted = f" (accepted: {finding.accepted})" if finding.accepted else ""
    return f"{GLYPHS[finding.level]} {finding.level} {step} {finding.code} {finding.title}{tail}{accepted}"


def _change(row: Mapping[str, str], summaries: Mapping[str, str]) -> str:
    state = {"begun": "half-made", "undone": "taken back"}.get(row["state"], row["state"])
    named = f"{summaries[row['id']]}  [{row['id']}]" if row["id"] in summaries else row["id"]
    why = f": {row['code']} {row['error']}; {row['remedy']}" if "code" in row else ""
    return f"{row['time']}  {state}: {named}{why}"


def _proof(row: Mapping[str, Any], summaries: Mapping[str, str]) -> str:
    said = "; ".join(summaries.get(id, id) for id in row["ids"])
    left = f"; not proven: {row['left']}" if row["left"] else ""
    if row["taken_back"]:
        return f"was proven on {row['time']}, taken back since: {said}{left}"
    return f"{row['time']}  {said}{left}"


def _commands(told: ReportInput) -> Iterator[str]:
    demo = "" if told.scene is None else " --demo"
    scene = f" --scene {told.scene}" if told.scene not in (None, "", "article") else ""
    yield f"mhv-tui undo {told.name}{demo}" if told.stands else "nothing stands that could be undone"
    yield f"mhv-tui export {told.name} --to answers --output answers.toml"
    yield f"mhv-tui apply answers.toml{demo}{scene}"


def changes(records: Records) -> list[dict[str, str]]:
    """One row a change: begun, made, failed (with code, error and remedy) or undone, in the order they were begun."""
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
    """One row a proof, the oldest first: when, what was booted, what was left out, and whether changes that it was
    made with were taken back since.
    """
    ids, rows = {row["id"] for row in changes(records)}, list[dict[str, Any]]()
    for record in records:
        if record["what"] == "proven":
            left = str(record.get("left", ""))
            rows.append({"time": record["time"], "ids": record["ids"], "left": left, "taken_back": False})
        elif record["what"] == "undone" and record["id"] in ids:
            rows = [{**row, "taken_back": True} for row in rows]
    return rows
