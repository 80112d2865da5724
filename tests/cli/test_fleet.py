"""Several targets in one session, in the simulated world: side by side, alone in failure, and undone one by one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.cli import main
from mhv_tui.cli.fleet import chosen, fleet_of
from mhv_tui.cli.options import RunOptions
from mhv_tui.cli.prompts import approve_all
from mhv_tui.cli.setup import DemoMode, open_run
from mhv_tui.core import answerfile
from mhv_tui.core.events import Applying, Event
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.fleet import apply_all, one_at_a_time
from mhv_tui.engine.run import plan
from mhv_tui.engine.session import open_session
from mhv_tui.engine.stop import Stop
from tests.bench.fleet import checked
from tests.cli.test_commands import mhv

Capture = pytest.CaptureFixture[str]
DEMO = ("--demo", "--scene", "fleet")
HEADING = ["target", "cloud", "vcenter", "cluster", "store", "net", "node", "register", "image", "prove"]
NODES = {"novavmware1": "novavmware1", "silver": "novavmware2", "berlin": "novavmware3"}
SHARED = {
    "image:prod:ubuntu-vmware",
    "tag:prod:4a1c3d92-6e5f-4b3e-9d33-9c82e5a7d001",
    "portgroup:vc.example.org:DVS0:vmware-net",
    "portgroup:vc2.example.org:DVS5:vmware-net",
}
"""The ids of the changes that belong to all targets."""


def run(capsys: Capture, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the events of a command."""
    code = main([*arguments, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def ids(events: list[dict[str, Any]], kind: str) -> list[tuple[str, str]]:
    return [(event.get("target", ""), event["id"]) for event in events if event["event"] == kind]


def world(session: str = "demo-fleet") -> dict[str, Any]:
    state: dict[str, Any] = json.loads((open_session(session).directory / "world.json").read_text())
    return state


def test_three_targets_are_applied_and_what_they_share_is_made_once(capsys: Capture) -> None:
    code, events = run(capsys, "apply", *DEMO, "--yes")
    assert code == 0 and events[-1] | {"time": ""} == {
        **{"event": "finished", "outcome": "done", "exit": 0, "message": "3 of 3 targets done", "time": ""},
        **{"counts": events[-1]["counts"], "session": "demo-fleet", "details": []},
    }
    applied = Counter(id for _, id in ids(events, "applied"))
    assert set(applied.values()) == {1} and applied.keys() >= SHARED
    ends = {event["target"]: event["outcome"] for event in events if event["event"] == "finished" and "target" in event}
    assert ends == dict.fromkeys(NODES, "done")
    assert sorted(h["service_host"] for h in world()["cloud"]["hypervisors"].values())[-3:] == sorted(NODES.values())
    parts = {part.target: part.journal.completed_ids() for part in open_session("demo-fleet").parts()}
    assert parts[""] == SHARED
    assert all(any(node in id for id in parts[target]) for target, node in NODES.items())
    code, events = run(capsys, "apply", *DEMO, "--yes")
    assert code == 0 and events[-1]["outcome"] == "nothing-to-do" and ids(events, "planned") == []


def test_a_check_logs_in_once_to_each_vcenter_and_shows_the_matrix(capsys: Capture) -> None:
    assert main(["check", *DEMO]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Targets:")
    assert lines[at + 1].split() == HEADING
    assert [line.split()[0] for line in lines[at + 2 : at + 5]] == list(NODES)
    assert lines[-5] == "done: 3 targets checked." and lines[-4].startswith("apply would make 25 changes: ")
    assert {name: row["logins"] for name, row in world()["vcenters"].items()} == {
        "vc.example.org": 1,
        "vc2.example.org": 1,
    }


def test_a_node_that_is_unplugged_in_the_middle_fails_alone(capsys: Capture) -> None:
    setup = open_run(RunOptions(command="apply", demo=True, scene="fleet"), DemoMode("fleet"), several=True)
    setup.session.save_answers(setup.answers)

    def unplug(event: Event) -> None:
        if isinstance(event, Applying) and event.target == "silver" and event.id == "packages:novavmware2":
            backend.store.state["faults"]["world.node@novavmware2"] = "CN29"

    backend = DemoBackend(setup.session.directory / "world.json", "fleet", setup.vault)
    options = RunOptions(command="apply", yes=True)
    own = type(setup)(setup.session, setup.answers, backend, setup.vault)
    fleet = fleet_of(options, own, chosen(own.answers, ()), one_at_a_time(unplug), Stop())
    finished = apply_all(fleet, approve_all)
    assert finished.exit and finished.message.startswith("2 of 3 targets done; silver: ")
    backend.store.state["faults"].clear()
    backend.store.save()
    code, events = run(capsys, "apply", *DEMO, "--yes")
    assert code == 0 and {target for target, _ in ids(events, "applied")} == {"silver"}
    assert not SHARED & {id for _, id in ids(events, "applied")}


@pytest.mark.parametrize("operation", ["node.install", "cloud.upload_image", "cloud.add_to_aggregate", "node.write"])
def test_a_killed_run_of_all_targets_is_resumed(operation: str, capsys: Capture) -> None:
    assert main(["check", *DEMO]) == 0
    path = open_session("demo-fleet").directory / "world.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "faults": {operation: "die"}}))
    killed = mhv("apply", *DEMO, "--yes", "--json")
    assert killed.returncode == 137
    main(["sessions"])
    assert "interrupted" in capsys.readouterr().out
    code, events = run(capsys, "apply", *DEMO, "--yes")
    assert code == 0 and events[-1]["message"] == "3 of 3 targets done"
    cloud = world()["cloud"]
    assert [image["name"] for image in cloud["images"].values()].count("ubuntu-vmware") == 1
    assert sorted(h for a in cloud["aggregates"].values() for h in a["hosts"]) == sorted(NODES.values())
    code, events = run(capsys, "undo", "demo-fleet", "--yes")
    assert code == 0 and not world()["cloud"]["aggregates"]
    _, events = run(capsys, "plan", *DEMO)
    assert len(dict.fromkeys(id for _, id in ids(events, "planned"))) == 25


def test_undo_of_one_target_leaves_the_others(capsys: Capture) -> None:
    run(capsys, "apply", *DEMO, "--yes")
    code, events = run(capsys, "undo", "demo-fleet", "--target", "silver", "--yes")
    assert code == 0 and {target for target, _ in ids(events, "undone")} == {"silver"}
    _, events = run(capsys, "plan", *DEMO)
    assert {target for target, _ in ids(events, "planned")} == {"silver"}
    main(["sessions"])
    assert "undone in part" in capsys.readouterr().out
    for target in ("novavmware1", "berlin"):
        code, events = run(capsys, "undo", "demo-fleet", "--target", target, "--yes")
        assert code == 0
    assert {id for _, id in ids(events, "undone")} >= SHARED, "the last target takes them along"
    assert not world()["cloud"]["aggregates"]
    _, events = run(capsys, "plan", *DEMO)
    assert len(dict.fromkeys(id for _, id in ids(events, "planned"))) == 25


def test_a_damaged_journal_of_the_session_stops_all_targets(capsys: Capture) -> None:
    run(capsys, "apply", *DEMO, "--yes", "--target", "silver")
    path = open_session("demo-fleet").directory / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    code, events = run(capsys, "apply", *DEMO, "--yes")
    assert code == 3 and ids(events, "applying") == []
    assert "the journal of session demo-fleet is damaged" in events[-1]["message"]


def test_the_findings_of_all_targets_as_junit(capsys: Capture) -> None:
    assert main(["check", *DEMO, "--format", "junit"]) == 0
    text = capsys.readouterr().out
    assert all(f'<testsuite name="{target}.cluster"' in text for target in NODES)


def test_the_plan_of_a_finished_node_needs_few_ssh_requests(capsys: Capture) -> None:
    """Each operation on a node is one exec request (adapters/node.py)."""
    run(capsys, "apply", *DEMO, "--yes", "--target", "silver")
    options = RunOptions(command="plan", demo=True, scene="fleet", steps=("node",), targets=("silver",))
    setup = open_run(options, DemoMode("fleet"), several=True)
    backend = DemoBackend(setup.session.directory / "world.json", "fleet", setup.vault)
    own = type(setup)(setup.session, setup.answers, backend, setup.vault)
    fleet = fleet_of(options, own, chosen(own.answers, options.targets), lambda event: None, Stop())
    assert [change for rows in fleet.check(plan) for result in rows for change in result.plan] == []
    requests = {name: number for name, number in backend.store.calls.items() if name.startswith("node.")}
    assert 1 <= sum(requests.values()) <= 5, requests


def test_what_many_targets_have_in_common_is_probed_once(tmp_path: Path) -> None:
    _, calls_of_one, _ = checked(1, 1, tmp_path / "one", latency=0.0)
    _, calls, logins = checked(20, 4, tmp_path / "many", latency=0.001)
    assert logins == 4
    assert calls < 20 * calls_of_one * 0.85


def grown_session(path: Path, capsys: Capture) -> tuple[str, ...]:
    """Applies the session `growing` with one target, then with a second one. Returns the arguments of `apply`."""
    document = answers_of("fleet")
    targets = document.pop("target")
    path.write_text(answerfile.dumps(document))
    arguments = (str(path), *DEMO, "--session", "growing", "--yes")
    assert run(capsys, "apply", *arguments)[0] == 0
    path.write_text(answerfile.dumps({**document, "target": targets[:1]}))
    code, events = run(capsys, "apply", *arguments)
    assert code == 0 and {target for target, _ in ids(events, "applied")} == {"silver"}
    return arguments


def test_the_first_target_is_undone_alone_also_if_its_changes_are_older_than_the_targets(
    tmp_path: Path, capsys: Capture
) -> None:
    arguments = grown_session(tmp_path / "growing.toml", capsys)
    code, events = run(capsys, "undo", "growing", "--target", "novavmware1", "--yes")
    undone = {id for _, id in ids(events, "undone")}
    assert code == 0 and len(undone) > 5 and not undone & SHARED, "silver still uses what both share"
    assert [row["hosts"] for row in world("growing")["cloud"]["aggregates"].values()] == [["novavmware2"]]
    _, events = run(capsys, "plan", *arguments[:-1])
    assert {target for target, _ in ids(events, "planned")} == {"novavmware1"}
    main(["undo", "growing", "--target", "novavmware1", "--yes"])
    assert "nothing to do: no change of novavmware1 is in place" in capsys.readouterr().out
    code, events = run(capsys, "undo", "growing", "--target", "silver", "--yes")
    assert code == 0 and {id for _, id in ids(events, "undone")} >= SHARED - {
        "portgroup:vc2.example.org:DVS5:vmware-net"
    }
    assert not world("growing")["cloud"]["aggregates"]
    assert run(capsys, "undo", "growing", "--yes")[1][-1]["message"] == "this session has no change to undo"


def test_a_target_that_was_added_later_is_undone_without_the_first_one(tmp_path: Path, capsys: Capture) -> None:
    arguments = grown_session(tmp_path / "growing.toml", capsys)
    code, events = run(capsys, "undo", "growing", "--target", "silver", "--yes")
    assert code == 0 and {target for target, _ in ids(events, "undone")} == {"silver"}
    _, events = run(capsys, "plan", *arguments[:-1])
    assert {target for target, _ in ids(events, "planned")} == {"silver"}


def test_the_targets_of_a_command_can_be_chosen(capsys: Capture) -> None:
    code, events = run(capsys, "plan", *DEMO, "--target", "berlin")
    assert code == 0 and {target for target, _ in ids(events, "planned")} == {"berlin"}
    assert main(["plan", *DEMO, "--target", "paris"]) == 2
    assert "there is no target paris" in capsys.readouterr().err
    assert main(["plan", "--demo", "--target", "berlin"]) == 2
    assert "--target needs an answer file with [[target]] tables" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "table", "code", "detail"),
    [
        (0, {"node": {"host": "novavmware1"}}, "FL01", "novavmware1 is the compute node of novavmware1 and silver"),
        (0, {"cluster": {"path": "DC0_C0"}, "datastore": {"names": ["nfs-gold"]}}, "FL03", "DC0_C0 is the cluster of"),
        (0, {"network": {"vlan_id": 300}}, "FL04", "the port group vmware-net has VLAN 200 in novavmware1 and 300 in"),
        (1, {"register": {"availability_zone": "vmware"}}, "FL05", "the zone vmware is that of novavmware1, silver"),
    ],
)
def test_what_targets_must_not_have_in_common(
    number: int, table: dict[str, dict[str, Any]], code: str, detail: str, tmp_path: Path, capsys: Capture
) -> None:
    document = answers_of("fleet")
    for step, keys in table.items():
        document["target"][number].setdefault(step, {}).update(keys)
    path = tmp_path / "fleet.toml"
    path.write_text(answerfile.dumps(document))
    _, events = run(capsys, "check", str(path), *DEMO)
    findings = [event for event in events if event["event"] == "found" and event["code"] == code]
    assert len(findings) >= 2 and findings[0]["detail"].startswith(detail), findings
    assert len({event["target"] for event in findings}) == len(findings)
