"""The road as a face walks it: a look that was under way when its answers changed counts for nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from mhv_tui.core.events import Finished
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Vault
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from tests.engine.toys import FLOW, Ears, Shelf, context
from tests.tui.pictures import demo_road


class Slow(Shelf):
    """A shelf that lets something happen while it is looked at."""

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


def test_a_reference_is_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it was typed letter by letter, as the screen hands it on: what it began as is not kept."""
    monkeypatch.setenv("MHV_X", "of the environment")
    state = demo_road()
    for end in range(1, len("env MHV_X") + 1):
        assert state.give("vcenter", "password", "env MHV_X"[:end]) == ""
    ref = state.answers.tables["vcenter"].password
    assert (ref.kind, ref.name) == ("env", "MHV_X")
    assert state.vault.reveal(ref).value == "of the environment"
    assert state.give("vcenter", "password", " env of mine") == ""
    assert state.give("vcenter", "password", "S3cret ") == ""
    assert state.vault.reveal(state.answers.tables["vcenter"].password).value == "S3cret "
    typed = state.answers.tables["vcenter"].password
    assert state.give("vcenter", "password", "") == "" and not state.vault.has(typed)


def test_a_typed_password_follows_a_corrected_user_and_never_another_vcenter() -> None:
    state = demo_road()
    assert state.give("vcenter", "password", "S3cret") == ""
    for text in ("openstack@vsphere", "openstack@vsphere.local"):
        assert state.give("vcenter", "username", text) == ""
        assert state.vault.reveal(state.answers.tables["vcenter"].password).value == "S3cret"
    assert state.give("vcenter", "host", "other.example.org") == ""
    assert not state.has_typed("vcenter", "password")
    assert state.give("vcenter", "host", "vc.example.org") == "" and state.has_typed("vcenter", "password")


def test_a_fix_that_was_asked_for_is_kept_with_the_answers(state: WizardState) -> None:
    assert state.request_fix("TT02") == "" and state.overrides().fixes == {"TT02"}
    assert 'code = "TT02"' in (state.session.directory / "answers.toml").read_text()
    assert state.request_fix("TT02", requested=False) == "" and not state.overrides().fixes
    assert "TT02" not in (state.session.directory / "answers.toml").read_text()


def test_a_look_is_kept_for_the_pages_after_it(state: WizardState) -> None:
    state.check("second")
    assert state.result("first") is not None and state.level("second") == "missing"


def test_a_look_under_way_when_an_answer_changes_is_not_kept(state: WizardState, shelf: Slow) -> None:
    def change() -> None:
        assert state.answer("first", "names", ["z"]) == ""
        state.forget("first")

    shelf.meanwhile = change
    stale = state.check("first")
    assert [c.id for c in stale.plan] == ["put:a", "put:b"] and state.result("first") is None
    state.check("second")
    seen = state.result("first")
    assert seen is not None and [c.id for c in seen.plan] == ["put:z"]


def test_a_changed_answer_drops_what_builds_on_it(state: WizardState) -> None:
    state.check("second")
    state.forget("first")
    assert state.result("first") is None and state.result("second") is None


def test_what_cannot_be_written_is_said_and_held_and_written_with_the_next_answer(state: WizardState) -> None:
    shutil.rmtree(state.session.directory)
    assert "is not saved (No such file or directory)" in state.answer("first", "names", ["z"])
    assert "is not saved (No such file or directory)" in state.accept("TT02", "a reason")
    assert "is not saved (No such file or directory)" in state.clear("second", "names")
    assert state.answers.tables["first"].names == ("z",) and state.answers.accepts[0].code == "TT02"
    state.session.directory.mkdir()
    assert state.answer("first", "names", ["z"]) == ""
    assert '"z"' in (state.session.directory / "answers.toml").read_text()


def test_a_run_that_could_not_begin_is_heard_of(state: WizardState) -> None:
    ears = Ears()
    with state.session.locked():
        finished = state.apply(ears, lambda plan: None)
    assert finished.exit == 3 and "is in use by" in finished.message
    assert ears.of(Finished) == [finished]
