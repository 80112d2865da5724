"""The hand-over is saved with the findings of a run, and read from the newest facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.core.handover import Handover, MapRow
from mhv_tui.core.steps import PageView
from mhv_tui.engine.session import Session, open_session
from tests.engine.toy_steps import FLOW, Wants, run_of, with_work

HANDOVER = Handover(cloud="prod", rows=(MapRow(0, ("prod", "\x1b[1m")),), types={"c1": "KVM"}, users=("A note.",))


def test_a_saved_handover_is_read_again(session: Session) -> None:
    session.save_findings([], planned=[(("", "node"), "install it")], handover=HANDOVER)
    saved = session.saved_findings()
    assert saved.handover == HANDOVER and saved.planned == ((("", "node"), "install it"),) and not saved.problem


def test_findings_without_a_handover_are_those_of_an_older_version(session: Session) -> None:
    session.save_findings([])
    path = session.directory / "findings.json"
    document = json.loads(path.read_text())
    del document["planned"], document["handover"]
    path.write_text(json.dumps(document))
    saved = session.saved_findings()
    assert (saved.handover, saved.planned, saved.problem) == (None, (), "")


@pytest.mark.parametrize("damage", [{"handover": 7}, {"handover": {"rows": [7]}}, {"planned": [["node"]]}])
def test_a_damaged_handover_is_reported(session: Session, damage: dict[str, object]) -> None:
    session.save_findings([], handover=HANDOVER)
    path = session.directory / "findings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    assert "does not contain the findings" in session.saved_findings().problem


def test_a_run_saves_the_handover_and_a_part_of_a_run_keeps_it() -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    saved = open_session("demo").saved_findings()
    assert saved.handover and saved.handover.checked_at and not saved.planned
    assert saved.handover.types["novavmware1"] == "VMware vCenter Server" and saved.handover.command
    assert cli.main(["check", "--demo", "--step", "cluster"]) == 0
    assert open_session("demo").saved_findings().handover == saved.handover


def test_a_check_saves_the_missing_changes() -> None:
    assert cli.main(["check", "--demo"]) == 0
    planned = open_session("demo").saved_findings().planned
    assert len(planned) == 10 and {key[1] for key, _ in planned} == {"network", "node", "register", "image"}
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    left = open_session("demo").saved_findings().planned
    assert len(left) == 9 and "network" not in {key[1] for key, _ in left}


def test_a_crash_of_the_handover_is_said_in_it(session: Session, tmp_path: Path) -> None:
    def crash(view: PageView[Wants, set[str]]) -> Handover | None:
        raise KeyError("no such host")

    run, _ = run_of(session, tmp_path / "shelf")
    run.flow = tuple(with_work(step, handover=crash) for step in FLOW)
    run.check()
    run.save_findings()
    saved = session.saved_findings().handover
    assert saved and saved.rows[0].level == "unknown" and "could not be computed: KeyError" in saved.command_missing[0]
    assert not saved.command
