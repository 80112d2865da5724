"""`mhv-tui undo`: its question, what it refuses, and that it needs no answers."""

from __future__ import annotations

import io

import pytest

from mhv_tui import cli
from mhv_tui.engine.session import open_session

Capture = pytest.CaptureFixture[str]


def test_undo_mentions_no_option_that_it_lacks(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    with open_session("demo").locked():
        assert cli.main(["undo", "demo", "--yes"]) == 3
    errors = capsys.readouterr().err
    assert "in use by pid" in errors and "then run undo again" in errors and "--session" not in errors
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
    ("flags", "message"),
    [(["--fresh"], "undo cannot use --fresh"), (["--scene", "zzz"], "has the scene article, not zzz")],
)
def test_undo_refuses_options_without_effect(flags: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    assert cli.main(["undo", "demo", "--demo", "--yes", *flags]) == 2
    assert message in capsys.readouterr().err
    assert (open_session("demo").directory / "world.json").exists()


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
