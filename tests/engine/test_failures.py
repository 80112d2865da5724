"""A failure keeps its finding: each error has a code of the catalogue and a remedy, in the event and in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError, MhvError, SecretMissing
from mhv_tui.core.events import Failed
from mhv_tui.core.findings import Finding
from mhv_tui.core.ports import Backend
from mhv_tui.core.text import imperative
from mhv_tui.engine.apply import apply
from mhv_tui.engine.failed_tests import SERVER_DELETED
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.toy_steps import KINDS, EventLog, Put, Shelf, run_of, shelf

KNOWN = Finding("TT09", "failure", "The name fits", "b is too long", "take a smaller one", subject="b")
ERRORS: list[tuple[Exception, str, str, str]] = [
    (FindingError(KNOWN), "TT09", "b is too long", "take a smaller one"),
    (FindingError(replace(KNOWN, level="skipped", remedy="")), "TT09", "b is too long", "run apply again to continue"),
    (MhvError("no room", "make room"), "WZ11", "no room", "make room"),
    (MhvError("no room"), "WZ11", "no room", "run apply again to continue, or undo"),
    (SecretMissing("a.pw", "a.pw is not given", "write a.pw"), "WZ08", "a.pw is not given", "write a.pw"),
    (RuntimeError("boom"), "WZ11", "mhv-tui crashed: RuntimeError: boom", "this is a defect of mhv-tui"),
]


class Raises(Shelf):
    """A shelf that refuses the name b in a way of its own."""

    error: Exception

    def keep(self, names: set[str]) -> None:
        if "b" in names:
            raise self.error
        super().keep(names)


@pytest.fixture
def raising(tmp_path: Path) -> Iterator[Raises]:
    yield Raises(tmp_path / "shelf")


@pytest.mark.parametrize(("error", "code", "sentence", "remedy"), ERRORS)
def test_a_failed_change_keeps_its_finding(
    session: Session, raising: Raises, error: Exception, code: str, sentence: str, remedy: str
) -> None:
    raising.error = error
    run, log = run_of(session, raising.path)
    run.ctx = with_backend(run.ctx, raising)
    finished = apply(run, approve_all)
    (failed,) = log.of(Failed)
    assert (failed.id, failed.finding.code, failed.finding.sentence) == ("put:b", code, sentence)
    assert failed.finding.level == "failure" and failed.finding.remedy.startswith(imperative(remedy))
    record = session.journal.last("failed")
    assert record is not None and (record["id"], record["code"], record["error"]) == ("put:b", code, sentence)
    assert record["remedy"] == failed.finding.remedy and record["subject"] == failed.finding.subject
    assert (finished.outcome, finished.message) == ("failed", "1 change failed; 1 made")


def test_a_failed_smoke_test_is_named_once_in_the_last_line(session: Session, tmp_path: Path) -> None:
    run, log = run_of(session, tmp_path / "shelf")
    shelf(run.ctx).broken.add("proof")
    finished = apply(run, approve_all)
    assert (finished.outcome, finished.message) == (
        "unverified",
        f"this test failed: put proof on the shelf; {SERVER_DELETED}",
    )
    assert [e.finding.sentence for e in log.of(Failed)] == ["proof does not fit"]


class Crashes(Put):
    """A change whose undo, or whose question who uses it, is defective."""

    def undo(self, ctx: Context, receipt: object) -> None:
        raise KeyError("receipt")


class Unaskable(Put):
    def blocked_by(self, ctx: Context, receipt: object) -> str:
        raise KeyError("receipt")


@pytest.mark.parametrize(("kind", "code", "outcome"), [(Crashes, "WZ11", "failed"), (Unaskable, "WZ12", "stopped")])
def test_an_undo_that_crashes_has_a_code(
    session: Session, tmp_path: Path, kind: type[Put], code: str, outcome: str
) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    session.journal.intend(("", "first"), kind("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    log = EventLog()
    assert undo(session, {**KINDS, kind.__name__: kind}, run.ctx, log, Stop()).outcome == outcome
    assert [e.finding.code for e in log.of(Failed)] == [code] and "KeyError" in log.of(Failed)[0].finding.sentence


def with_backend(ctx: Context, backend: Shelf) -> Context:
    return replace(ctx, backend=cast(Backend, backend))
