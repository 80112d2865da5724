"""The journal of a session: what was about to be done, and what was made, one fsynced JSON line each.

An intent stands before its change, a receipt after it. An intent without a receipt means the work was killed
half-way: the next run finishes it from the same `before`, and undo resolves it by looking.
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
from mhv_tui.engine.freeze import freeze


@dataclass(frozen=True)
class JournalEntry:
    """A change that stands: made (with its receipt) or begun (with `before` alone), and not taken back."""

    step: str
    id: str
    kind: str
    fields: dict[str, Any]
    receipt: Receipt
    complete: bool
    proof: bool
    time: str


SHAPES: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "intent": {"step": str, "id": str, "kind": str, "fields": dict, "before": dict},
        "receipt": {"id": str, "receipt": dict},
        "undone": {"id": str},
        "void": {"id": str},
        "failed": {"id": str},
        "proven": {"time": str, "ids": list},
    }
)
"""What a record of a kind has to hold for those who read it; other kinds are notes."""


class Journal:
    """Appends to and reads one journal file. A torn last line (killed while writing) is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _append(self, record: dict[str, Any]) -> None:
        record = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **record}
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            left = (b"\n" if torn else b"") + json.dumps(record).encode() + b"\n"
            while left:  # A disk that fills up takes a part and says so only at the next try.
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            self._keep_name()

    def _keep_name(self) -> None:
        """A new file is safe only once its directory is."""
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def records(self) -> Iterator[dict[str, Any]]:
        """Every whole record, oldest first."""
        return (record for _, record in self._lines() if _whole(record))

    def strange(self) -> list[str]:
        """FILE:LINE of what is no torn line and no record of ours either: it was edited, and is passed over."""
        return [f"{self._path}:{number}" for number, record in self._lines() if not _whole(record)]

    def _lines(self) -> Iterator[tuple[int, Any]]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for number, line in enumerate(lines, 1):
            with contextlib.suppress(ValueError):
                yield number, json.loads(line)

    def intend(self, step: str, change: Change, before: Receipt, proof: bool = False) -> None:
        """Said before the change is made."""
        self._append(
            {
                "what": "intent",
                "step": step,
                "id": change.id,
                "kind": type(change).__name__,
                "fields": freeze(change),
                "before": before,
                "proof": proof,
            }
        )

    def receive(self, change_id: str, receipt: Receipt) -> None:
        """Said after the change was made."""
        self._append({"what": "receipt", "id": change_id, "receipt": receipt})

    def note(self, what: str, **fields: Any) -> None:
        """Other records: failed, void (begun, and nothing came of it), undone, started, finished, proven."""
        self._append({"what": what, **fields})

    def standing(self) -> list[JournalEntry]:
        """What is made or begun and not taken back, oldest first."""
        entries: list[JournalEntry] = []
        for record in self.records():
            match record["what"]:
                case "intent":
                    entries.append(_entry(record))
                case "receipt":
                    entries = _with_receipt(entries, record)
                case "undone":
                    entries = _without_newest(entries, record["id"])
                case "void":
                    entries = _without_open(entries, record["id"])
        return entries

    def begun(self, change_id: str) -> JournalEntry | None:
        """The newest open intent of that change, where the work was killed or failed half-way."""
        return next((e for e in reversed(self.standing()) if e.id == change_id and not e.complete), None)

    def taken_up(self, change: Change) -> JournalEntry | None:
        """The open intent that this very change goes on from. Where the answers differ by now, the older intent stays
        as it is, for undo to resolve by its own fields, and the change gets a look and an intent of its own.
        """
        begun = self.begun(change.id)
        if begun is None or getattr(change, "keeps_first_look", False):
            return begun
        return begun if begun.fields == json.loads(json.dumps(freeze(change))) else None

    def made(self) -> frozenset[str]:
        """Ids of the changes that are made and stand."""
        return frozenset(e.id for e in self.standing() if e.complete and not e.proof)

    def unproven(self) -> bool:
        """True where something was made since the last proof, or a proof was begun and not ended."""
        order = [r["what"] for r in self.records() if r["what"] in ("receipt", "proven")]
        return any(e.proof and not e.complete for e in self.standing()) or order[-1:] == ["receipt"]

    def last(self, what: str) -> dict[str, Any] | None:
        """The newest record of that kind."""
        return next((r for r in reversed(list(self.records())) if r["what"] == what), None)


def _whole(record: Any) -> bool:
    if not (isinstance(record, dict) and isinstance(record.get("what"), str)):
        return False
    held = {"time": "", **record}
    shape = {"time": str, **SHAPES.get(record["what"], {})}
    return all(isinstance(held.get(key), kind) for key, kind in shape.items())


def _entry(record: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        record["step"],
        record["id"],
        record["kind"],
        record["fields"],
        record["before"],
        complete=False,
        proof=record.get("proof", False),
        time=record.get("time", ""),
    )


def _received(entry: JournalEntry, record: dict[str, Any]) -> JournalEntry:
    return replace(entry, receipt={**entry.receipt, **record["receipt"]}, complete=True)


def _with_receipt(entries: list[JournalEntry], record: dict[str, Any]) -> list[JournalEntry]:
    """A receipt is the newest open intent's; a proof leaves nothing behind, so it settles all of its kind."""
    waiting = [i for i, e in enumerate(entries) if e.id == record["id"] and not e.complete]
    settled = {i for i in waiting if i == waiting[-1] or entries[i].proof}
    return [_received(e, record) if i in settled else e for i, e in enumerate(entries)]


def _without_newest(entries: list[JournalEntry], change_id: str) -> list[JournalEntry]:
    return _without_last(entries, [i for i, e in enumerate(entries) if e.id == change_id])


def _without_open(entries: list[JournalEntry], change_id: str) -> list[JournalEntry]:
    return _without_last(entries, [i for i, e in enumerate(entries) if e.id == change_id and not e.complete])


def _without_last(entries: list[JournalEntry], places: list[int]) -> list[JournalEntry]:
    return [e for i, e in enumerate(entries) if i not in places[-1:]]
