"""`mhv-tui bundle`: its world gives the same findings, it has no secret and no name, and it asks before it writes."""

from __future__ import annotations

import base64
import json
import re
import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.cli.simulation import session_name_of
from mhv_tui.demo.recorded_files import end_of_file
from mhv_tui.demo.recorder import Call
from mhv_tui.demo.scenes import SCENES, state_of
from mhv_tui.engine.session import open_session

Capture = pytest.CaptureFixture[str]

NAMES = ("example", "DC0_C0", "nfs-gold", "vmware-net", "novavmware1", "esx1", "vmfs-silver")
"""Names of the default scene."""


def findings(capsys: Capture, *arguments: str) -> list[tuple[str, str, str]]:
    """(step, code, level) of every finding of a check."""
    capsys.readouterr()
    cli.main(["check", "--json", *arguments])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return sorted((row["step"], row["code"], row["level"]) for row in rows if row["event"] == "found")


def bundled(path: Path, source: str = "demo", *options: str) -> dict[str, Any]:
    """The bundle of a session, as a parsed document."""
    assert cli.main(["bundle", source, "--output", str(path), "--yes", *options]) == 0
    return tomllib.loads(path.read_text())


@pytest.mark.parametrize("scene", SCENES)
def test_a_check_in_the_world_of_the_bundle_has_the_same_findings(scene: str, tmp_path: Path, capsys: Capture) -> None:
    expected = findings(capsys, "--demo", "--scene", scene)
    bundled(tmp_path / "bundle.toml", session_name_of(scene))
    assert len(expected) > 10
    assert findings(capsys, "--demo", "--scene", str(tmp_path / "bundle.toml")) == expected


