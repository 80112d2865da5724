"""Every command in a process of its own, with the simulated backend: exit codes, JSON lines, refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "MHV_"))}


def mhv(*arguments: str, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, without a terminal; `more` of its environment."""
    command = [sys.executable, "-m", "mhv_tui", *arguments]
    environment = {**ENVIRONMENT, "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"], **more}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, input=stdin or "")


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_apply_then_nothing_to_do_then_undo() -> None:
    assert mhv("check", "--demo").returncode == 0
    first = mhv("apply", "--demo", "--yes", "--json")
    assert first.returncode == 0, first.stdout[-2000:] + first.stderr
    first_events = events(first)
    applied_steps = {e["step"] for e in first_events if e["event"] == "applied"}
    assert applied_steps == {"network", "node", "register", "image", "prove"}
    assert (
        first_events[-1]["event"] == "finished"
        and first_events[-1]["outcome"] == "done"
        and first_events[-1]["exit"] == 0
    )
    assert all(e["session"] == "demo" and e["time"] for e in first_events)
    again = mhv("apply", "--demo", "--yes", "--json")
    kinds = [e["event"] for e in events(again)]
    assert again.returncode == 0 and "planned" not in kinds and "applying" not in kinds
    assert events(again)[-1]["outcome"] == "nothing-to-do"
    assert mhv("plan", "--demo", "--json").returncode == 0
    proven = mhv("apply", "--demo", "--prove", "--yes", "--json")
    assert [e["id"] for e in events(proven) if e["event"] == "applied"] == [
        "prove:prod:novavmware1:vmware",
        "prove:prod:novavmware1:first",
    ]
    undone = mhv("undo", "demo", "--yes", "--json")
    assert undone.returncode == 0 and events(undone)[-1]["outcome"] == "done"
    assert [e["event"] for e in events(mhv("plan", "--demo", "--json"))].count("planned") == 10


BROKEN = {
    "wrong-password": "VC07",
    "untrusted-certificate": "VC03",
    "esxi": "VC09",
    "drs-off": "CL05",
    "drs-partial": "CL06",
    "cluster-twice": "CL02",
    "local-datastore": "DS04",
    "regex-nothing": "DS01",
    "port-group-vlan": "NW17",
    "not-an-image": "IM08",
    "no-dvs": "NW02",
}


@pytest.mark.parametrize("scene", BROKEN)
def test_a_broken_scene_is_stopped_with_its_code_and_remedy(scene: str) -> None:
    done = mhv("apply", "--demo", "--scene", scene, "--yes", "--json")
    failures = [e for e in events(done) if e["event"] == "found" and e["level"] == "failure"]
    assert done.returncode == 3
    assert [f["code"] for f in failures] == [BROKEN[scene]] and failures[0]["remedy"]
    assert not [e for e in events(done) if e["event"] == "applying"]
    assert f"({BROKEN[scene]})" in events(done)[-1]["message"]


def test_a_fix_is_made_if_it_is_requested() -> None:
    done = mhv("apply", "--demo", "--scene", "drs-partial", "--fix", "CL06", "--yes", "--json")
    assert done.returncode == 0
    assert any(e["event"] == "applied" and e["id"].startswith("drs:") for e in events(done))


def test_a_failure_is_accepted_with_a_reason_only() -> None:
    refused = mhv("apply", "--demo", "--scene", "drs-partial", "--accept", "CL06", "--yes")
    assert refused.returncode == 2 and "gives no reason" in refused.stderr
    done = mhv("apply", "--demo", "--scene", "drs-partial", "--accept", "CL06=one host at a time", "--yes", "--json")
    assert done.returncode == 0
    assert next(e["accepted"] for e in events(done) if e.get("code") == "CL06") == "one host at a time"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["apply", "--demo"], 2, "needs a terminal"),
        (["apply"], 2, "no answer file and no session is named"),
        (["apply", "missing.toml", "--yes"], 2, "missing.toml: the file cannot be read"),
        (["check", "--demo", "--step", "clutser"], 2, "the steps are: cloud, vcenter"),
        (["check", "--demo", "--scene", "moon"], 2, "the scenes are: article"),
        (["undo", "nobody", "--yes"], 2, "there is no session nobody"),
        (["explain", "CL99"], 2, "CL99"),
        (["explain"], 2, "explain needs a code"),
        (["answers", "explain", "vcenter.trsut"], 2, "vcenter.trust"),
        (["export", "nobody", "--to", "report"], 2, "there is no session nobody"),
        (["explain", "CL06", "--log", "n-cpu.log"], 2, "not both"),
        (["answers", "explain", "vcenter"], 2, "vcenter.host, vcenter.port"),
        (["export", "nobody", "--to", "answers", "--format", "json"], 2, "answers are always TOML"),
        (["check", "prod.toml", "--scene", "drs-off"], 2, "--scene has no effect without --demo"),
        (["apply", "prod.toml", "--fresh", "--yes"], 2, "add --demo, or leave out --fresh"),
        (["record", "--output", "x"], 2, "name an answer file or a --session\n"),
        (["--answers", "prod.toml", "check"], 2, "check FILE"),
        ([], 2, "needs a terminal"),
    ],
)
def test_wrong_usage_gets_a_sentence(arguments: list[str], code: int, message: str) -> None:
    done = mhv(*arguments)
    assert done.returncode == code and message in done.stderr and "Traceback" not in done.stderr


