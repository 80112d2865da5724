"""The state directory and its files: what another user may write, or what is no regular file, is refused at once."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.core.errors import UsageError
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.state import sessions_home, state_home
from tests.engine.journals import put_all

Make = Callable[[Path], object]


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(65 << 20)


def _writable(path: Path) -> None:
    path.write_text("")
    path.chmod(0o666)


MAKERS: dict[str, tuple[Make, str]] = {
    "fifo": (os.mkfifo, "it is a directory, a pipe or a device, not a regular file"),
    "directory": (Path.mkdir, "it is a directory, a pipe or a device, not a regular file"),
    "link": (lambda path: path.symlink_to("/dev/zero"), "the file is a symbolic link"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "the file is a symbolic link"),
    "huge": (_huge, "the file has more than"),
    "writable": (_writable, "has mode 0666: other users may write to it"),
}
COMMANDS = [["sessions"], ["sessions", "--json"], ["undo", "toy", "--yes"], ["export", "toy", "--to", "report"]]


def mhv(*argv: str) -> subprocess.CompletedProcess[str]:
    """The command, with 1 GiB of memory and 30 s."""

    def limit_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    command = [sys.executable, "-m", "mhv_tui", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, preexec_fn=limit_memory, check=False)


def replace_by(path: Path, kind: str) -> str:
    """Puts something else at the path; the reason that a refusal gives."""
    path.unlink(missing_ok=True)
    make, reason = MAKERS[kind]
    make(path)
    return reason


@pytest.mark.parametrize("kind", MAKERS)
def test_a_journal_that_cannot_be_used_is_refused_at_once(session: Session, kind: str) -> None:
    put_all(session, "a")
    reason = replace_by(session.directory / "journal.jsonl", kind)
    for command in COMMANDS:
        done = mhv(*command)
        assert done.returncode == (0 if command[0] == "sessions" else 2), (command, done)
        assert "journal.jsonl" in done.stderr and reason in done.stderr and "Traceback" not in done.stderr
        assert command[0] != "sessions" or "unreadable" in done.stdout
    for use in (session.journal.records, session.journal.damage, session.journal.is_empty):
        with pytest.raises(UsageError, match=r"journal\.jsonl"):
            use()
    with pytest.raises(UsageError, match=r"journal\.jsonl"):
        session.journal.note("started")


@pytest.mark.parametrize("kind", MAKERS)
def test_findings_that_cannot_be_read_are_reported_and_replaced(session: Session, kind: str) -> None:
    path = session.directory / "findings.json"
    reason = replace_by(path, kind)
    (sentence,) = session.damage()
    assert reason in sentence and sentence.endswith("the findings of the last check are lost; check again")
    assert session.findings() == [] and summary(session)["outcome"] == "not begun"
    for command in COMMANDS:
        done = mhv(*command)
        assert done.returncode == 0 and reason in done.stderr, (command, done)
    if kind == "directory":
        with pytest.raises(OSError, match=r"findings\.json"):
            session.save_findings([])
    else:
        session.save_findings([])
        assert session.damage() == [] and stat.S_IMODE(path.lstat().st_mode) == 0o600


ROW = '"target": "", "step": "first", "code": "TT02", "title": "x"'
DOCUMENTS = [
    "",
    "{",
    "[" * 100_000,
    "7",
    '"text"',
    "{}",
    '{"format": "x", "findings": []}',
    '{"format": 2}',
    '{"format": 2, "findings": 7}',
    '{"format": 2, "findings": [7]}',
    f'{{"format": 2, "findings": [{{{ROW}, "level": "fine"}}]}}',
    f'{{"format": 2, "findings": [{{{ROW}, "level": ["ok"]}}]}}',
    f'{{"format": 2, "findings": [{{{ROW}, "level": "ok", "detail": null}}]}}',
    f'{{"format": 2, "findings": [{{{ROW}, "level": "failure"}}]}}',
    f'{{"format": 2, "findings": [{{{ROW}}}]}}',
    '{"format": 2, "journal_lines": "x", "findings": [null]}',
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_damaged_findings_are_reported_and_end_nothing(session: Session, text: str) -> None:
    put_all(session, "a")
    (session.directory / "findings.json").write_text(text)
    assert session.other_format() is None and session.findings() == []
    (sentence,) = session.damage()
    assert sentence.startswith(f"{session.directory}/findings.json ") and "check again" in sentence
    assert [e.id for e in session.journal.not_undone()] == ["put:a"] and session.journal.damage() == []


@pytest.mark.parametrize("name", ["lock", "mhv-tui.log"])
@pytest.mark.parametrize("kind", ["fifo", "directory", "link", "broken link", "writable"])
def test_a_lock_or_log_that_cannot_be_used_is_refused_at_once(session: Session, name: str, kind: str) -> None:
    reason = replace_by(session.directory / name, kind)
    assert session.holder() is None
    done = mhv("undo", "toy", "--yes")
    assert done.returncode == 2 and f"{name} " in done.stderr, done
    assert reason in done.stderr or kind in ("fifo", "directory")


@pytest.mark.parametrize("kind", ["fifo", "directory", "broken link", "link", "huge"])
def test_saved_answers_that_cannot_be_read_are_refused_at_once(session: Session, kind: str) -> None:
    replace_by(session.directory / "answers.toml", kind)
    done = mhv("check", "--session", "toy")
    assert done.returncode == 2 and "answers.toml" in done.stderr and "cannot be read" in done.stderr, done


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o720, 0o1777])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_directory_that_others_may_write_is_refused(session: Session, mode: int, depth: int) -> None:
    directory = [session.directory, *session.directory.parents][depth]
    directory.chmod(mode)
    with pytest.raises(UsageError) as refused:
        open_session("toy")
    assert f"{directory} has mode {mode:04o}: other users may write to it" in refused.value.message
    assert f"chmod go-w {directory}" in refused.value.remedy
    listed = mhv("sessions")
    assert listed.returncode == (0 if depth == 0 else 2) and f"chmod go-w {directory}" in listed.stderr
    directory.chmod(0o750)
    assert open_session("toy") == session


def test_a_directory_of_another_user_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(UsageError) as refused:
        open_session("toy")
    problem = f"{state_home_path(session)} belongs to user id {own}, but mhv-tui runs as user id {own + 1}"
    assert refused.value.message == problem and "another directory" in refused.value.remedy
    assert summary(session)["outcome"] == "unreadable"


def state_home_path(session: Session) -> Path:
    return session.directory.parents[1]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_everything_is_private_whatever_the_umask_is(
    umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "deep" / "state"))
    before = os.umask(umask)
    try:
        session = open_session("toy")
        put_all(session, "a")
        session.save_findings([])
        with session.locked():
            pass
    finally:
        os.umask(before)
    paths = [tmp_path / "deep", tmp_path / "deep" / "state", *state_home().rglob("*"), state_home(), sessions_home()]
    modes = {(stat.S_ISDIR(p.lstat().st_mode), stat.S_IMODE(p.lstat().st_mode)) for p in paths}
    assert modes == {(True, 0o700), (False, 0o600)}
