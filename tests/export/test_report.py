"""The report of real and simulated sessions, before and after an undo, for people and for tools."""

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
from mhv_tui.core.matrix_text import MatrixTable
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.engine.session import open_session
from mhv_tui.export.report import report

Capture = pytest.CaptureFixture[str]
APPLIED: list[Mapping[str, Any]] = [
    {"what": "started", "time": "T0", "command": "apply"},
    {"what": "intent", "time": "T1", "id": "tag:1", "step": "register"},
    {"what": "receipt", "time": "T1", "id": "tag:1"},
    {"what": "intent", "time": "T2", "id": "image:x", "step": "image"},
    {"what": "intent", "time": "T3", "id": "prove:vmware", "step": "prove", "smoke_test": True},
    {"what": "proven", "time": "T4", "ids": ["prove:vmware"], "left": "the first"},
    {"what": "finished", "time": "T5", "step": "prove"},
]
UNDO_RECORDS: list[Mapping[str, Any]] = [
    {"what": "undone", "time": "T7", "id": "tag:1"},
    {"what": "finished", "time": "T7", "step": "undo"},
]
REAL = ReportInput(
    name="prod",
    findings=[(("", "network"), Finding("NW03", "ok", "It is there"))],
    findings_time="T5",
    records=APPLIED,
    summaries={"tag:1": "tag image cirros"},
    can_undo=True,
)
UNDONE_SINCE = replace(REAL, records=[*APPLIED, *UNDO_RECORDS], can_undo=False)


def test_a_real_report_has_summaries_and_incomplete_changes() -> None:
    text = report(REAL, "text")
    assert "T1    made        register  tag image cirros\n" in text and "T2    incomplete  image     image:x\n" in text
    assert "\nProblems and warnings\n  none\n" in text and "  T4    tested  prove:vmware\n" in text
    assert "not tested: the first\n" in text
    assert "  mhv-tui undo prod\n" in text and "  mhv-tui apply answers.toml\n" in text and "simulated" not in text


@pytest.mark.parametrize(
    ("scene", "scene_text", "tail"),
    [
        ("article", "scene article", "--demo"),
        ("drs-off", "scene drs-off", "--demo --scene drs-off"),
        ("", "unreadable scene", "--demo"),
    ],
)
def test_a_simulated_report_is_marked_and_repeats_with_demo(scene: str, scene_text: str, tail: str) -> None:
    text = report(replace(REAL, scene=scene), "md")
    assert text.splitlines()[2].startswith(f"This session is simulated (--demo, {scene_text})")
    assert f"\nmhv-tui apply answers.toml {tail}\n" in text and "\nmhv-tui undo prod\n" in text


def test_after_an_undo_older_findings_and_proofs_are_outdated() -> None:
    text = report(UNDONE_SINCE, "text")
    assert "\nProblems and warnings before the undo on T7; run the check again" in text
    assert "T7    undone      register  tag image cirros\n" in text
    assert "T4    a change was undone later  prove:vmware" in text
    assert "? Not known: changes were undone on T7, after the last check.\n" in text
    assert "mhv-tui undo" not in text and "nothing to undo" in text


@pytest.mark.parametrize(
    "source",
    [
        replace(UNDONE_SINCE, findings_time="T8"),
        replace(UNDONE_SINCE, records=[*APPLIED, *UNDO_RECORDS, {"what": "finished", "time": "T7", "step": "network"}]),
        replace(REAL, records=[*APPLIED, {"what": "undone", "time": "T7", "id": "prove:vmware"}]),
    ],
)
def test_findings_newer_than_the_undo_are_current(source: ReportInput) -> None:
    """After a check and after an apply; deleting the servers of a proof is no undo."""
    assert "\nProblems and warnings\n" in report(source, "text")
    assert json.loads(report(source, "json"))["undone_since"] == ""


def test_the_json_has_the_proofs_the_scene_and_the_summaries() -> None:
    document = json.loads(report(replace(UNDONE_SINCE, scene="drs-off"), "json"))
    assert (document["session"], document["simulated"], document["undone_since"]) == ("prod", "drs-off", "T7")
    change = {
        "id": "tag:1",
        "step": "register",
        "state": "undone",
        "time": "T7",
        "summary": "tag image cirros",
        "is_kept": False,
    }
    assert document["changes"][0] == {**change, "is_verified": False}
    (proof,) = document["proofs"]
    assert {key: proof[key] for key in ("time", "ids", "left", "undone", "older")} == {
        **{"time": "T4", "ids": ["prove:vmware"], "left": "the first", "undone": True, "older": False},
    }
    assert document["verdict"]["state"] == "outdated" and document["handover"] is None


def exported(capsys: Capture, source: str = "demo") -> str:
    capsys.readouterr()
    assert cli.main(["export", source, "--to", "report"]) == 0
    return capsys.readouterr().out


def test_a_session_that_was_undone_and_checked_again(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    text = exported(capsys)
    assert "made   network  add distributed port group vmware-net to DVS0" in text
    assert "  mhv-tui undo demo\n" in text
    assert cli.main(["undo", "demo", "--yes"]) == 0
    text = exported(capsys)
    assert "warnings before the undo on" in text and "undone  network  add distributed" in text
    assert "mhv-tui undo" not in text
    assert cli.main(["check", "--demo"]) == 0
    later = (findings_file := open_session("demo").directory / "findings.json").stat().st_mtime + 2
    os.utime(findings_file, (later, later))
    assert "\nProblems and warnings\n" in exported(capsys)


def test_an_answer_file_selects_the_session_that_runs_with_it(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "prod.toml"
    path.write_text("mhv_answers = 1\n")
    assert cli.main(["export", str(path), "--to", "report"]) == 2
    assert "no run has used this file: no session is named prod" in capsys.readouterr().err
    open_session("prod")
    assert exported(capsys, str(path)).startswith("mhv-tui report of session prod\n")


def test_a_report_works_with_an_unreadable_simulated_state(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cloud"]) == 0
    (open_session("demo").directory / "world.json").write_text("{}")
    assert "unreadable scene" in exported(capsys)


def test_the_matrices_follow_the_findings_as_text_and_as_a_table_of_markdown() -> None:
    table = MatrixTable("Hosts", ("host", "VLAN"), (("esx1", "✗ 7"), ("a|b*", "200")))
    source = replace(REAL, tables={("", "network"): table})
    text, markdown = report(source, "text"), report(source, "md")
    assert "\nHosts\n  host  VLAN\n  esx1  ✗ 7\n  a|b*  200\n\nMade\n" in text
    rows = "| host | VLAN |\n| --- | --- |\n| esx1 | ✗ 7 |\n| a\\|b\\* | 200 |\n"
    assert f"\n## Hosts\n\n{rows}\n## Made\n" in markdown


def test_the_report_of_a_check_has_its_matrices(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--scene", "local-datastore"]) == 3
    checked = capsys.readouterr().out
    assert checked.count("      Hosts × datastores:\n") == 1 and "Hypervisors of the cloud" not in checked
    text = exported(capsys, "demo-local-datastore")
    assert "\nHosts × datastores\n" in text and "local-esx1   rw    ✗ absent" in text
    assert "\nHypervisors of the cloud\n" in text and "\nHosts × port group vmware-net\n" in text
