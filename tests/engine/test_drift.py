"""WZ06: an object that was deleted and created again keeps its name, and a check notices that it is another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from mhv_tui.cli import main
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.identities import drift, recorded_identities
from mhv_tui.engine.session import open_session

Capture = pytest.CaptureFixture[str]
VCENTER = "vc.example.org"


def run(capsys: Capture, *arguments: str) -> tuple[int, list[tuple[str, str, str]]]:
    """The exit code of a command, and (step, level, detail) of its findings WZ06."""
    capsys.readouterr()
    code = main([*arguments, "--demo", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = [event for event in events if event["event"] == "found" and event["code"] == "WZ06"]
    return code, [(row["step"], row["level"], row["detail"]) for row in rows]


def world_path(session: str = "demo") -> Path:
    return open_session(session, create=False).directory / "world.json"


def create_again(system: str, old: str, new: str) -> None:
    """Gives an object of the simulated vCenter or cloud another id, as if it was deleted and created again."""
    state: dict[str, Any] = json.loads(world_path().read_text())
    assert old in json.dumps(state[system])
    state[system] = json.loads(json.dumps(state[system]).replace(old, new))
    world_path().write_text(json.dumps(state))


@pytest.fixture
def applied(capsys: Capture) -> None:
    assert main(["apply", "--demo", "--yes", "--json"]) == 0
    code, findings = run(capsys, "check")
    assert code == 0 and [level for _, level, _ in findings] == ["ok"] * 5


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("step", "kind", "old", "new"),
    [
        (
            "vcenter",
            f"vCenter {VCENTER}",
            "7c9fd2c1-8a5e-4d4f-9a26-0f5a5c7d9e31",
            "7c9fd2c1-0000-0000-0000-000000000000",
        ),
        ("cluster", "cluster /DC0/host/DC0_C0", "domain-c7", "domain-c99"),
        ("datastore", "datastore nfs-gold", "datastore-31", "datastore-99"),
        ("network", "switch DVS0", "dvs-60", "dvs-99"),
        ("network", "port group vmware-net", "dvportgroup-101", "dvportgroup-999"),
    ],
)
def test_an_object_that_was_created_again_stops_check_and_apply(
    step: str, kind: str, old: str, new: str, capsys: Capture
) -> None:
    create_again("vcenters", old, new)
    changes = open_session("demo").journal.not_undone()
    detail = f"the {kind} has the id {new} now, but had {old} at the last apply"
    for command in (["check"], ["apply", "--yes"], ["check"]):
        code, findings = run(capsys, *command)
        assert code == 3 and (step, "failure", detail) in findings
    assert open_session("demo").journal.not_undone() == changes
    assert main(["check", "--demo", "--accept", "WZ06=known"]) == 3  # it is fatal: no reason makes it the same object


@pytest.mark.usefixtures("applied")
def test_an_image_may_be_replaced_and_the_next_apply_records_it(capsys: Capture) -> None:
    images = json.loads(world_path().read_text())["cloud"]["images"]
    old = next(key for key, image in images.items() if image["name"] == "ubuntu-vmware")
    create_again("cloud", old, "00000000-7e0b-4a6d-8d6d-2b832aed1327")
    code, findings = run(capsys, "check")
    assert code == 0 and [row[:2] for row in findings if row[1] != "ok"] == [("image", "warning")]
    assert run(capsys, "apply", "--yes")[0] == 0
    assert {level for _, level, _ in run(capsys, "check")[1]} == {"ok"}


def test_a_renewed_certificate_is_a_warning_unless_the_answers_pin_it(tmp_path: Path, capsys: Capture) -> None:
    document = answers_of("article")
    document["vcenter"]["trust"] = "insecure"
    (tmp_path / "demo.toml").write_text(tomli_w.dumps(document))
    file = str(tmp_path / "demo.toml")
    assert run(capsys, "apply", file, "--yes")[0] == 0
    rows = recorded_identities(open_session("demo").journal.records(), "")["vcenter"]
    old = next(row.id for row in rows if row.kind == "certificate")
    create_again("vcenters", old, "AA" + old[2:])
    code, findings = run(capsys, "check", file)
    assert code == 0 and [row[:2] for row in findings if row[1] != "ok"] == [("vcenter", "warning")]


@pytest.mark.usefixtures("applied")
def test_a_run_of_another_step_does_not_record_the_other_object(capsys: Capture) -> None:
    create_again("vcenters", "datastore-31", "datastore-99")
    assert run(capsys, "apply", "--yes", "--step", "cluster")[0] == 0
    assert run(capsys, "check")[0] == 3


def test_nothing_is_compared_before_the_first_apply_and_after_a_complete_undo(capsys: Capture) -> None:
    assert run(capsys, "check") == (0, [])
    assert run(capsys, "apply", "--yes")[0] == 0
    assert main(["undo", "demo", "--demo", "--yes"]) == 0
    create_again("vcenters", "domain-c7", "domain-c99")
    assert run(capsys, "check") == (0, [])


def test_the_newest_record_of_each_target_counts_and_a_wrong_row_does_not() -> None:
    def record(target: str, id: str) -> dict[str, Any]:
        row = {"kind": "cluster", "name": "/DC0/host/C0", "place": VCENTER, "id": id, "is_replaceable": False}
        return {"what": "identities", "target": target, "step": "cluster", "rows": [row]}

    damaged: list[list[Any]] = [[1], [{}], [{"kind": "cluster"}], [["x"]]]
    wrong = [{**record("a", "x"), "rows": rows} for rows in damaged]
    records = [record("a", "domain-c1"), record("b", "domain-c2"), record("a", "domain-c3"), *wrong]
    assert [row.id for row in recorded_identities(records, "a")["cluster"]] == ["domain-c3"]
    assert [row.id for row in recorded_identities(records, "b")["cluster"]] == ["domain-c2"]
    assert recorded_identities(records, "c") == {}


def test_an_object_without_a_record_is_not_compared() -> None:
    old = ObjectIdentity("cluster", "C0", VCENTER, "domain-c1")
    other = ObjectIdentity("cluster", "C1", VCENTER, "domain-c2")
    assert list(drift([other], [old])) == []
    assert [(f.level, f.detail) for f in drift([old, other], [old])] == [
        ("ok", "1 object with the id of the last apply")
    ]
