"""`mhv-tui export`: where it writes, and what it reports of a wrong source."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.engine.session import open_session
from mhv_tui.export.report import FORMATS

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.toml"
    path.write_text('mhv_answers = 1\n\n[vcenter]\nhost = "vc"\n')
    return path


def export(source: Path, output: Path, *more: str) -> int:
    return cli.main(["export", str(source), "--to", "answers", "--output", str(output), *more])


def test_the_target_of_a_link_is_replaced_and_its_mode_stays(good: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("new")
    assert export(good, tmp_path / "link", "--force") == export(good, tmp_path / "dangling") == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "dangling").is_symlink()
    assert (tmp_path / "real").read_text() == (tmp_path / "new").read_text() == good.read_text()
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("real", "new")] == [0o640, 0o600]


def test_an_existing_file_is_replaced_only_with_force(good: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "link").symlink_to("old")
    for name in ("old", "link"):
        assert export(good, tmp_path / name) == 2
        message = capsys.readouterr().err
        assert f"{name} exists already" in message and "--force" in message
    assert (tmp_path / "old").read_text() == "old"
    assert export(good, tmp_path / "old", "--force") == 0
    assert (tmp_path / "old").read_text() == good.read_text()


def test_a_pipe_is_written_to_and_stays_a_pipe(good: Path, tmp_path: Path) -> None:
    pipe, text_read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: text_read.append(pipe.read_text()), daemon=True)
    reader.start()
    assert export(good, pipe) == 0
    reader.join(10)
    assert text_read == [good.read_text()] and pipe.is_fifo()


@pytest.mark.parametrize("target", [".", "..", "missing/out.toml", "good.toml/out.toml"])
def test_an_unwritable_target_is_reported_and_nothing_is_left(
    target: str, good: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.parent)
    before = sorted(good.parent.iterdir())
    assert export(good, Path(target)) == 2
    assert f"{target}: cannot be written" in capsys.readouterr().err
    assert sorted(good.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("source", "to", "message"),
    [
        ("good.toml", "report", "good.toml is a file, but only a session has a report"),
        ("/nonexistent.toml", "report", "/nonexistent.toml is not a session"),
        ("/nonexistent.toml", "answers", "/nonexistent.toml: there is no such file"),
        ("gone.toml", "answers", "gone.toml: there is no such file"),
        ("./", "answers", "./: is a directory"),
        ("nobody", "answers", "there is no session nobody"),
        ("nobody", "report", "there is no session nobody"),
        ("no body", "report", '"no body" is not a session name'),
    ],
)
def test_a_wrong_source_is_reported(
    source: str, to: str, message: str, good: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.parent)
    assert cli.main(["export", source, "--to", to]) == 2
    assert message in capsys.readouterr().err


def test_each_format_of_the_report_is_an_option_and_no_other(capsys: Capture) -> None:
    open_session("prod")
    export_as = ["export", "prod", "--to", "report", "--format"]
    assert [cli.main([*export_as, form]) for form in FORMATS] == [0] * len(FORMATS)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        cli.main([*export_as, "pdf"])
    choices = capsys.readouterr().err.partition("choose from")[2]
    assert re.findall(r"[a-z]+", choices) == list(FORMATS)


def test_a_session_named_like_a_file_is_a_session(capsys: Capture) -> None:
    open_session("prod.toml")
    assert cli.main(["export", "prod.toml", "--to", "report"]) == 0
    assert "prod.toml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "session", "command"),
    [(["--demo"], "demo", "apply --demo --scene article`"), (["real.toml"], "real", "apply FILE`")],
)
def test_a_checked_session_without_answers_says_what_saves_them(
    flags: list[str], session: str, command: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("real.toml").write_text("mhv_answers = 1\n")
    cli.main(["check", *flags, "--step", "cloud"])
    assert cli.main(["export", session, "--to", "answers"]) == 2
    errors = capsys.readouterr().err
    assert f"session {session} has no answers yet: check and plan save none" in errors and command in errors
