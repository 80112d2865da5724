"""The report: true of a simulated world and of a real one, before and after an undo, for people and for tools."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.core.findings import Finding
from mhv_tui.engine.session import open_session
from mhv_tui.export.report import ReportInput, report

Said = pytest.CaptureFixture[str]
MADE: list[Mapping[str, Any]] = [
    {"what": "started", "time": "T0", "command": "apply"},
    {"what": "intent", "time": "T1", "id": "tag:1", "step": "register"},
    {"what": "receipt", "time": "T1", "id": "tag:1"},
    {"what": "intent", "time": "T2", "id": "image:x", "step": "image"},
    {"what": "intent", "time": "T3", "id": "prove:vmware", "step": "prove", "smoke_test": True},
    {"what": "proven", "time": "T4", "ids": ["prove:vmware"], "left": "the first"},
    {"what": "finished", "time": "T5", "step": "prove"},
]
UNDONE: list[Mapping[str, Any]] = [
    {"what": "undone", "time": "T7", "id": "tag:1"},
    {"what": "finished", "time": "T7", "step": "undo"},
]
REAL = ReportInput(
    "prod",
    [(("", "network"), Finding("NW03", "ok", "It is there"))],
    "T5",
    MADE,
    {"tag:1": "tag image cirros"},
    stands=True,
)
GONE = replace(REAL, records=[*MADE, *UNDONE], stands=False)


def test_a_real_report_tells_changes_in_words_and_what_is_half_made() -> None:
    said = report(REAL, "text")
    assert "T1  made: tag image cirros  [tag:1]\n" in said and "T2  half-made: image:x\n" in said
    assert "\nFound\n" in said and "T4  prove:vmware; not proven: the first\n" in said
    assert "  mhv-tui undo prod\n" in said and "  mhv-tui apply answers.toml\n" in said and "simulated" not in said


@pytest.mark.parametrize(
    ("scene", "named", "tail"),
    [
        ("article", "scene article", "--demo"),
        ("drs-off", "scene drs-off", "--demo --scene drs-off"),
        ("", "of a scene that cannot be read", "--demo"),
    ],
)
def test_a_simulated_report_says_so_and_aims_at_no_real_world(scene: str, named: str, tail: str) -> None:
    said = report(replace(REAL, scene=scene), "md")
    assert said.splitlines()[2].startswith(f"simulated world (--demo, {named})")
    assert f"- mhv-tui apply answers.toml {tail}\n" in said and "- mhv-tui undo prod --demo\n" in said


def test_after_an_undo_nothing_is_told_as_true_that_was_taken_back() -> None:
    said = report(GONE, "text")
    assert "\nFound before the undo of T7; a new check" in said
    assert "T7  taken back: tag image cirros  [tag:1]\n" in said
    assert "was proven on T4, taken back since: prove:vmware" in said
    assert "mhv-tui undo" not in said and "nothing stands" in said


@pytest.mark.parametrize(
    "told",
    [
        replace(GONE, found_at="T8"),
        replace(GONE, records=[*MADE, *UNDONE, {"what": "finished", "time": "T7", "step": "network"}]),
        replace(REAL, records=[*MADE, {"what": "undone", "time": "T7", "id": "prove:vmware"}]),
    ],
)
def test_what_was_looked_at_since_the_undo_is_true(told: ReportInput) -> None:
    """By a check, by an apply; and a proof's own end takes nothing back."""
    assert "\nFound\n" in report(told, "text") and json.loads(report(told, "json"))["undone_since"] == ""


def test_the_json_has_the_proofs_the_world_and_the_summaries() -> None:
    told = json.loads(report(replace(GONE, scene="drs-off"), "json"))
    assert (told["session"], told["simulated"], told["undone_since"]) == ("prod", "drs-off", "T7")
    assert told["changes"][0] == {"id": "tag:1", "state": "undone", "time": "T7", "summary": "tag image cirros"}
    assert told["proofs"] == [{"time": "T4", "ids": ["prove:vmware"], "left": "the first", "taken_back": True}]


def exported(capsys: Said, source: str = "demo") -> str:
    capsys.readouterr()
    assert cli.main(["export", source, "--to", "report"]) == 0
    return capsys.readouterr().out


def test_a_session_that_was_undone_and_looked_at_again(capsys: Said) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    said = exported(capsys)
    assert "made: add distributed port group vmware-net to DVS0" in said and "mhv-tui undo demo --demo" in said
    assert cli.main(["undo", "demo", "--yes"]) == 0
    said = exported(capsys)
    assert "Found before the undo of" in said and "taken back: add distributed" in said and "mhv-tui undo" not in said
    assert cli.main(["check", "--demo"]) == 0
    later = (kept := open_session("demo").directory / "findings.json").stat().st_mtime + 2
    os.utime(kept, (later, later))
    assert "\nFound\n" in exported(capsys)


def test_a_file_of_answers_names_the_session_that_runs_with_it(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "prod.toml"
    path.write_text("mhv_answers = 1\n")
    assert cli.main(["export", str(path), "--to", "report"]) == 2
    assert "no session prod was run with it; name a session" in capsys.readouterr().err
    open_session("prod")
    assert exported(capsys, str(path)).startswith("mhv-tui report of session prod\n")


def test_a_world_that_cannot_be_read_bars_no_report(capsys: Said) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    (open_session("demo").directory / "world.json").write_text("{}")
    assert "of a scene that cannot be read" in exported(capsys)
