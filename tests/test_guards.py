"""What a run refuses before it begins, and how the command line ends where something is wrong that no step knows."""

from __future__ import annotations

import ast
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui import cli, commands, guards, headless, outfits
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import Cancelled, SecretMissing, UsageError
from mhv_tui.engine.session import Session, open_session
from mhv_tui.steps import FIXED
from tests.engine.toy_steps import Put

Said = pytest.CaptureFixture[str]
FILE = """mhv_answers = 1
[cloud]
name = "prod"
[vcenter]
host = "VC.example.org."
username = "nova"
"""


def answers(text: str) -> Answers:
    return answerfile.parse_text(text, outfits.schema())


def real(name: str, text: str = FILE) -> Session:
    """A session of the real world, with one change that stands."""
    session = open_session(name)
    session.save_answers(answers(text))
    session.journal.intend(("", "network"), Put("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    return session


@pytest.mark.parametrize("fresh", ([], ["--fresh"]))
def test_a_simulated_run_leaves_a_real_session_as_it_is(fresh: list[str], capsys: Said) -> None:
    session = real("prod")
    before = {path.name: path.read_bytes() for path in session.directory.iterdir()}
    assert cli.main(["apply", "--demo", "--session", "prod", "--yes", *fresh]) == 2
    assert "is not of a simulated world" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in session.directory.iterdir()} == before


def test_a_real_run_does_not_go_on_in_a_simulated_session(tmp_path: Path, capsys: Said) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    (tmp_path / "demo.toml").write_text(FILE)
    assert cli.main(["apply", str(tmp_path / "demo.toml"), "--yes"]) == 2
    assert "session demo is of a simulated world" in capsys.readouterr().err


def test_a_fresh_world_is_not_begun_under_another_run(capsys: Said) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    with open_session("demo").locked():
        assert cli.main(["check", "--demo", "--fresh"]) == 3
    assert "in use by pid" in capsys.readouterr().err
    assert (open_session("demo").directory / "world.json").exists()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (FILE.replace("VC.example.org.", "vc.example.org"), False),
        (FILE.replace("VC.example.org.", "vc2.example.org"), True),
        (FILE.replace('"prod"', '"stage"'), True),
    ],
)
def test_a_session_named_after_its_file_keeps_to_one_site(text: str, refused: bool) -> None:
    session = real("answers")
    if not refused:
        guards.one_site(session, answers(text), outfits.schema())
        return
    with pytest.raises(UsageError, match="changes stand in session answers"):
        guards.one_site(session, answers(text), outfits.schema())


