"""Undo where something stays: what lies under it on the same machine stays as well, the rest goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from mhv_tui.core.changes import Change, Receipt
from mhv_tui.core.context import Context
from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Failed, Undone
from mhv_tui.core.machine import SshHost
from mhv_tui.engine.ledger import change_rows
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import emit_undo_plan, undo, undoable
from mhv_tui.engine.verdict import VerdictInput, verdict
from tests.engine.journals import write_records
from tests.engine.toy_steps import KINDS, EventLog, Put, context, shelf

ONE = SshHost("one")


@dataclass(frozen=True)
class PutOn(Put):
    """The same on a machine; undo refuses a name if `held` is on the shelf."""

    host: SshHost = ONE

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        if "held" in shelf(ctx).names() and self.name == "top":
            raise MhvError("somebody uses it")
        super().undo(ctx, receipt)


@dataclass(frozen=True)
class PutForEver(Put):
    """The same, without an undo."""

    is_kept: ClassVar[bool] = True

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing."""


ALL: Mapping[str, type[Change]] = {**KINDS, "PutOn": PutOn, "PutForEver": PutForEver}
ROWS = (Put("free"), PutOn("under"), PutOn("other", SshHost("two")), PutOn("top"))


def made(path: Path) -> tuple[Session, Context]:
    session, ctx = open_session("toy"), context(path)
    for change in ROWS:
        session.journal.intend(("", "first"), change, {"there": False})
        session.journal.receive(("", "first"), change.id, change.apply(ctx, {}))
    return session, ctx


def test_changes_below_a_kept_change_are_kept(tmp_path: Path) -> None:
    session, ctx = made(tmp_path / "shelf")
    shelf(ctx).keep(shelf(ctx).names() | {"held"})
    log = EventLog()
    finished = undo(session, ALL, ctx, log, Stop())
    assert (finished.outcome, finished.exit) == ("failed", 1)
    assert [e.id for e in log.of(Undone)] == ["put:other", "put:free"]
    failures = [(e.id, e.finding.code, e.finding.remedy) for e in log.of(Failed)]
    assert failures == [
        ("put:top", "WZ11", "Fix the cause, then undo again"),
        ("put:under", "WZ13", "Follow the remedy of the later change, then undo again."),
    ]
    records = [(r["id"], r["code"]) for r in session.journal.records() if r["what"] == "undo_failed"]
    assert records == [("put:top", "WZ11"), ("put:under", "WZ13")]
    assert shelf(ctx).names() == {"held", "top", "under"}
    shelf(ctx).keep({"top", "under"})
    assert undo(session, ALL, ctx, EventLog(), Stop()).exit == 0
    assert shelf(ctx).names() == set()


def test_a_change_that_this_version_cannot_read_does_not_stop_the_others(tmp_path: Path) -> None:
    session, ctx = made(tmp_path / "shelf")
    records = session.journal.records()
    write_records(session, [{**r, "fields": {"title": "free"}} if r.get("id") == "put:free" else r for r in records])
    assert [change is None for _, change in undoable(session, ALL)] == [False, False, False, True]
    assert emit_undo_plan(session, ALL, EventLog()) == 4
    log = EventLog()
    assert undo(session, ALL, replace(ctx, session="toy"), log, Stop()).exit == 1
    assert len(log.of(Undone)) == 3 and log.of(Failed)[0].finding.code == "WZ14"


def test_a_change_without_an_undo_counts_as_kept(tmp_path: Path) -> None:
    session, ctx = made(tmp_path / "shelf")
    session.journal.intend(("", "first"), PutForEver("stays"), {"there": False})
    session.journal.receive(("", "first"), "put:stays", {})
    log = EventLog()
    assert undo(session, ALL, ctx, log, Stop()).message == "4 undone, 1 kept" and len(log.of(Undone)) == 5
    rows = change_rows(session.journal.records())
    assert [row.id for row in rows if row.is_kept] == ["put:stays"] and {row.state for row in rows} == {"undone"}
    source = VerdictInput(findings=[], planned=4, changes=rows)
    assert verdict(source).sentence == "Undone: 4 changes are undone, 1 is kept; apply would make 4 changes."