def test_options_before_the_command_are_not_forgotten_behind_it() -> None:
    """--demo above all: without it the same line would be about the real world."""
    done = mhv("--demo", "--session", "mine", "check", "--json")
    assert done.returncode == 0 and {e["session"] for e in events(done)} == {"mine"}
    other = mhv("--demo", "--scene", "drs-off", "check", "--json")
    assert other.returncode == 3 and events(other)[-1]["session"] == "demo-drs-off"


def test_wrong_answers_leave_no_session_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("mhv_answers = 2\n")
    assert mhv("check", "missing.toml").returncode == mhv("check", str(tmp_path / "bad.toml")).returncode == 2
    assert mhv("check", "--demo", str(tmp_path / "bad.toml")).returncode == 2
    assert mhv("sessions").stdout.startswith("no session exists yet")


def test_a_simulated_undo_refuses_a_real_session(tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text("mhv_answers = 1\n")
    assert mhv("check", str(tmp_path / "part.toml")).returncode == 2
    undone = mhv("undo", "part", "--demo", "--yes")
    assert undone.returncode == 2 and "is real, not simulated" in undone.stderr


def test_a_missing_cloud_name_is_the_only_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("mhv_answers = 1\n")
    assert "cloud.name is not set" in mhv("apply", str(path), "--yes").stderr
    rows = [e for e in events(mhv("check", str(path), "--json")) if e.get("step") == "cloud"]
    assert [(e["code"], e["level"]) for e in rows] == [("WZ08", "skipped")] and "cloud.name" in rows[0]["detail"]


def test_the_readme_names_every_broken_scene_and_every_command() -> None:
    from mhv_tui.demo.scenes import SCENES

    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert [s.name for s in SCENES.values() if f"`{s.name}`" not in readme and f"--scene {s.name}`" not in readme] == []
    assert [c for c in ("check", "plan", "apply", "undo", "sessions", "answers", "explain", "export", "lab")
            if f"mhv-tui {c} " not in readme] == []  # fmt: skip


def test_a_secret_to_be_typed_needs_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "part.toml"
    path.write_text("mhv_answers = 1\n[vcenter]\npassword = { prompt = true }\n")
    errors = mhv("apply", str(path), "--yes").stderr
    assert "vcenter.password must be typed at each start, because it is never saved; run mhv-tui on" in errors


def test_all_missing_answers_are_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "part.toml"
    path.write_text('mhv_answers = 1\n[vcenter]\nhost = "vc"\npassword = { env = "NOT_SET" }\n')
    done = mhv("apply", str(path), "--yes")
    assert done.returncode == 2
    assert "cluster.path is not set" in done.stderr and "$NOT_SET, which is not set" in done.stderr


def test_the_commands_that_only_read() -> None:
    mhv("apply", "--demo", "--yes")
    assert "demo" in mhv("sessions").stdout
    row = json.loads(mhv("sessions", "--json").stdout)
    assert row["outcome"] == "done" and row["session"] == "demo" and row["time"] >= row["last"][:19]
    assert "DRS" in mhv("explain", "CL06").stdout
    template = mhv("answers", "template").stdout
    assert "[vcenter]" in template and "# trust" in template
    assert (
        json.loads(mhv("answers", "schema").stdout)["properties"]["cluster"]["properties"]["path"]["type"] == "string"
    )
    assert "required" in mhv("answers", "explain", "vcenter.host").stdout
    report = mhv("export", "demo", "--to", "report").stdout
    assert (
        "Done. vCenter serves this cloud" in report
        and "add distributed port group vmware-net to DVS0" in report
        and "portgroup:" not in report
        and "mhv-tui undo demo" in report
    )


def test_the_template_and_the_export_are_good_answer_files(tmp_path: Path) -> None:
    mhv("apply", "--demo", "--yes")
    for name, text in (
        ("t.toml", mhv("answers", "template").stdout),
        ("e.toml", mhv("export", "demo", "--to", "answers").stdout),
    ):
        (tmp_path / name).write_text(text)
        checked = mhv("answers", "check", str(tmp_path / name))
        assert checked.returncode == 0, checked.stderr
    again = mhv("apply", str(tmp_path / "e.toml"), "--demo", "--yes", "--json")
    assert events(again)[-1]["outcome"] == "nothing-to-do"


def test_a_log_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "nova-compute.log"
    log.write_text("2026-11-22 ERROR nova The specified cluster 'X' was not found in vCenter\n")
    assert "CL01" in mhv("explain", "--log", str(log)).stdout
    log.write_text("2026-11-22 INFO nova all is well\n")
    assert "no known error" in mhv("explain", "--log", str(log)).stdout


def test_no_line_is_lost_if_the_terminal_has_no_glyphs() -> None:
    whole = mhv("check", "--demo", "--fresh", PYTHONIOENCODING="utf-8").stdout
    ascii = mhv("check", "--demo", PYTHONIOENCODING="ascii").stdout
    assert "✓" in whole and ascii == whole.replace("✓", "v").replace("○", "o").encode("ascii").decode()
    assert mhv("check", "--demo", "--json").stdout.isascii()
    assert "no scene '\\u2713'" in mhv("check", "--demo", "--scene", "✓", PYTHONIOENCODING="ascii").stderr


def test_a_stdin_that_was_closed_is_no_terminal() -> None:
    closed = ["sh", "-c", 'exec "$0" -m mhv_tui "$@" <&-', sys.executable]
    environment = {**ENVIRONMENT, "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}
    for arguments, code, message in (
        (["check", "--demo"], 0, ""),
        (["apply", "--demo"], 2, "needs a terminal"),
        (["--demo"], 2, "the wizard needs a terminal"),
    ):
        done = subprocess.run([*closed, *arguments], capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == code and message in done.stderr, done.stderr


@pytest.mark.parametrize("text", ["{}", "[1]"])
def test_a_damaged_simulated_state_is_reported_and_replaced_by_fresh(text: str) -> None:
    assert mhv("check", "--demo", "--step", "cloud").returncode == 0
    (Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / "demo" / "world.json").write_text(text)
    for command in (["check", "--demo"], ["undo", "demo", "--yes"]):
        done = mhv(*command)
        assert done.returncode == 2 and "world.json is not the state of a simulated world" in done.stderr
    assert mhv("check", "--demo", "--step", "cloud", "--fresh").returncode == 0


def test_an_invalid_record_hides_no_session() -> None:
    assert mhv("apply", "--demo", "--step", "network", "--yes").returncode == 0
    journal = Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / "demo" / "journal.jsonl"
    journal.write_text('{"what":"intent","id":"x"}\n' + journal.read_text())
    listed = mhv("sessions")
    assert listed.returncode == 0 and re.search(r"journal damaged +1 ", listed.stdout)
    assert "journal.jsonl:1: the line is not a valid record" in listed.stderr
    report = mhv("export", "demo", "--to", "report", "--format", "json")
    damage = json.loads(report.stdout)["damage"]
    assert [": the line is not a valid record; " in sentence for sentence in damage] == [True]
    assert "\nDamaged places of the journal\n" in mhv("export", "demo", "--to", "report").stdout
    refused = mhv("apply", "--demo", "--yes", "--json")
    assert refused.returncode == 3
    assert [(e["event"], e.get("code")) for e in events(refused)] == [("failed", "WZ15"), ("finished", None)]
    undone = mhv("undo", "demo", "--yes")
    assert undone.returncode == 1 and "journal.jsonl:1: the line is not a valid record" in undone.stderr
    assert "WZ15" in undone.stdout and undone.stdout.splitlines()[-1].startswith(
        "failed: 1 undone; the journal is damaged"
    )


def test_a_failed_change_is_printed_as_a_finding_and_once() -> None:
    assert mhv("check", "--demo", "--fresh").returncode == 0
    path = Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / "demo" / "world.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "faults": {"cloud.add_to_aggregate": "RG04"}}))
    failed = mhv("apply", "--demo", "--yes")
    lines = failed.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line == "  ✗ failed put novavmware1 into availability zone vmware")
    code, _, sentence = lines[at + 1].strip().partition("  ")
    assert lines[at + 2].startswith("      remedy: ") and lines[at + 3] == "      see: mhv-tui explain RG04"
    assert code == "RG04" and failed.returncode == 1 and lines[-1].startswith("failed: 1 change failed; 7 made")
    assert sum(sentence in line for line in lines) == 1
    (event,) = [e for e in events(mhv("apply", "--demo", "--yes", "--json")) if e["event"] == "failed"]
    assert (event["code"], event["error"]) == ("RG04", sentence) and event["remedy"]
    assert f"RG04 {sentence}; " in mhv("export", "demo", "--to", "report").stdout
