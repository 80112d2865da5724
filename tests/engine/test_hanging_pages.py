"""Pages that wait for each other while a system does not answer."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import cast

from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Backend, Cloud
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import PATIENCE, WizardState
from mhv_tui.steps import FLOW as WIZARD
from tests.engine.toy_steps import Shelf, Wants, step
from tests.steps.walked_world import context as demo_context


class Hanging(Shelf):
    """A shelf that does not answer one page until it is released."""

    def __init__(self, path: Path, waiting: int = 1) -> None:
        super().__init__(path)
        self.released = threading.Event()
        self.calls = 0
        self.waiting = waiting

    def names(self) -> set[str]:
        self.calls += 1
        if self.calls <= self.waiting:
            assert self.released.wait(60)
        return super().names()


USING = (step("first"), step("second", uses=("first",)), step("third", requires=("second",)), step("other"))


def hanging_state(tmp_path: Path) -> tuple[WizardState, Hanging]:
    shelf = Hanging(tmp_path / "shelf")
    answers = Answers(MappingProxyType({s.id: Wants((s.id,)) for s in USING}))
    ctx = Context(cast(Backend, shelf), Target("", answers), "toy")
    return WizardState(USING, ctx, open_session("toy"), Vault(), lambda: date(2026, 11, 22)), shelf


def test_a_page_waits_for_no_page_that_it_does_not_declare(tmp_path: Path) -> None:
    state, shelf = hanging_state(tmp_path)
    shelf.waiting = 0
    state.check("other")
    assert shelf.calls == 1 and state.result("first") is None


def test_a_page_that_is_only_used_and_hangs_is_waited_for_a_few_seconds_and_asked_once(tmp_path: Path) -> None:
    state, shelf = hanging_state(tmp_path)
    began = time.monotonic()
    assert [f.level for f in state.check("third").findings] == ["ok", "missing"]
    assert time.monotonic() - began < 2 * PATIENCE and state.result("first") is None
    state.check("second")
    assert shelf.calls == 4, "the check of `first` that is under way is not begun again"
    shelf.released.set()
    assert state.check("first").plan and state.result("first") is not None


class HangingCloud(DemoBackend):
    """The simulated backend, with a cloud that does not answer until it is released."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.released = threading.Event()

    def cloud(self, login: CloudLogin) -> Cloud:
        assert self.released.wait(60)
        return super().cloud(login)


def test_the_names_of_clouds_are_offered_before_the_cloud_answers(tmp_path: Path) -> None:
    backend = HangingCloud(tmp_path / "world.json")
    ctx = replace(demo_context(tmp_path / "other.json", "article"), backend=backend)
    state = WizardState(WIZARD, ctx, open_session("demo"), Vault(), lambda: date(2026, 11, 22))
    check = threading.Thread(target=state.check, args=("cloud",))
    check.start()
    deadline = time.monotonic() + 10
    while not state.choices("cloud") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [choice.value for choice in state.choices("cloud")["name"]] == ["prod"]
    assert check.is_alive() and state.result("cloud") is None
    backend.released.set()
    check.join()
    assert {"name", "release"} <= set(state.choices("cloud"))


def test_a_cloud_that_hangs_does_not_delay_the_vcenter_page(tmp_path: Path) -> None:
    backend = HangingCloud(tmp_path / "world.json")
    ctx = replace(demo_context(tmp_path / "other.json", "article"), backend=backend)
    state = WizardState(WIZARD, ctx, open_session("demo"), Vault(), lambda: date(2026, 11, 22))
    began = time.monotonic()
    result = state.check("vcenter")
    assert time.monotonic() - began < 2 * PATIENCE
    assert {("VC09", "ok"), ("VC10", "unknown")} <= {(f.code, f.level) for f in result.findings}
    backend.released.set()
    assert not state.check("cloud").stops
    assert ("VC10", "ok") in [(f.code, f.level) for f in state.check("vcenter").findings]
