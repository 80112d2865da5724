"""The journal of a session: intents and receipts of changes, one fsynced JSON line each.

An intent comes before its change, a receipt after it. An intent without a receipt means that the run was killed during
the change: the next run finishes it from the same `before`, and undo checks the present state.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mhv_tui.core.changes import Change, Receipt
from mhv_tui.core.findings import Finding, StepKey
from mhv_tui.engine.freeze import freeze

FORMAT = 2
"""The format of a session's files. A journal begins with it; one without it was written by an earlier version."""


@dataclass(frozen=True)
class JournalEntry:
    """A change that is not undone: completed (with its receipt) or only begun (with `before` alone)."""

    target: str
    step: str
    id: str
    kind: str
    fields: dict[str, Any]
    receipt: Receipt
    complete: bool
    smoke_test: bool
    time: str

    @property
    def key(self) -> StepKey:
        return self.target, self.step


KEYED = {"target": str, "step": str}

SHAPES: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "session": {"format": int},
        "intent": {**KEYED, "id": str, "kind": str, "fields": dict, "before": dict},
        "receipt": {**KEYED, "id": str, "receipt": dict},
        "undone": {**KEYED, "id": str},
        "no_effect": {**KEYED, "id": str},
        "failed": {**KEYED, "id": str, "code": str, "error": str, "remedy": str},
        "undo_failed": {**KEYED, "id": str, "code": str, "error": str, "remedy": str},
        "proven": {**KEYED, "time": str, "ids": list},
    }
)
"""The required fields of each kind of record; other kinds have none."""


class Journal:
    """Appends to and reads one journal file. An incomplete last line (the run was killed) is ignored."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _append(self, record: dict[str, Any]) -> None:
        if self.is_empty():
            self._write({"what": "session", "format": FORMAT})
        self._write(record)

    def is_empty(self) -> bool:
        return not self._path.exists() or self._path.stat().st_size == 0

    def format(self) -> int:
        """The format of its records; 1 if no record has it. An empty journal has the current format."""
        header = self.last("session")
        return int(header["format"]) if header else FORMAT if self.is_empty() else 1

    def _write(self, record: dict[str, Any]) -> None:
        record = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **record}
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            rest = (b"\n" if torn else b"") + json.dumps(record).encode() + b"\n"
            while rest:  # A disk that fills up writes a part and fails only at the next call.
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            self._sync_directory()

    def _sync_directory(self) -> None:
        """Syncs the directory: only then does a new file survive a power failure."""
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def records(self) -> Iterator[dict[str, Any]]:
        """Every whole record, oldest first."""
        return (record for _, record in self._lines() if _whole(record))

    def unreadable_records(self) -> list[str]:
        """FILE:LINE of each line that is JSON but not a valid record, because it was edited. Reading ignores them."""
        return [f"{self._path}:{number}" for number, record in self._lines() if not _whole(record)]

    def _lines(self) -> Iterator[tuple[int, Any]]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for number, line in enumerate(lines, 1):
            with contextlib.suppress(ValueError):
                yield number, json.loads(line)

    def intend(self, key: StepKey, change: Change, before: Receipt, smoke_test: bool = False) -> None:
        """Writes the intent of a change, before it is made."""
        kind, fields = type(change).__name__, freeze(change)
        self.note("intent", key, id=change.id, kind=kind, fields=fields, before=before, smoke_test=smoke_test)

    def receive(self, key: StepKey, change_id: str, receipt: Receipt) -> None:
        """Writes the receipt of a change, after it was made."""
        self.note("receipt", key, id=change_id, receipt=receipt)

    def note(self, what: str, key: StepKey | None = None, **fields: Any) -> None:
        """Writes another record: failed, undo_failed, no_effect (of a failure), undone, started, finished, proven."""
        keyed = {"target": key[0], "step": key[1]} if key else {}
        self._append({"what": what, **keyed, **fields})

    def not_undone(self) -> list[JournalEntry]:
        """Changes that are completed or begun and not undone, oldest first."""
        entries: list[JournalEntry] = []
        for record in self.records():
            match record["what"]:
                case "intent":
                    entries.append(_entry(record))
                case "receipt":
                    entries = _with_receipt(entries, record)
                case "undone":
                    entries = _without_last(entries, _positions(entries, record))
                case "no_effect":
                    entries = _without_last(entries, _open_positions(entries, record))
        return entries

    def open_intent(self, target: str, change_id: str) -> JournalEntry | None:
        """The newest open intent of that change, which was interrupted or failed half-way."""
        return next(
            (e for e in reversed(self.not_undone()) if (e.target, e.id) == (target, change_id) and not e.complete), None
        )

    def resumable(self, target: str, change: Change) -> JournalEntry | None:
        """The open intent that this change continues; None if there is none, or if its fields differ. Such an intent is
        left to undo, which uses the intent's own fields, and the change gets a new intent.
        """
        intent = self.open_intent(target, change.id)
        if intent is None or change.resumes_any_intent:
            return intent
        return intent if intent.fields == json.loads(json.dumps(freeze(change))) else None

    def completed_ids(self) -> frozenset[str]:
        """Ids of the changes that are completed and not undone."""
        return frozenset(e.id for e in self.not_undone() if e.complete and not e.smoke_test)

    def needs_smoke_tests(self, target: str) -> bool:
        """True if a change was made since the target's last smoke tests, or a smoke test was begun and not ended."""
        order = [r["what"] for r in self.records() if r["what"] in ("receipt", "proven") and r["target"] == target]
        begun = any(e.smoke_test and not e.complete and e.target == target for e in self.not_undone())
        return begun or order[-1:] == ["receipt"]

    def last(self, what: str, target: str | None = None) -> dict[str, Any] | None:
        """The newest record of that kind, and of that target if one is given."""
        rows = (r for r in reversed(list(self.records())) if r["what"] == what)
        return next((r for r in rows if target in (None, r.get("target"))), None)


