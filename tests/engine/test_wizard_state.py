"""The state of the wizard, as a screen uses it: a check whose answers changed meanwhile has no result."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest

from mhv_tui.core.answerfile import Schema
from mhv_tui.core.answers import Accept, Answers, answer_field
from mhv_tui.core.context import Context
from mhv_tui.core.events import Finished
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import Target
from mhv_tui.engine.page_state import Given
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.wizard_state import WizardState
from tests.engine.toy_steps import FLOW, EventLog, Shelf, Wants, context
from tests.tui.snapshots import demo_state


class Slow(Shelf):
    """A shelf that calls a function during each check."""

    meanwhile: Any = None

    def names(self) -> set[str]:
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return super().names()


@pytest.fixture
def shelf(tmp_path: Path) -> Slow:
    return Slow(tmp_path / "shelf")


@pytest.fixture
def state(tmp_path: Path, shelf: Slow) -> WizardState:
    ctx = replace(context(tmp_path / "shelf"), backend=cast(Backend, shelf))
    return WizardState(FLOW, ctx, open_session("toy"), Vault(), lambda: date(2026, 11, 22))


def test_a_reference_is_not_stored_as_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it was typed letter by letter, as the screen hands it on: what it began as is not kept."""
    monkeypatch.setenv("MHV_X", "of the environment")
    state = demo_state()
    for end in range(1, len("env MHV_X") + 1):
        assert state.give("vcenter", "password", "env MHV_X"[:end]).problem == ""
    ref = state.answers.tables["vcenter"].password
    assert (ref.kind, ref.name) == ("env", "MHV_X")
    assert state.vault.reveal(ref).value == "of the environment"
    assert "not the name of a variable" in state.give("vcenter", "password", " env of mine").problem
    assert state.give("vcenter", "password", "S3cret ").changed
    assert state.vault.reveal(state.answers.tables["vcenter"].password).value == "S3cret "
    typed = state.answers.tables["vcenter"].password
    assert state.give("vcenter", "password", "").changed and not state.vault.has(typed)


def test_a_typed_password_follows_a_corrected_user_and_never_another_vcenter() -> None:
    state = demo_state()
    assert state.give("vcenter", "password", "S3cret").changed
    for text in ("openstack@vsphere", "openstack@vsphere.local"):
        assert state.give("vcenter", "username", text).changed
        assert state.vault.reveal(state.answers.tables["vcenter"].password).value == "S3cret"
    assert state.give("vcenter", "host", "other.example.org").changed
    assert not state.has_typed("vcenter", "password")
    assert state.give("vcenter", "host", "vc.example.org").changed and state.has_typed("vcenter", "password")


def test_a_requested_fix_is_saved_with_the_answers(state: WizardState) -> None:
    state.request_fix("TT02")
    assert state.flush() == "" and state.overrides().fixes == {"TT02"}
    assert 'code = "TT02"' in (state.session.directory / "answers.toml").read_text()
    state.request_fix("TT02", requested=False)
    assert state.flush() == "" and not state.overrides().fixes
    assert "TT02" not in (state.session.directory / "answers.toml").read_text()


def test_an_acceptance_is_saved_with_its_day_and_can_be_withdrawn(state: WizardState) -> None:
    saved = state.session.directory / "answers.toml"
    state.accept("TT02", "shared", date(2999, 3, 1))
    assert state.flush() == "" and dict(state.overrides().accepts) == {"TT02": "shared"}
    assert "until = 2999-03-01" in saved.read_text() and state.answers.acceptance("TT02")
    state.accept("TT02", "another reason")
    assert [(a.reason, a.until) for a in state.answers.accepts] == [("another reason", None)]
    state.accept("TT02", "over", date(2001, 1, 1))
    assert not state.overrides().accepts and state.answers.acceptance("TT02") == Accept(
        "TT02", "over", date(2001, 1, 1)
    )
    state.withdraw("TT02")
    state.withdraw("TT02")
    assert state.flush() == "" and not state.answers.accepts and "TT02" not in saved.read_text()


def test_a_result_is_reused_by_later_pages(state: WizardState) -> None:
    state.check("second")
    assert state.result("first") is not None and state.level("second") == "missing"


