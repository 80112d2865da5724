"""What a run refuses before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli import preflight
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.setup import mode_of, open_run, schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.engine.session import Session, open_session
from tests.engine.toy_steps import Put

Capture = pytest.CaptureFixture[str]
FILE = """mhv_answers = 1
[cloud]
name = "prod"
[vcenter]
host = "VC.example.org."
username = "nova"
"""


def answers(text: str) -> Answers:
    return answerfile.parse_text(text, schema())


def real(name: str, text: str = FILE) -> Session:
    """A real session with one change in place."""
    session = open_session(name)
    session.save_answers(answers(text))
    session.journal.intend(("", "network"), Put("a"), {"there": False})
    session.journal.receive(("", "first"), "put:a", {})
    return session


@pytest.mark.parametrize("fresh", ([], ["--fresh"]))
def test_a_simulated_run_leaves_a_real_session_as_it_is(fresh: list[str], capsys: Capture) -> None:
    session = real("prod")
    before = {path.name: path.read_bytes() for path in session.directory.iterdir()}
    assert cli.main(["apply", "--demo", "--session", "prod", "--yes", *fresh]) == 2
    assert "session prod is real, not simulated" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in session.directory.iterdir()} == before


def test_a_real_run_refuses_a_simulated_session(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    (tmp_path / "demo.toml").write_text(FILE)
    assert cli.main(["apply", str(tmp_path / "demo.toml"), "--yes"]) == 2
    assert "session demo is simulated" in capsys.readouterr().err


def test_fresh_deletes_nothing_while_another_run_uses_the_session(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    with open_session("demo").locked():
        assert cli.main(["check", "--demo", "--fresh"]) == 3
    assert "in use by process" in capsys.readouterr().err
    assert (open_session("demo").directory / "world.json").exists()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (FILE.replace("VC.example.org.", "vc.example.org"), False),
        (FILE.replace("VC.example.org.", "vc2.example.org"), True),
        (FILE.replace('"prod"', '"stage"'), True),
    ],
)
def test_a_session_named_after_its_file_is_for_one_site(text: str, refused: bool) -> None:
    session = real("answers")
    if not refused:
        preflight.check_site(session, answers(text), schema())
        return
    with pytest.raises(UsageError, match="session answers has made 1 change"):
        preflight.check_site(session, answers(text), schema())


def test_the_wizard_refuses_several_targets_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text(FILE + '[[target]]\nnode.host = "n2"\n')
    with pytest.raises(UsageError, match=r"\(n2\), but --plain asks about one target only") as refused:
        open_run(WizardOptions(file=str(path)), mode_of(WizardOptions()))
    assert "with --target NAME" in refused.value.remedy


@pytest.mark.parametrize("flags", (["--accept", "CL66=why not"], ["--accept", "cl06=why not"]))
def test_an_unknown_code_is_refused(flags: list[str], capsys: Capture) -> None:
    assert cli.main(["check", "--demo", *flags]) == 2
    assert "no finding has the code" in capsys.readouterr().err


def test_all_unknown_codes_are_reported_at_once(capsys: Capture) -> None:
    assert cli.main(["plan", "--demo", "--accept", "CL66=why not", "--fix", "cl06", "--fix", "QQ1"]) == 2
    errors = capsys.readouterr().err
    assert "3 unknown codes" in errors and "did you mean CL06?" in errors and '"QQ1"' in errors


def test_a_code_without_a_fix_is_refused(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "fixed.toml"
    path.write_text(FILE + '[[fix]]\ncode = "VC07"\n')
    for flags in (["--demo", "--fix", "VC07"], ["--demo", str(path)]):
        assert cli.main(["plan", *flags]) == 2
        assert "VC07 has no fix that can be requested" in capsys.readouterr().err


def test_until_takes_a_date_without_a_time() -> None:
    row = '[[accept]]\ncode = "CL06"\nreason = "r"\nuntil = 2027-03-01T10:00:00\n'
    with pytest.raises(UsageError) as refused:
        answers(FILE + row)
    assert "is not a date" in refused.value.lines[0]


def test_unchecked_pages_are_not_ok(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "part.toml"
    path.write_text('mhv_answers = 1\n[cloud]\nname = "prod"\n')
    assert cli.main(["check", "--demo", str(path)]) == 2
    assert "not every page could be checked" in capsys.readouterr().out
    assert cli.main(["check", "--demo", str(path), "--step", "cloud"]) == 0


def test_a_missing_secret_is_named_as_in_the_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "part.toml"
    path.write_text(
        'mhv_answers = 1\n[node]\nhost = "novavmware1"\nsudo_password = { env = "NOT_SET" }\n'
        'copy_settings_from = { host = "compute1", password = { file = "/nowhere/pw" } }\n'
    )
    assert cli.main(["apply", str(path), "--yes"]) == 2
    errors = capsys.readouterr().err
    assert "node.sudo_password refers to $NOT_SET" in errors
    assert "node.copy_settings_from.password refers to the file /nowhere/pw" in errors and "novavmware1." not in errors