def failure_record(finding: Finding) -> dict[str, str]:
    """The fields of a `failed` or `undo_failed` record."""
    return {
        "code": finding.code,
        "subject": finding.subject,
        "error": finding.sentence,
        "remedy": finding.remedy,
    }


def _whole(record: Any) -> bool:
    if not (isinstance(record, dict) and isinstance(record.get("what"), str)):
        return False
    fields = {"time": "", **record}
    shape = {"time": str, **SHAPES.get(record["what"], {})}
    return all(isinstance(fields.get(key), kind) for key, kind in shape.items())


def _entry(record: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        record["target"],
        record["step"],
        record["id"],
        record["kind"],
        record["fields"],
        record["before"],
        complete=False,
        smoke_test=record.get("smoke_test", False),
        time=record.get("time", ""),
    )


def _received(entry: JournalEntry, record: dict[str, Any]) -> JournalEntry:
    return replace(entry, receipt={**entry.receipt, **record["receipt"]}, complete=True)


def _with_receipt(entries: list[JournalEntry], record: dict[str, Any]) -> list[JournalEntry]:
    """A receipt completes the newest open intent of its id; that of a smoke test completes all of them."""
    positions = _open_positions(entries, record)
    completed = {i for i in positions if i == positions[-1] or entries[i].smoke_test}
    return [_received(e, record) if i in completed else e for i, e in enumerate(entries)]


def _positions(entries: list[JournalEntry], record: dict[str, Any]) -> list[int]:
    """The positions of the entries of the record's change."""
    change = (record["target"], record["id"])
    return [i for i, e in enumerate(entries) if (e.target, e.id) == change]


def _open_positions(entries: list[JournalEntry], record: dict[str, Any]) -> list[int]:
    return [i for i in _positions(entries, record) if not entries[i].complete]


def _without_last(entries: list[JournalEntry], positions: list[int]) -> list[JournalEntry]:
    return [e for i, e in enumerate(entries) if i not in positions[-1:]]
