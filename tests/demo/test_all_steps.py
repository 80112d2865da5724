"""All steps in the simulated world by the command line: apply succeeds and undo restores the world, broken scenes stop
before the first change, and the next run finishes or undoes a killed one.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.cli import main
from mhv_tui.demo.scenes import SCENES, state_of
from mhv_tui.demo.store import DIE, DIE_BEFORE

from .test_store import in_child

GREEN = [name for name, scene in SCENES.items() if not scene.expects]
BROKEN = [name for name, scene in SCENES.items() if scene.expects]

VOLATILE = {
    "clock",
    "made",
    "faults",
    "journals",
    "jobs",
    "logins",
    "updated_at",
    "extensions",
    "changed",
    "since",
}
"""Keys that may differ after an undo: times, logs, and the extension that nova registered."""


def session(scene: str) -> str:
    return "demo" if scene == "article" else f"demo-{scene}"


def world_file(scene: str) -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / session(scene) / "world.json"


def comparable(value: Any) -> Any:
    """A state without its volatile keys and without empty tables."""
    if not isinstance(value, dict):
        return value
    rows = {k: comparable(v) for k, v in value.items() if k not in VOLATILE}
    return {k: v for k, v in rows.items() if v not in ({}, [])}


def current_state(scene: str) -> Any:
    return comparable(json.loads(world_file(scene).read_text()))


def initial_state(scene: str) -> Any:
    return comparable(json.loads(json.dumps(state_of(scene))))


def run(command: str, scene: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and events of one command."""
    command_line = [
        command,
        *([session(scene)] if command == "undo" else []),
        "--demo",
        "--scene",
        scene,
        "--json",
        *more,
    ]
    capsys.readouterr()
    code = main(command_line)
    output = capsys.readouterr()
    assert "Traceback" not in output.err
    return code, [json.loads(line) for line in output.out.splitlines() if line.strip()]


def outcome(events: list[dict[str, Any]]) -> str:
    return str(events[-1]["outcome"])


def set_fault(scene: str, operation: str, fault: str) -> None:
    """Writes a world in which the process dies at this operation."""
    state = state_of(scene)
    state["faults"][operation] = fault
    world_file(scene).parent.mkdir(parents=True)
    world_file(scene).write_text(json.dumps(state))


