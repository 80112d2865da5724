"""Journals that are written by hand: whole ones of any records, and ones with damage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mhv_tui.engine.records import seal
from mhv_tui.engine.session import Session
from tests.engine.toy_steps import Put

HEADER: Mapping[str, Any] = {"time": "T0", "what": "session", "format": 2}
FIRST = ("", "first")


def file_of(session: Session) -> Path:
    return session.directory / "journal.jsonl"


def write_records(session: Session, records: Iterable[Mapping[str, Any]]) -> None:
    """Writes the records as lines that mhv-tui itself could have written."""
    rows = [{key: value for key, value in record.items() if key not in ("n", "crc")} for record in records]
    file_of(session).write_bytes(b"".join(seal(row, number) for number, row in enumerate(rows, 1)))


def put_all(session: Session, *names: str) -> list[bytes]:
    """Records that these names were put on the shelf. Returns the lines of the journal."""
    for name in names:
        session.journal.intend(FIRST, Put(name), {"there": False})
        session.journal.receive(FIRST, f"put:{name}", {})
    return lines_of(session)


def lines_of(session: Session) -> list[bytes]:
    return file_of(session).read_bytes().splitlines(keepends=True)


def write_lines(session: Session, lines: Iterable[bytes]) -> None:
    file_of(session).write_bytes(b"".join(lines))