@pytest.mark.parametrize(
    "fault",
    [
        ("vcenter.inventory", "VC19 the connection ended"),
        ("world.cloud", "OS01 nothing answers"),
        ("cloud.images", "OS10 the service answered 500"),
        ("node.survey", "CN31 the survey has no end"),
        ("world.certificate", "VC02 no answer in 10 s"),
    ],
)
def test_an_error_of_a_system_is_a_part_of_its_world(fault: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
    findings(capsys, "--demo")
    path = open_session("demo").directory / "world.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "faults": dict([fault])}))
    expected = findings(capsys, "--demo")
    assert fault[1].split()[0] in {code for _, code, level in expected if level != "ok"}
    bundled(tmp_path / "bundle.toml")
    assert findings(capsys, "--demo", "--scene", str(tmp_path / "bundle.toml")) == expected


def test_a_bundle_of_an_applied_session_has_its_changes_but_no_name_and_no_secret(tmp_path: Path) -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    document = bundled(tmp_path / "bundle.toml")
    text = (tmp_path / "bundle.toml").read_text()
    assert [name for name in NAMES if name in text] == []
    secrets = ["VMware1!", "r4bb1t-demo", "pl4cement-demo", "n0va-demo"]
    assert all(secret in json.dumps(state_of("article")) for secret in secrets)
    assert [secret for secret in secrets if secret in text] == []
    assert len(document["bundle"]["changes"]) >= 9
    assert any("+compute_driver" in change["preview"] for change in document["bundle"]["changes"])
    records = [json.loads(line) for line in document["bundle"]["journal"].splitlines()]
    assert {"started", "intent", "receipt", "finished"} <= {record["what"] for record in records}
    assert document["bundle"]["versions"]["pyvmomi"].count(".") >= 2


def test_the_plan_of_the_world_is_empty_after_an_apply(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    bundled(tmp_path / "bundle.toml")
    capsys.readouterr()
    assert cli.main(["plan", "--demo", "--scene", str(tmp_path / "bundle.toml"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["id"] for event in events if event["event"] == "planned"] == []


def test_apply_and_undo_work_in_the_world_of_a_bundle(tmp_path: Path, capsys: Capture) -> None:
    findings(capsys, "--demo")
    bundled(tmp_path / "bundle.toml")
    scene = ("--demo", "--scene", str(tmp_path / "bundle.toml"))
    assert cli.main(["apply", *scene, "--yes"]) == 0
    assert cli.main(["undo", "demo-bundle", "--demo", "--yes"]) == 0


def test_secrets_of_a_file_that_is_not_utf8_are_masked(tmp_path: Path, capsys: Capture) -> None:
    findings(capsys, "--demo")
    path = open_session("demo").directory / "world.json"
    world = json.loads(path.read_text())
    conf = world["machines"]["compute1"]["files"]["/etc/nova/nova.conf"]
    encoded = base64.b64encode(b"# caf\xe9\n" + conf["content"].encode() + b"[x]\nadmin_password = S3cr3t-latin-1\n")
    conf["base64"] = encoded.decode()
    path.write_text(json.dumps(world))
    bundled(tmp_path / "bundle.toml")
    text = (tmp_path / "bundle.toml").read_text()
    readable = text + "".join(str(base64.b64decode(word)) for word in re.findall(r'base64 = "([^"]+)"', text))
    assert "admin_password = " in readable and "S3cr3t-latin-1" not in readable and "n0va-demo" not in readable


def test_a_local_file_is_recorded_without_its_text(tmp_path: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
    expected = {b"root:$6$secret": "xxxx:$x$xxxxxx", f"# {NAMES[0]}\n{certificate}".encode(): certificate}
    for content, shape in expected.items():
        world: dict[str, Any] = {"local": {"temporary": {}}}
        end_of_file(world, Call("local", None, "head", (tmp_path,), datetime.now(UTC), content))
        assert world["local"]["temporary"][str(tmp_path)]["head_text"] == shape


def test_without_a_check_no_text_that_can_contain_a_name_is_included(tmp_path: Path) -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    document = bundled(tmp_path / "bundle.toml", "demo", "--no-check")
    assert "world" not in document and {"code", "level", "step", "title"} == set(document["bundle"]["findings"][0])
    text = (tmp_path / "bundle.toml").read_text()
    assert [name for name in NAMES if name in text] == []


def test_the_file_is_private_and_the_session_unchanged(tmp_path: Path, capsys: Capture) -> None:
    findings(capsys, "--demo")
    directory = open_session("demo").directory
    kept = ("answers.toml", "findings.json", "journal.jsonl")
    before = {name: (directory / name).read_bytes() for name in kept if (directory / name).exists()}
    bundled(tmp_path / "bundle.toml")
    assert stat.S_IMODE((tmp_path / "bundle.toml").stat().st_mode) == 0o600
    assert {name: (directory / name).read_bytes() for name in kept if (directory / name).exists()} == before


def test_yes_replaces_a_file_only_with_force(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "bundle.toml"
    path.write_text("mine\n")
    assert cli.main(["check", "--demo"]) == 0
    command = ["bundle", "demo", "--no-check", "--yes", "--output", str(path)]
    assert cli.main(command) == 2
    assert "exists already" in capsys.readouterr().err and path.read_text() == "mine\n"
    assert cli.main([*command, "--force"]) == 0
    assert path.read_text().startswith("title =")


def test_without_a_terminal_a_file_needs_yes(tmp_path: Path, capsys: Capture) -> None:
    findings(capsys, "--demo")
    assert cli.main(["bundle", "demo", "--output", str(tmp_path / "bundle.toml")]) == 2
    captured = capsys.readouterr()
    assert "add --yes" in captured.err and captured.out.startswith("title =")
    assert not (tmp_path / "bundle.toml").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not a scene: missing or of a wrong type: answers, world, secrets"),
        ("answers = 1", "is not a scene"),
        ("= = =", "is not TOML"),
        ("[answers]\n[world]\n[secrets]\n", "world.clock"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_scene_is_refused_with_a_sentence(
    text: str, problem: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "scene.toml").write_text(text)
    assert cli.main(["check", "--demo", "--scene", str(tmp_path / "scene.toml")]) == 2
    assert problem in capsys.readouterr().err


def test_a_missing_scene_file_is_named(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--scene", "./nowhere.toml"]) == 2
    assert "nowhere.toml: cannot be read: No such file or directory" in capsys.readouterr().err


def test_a_bundle_of_one_of_several_targets(tmp_path: Path, capsys: Capture) -> None:
    fleet = ("--demo", "--scene", "fleet")
    assert cli.main(["apply", *fleet, "--yes"]) == 0
    capsys.readouterr()
    assert cli.main(["bundle", "demo-fleet", "--output", str(tmp_path / "none.toml"), "--yes"]) == 2
    error = capsys.readouterr().err
    assert "a bundle is about one target" in error and "add --target NAME" in error and "silver" in error
    assert cli.main(["bundle", "demo-fleet", "--target", "paris"]) == 2
    document = bundled(tmp_path / "bundle.toml", "demo-fleet", "--target", "silver")
    records = [json.loads(line) for line in document["bundle"]["journal"].splitlines()]
    assert {record.get("target", "") for record in records} == {""}
    ids = [change["id"] for change in document["bundle"]["changes"]]
    assert any(id.startswith("packages:") for id in ids) and any(id.startswith("image:") for id in ids)
    expected = findings(capsys, "--demo", "--session", "demo-fleet", "--target", "silver")
    shown = findings(capsys, "--demo", "--scene", str(tmp_path / "bundle.toml"))
    known = ("WZ06", "NW02", "NW03", "PR01")  # the ids and the test servers that only the session knows
    assert [row for row in shown if row[1] not in known] == [row for row in expected if row[1] not in known]


def test_a_session_with_one_target_takes_no_target(capsys: Capture) -> None:
    findings(capsys, "--demo")
    assert cli.main(["bundle", "demo", "--target", "silver"]) == 2
    assert "--target needs answers with [[target]] tables" in capsys.readouterr().err
