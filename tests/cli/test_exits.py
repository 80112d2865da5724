"""How the command line ends if something is wrong that no step reports: a sentence, an exit code, no traceback."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli.exits import exit_code_of
from mhv_tui.core.errors import SecretMissing
from mhv_tui.engine.session import open_session
from mhv_tui.lab.host import LabError

Capture = pytest.CaptureFixture[str]


def failing(error: Exception) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


def test_the_details_of_a_failure_of_the_lab_are_lines(capsys: Capture) -> None:
    assert exit_code_of(failing(LabError("The lab's vCenter did not start:\n  mhv-vcenter: \x1b[1mno\n  more"))) == 3
    assert capsys.readouterr().err.splitlines() == [
        "mhv-tui: The lab's vCenter did not start:",
        r"  mhv-vcenter: \x1b[1mno",
        "  more",
    ]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (SecretMissing("vcenter.password", "vcenter.password is not given", "give it"), 2, "is not given"),
        (
            OSError(28, "No space left on device", "journal.jsonl"),
            1,
            "no space left on the disk: journal.jsonl cannot be written",
        ),
        (RuntimeError("with a secret"), 1, "mhv-tui has a defect (RuntimeError)"),
    ],
)
def test_no_traceback_reaches_the_operator(
    error: Exception, code: int, message: str, capsys: Capture, tmp_path: Path
) -> None:
    assert exit_code_of(failing(error)) == code
    shown = capsys.readouterr().err
    assert message in shown and "Traceback" not in shown and "secret" not in shown
    crash_logs = list((tmp_path / "own-state").rglob("crash.log"))
    assert bool(crash_logs) == isinstance(error, RuntimeError)
    assert all("secret" not in path.read_text() and "failing" not in path.name for path in crash_logs)


def test_a_crash_is_reported_even_if_its_file_cannot_be_written(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "own-state").write_text("no directory")
    assert exit_code_of(failing(RuntimeError("with a secret"))) == 1
    shown = capsys.readouterr().err
    assert "mhv-tui has a defect (RuntimeError)" in shown and "report the defect with its position, " in shown
    assert "test_exits.py:" in shown and "secret" not in shown and "Traceback" not in shown


@pytest.mark.parametrize("place", ["own-state", "own-state/mhv-tui/sessions", "own-state/mhv-tui/sessions/demo"])
def test_a_state_that_cannot_be_written_is_wrong_usage(place: str, tmp_path: Path, capsys: Capture) -> None:
    """Root may write anywhere: what bars it is a file where a directory should be."""
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("")
    assert cli.main(["check", "--demo"]) == 2
    assert "cannot be created: " in (output := capsys.readouterr().err) and "set XDG_STATE_HOME" in output


@pytest.mark.parametrize("name", ["lock", "mhv-tui.log"])
def test_a_file_of_a_session_that_cannot_be_written_is_wrong_usage(name: str, capsys: Capture) -> None:
    (open_session("demo").directory / name).symlink_to("elsewhere")
    assert cli.main(["check", "--demo"]) == 2
    assert f"{name} cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_at_the_start_is_no_defect(closed: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m mhv_tui explain VC01 {closed}"
    assert subprocess.run(["sh", "-c", command], capture_output=True, timeout=60).returncode == 0


def test_output_that_the_disk_has_no_space_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "mhv_tui", "explain", "VC01"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "no space left on the disk" in done.stderr and "Exception" not in done.stderr


def test_output_that_nothing_reads_any_more_is_no_error() -> None:
    command = f"{shlex.quote(sys.executable)} -m mhv_tui explain VC01"
    pipeline = f"{{ sleep 1; {command}; echo $? >&2; }} | true"
    done = subprocess.run(["sh", "-c", pipeline], capture_output=True, text=True, timeout=60)
    assert done.stderr == "0\n"
