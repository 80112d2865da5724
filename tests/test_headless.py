"""What the face without a screen says: of a run that was stopped, a session in use, a question answered with no."""

from __future__ import annotations

import io
import json
import os

import pytest

from mhv_tui import cli
from mhv_tui.engine.session import Session, open_session, summary
from tests.engine.toy_steps import Put

Said = pytest.CaptureFixture[str]
DRS_OFF = ["--demo", "--scene", "drs-off"]


def test_a_stopped_run_ends_with_its_reason_and_remedy_and_without_the_plan(capsys: Said) -> None:
    assert cli.main(["apply", *DRS_OFF, "--yes"]) == 3
    said = capsys.readouterr().out
    assert "+ plan" not in said and "10 more changes would be made but for this" in said
    tail = said.splitlines()[-5:]
    assert "CL05" in tail[0] and "remedy: Enable DRS" in tail[2] and tail[-1].startswith("stopped: 1 check failed")


def test_a_plan_is_shown_whole_also_where_a_check_stands_in_the_way(capsys: Said) -> None:
    assert cli.main(["plan", *DRS_OFF]) == 0
    assert capsys.readouterr().out.count("  + plan ") == 10
    assert cli.main(["apply", *DRS_OFF, "--yes", "--json"]) == 3
    assert capsys.readouterr().out.count('"event": "planned"') == 10


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "done: looked at everything: 10 changes are missing; apply makes them"),
        (["--step", "network"], "done: looked at network: 1 change is missing; apply makes it"),
    ],
)
def test_a_look_ends_with_one_true_sentence(steps: list[str], said: str, capsys: Said) -> None:
    assert cli.main(["check", "--demo", *steps]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(said)


def row(capsys: Said) -> dict[str, str | int]:
    """Of the one session there is, as `sessions --json` has it."""
    capsys.readouterr()
    assert cli.main(["sessions", "--json"]) == 0
    told: dict[str, str | int] = json.loads(capsys.readouterr().out)
    return told


@pytest.fixture
def halfway() -> Session:
    """One change made, and one begun."""
    session = open_session("prod")
    session.journal.note("started", command="apply")
    session.journal.intend(("", "network"), Put("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    session.journal.intend(("", "node"), Put("b"), {"there": False})
    return session


def test_a_run_that_is_alive_is_not_an_interrupted_one(halfway: Session, capsys: Said) -> None:
    with halfway.locked():
        told = row(capsys)
        assert (told["outcome"], told["pid"], told["step"]) == ("running", os.getpid(), "node")
        assert cli.main(["sessions"]) == 0
        assert f"running, pid {os.getpid()} at node" in capsys.readouterr().out
    assert (row(capsys)["outcome"], summary(halfway)["pid"]) == ("interrupted", 0)


def test_a_change_that_was_only_begun_does_not_stand(halfway: Session, capsys: Said) -> None:
    told = row(capsys)
    assert (told["changes"], told["half_made"]) == (1, 1)
    assert cli.main(["sessions"]) == 0
    assert "1 change stands, 1 half-made" in capsys.readouterr().out


def test_undo_speaks_of_no_option_that_it_lacks(capsys: Said) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    with open_session("demo").locked():
        assert cli.main(["undo", "demo", "--yes"]) == 3
    said = capsys.readouterr().err
    assert "in use by pid" in said and "then undo again" in said and "--session" not in said
    with pytest.raises(SystemExit):
        cli.main(["undo", "--help"])
    assert "--fresh" not in (said := capsys.readouterr().out) and "as `mhv-tui sessions` lists it" in said


class Typed(io.StringIO):
    """A terminal with what is typed on it."""

    def isatty(self) -> bool:
        return True


def test_an_undo_that_is_not_wanted_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    monkeypatch.setattr("sys.stdin", Typed("n\n"))
    assert cli.main(["undo", "demo"]) == 130
    assert capsys.readouterr().out.splitlines()[-1] == "cancelled: nothing was undone"


@pytest.mark.parametrize(
    ("words", "usage", "said"),
    [
        (["check", "--demo", "--fix", "CL06"], "mhv-tui check", "check takes no --fix: it changes nothing"),
        (["sessions", "--yes"], "mhv-tui sessions", "sessions takes no --yes"),
        (["--bogus"], "mhv-tui", "there is no --bogus"),
    ],
)
def test_an_option_that_a_command_lacks_is_told_by_that_command(
    words: list[str], usage: str, said: str, capsys: Said
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and told.startswith(f"usage: {usage} [-h]") and said in told