def test_several_targets_are_refused_with_a_sentence(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "many.toml"
    path.write_text(FILE + '[[target]]\nnode.host = "n2"\n')
    for command in (["check"], ["plan"], ["check", "--demo"]):
        assert cli.main([*command, str(path)]) == 2
        assert "takes one target a run" in capsys.readouterr().err


@pytest.mark.parametrize("flags", (["--accept", "CL66=why not"], ["--accept", "cl06=why not"]))
def test_a_code_that_does_not_exist_is_not_passed_over(flags: list[str], capsys: Said) -> None:
    assert cli.main(["check", "--demo", *flags]) == 2
    assert "there is no code" in capsys.readouterr().err


def test_every_code_that_does_not_exist_is_told_at_once(capsys: Said) -> None:
    assert cli.main(["plan", "--demo", "--accept", "CL66=why not", "--fix", "cl06", "--fix", "QQ1"]) == 2
    said = capsys.readouterr().err
    assert "3 codes that do not exist" in said and "did you mean CL06?" in said and "'QQ1'" in said


def test_a_fix_that_does_not_exist_is_not_passed_over(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "fixed.toml"
    path.write_text(FILE + '[[fix]]\ncode = "VC07"\n')
    for flags in (["--demo", "--fix", "VC07"], ["--demo", str(path)]):
        assert cli.main(["plan", *flags]) == 2
        assert "VC07 has no fix that could be asked for" in capsys.readouterr().err


def test_the_codes_with_a_fix_are_those_whose_findings_name_one() -> None:
    rows = [
        node
        for path in (Path(guards.__file__).parent / "steps").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and any(word.arg == "fix" for word in node.keywords)
    ]
    named = {row.args[0].value for row in rows if isinstance(row.args[0], ast.Constant)}
    assert named | {"IM01"} == FIXED  # IM01 is the one whose code is not written where its finding is made


@pytest.mark.parametrize(
    ("flags", "said"),
    [(["--fresh"], "--fresh would forget"), (["--scene", "zzz"], "is of the scene article, not zzz")],
)
def test_undo_passes_over_no_option(flags: list[str], said: str, capsys: Said) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    assert cli.main(["undo", "demo", "--demo", "--yes", *flags]) == 2
    assert said in capsys.readouterr().err
    assert (open_session("demo").directory / "world.json").exists()


def test_undo_takes_the_scene_that_its_session_is_of() -> None:
    assert cli.main(["check", "--demo", "--scene", "drs-off", "--step", "cloud"]) == 0
    assert cli.main(["undo", "demo-drs-off", "--demo", "--scene", "drs-off", "--yes"]) == 0
    assert cli.main(["undo", "demo-drs-off", "--demo", "--yes"]) == 0


def test_an_hour_is_no_day_until_which_to_accept() -> None:
    row = '[[accept]]\ncode = "CL06"\nreason = "r"\nuntil = 2027-03-01T10:00:00\n'
    with pytest.raises(UsageError) as refused:
        answers(FILE + row)
    assert "is not a day" in refused.value.lines[0]


def test_pages_that_were_not_looked_at_are_not_green(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "part.toml"
    path.write_text('mhv_answers = 1\n[cloud]\nname = "prod"\n')
    assert cli.main(["check", "--demo", str(path)]) == 2
    assert "not every page could be looked at" in capsys.readouterr().out
    assert cli.main(["check", "--demo", str(path), "--step", "cloud"]) == 0


def test_undo_needs_no_answers(capsys: Said) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    (open_session("demo").directory / "answers.toml").write_text("mhv_answers = 1\n[gone]\nkey = 1\n")
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert "undone portgroup:" in capsys.readouterr().out


def test_questions_go_to_stderr(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    approve = headless.approve_by_asking()
    assert approve([("first", Put("a"))]) == frozenset({"put:a"})
    said = capsys.readouterr()
    assert said.out == "" and "Make this change?" in said.err


@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Cancelled), (signal.SIGHUP, Cancelled)]
)
def test_a_signal_ends_a_question_at_once(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, ended: type[BaseException]
) -> None:
    def interrupted() -> str:
        os.kill(os.getpid(), number)
        return "never"

    monkeypatch.setattr("builtins.input", interrupted)
    with commands.stopping() as stop:
        with pytest.raises(ended):
            headless.ask_line("Make these 10 changes? [y/N] ")
        assert not stop.requested


def failing(error: Exception) -> Callable[[object], int]:
    def run(arguments: object) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SecretMissing("vcenter.password", "vcenter.password is not given", "give it"), 2, "is not given"),
        (OSError(28, "No space left on device", "journal.jsonl"), 1, "journal.jsonl: No space left on device"),
        (RuntimeError("with a secret"), 1, "a defect of mhv-tui (RuntimeError)"),
    ],
)
def test_no_traceback_reaches_the_operator(
    error: Exception, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    monkeypatch.setattr(commands, "run", failing(error))
    assert cli.main(["sessions"]) == code
    shown = capsys.readouterr().err
    assert said in shown and "Traceback" not in shown and "secret" not in shown
    kept = list((tmp_path / "own-state").rglob("crash.log"))
    assert bool(kept) == isinstance(error, RuntimeError)
    assert all("secret" not in path.read_text() and "failing" not in path.name for path in kept)


def test_a_crash_with_no_file_to_write_to_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path
) -> None:
    (tmp_path / "own-state").write_text("no directory")
    monkeypatch.setattr(commands, "run", failing(RuntimeError("with a secret")))
    assert cli.main(["sessions"]) == 1
    shown = capsys.readouterr().err
    assert "a defect of mhv-tui (RuntimeError)" in shown and "report it with its place, " in shown
    assert "test_guards.py:" in shown and "secret" not in shown and "Traceback" not in shown


@pytest.mark.parametrize("place", ["own-state", "own-state/mhv-tui/sessions", "own-state/mhv-tui/sessions/demo"])
def test_a_state_that_cannot_be_written_is_wrong_usage(place: str, tmp_path: Path, capsys: Said) -> None:
    """Root may write anywhere: what bars it is a file where a directory should be."""
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("")
    assert cli.main(["check", "--demo"]) == 2
    assert "cannot be created: " in (said := capsys.readouterr().err) and "set XDG_STATE_HOME" in said


@pytest.mark.parametrize("name", ["lock", "mhv-tui.log"])
def test_a_file_of_a_session_that_cannot_be_written_is_wrong_usage(name: str, capsys: Said) -> None:
    (open_session("demo").directory / name).symlink_to("elsewhere")
    assert cli.main(["check", "--demo"]) == 2
    assert f"{name} cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--parts", "foo"], "A lab has no part foo; choose from vcenter, cloud, node"),
        (["up", "--name", "../x"], "The lab name '../x' is not valid; use 1 to 31 of a-z"),
        (["status", "--name", "../x"], "The lab name '../x' is not valid; use 1 to 31 of a-z"),
        (["answers", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` creates it"),
        (["down", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` creates it"),
    ],
)
def test_a_lab_that_there_cannot_be_is_wrong_usage(arguments: list[str], said: str, capsys: Said) -> None:
    assert cli.main(["lab", *arguments]) == 2
    assert said in capsys.readouterr().err
