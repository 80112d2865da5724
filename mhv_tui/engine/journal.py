"""The journal of a session: the intent of each change before it, and its receipt after it, one JSON line each.

An intent without a receipt means that the run was killed during the change: the next run finishes the change from the
earlier state in the intent, and undo checks the present state.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mhv_tui.core.changes import Change, Receipt
from mhv_tui.core.findings import Finding, StepKey
from mhv_tui.core.frozen import dataclass
from mhv_tui.engine.failures import engine_finding
from mhv_tui.engine.freeze import freeze
from mhv_tui.engine.records import FORMAT, GONE, Contents, Damage, format_of_unsealed, read_contents, seal
from mhv_tui.engine.state import open_private, read_private

LIMIT = 64 << 20
"""The size of the largest accepted journal, in bytes."""


@dataclass(frozen=True)
class JournalEntry:
    """A change that is not undone. `receipt` is only the state before the change if the change is not completed."""

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


ENDS = ("receipt", "undone", "no_effect")
"""The kinds of records that end an earlier intent."""

APPENDING = threading.Lock()
"""Held while a thread of this process extends a journal: the runs of several targets share one."""

NOTHING_LEFT = "there is nothing left to undo of this change"


class Journal:
    """Reads and extends one journal file. An incomplete last line (of a killed run) is ignored.

    `written` returns how many lines the journal must have at least, so that lost lines at its end are noticed. Every
    method raises UsageError if the file is not a regular file of this user, and OSError if it cannot be written.
    """

    def __init__(self, path: Path, written: Callable[[], int] = lambda: 0) -> None:
        self._path = path
        self._written = written

    def _contents(self) -> Contents:
        return self._parse(self._data())

    def _data(self) -> bytes:
        return read_private(self._path, LIMIT)

    def _parse(self, data: bytes) -> Contents:
        return read_contents(data, str(self._path), self._written())

    def is_empty(self) -> bool:
        return not self._data()

    def length(self) -> int:
        """The number of lines that were written to the journal."""
        return self._contents().length

    def format(self) -> int:
        """The format of the journal; 1 if its first line names no format. An empty or damaged journal has the current
        format, because this version can read the first line of every later format.
        """
        records = self._contents().records
        header = next((record for record in records if record["what"] == "session"), None)
        return int(header["format"]) if header else FORMAT if records else format_of_unsealed(self._data())

    def _append(self, record: Mapping[str, Any]) -> None:
        with APPENDING:
            self._append_alone(record)

    def _append_alone(self, record: Mapping[str, Any]) -> None:
        data = self._data()
        contents = self._parse(data)
        size = len(data) - contents.torn
        records = [record] if size else [{"what": "session", "format": FORMAT}, record]
        lines = [seal(self._stamped(row), number) for number, row in enumerate(records, contents.length + 1)]
        end = b"" if data[:size].endswith(b"\n") or not size else b"\n"
        try:
            self._write(end + b"".join(lines), size)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None

    def _stamped(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return {"time": datetime.now(UTC).isoformat(timespec="microseconds"), **record}

    def _write(self, rest: bytes, size: int) -> None:
        """Writes bytes at the offset `size`, which removes an incomplete last line."""
        handle = open_private(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.ftruncate(handle, size)
            while rest:  # A disk that fills up writes a part and fails only at the next call.
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            self._sync_directory()

    def _sync_directory(self) -> None:
        """Writes the directory to the disk, so that a new journal survives a power failure."""
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def records(self) -> list[dict[str, Any]]:
        """All undamaged records, oldest first."""
        return self._contents().records

    def damage(self) -> list[Damage]:
        """The damaged and missing lines with their consequences for undo; empty if the journal is undamaged."""
        contents = self._contents()
        _, orphans = replay(contents.records)
        lines = {record["n"]: line for line, record in contents.rows}
        ends = {(o["target"], o["id"]): o for o in orphans}
        damage = [_with_end(d, ends.get((d.target, d.id)), lines) for d in contents.damage]
        named = {(d.target, d.id) for d in damage}
        return damage + [_orphan(self._path, lines[o["n"]], o) for key, o in ends.items() if key not in named]

    def intend(self, key: StepKey, change: Change, before: Receipt, smoke_test: bool = False) -> None:
        """Writes the intent of a change before the change is made."""
        kind, fields = type(change).__name__, freeze(change)
        self.note("intent", key, id=change.id, kind=kind, fields=fields, before=before, smoke_test=smoke_test)

    def receive(self, key: StepKey, change_id: str, receipt: Receipt) -> None:
        """Writes the receipt of a change after the change was made."""
        self.note("receipt", key, id=change_id, receipt=receipt)

    def note(self, what: str, key: StepKey | None = None, **fields: Any) -> None:
        """Writes a record of any kind, such as failed, undo_failed, no_effect, undone, started, finished or proven."""
        keyed = {"target": key[0], "step": key[1]} if key else {}
        self._append({"what": what, **keyed, **fields})

    def not_undone(self) -> list[JournalEntry]:
        """The changes that were completed or begun and are not undone, oldest first."""
        return replay(self.records())[0]

    def open_intent(self, target: str, change_id: str) -> JournalEntry | None:
        """The newest intent without a receipt of a change that was interrupted or failed; None if there is none."""
        return next(
            (e for e in reversed(self.not_undone()) if (e.target, e.id) == (target, change_id) and not e.complete), None
        )

    def resumable(self, target: str, change: Change) -> JournalEntry | None:
        """The open intent that this change resumes; None if there is none, or if the fields of the intent differ. Then
        the change gets a new intent, and undo uses both.
        """
        intent = self.open_intent(target, change.id)
        if intent is None or change.resumes_any_intent:
            return intent
        return intent if intent.fields == json.loads(json.dumps(freeze(change))) else None

    def completed_ids(self) -> frozenset[str]:
        """The ids of the changes that are completed and not undone."""
        return frozenset(e.id for e in self.not_undone() if e.complete and not e.smoke_test)

    def begun(self) -> dict[str, list[Receipt]]:
        """The ids of the changes that are begun and not completed, each with the state before it."""
        rows: dict[str, list[Receipt]] = {}
        for entry in self.not_undone():
            if not (entry.complete or entry.smoke_test):
                rows.setdefault(entry.id, []).append(entry.receipt)
        return rows

    def needs_smoke_tests(self, target: str) -> bool:
        """True if a change was made, or a smoke test was begun, after the target's last successful smoke tests."""
        rows = [r for r in self.records() if r.get("target") == target]
        order = [r["what"] for r in rows if r["what"] in ("receipt", "proven") or r.get("smoke_test")]
        return order[-1:] not in ([], ["proven"])

    def has_interrupted_apply(self) -> bool:
        """True if a run of apply was killed: it has no record of its end."""
        marks = [r for r in self.records() if r["what"] in ("started", "finished")]
        ends = [*(r["what"] for r in marks[1:]), "started"]
        return any((r.get("command"), end) == ("apply", "started") for r, end in zip(marks, ends, strict=False))

    def last(self, what: str, target: str | None = None) -> dict[str, Any] | None:
        """The newest record of the kind `what`, of this target if it is not None; None if there is no such record."""
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


