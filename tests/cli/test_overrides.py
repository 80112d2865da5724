"""--accept and --fix: saved for the file that repeats the run, and reported if they have no effect."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli.overrides import OverrideOptions
from mhv_tui.core.answers import Accept, Answers
from mhv_tui.core.findings import Finding
from mhv_tui.engine.session import open_session

Capture = pytest.CaptureFixture[str]
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("flag", (["--accept", "CL05=later"], ["--fix", "CL05"]))
def test_the_exported_file_repeats_a_run_with_flags(flag: list[str], tmp_path: Path) -> None:
    scene, exported = ["--demo", "--scene", "drs-off", "--yes"], str(tmp_path / "e.toml")
    assert cli.main(["apply", *scene, *flag]) == 0
    assert cli.main(["export", "demo-drs-off", "--to", "answers", "--output", exported]) == 0
    assert cli.main(["apply", exported, *scene, "--fresh"]) == 0


def test_a_row_of_the_file_is_not_repeated() -> None:
    own_row = Accept("CL06", "why", date(2027, 3, 1))
    overrides = OverrideOptions((Accept("CL06", "why"), Accept("CL05", "new")), fixes=("CL05", "CL06"))
    merged = overrides.added_to(Answers({}, (own_row, Accept("CL05", "old")), ("CL06",)), TODAY)
    assert merged.accepts == (own_row, Accept("CL05", "new")) and merged.fixes == ("CL06", "CL05")


def test_an_expired_row_is_replaced() -> None:
    merged = OverrideOptions((Accept("CL06", "why"),)).added_to(
        Answers({}, (Accept("CL06", "why", date(2026, 1, 1)),)), TODAY
    )
    assert merged.accepts == (Accept("CL06", "why"),)


def test_a_fatal_acceptance_is_reported_and_not_saved(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--scene", "esxi", "--yes", "--accept", "VC09=x"]) == 3
    assert "--accept VC09 has no effect: apply cannot work" in capsys.readouterr().err
    assert "accept" not in (open_session("demo-esxi").directory / "answers.toml").read_text()


def test_a_row_of_the_file_that_cannot_be_accepted_is_reported(capsys: Capture) -> None:
    shut = Finding("CN18", "failure", "The node reaches vCenter", "it does not", "Open it.", acceptable=False)
    OverrideOptions().report_ineffective([(("", "node"), shut)], [Accept("CN18", "known"), Accept("CL06", "known")])
    message = capsys.readouterr().err
    assert "[[accept]] CN18 has no effect: this problem cannot be accepted" in message and "CL06" not in message


@pytest.mark.parametrize("command", (["check"], ["apply", "--yes"]))
def test_an_acceptance_without_effect_is_reported(command: list[str], capsys: Capture) -> None:
    assert cli.main([*command, "--demo", "--accept", "CL06=x"]) == 0
    assert "--accept CL06 had no effect: no check failed with this code" in capsys.readouterr().err
    assert cli.main([command[0], "--demo", "--scene", "drs-partial", "--accept", "CL06=x", *command[1:]]) == 0
    assert "--accept" not in capsys.readouterr().err


def test_an_accepted_problem_is_counted_apart_from_warnings_everywhere(capsys: Capture) -> None:
    flags = ["--demo", "--scene", "drs-off", "--accept", "CL05=known"]
    for command in (["check"], ["plan"], ["apply", "--yes"]):
        assert cli.main([*command, *flags]) == 0
        assert ", 1 warning, 1 accepted" in capsys.readouterr().out.splitlines()[-1]
    assert cli.main(["check", *flags, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])["counts"]
    assert (counts["failure"], counts["warning"], counts["accepted"]) == (0, 1, 1)
    assert cli.main(["export", "demo-drs-off", "--to", "report"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["page", "accepted", "warning", "passed", "skipped"] in rows
    assert [row[1:3] for row in rows if row[:1] in (["cluster"], ["prove"]) and len(row) == 5] == [
        ["1", "0"],
        ["0", "1"],
    ]


@pytest.mark.parametrize(
    "refused",
    [
        ["apply"],
        ["apply", "--yes", "--accept", "CL05"],
        ["apply", "--yes", "--fix", "VC07"],
        ["apply", "FILE", "--yes"],
    ],
)
def test_a_refused_run_deletes_nothing(refused: list[str], tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text("mhv_answers = 1\n")
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    changes = open_session("demo").journal.not_undone()
    named = [str(tmp_path / "part.toml") if word == "FILE" else word for word in refused]
    assert cli.main([*named, "--demo", "--fresh"]) == 2
    assert open_session("demo").journal.not_undone() == changes != []
