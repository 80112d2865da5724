"""The commands that only read: where export writes, what it says of a wrong source, and the answers' descriptions."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.engine.session import open_session

Said = pytest.CaptureFixture[str]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.toml"
    path.write_text('mhv_answers = 1\n\n[vcenter]\nhost = "vc"\n')
    return path


def export(source: Path, output: Path) -> int:
    return cli.main(["export", str(source), "--to", "answers", "--output", str(output)])


def test_a_file_is_replaced_where_its_link_leads_with_its_mode(good: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("new")
    assert export(good, tmp_path / "link") == export(good, tmp_path / "dangling") == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "real").read_text() == (tmp_path / "new").read_text() == good.read_text()
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("real", "new")] == [0o640, 0o600]


def test_a_pipe_is_written_to_and_stays_one(good: Path, tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    assert export(good, pipe) == 0
    reader.join(10)
    assert heard == [good.read_text()] and pipe.is_fifo()


@pytest.mark.parametrize("target", [".", "..", "missing/out.toml", "good.toml/out.toml"])
def test_a_target_that_cannot_be_written_is_told_and_nothing_is_left(
    target: str, good: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.parent)
    before = sorted(good.parent.iterdir())
    assert export(good, Path(target)) == 2
    assert f"{target}: cannot be written" in capsys.readouterr().err
    assert sorted(good.parent.iterdir()) == before


def test_a_failed_replacement_leaves_nothing_behind(good: Path, tmp_path: Path) -> None:
    from mhv_tui.core.answerfile import write_atomic

    (tmp_path / "directory").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "directory", "text")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("source", "to", "said"),
    [
        ("good.toml", "report", "good.toml is a file, and a report is of a session's runs"),
        ("/nonexistent.toml", "report", "/nonexistent.toml is no session"),
        ("/nonexistent.toml", "answers", "/nonexistent.toml: there is no such file"),
        ("gone.toml", "answers", "gone.toml: there is no such file"),
        ("./", "answers", "./: is a directory"),
        ("nobody", "answers", "there is no session nobody"),
        ("nobody", "report", "there is no session nobody"),
        ("no body", "report", "'no body' is not a session name"),
    ],
)
def test_a_source_that_is_none_is_told(
    source: str, to: str, said: str, good: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.parent)
    assert cli.main(["export", source, "--to", to]) == 2
    assert said in capsys.readouterr().err


def test_a_session_named_like_a_file_is_a_session(capsys: Said) -> None:
    open_session("prod.toml")
    assert cli.main(["export", "prod.toml", "--to", "report"]) == 0
    assert "prod.toml" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["accept.until", "accept.code", "fix.code", "mhv_answers", "vcenter.trust"])
def test_every_key_is_explained(key: str, capsys: Said) -> None:
    assert cli.main(["answers", "explain", key]) == 0
    assert capsys.readouterr().out.startswith(f"{key} (")


def test_the_template_and_the_schema_have_the_rows(capsys: Said) -> None:
    assert cli.main(["answers", "template"]) == 0
    text = capsys.readouterr().out
    assert "# [[accept]]" in text and "# [[fix]]" in text and "# until = 2027-03-01" in text
    assert cli.main(["answers", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["properties"]["accept"]["items"]["additionalProperties"] is False


def test_codes_are_checked_with_the_file(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "codes.toml"
    path.write_text('mhv_answers = 1\n[[fix]]\ncode = "CL06"\n[[fix]]\ncode = "QQ99"\n[[fix]]\ncode = "cl06"\n')
    for command in (["answers", "check", str(path)], ["check", str(path)], ["check", "--demo", str(path)]):
        assert cli.main(command) == 2
        said = capsys.readouterr().err
        assert f"{path}:5: fix.code: there is no code 'QQ99'; write one" in said
        assert f"{path}:7: fix.code: there is no code 'cl06'; did you mean CL06?" in said


@pytest.mark.parametrize(
    "text", ["port = " + "9" * 5000, "port = " + "[" * 3000 + "]" * 3000, 'password = { file = "a\\u0000b" }']
)
def test_what_cannot_be_read_is_no_defect_of_ours(text: str, tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f"mhv_answers = 1\n[vcenter]\n{text}\n")
    assert cli.main(["answers", "check", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}:3: " in said and "defect" not in said


def test_a_secret_that_cannot_be_had_is_named_as_the_file_names_it(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "part.toml"
    path.write_text(
        'mhv_answers = 1\n[node]\nhost = "novavmware1"\nsudo_password = { env = "NOT_SET" }\n'
        'copy_settings_from = { host = "compute1", password = { file = "~nosuchuser/pw" } }\n'
    )
    assert cli.main(["apply", str(path), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "node.sudo_password points at $NOT_SET" in said
    assert "node.copy_settings_from.password points at the file ~nosuchuser/pw" in said and "novavmware1." not in said


def test_a_session_of_another_version_is_listed_with_its_reason_and_can_be_exported_as_answers(capsys: Said) -> None:
    assert cli.main(["check", "--demo"]) == 0
    directory = open_session("demo").directory
    (directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhost = "vc.example.org"\n')
    (directory / "findings.json").write_text("[]")
    capsys.readouterr()
    assert cli.main(["sessions"]) == 0
    listed = capsys.readouterr()
    assert "other format" in listed.out and "session demo has format 1" in listed.err
    assert cli.main(["undo", "demo", "--yes"]) == 2
    assert "start a new session" in capsys.readouterr().err
    assert cli.main(["export", "demo", "--to", "answers"]) == 0
    assert "vc.example.org" in capsys.readouterr().out
    assert cli.main(["check", "--demo"]) == 2
    assert cli.main(["check", "--demo", "--fresh"]) == 0