DAMAGE_REMEDY = "undo this session, check by hand what the damaged lines name, then continue in a new --session"


def damage_finding(damage: Damage) -> Finding:
    """The finding WZ15 for a line of the journal that undo cannot use."""
    remedy = "Check by hand the change that this line names, and undo the change by hand."
    return engine_finding("WZ15", "failure", damage.sentence, remedy, subject=damage.id)


def replay(records: Iterable[dict[str, Any]]) -> tuple[list[JournalEntry], list[dict[str, Any]]]:
    """The changes that are not undone, oldest first, and the records whose intent is lost."""
    entries: list[JournalEntry] = []
    orphans: list[dict[str, Any]] = []
    for record in records:
        what = record["what"]
        if what == "intent":
            entries.append(_entry(record))
        elif what in ENDS:
            open_only = what != "undone"
            positions = (_open_positions if open_only else _positions)(entries, record)
            if not positions:
                orphans.append(record)
            entries = _with_receipt(entries, record) if what == "receipt" else _without_last(entries, positions)
    return entries, orphans


def _with_end(damage: Damage, end: Mapping[str, Any] | None, lines: Mapping[int, int]) -> Damage:
    """The damage with the right consequence: nothing to undo, if `end` says that its change was undone later."""
    if damage.what not in ("intent", "") or end is None or end["what"] == "receipt" or lines[end["n"]] < damage.line:
        return damage
    return replace(damage, consequence=NOTHING_LEFT)


def _orphan(path: Path, line: int, record: Mapping[str, Any]) -> Damage:
    consequence = f"this change {GONE}" if record["what"] == "receipt" else NOTHING_LEFT
    problem = "the line with the intent of this change is missing"
    keys = {key: record[key] for key in ("target", "step", "id", "what")}
    return Damage(f"{path}:{line}", line, problem, consequence, **keys)


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
    """Adds a receipt to the newest open intent with its id; a smoke test's receipt to all open intents with its id."""
    positions = _open_positions(entries, record)
    completed = {i for i in positions if i == positions[-1] or entries[i].smoke_test}
    return [_received(e, record) if i in completed else e for i, e in enumerate(entries)]


def _positions(entries: list[JournalEntry], record: dict[str, Any]) -> list[int]:
    """The indexes of the entries that have the same change as a record."""
    change = (record["target"], record["id"])
    return [i for i, e in enumerate(entries) if (e.target, e.id) == change]


def _open_positions(entries: list[JournalEntry], record: dict[str, Any]) -> list[int]:
    return [i for i in _positions(entries, record) if not entries[i].complete]


def _without_last(entries: list[JournalEntry], positions: list[int]) -> list[JournalEntry]:
    return [e for i, e in enumerate(entries) if i not in positions[-1:]]
