"""An edited journal: invalid records are reported and ignored, the others are read."""

from __future__ import annotations

import json

import pytest

from mhv_tui.engine.session import Session, open_session, summary
from tests.engine.toy_steps import Put

HEADER = {"what": "session", "format": 2, "time": "T0"}
STRANGE = [
    {"what": "intent", "id": "x"},
    {"what": "intent", "id": "x", "step": "first", "kind": "Put", "fields": [], "before": {}},
    {"what": "receipt", "id": "put:a"},
    {"what": "undone"},
    {"what": "proven", "ids": "all"},
    {"what": ["started"]},
    {"what": "finished", "time": 12},
    {"id": "x"},
    [1],
    None,
]


@pytest.fixture
def session() -> Session:
    """A journal with one change."""
    session = open_session("toy")
    session.journal.intend(("", "first"), Put("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    return session


@pytest.mark.parametrize("record", STRANGE)
def test_an_invalid_record_is_reported_and_ignored(session: Session, record: object) -> None:
    path = session.directory / "journal.jsonl"
    path.write_text(json.dumps(record) + "\n" + path.read_text())
    assert session.other_format() is None
    assert [e.id for e in session.journal.not_undone()] == ["put:a"]
    assert summary(session)["changes"] == 1 and session.journal.last("proven") is None
    assert session.journal.unreadable_records() == [f"{path}:1"]


def test_an_incomplete_last_line_is_not_reported(session: Session) -> None:
    with (session.directory / "journal.jsonl").open("a") as file:
        file.write('{"what": "int')
    assert session.journal.unreadable_records() == []