def test_a_result_is_dropped_if_an_answer_changes_during_the_check(state: WizardState, shelf: Slow) -> None:
    def change() -> None:
        assert state.give("first", "names", "z") == Given(changed=True)

    shelf.meanwhile = change
    stale = state.check("first")
    assert [c.id for c in stale.plan] == ["put:a", "put:b"] and state.result("first") is None
    state.check("second")
    seen = state.result("first")
    assert seen is not None and [c.id for c in seen.plan] == ["put:z"]


def test_a_changed_answer_drops_later_results(state: WizardState) -> None:
    state.check("second")
    state.forget("first")
    assert state.result("first") is None and state.result("second") is None


def test_answers_that_cannot_be_written_are_reported_and_written_with_the_next_answer(state: WizardState) -> None:
    shutil.rmtree(state.session.directory)
    problems: list[str] = []
    state.writer.on_problem = problems.append
    assert state.give("first", "names", "z") == Given(changed=True)
    assert "the answers are not saved and are lost if you quit (No such file or directory)" in state.flush()
    state.accept("TT02", "a reason")
    assert state.give("second", "names", "").changed
    assert "the answers are not saved and are lost if you quit (No such file or directory)" in state.flush()
    assert state.answers.tables["first"].names == ("z",) and state.answers.accepts[0].code == "TT02"
    state.session.directory.mkdir()
    assert state.give("first", "names", "z") == Given(), "the same answer again is a new try"
    assert state.flush() == "" and [bool(problem) for problem in problems] == [True, False]
    assert '"z"' in (state.session.directory / "answers.toml").read_text()


PARSED: list[Any] = []


def pairs_only(value: tuple[str, ...]) -> str:
    PARSED.append(value)
    return "is odd; write two" if len(value) % 2 else ""


@dataclass(frozen=True)
class Pairs:
    """Answers whose rule counts how often it is asked."""

    names: tuple[str, ...] = answer_field("names", (), kind="list", rule=pairs_only)


def test_a_line_is_parsed_once_and_reports_what_changed(tmp_path: Path, shelf: Slow) -> None:
    PARSED.clear()
    answers = Answers(MappingProxyType({"first": Pairs(), "second": Wants()}))
    ctx = Context(cast(Backend, shelf), Target("", answers), "toy")
    state = WizardState(FLOW, ctx, open_session("toy"), Vault(), lambda: date(2026, 11, 22))
    assert state.give("first", "names", "x") == Given(problem="is odd; write two")
    assert state.give("first", "names", "x, y") == Given(changed=True)
    assert state.give("first", "names", "x,y") == Given()
    assert PARSED == [("x",), ("x", "y"), ("x", "y")]


def test_a_changed_answer_drops_the_results_that_build_on_it(state: WizardState) -> None:
    state.check("second")
    assert state.give("first", "names", "a,b") == Given() and state.result("second") is not None
    assert state.give("first", "names", "a").changed
    assert state.result("first") is None and state.result("second") is None


class SlowSession(Session):
    """A session on a disk that is written only once `ready`; it counts its writes."""

    def save_answers(self, answers: Answers) -> None:
        READY.wait(10)
        WRITES.append(answers)
        super().save_answers(answers)


READY = threading.Event()
WRITES: list[Answers] = []


def test_a_slow_disk_does_not_block_the_keys_and_the_newest_answers_are_written(tmp_path: Path, shelf: Slow) -> None:
    READY.clear()
    WRITES.clear()
    session = SlowSession("toy", open_session("toy").directory)
    ctx = replace(context(tmp_path / "shelf"), backend=cast(Backend, shelf))
    state = WizardState(FLOW, ctx, session, Vault(), lambda: date(2026, 11, 22))
    began = time.monotonic()
    for number in range(50):
        assert state.give("first", "names", f"n{number}").changed
    assert time.monotonic() - began < 1.0 and not WRITES
    READY.set()
    assert state.flush() == "" and len(WRITES) <= 3
    kept = session.answers(Schema({"first": Wants, "second": Wants}))
    assert kept is not None and kept.tables["first"].names == ("n49",)


def test_a_run_begins_with_saved_answers(tmp_path: Path, state: WizardState) -> None:
    assert state.give("first", "names", "z").changed
    state.apply(EventLog(), lambda plan: None)
    assert '"z"' in (state.session.directory / "answers.toml").read_text()


def test_a_run_that_cannot_begin_is_reported(state: WizardState) -> None:
    log = EventLog()
    with state.session.locked():
        finished = state.apply(log, lambda plan: None)
    assert finished.exit == 3 and "is in use by" in finished.message
    assert log.of(Finished) == [finished]
