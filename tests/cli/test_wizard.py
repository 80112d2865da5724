"""Which sessions the wizard offers to resume, and that it loses no answer at its end."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import field

import pytest

from mhv_tui.cli.open_state import wizard_state
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.cli.setup import DemoMode, open_run
from mhv_tui.core.answers import Answers
from mhv_tui.core.frozen import dataclass
from mhv_tui.engine.answers_writer import AnswersWriter
from mhv_tui.engine.session import Session, open_session


@pytest.mark.parametrize(("begun", "names"), [(False, []), (True, ["old"])])
def test_damaged_answers_do_not_stop_the_wizard(begun: bool, names: list[str]) -> None:
    session = open_session("old")
    (session.directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhots = "vc"\n')
    if begun:
        session.journal.note("started", command="apply")
    assert offered(WizardOptions()) == names


def test_an_unfinished_session_of_another_scene_is_offered() -> None:
    for name, scene, second in (("demo", "article", 10), ("demo-drs-off", "drs-off", 20)):
        options = WizardOptions(demo=True, session=name, scene=scene)
        setup = open_run(options, DemoMode(scene))
        setup.backend.close()
        setup.session.journal.note("started", command="apply")
        if name == "demo":
            setup.session.journal.note("finished", outcome="done", exit=0, step="prove")
        used(setup.session, second)
    assert offered(WizardOptions(demo=True)) == ["demo-drs-off"]
    assert offered(WizardOptions(demo=True, scene="no-dvs")) == []
    used(open_session("demo"), 30)
    assert offered(WizardOptions(demo=True)) == ["demo-drs-off"], "also if a finished session was used later"
    assert offered(WizardOptions(demo=True, scene="drs-off")) == ["demo-drs-off"]
    assert offered(WizardOptions()) == [], "a real session is never offered with a simulated one"


def offered(options: WizardOptions) -> list[str]:
    return [row.name for row in OpenSessions(options).unfinished()]


def used(session: Session, second: int) -> None:
    """Sets the time at which the session was last used."""
    for path in session.directory.iterdir():
        os.utime(path, (second, second))


def test_a_corrected_password_of_the_simulated_vcenter_is_filled_in_after_a_restart() -> None:
    """Only the made-up password that the simulated vCenter has accepted is kept, no other text."""

    def level_after(*passwords: str, fresh: bool = False) -> str | None:
        options = WizardOptions(demo=True, scene="wrong-password", fresh=fresh)
        with ExitStack() as resources:
            state = wizard_state(open_run(options, DemoMode("wrong-password")), resources)
            state.check("vcenter")
            for password in passwords:
                assert state.give("vcenter", "password", password).changed
                state.check("vcenter")
            assert "mine" not in (state.session.directory / "world.json").read_text()
            return state.level("vcenter")

    assert [level_after(), level_after("mine"), level_after("VMware1!")] == ["failure", "failure", "ok"]
    assert [level_after(), level_after("mine"), level_after()] == ["ok", "failure", "ok"]
    assert level_after(fresh=True) == "failure"


@pytest.mark.parametrize("writable", [True, False])
def test_answers_are_saved_before_the_wizard_ends(writable: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A slow disk holds up the end of the program, and not the keys; a failure is reported once."""
    with ExitStack() as resources:
        state = wizard_state(open_run(WizardOptions(demo=True), DemoMode("article")), resources)
        ready = threading.Event()
        slow = SlowSession(state.session.name, state.session.directory, ready=ready)
        state.writer = AnswersWriter(slow)
        assert state.give("image", "name", "renamed").changed
        assert "renamed" not in (slow.directory / "answers.toml").read_text()
        if not writable:
            (slow.directory / "answers.toml").unlink()
            (slow.directory / "answers.toml").mkdir()
        threading.Timer(0.3, ready.set).start()
    error = capsys.readouterr().err
    assert error.count("the answers are not saved") == (0 if writable else 1)
    assert not writable or "renamed" in (slow.directory / "answers.toml").read_text()


def test_acceptances_and_the_journal_have_the_same_today() -> None:
    """The clock of a simulated cloud is a fact of this cloud; the operator's day is the one of this machine."""
    with ExitStack() as resources:
        state = wizard_state(open_run(WizardOptions(demo=True), DemoMode("article")), resources)
        before = state.today()
        state.session.journal.note("started", command="apply")
        days = {before.isoformat(), state.today().isoformat()}  # two at midnight
        assert state.session.journal.records()[-1]["time"][:10] in days


@dataclass(frozen=True)
class SlowSession(Session):
    """A session whose disk writes only once it is ready."""

    ready: threading.Event = field(default_factory=threading.Event)

    def save_answers(self, answers: Answers) -> None:
        assert self.ready.wait(10)
        super().save_answers(answers)
