"""The report of a session: what was found, changed, proven and accepted, and how to undo and repeat it.

Text and Markdown for people, JSON for tools. It reads the journal's records and the last findings; neither holds a
secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mhv_tui.core.findings import GLYPHS, Finding

Found = Sequence[tuple[str, Finding]]
Records = Sequence[Mapping[str, Any]]


def report(name: str, found: Found, records: Records, titles: Mapping[str, str], form: str) -> str:
    """The report as text, md or json."""
    if form == "json":
        rows = [{"step": step, **asdict(f)} for step, f in found]
        return json.dumps({"session": name, "findings": rows, "changes": changes(records)}, indent=2) + "\n"
    head, bullet = ("# ", "- ") if form == "md" else ("", "  ")
    section = "\n## {}\n\n" if form == "md" else "\n{}\n"
    out = [f"{head}mhv-tui report of session {name}\n"]
    out.append(section.format("Found"))
    out += [f"{bullet}{_row(step, f, titles)}\n" for step, f in found]
    out.append(section.format("Changed"))
    out += [f"{bullet}{c['time']}  {c['id']}  {c['state']}\n" for c in changes(records)] or [f"{bullet}nothing\n"]
    out.append(section.format("Proven"))
    out += [f"{bullet}{r['time']}  {', '.join(r['ids'])}\n" for r in records if r["what"] == "proven"] or [
        f"{bullet}not yet\n"
    ]
    out.append(section.format("Undo and repeat"))
    out.append(f"{bullet}mhv-tui undo {name}\n{bullet}mhv-tui export {name} --to answers --output answers.toml\n")
    out.append(f"{bullet}mhv-tui apply answers.toml\n")
    return "".join(out)


def _row(step: str, finding: Finding, titles: Mapping[str, str]) -> str:
    tail = f": {finding.detail}" if finding.detail else ""
    accepted = f" (accepted: {finding.accepted})" if finding.accepted else ""
    return f"{GLYPHS[finding.level]} {finding.level} {step} {finding.code} {finding.title}{tail}{accepted}"


def changes(records: Records) -> list[dict[str, str]]:
    """One row a change: begun, made, failed or undone, in the order they were begun."""
    rows: dict[str, dict[str, str]] = {}
    states = {"intent": "begun", "receipt": "made", "failed": "failed", "undone": "undone"}
    for record in records:
        state = states.get(record["what"])
        if state == "begun" and not record.get("proof"):
            rows[record["id"]] = {"id": record["id"], "state": "", "time": ""}
        if state and record["id"] in rows:
            rows[record["id"]].update(state=state, time=record.get("time", ""))
    return list(rows.values())