@pytest.mark.parametrize("scene", GREEN)
def test_apply_succeeds_then_has_nothing_to_do_and_undo_restores_the_world(
    scene: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, events = run("apply", scene, capsys, "--yes")
    assert (code, outcome(events)) == (0, "done"), events
    proven = [e["id"] for e in events if e["event"] == "applied" and e["step"] == "prove"]
    assert len(proven) == 2
    after = current_state(scene)
    assert after != initial_state(scene)
    code, events = run("apply", scene, capsys, "--yes")
    assert (code, outcome(events)) == (0, "nothing-to-do")
    passed = [(e["step"], e["title"]) for e in events if e["event"] == "found" and e["level"] == "ok"]
    assert len(passed) == len(set(passed)), "each row names what it is about"
    assert current_state(scene) == after
    code, events = run("undo", scene, capsys, "--yes")
    assert (code, outcome(events)) == (0, "done"), events
    assert current_state(scene) == initial_state(scene)


def pr01(events: list[dict[str, Any]]) -> list[str]:
    return [e["level"] for e in events if e["event"] == "found" and e["code"] == "PR01"]


def test_a_hypervisor_without_a_booted_server_is_not_proven(capsys: pytest.CaptureFixture[str]) -> None:
    code, events = run("apply", "article", capsys, "--step", "prove", "--prove", "--yes")
    assert (code, outcome(events), pr01(events)) == (4, "unverified", ["skipped", "failure"])
    assert not [e for e in events if e["event"] == "applying"]
    state = json.loads(world_file("article").read_text())
    images = state["cloud"]["images"]
    state["cloud"]["images"] = {k: {**v, "disk_format": "vmdk"} for k, v in images.items() if not v["properties"]}
    world_file("article").write_text(json.dumps(state))
    code, events = run("apply", "article", capsys, "--yes")
    assert (code, pr01(events)) == (0, ["warning"] * 2)
    assert "not tested: " in events[-1]["message"]
    code, events = run("apply", "article", capsys, "--yes")
    assert (code, pr01(events)) == (0, ["warning", "skipped"])


def test_a_run_a_later_check_and_the_report_count_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    counts = []
    for command in (("apply", "article", capsys, "--yes"), ("check", "article", capsys)) * 2:
        _, events = run(*command)
        saved = json.loads((world_file("article").parent / "findings.json").read_text())["findings"]
        rows = sorted((row["step"], row["code"], row["level"]) for row in saved)
        counts.append((rows, events[-1]["counts"]))
        assert [row for row in rows if row[1] == "PR01"] == [("prove", "PR01", "ok")]
    assert counts == counts[:1] * 4


def test_the_title_of_each_check_of_privileges_names_its_object(capsys: pytest.CaptureFixture[str]) -> None:
    _, events = run("check", "article", capsys)
    titles = [e["title"] for e in events if e["event"] == "found" and (e["code"], e["level"]) == ("VC12", "ok")]
    objects = ("root folder", "cluster DC0_C0", "host esx1.example.org", "datastore nfs-gold", "switch DVS0")
    assert titles == [f"The privileges on the {name} suffice" for name in objects]


def test_checking_one_step_keeps_the_findings_of_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ((), ("--step", "cluster")):
        run("check", "article", capsys, *more)
    rows = json.loads((world_file("article").parent / "findings.json").read_text())["findings"]
    assert {row["step"] for row in rows} > {"cloud", "vcenter", "cluster", "prove"}


@pytest.mark.parametrize("scene", BROKEN)
def test_a_broken_scene_stops_apply_and_changes_nothing(scene: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, events = run("apply", scene, capsys, "--yes")
    failed = {e["code"] for e in events if e["event"] == "found" and e["level"] == "failure"}
    assert code == 3
    assert failed == {SCENES[scene].expects}
    assert current_state(scene) == initial_state(scene)


@pytest.mark.parametrize(("scene", "code"), [("drs-off", "CL05"), ("drs-partial", "CL06"), ("no-archive", "CN05")])
def test_a_requested_fix_lets_apply_succeed(scene: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("apply", scene, capsys, "--yes", "--fix", code)[0] == 0
    assert run("undo", scene, capsys, "--yes")[0] == 0
    assert current_state(scene) == initial_state(scene)


def test_half_configured_packages_are_configured_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    code, events = run("apply", "half-configured", capsys, "--yes", "--accept", "CN04=not my package")
    assert (code, [event for event in events if event["event"] == "applied"]) == (3, [])
    assert "man-db is half-configured on novavmware1" in [event.get("detail") for event in events]
    assert run("apply", "half-configured", capsys, "--yes", "--fix", "CN04")[0] == 0
    assert run("apply", "half-configured", capsys, "--yes")[1][-1]["outcome"] == "nothing-to-do"


OPERATIONS = (
    "vcenter.add_distributed_port_group",
    "node.refresh_packages",
    "node.install",
    "node.copy",
    "node.write",
    "node.enable",
    "node.restart",
    "node.run",
    "cloud.create_aggregate",
    "cloud.add_to_aggregate",
    "cloud.set_image_properties",
    "local.transcoded",
    "cloud.upload_image",
    "cloud.create_server",
    "cloud.delete_server",
)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("next_command", ["apply", "undo"])
def test_a_killed_run_is_finished_or_undone(
    operation: str, next_command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = "article"
    set_fault(scene, operation, DIE)
    assert in_child(lambda: main(["apply", "--demo", "--yes", "--json"])) == 137
    state = deepcopy(current_state(scene))
    if next_command == "apply":
        code, events = run("apply", scene, capsys, "--yes")
        assert code == 0, (events, state)
    code, events = run("undo", scene, capsys, "--yes")
    assert code == 0, events
    assert current_state(scene) == initial_state(scene)


def ports() -> list[str]:
    return [port["name"] for port in current_state("article")["cloud"].get("ports", {}).values()]


def test_a_trial_port_of_a_killed_check_is_deleted_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    set_fault("article", "cloud.create_port", DIE)
    assert in_child(lambda: main(["apply", "--demo", "--yes", "--json"])) == 137
    assert [name.rpartition("-")[0] for name in ports()] == ["mhv-tui-trial"]
    assert run("apply", "article", capsys, "--yes")[0] == 0
    assert ports() == []


def test_a_port_of_a_killed_smoke_test_is_undone(capsys: pytest.CaptureFixture[str]) -> None:
    set_fault("article", "cloud.create_port", f"{DIE}:4")
    assert in_child(lambda: main(["apply", "--demo", "--yes", "--json"])) == 137
    assert [name.startswith("mhv-tui-test") for name in ports()] == [True]
    assert run("undo", "article", capsys, "--yes")[0] == 0
    assert current_state("article") == initial_state("article")


@pytest.mark.parametrize("operation", ["vcenter.add_distributed_port_group", "node.write", "cloud.upload_image"])
def test_a_run_killed_before_a_change_has_nothing_to_undo(operation: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_fault("article", operation, DIE_BEFORE)
    assert in_child(lambda: main(["apply", "--demo", "--yes", "--json"])) == 137
    assert run("undo", "article", capsys, "--yes")[0] == 0
    assert current_state("article") == initial_state("article")
