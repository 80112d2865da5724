"""What --accept and --fix ask for: kept for the file that repeats the run, told where it has no effect."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.core.answers import Accept, Answers
from mhv_tui.engine.session import open_session
from mhv_tui.flags import Flags

Said = pytest.CaptureFixture[str]
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("flag", (["--accept", "CL05=later"], ["--fix", "CL05"]))
def test_the_exported_file_repeats_a_run_with_flags(flag: list[str], tmp_path: Path) -> None:
    scene, exported = ["--demo", "--scene", "drs-off", "--yes"], str(tmp_path / "e.toml")
    assert cli.main(["apply", *scene, *flag]) == 0
    assert cli.main(["export", "demo-drs-off", "--to", "answers", "--output", exported]) == 0
    assert cli.main(["apply", exported, *scene, "--fresh"]) == 0


def test_a_row_that_stands_in_the_file_is_not_doubled() -> None:
    kept = Accept("CL06", "why", date(2027, 3, 1))
    flags = Flags((Accept("CL06", "why"), Accept("CL05", "new")), fixes=("CL05", "CL06"))
    merged = flags.into(Answers({}, (kept, Accept("CL05", "old")), ("CL06",)), TODAY)
    assert merged.accepts == (kept, Accept("CL05", "new")) and merged.fixes == ("CL06", "CL05")


def test_a_row_that_is_void_by_now_is_replaced() -> None:
    merged = Flags((Accept("CL06", "why"),)).into(Answers({}, (Accept("CL06", "why", date(2026, 1, 1)),)), TODAY)
    assert merged.accepts == (Accept("CL06", "why"),)


def test_an_acceptance_that_can_have_no_effect_is_told_and_not_kept(capsys: Said) -> None:
    assert cli.main(["apply", "--demo", "--scene", "esxi", "--yes", "--accept", "VC09=x"]) == 3
    assert "--accept VC09: it cannot be accepted" in capsys.readouterr().err
    assert "accept" not in (open_session("demo-esxi").directory / "answers.toml").read_text()


@pytest.mark.parametrize("command", (["check"], ["apply", "--yes"]))
def test_an_acceptance_that_nothing_met_is_told(command: list[str], capsys: Said) -> None:
    assert cli.main([*command, "--demo", "--accept", "CL06=x"]) == 0
    assert "--accept CL06: nothing failed with it" in capsys.readouterr().err
    assert cli.main([command[0], "--demo", "--scene", "drs-partial", "--accept", "CL06=x", *command[1:]]) == 0
    assert "--accept" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "refused",
    [
        ["apply"],
        ["apply", "--yes", "--accept", "CL05"],
        ["apply", "--yes", "--fix", "VC07"],
        ["apply", "FILE", "--yes"],
    ],
)
def test_a_refused_run_forgets_nothing(refused: list[str], tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text("mhv_answers = 1\n")
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    stands = open_session("demo").journal.not_undone()
    named = [str(tmp_path / "part.toml") if word == "FILE" else word for word in refused]
    assert cli.main([*named, "--demo", "--fresh"]) == 2
    assert open_session("demo").journal.not_undone() == stands != []
