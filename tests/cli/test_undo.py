"""`mhv-tui undo`: its question, what it refuses, and that it needs no answers."""

from __future__ import annotations

import io
import json

import pytest

from mhv_tui import cli
from mhv_tui.cli.setup import RunSetup, schema
from mhv_tui.cli.undo import undo_session
from mhv_tui.core import answerfile
from mhv_tui.core.errors import SecretMissing
from mhv_tui.core.secret import Vault
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.engine.session import open_session
from mhv_tui.engine.stop import Stop
from tests.tui.terminals import terminal

Capture = pytest.CaptureFixture[str]


def test_undo_mentions_no_option_that_it_lacks(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    with open_session("demo").locked():
        assert cli.main(["undo", "demo", "--yes"]) == 3
    errors = capsys.readouterr().err
    assert "in use by process" in errors and "then run undo again" in errors and "--session" not in errors
    with pytest.raises(SystemExit):
        cli.main(["undo", "--help"])
    assert "--fresh" not in (errors := capsys.readouterr().out) and "as `mhv-tui sessions` shows it" in errors


class Typed(io.StringIO):
    """A terminal with what is typed on it."""

    def isatty(self) -> bool:
        return True


def test_a_declined_undo_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    monkeypatch.setattr("sys.stdin", Typed("n\n"))
    assert cli.main(["undo", "demo"]) == 130
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == "cancelled: nothing was undone"
    assert "The session is simulated: undo changes no real system.\nUndo this change?" in shown.err


@pytest.mark.parametrize(
    ("command", "question", "end"),
    [
        (["undo", "demo"], r"Undo this change\? \[y/N\]", "cancelled: nothing was undone"),
        (["apply", "--demo"], r"Make these \d+ changes\? \[y/N\]", "cancelled: this run changed nothing"),
    ],
)
def test_ctrl_c_at_the_question_of_undo_and_of_apply_is_no(command: list[str], question: str, end: str) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    with terminal(*command) as program:
        program.wait_for(question)
        program.press(b"\x03")
        assert program.exit_code(20) == 130
        program.wait_for(end)


@pytest.mark.parametrize(
    ("flags", "message"),
    [(["--fresh"], "undo cannot use --fresh"), (["--scene", "zzz"], "has the scene article, not zzz")],
)
def test_undo_refuses_options_without_effect(flags: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    assert cli.main(["undo", "demo", "--demo", "--yes", *flags]) == 2
    assert message in capsys.readouterr().err
    assert (open_session("demo").directory / "world.json").exists()


def test_a_fresh_start_says_what_it_discards(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    line = "session demo starts over: its earlier simulated world, with 1 change, is discarded\n"
    with open_session("demo").locked():
        capsys.readouterr()
        assert cli.main(["check", "--demo", "--fresh"]) == 3
        assert "is in use by" in (errors := capsys.readouterr().err) and "discarded" not in errors
    for discards in (True, False):
        capsys.readouterr()
        assert cli.main(["check", "--demo", "--fresh", "--step", "cloud"]) == 0
        assert (capsys.readouterr().err == line) == discards


def test_undo_accepts_the_scene_of_its_session() -> None:
    assert cli.main(["check", "--demo", "--scene", "drs-off", "--step", "cloud"]) == 0
    assert cli.main(["undo", "demo-drs-off", "--demo", "--scene", "drs-off", "--yes"]) == 0
    assert cli.main(["undo", "demo-drs-off", "--demo", "--yes"]) == 0


def test_undo_needs_no_answers(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    (open_session("demo").directory / "answers.toml").write_text("mhv_answers = 1\n[gone]\nkey = 1\n")
    capsys.readouterr()
    assert cli.main(["undo", "demo", "--yes"]) == 0
    summary, output = "network   remove distributed port group vmware-net from DVS0", capsys.readouterr().out
    assert f"  - {summary}\n  > doing  {summary}\n  ✓ done   {summary}\n" in output and " plan " not in output


def _change_password(value: str) -> None:
    """Makes the simulated vCenter accept another password than the one that the scene types."""
    path = open_session("demo").directory / "world.json"
    world = json.loads(path.read_text())
    world["vcenters"]["vc.example.org"]["users"]["openstack@vsphere.local"]["password"] = value
    path.write_text(json.dumps(world))


def _apply_to_vcenter(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    _change_password("an0ther-one")
    capsys.readouterr()


def test_undo_asks_for_a_password_that_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    _apply_to_vcenter(capsys)
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Typed("y\n"))

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return "an0ther-one"

    monkeypatch.setattr("getpass.getpass", typed)
    assert cli.main(["undo", "demo"]) == 0
    shown = capsys.readouterr()
    assert asked == ["vcenter.password (the login was refused): "]
    assert "✓ done" in shown.out and "an0ther-one" not in shown.out + shown.err


def test_undo_checks_the_logins_before_the_first_change(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    _change_password("an0ther-one")
    capsys.readouterr()
    assert cli.main(["undo", "demo", "--yes"]) == 3
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("stopped: nothing was undone, because a login was refused: Cannot complete login")
    assert "type vcenter.password, or write `env NAME` or `file PATH` into" in last
    assert "undone" not in (open_session("demo").directory / "journal.jsonl").read_text()


def test_undo_takes_a_secret_from_the_present_answers(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    _apply_to_vcenter(capsys)
    answers = open_session("demo").directory / "answers.toml"
    text = answers.read_text()
    assert "[vcenter.password]\nprompt = true\n" in text
    answers.write_text(text.replace("prompt = true", 'env = "MHV_TEST_PASSWORD"'))
    monkeypatch.setenv("MHV_TEST_PASSWORD", "an0ther-one")
    assert cli.main(["undo", "demo", "--yes"]) == 0


def test_undo_without_a_terminal_names_the_missing_secret(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    session, vault = open_session("demo"), Vault()
    backend = DemoBackend(session.directory / "world.json", vault=vault)
    setup = RunSetup(session, answerfile.empty(schema()), backend, vault)
    with pytest.raises(SecretMissing) as missing:
        undo_session(setup, lambda event: None, Stop())
    assert missing.value.key == "vcenter.password" and "`env NAME` or `file PATH`" in missing.value.remedy
