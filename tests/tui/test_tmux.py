"""The wizard in a real terminal, by keys alone: the whole road, the road by hand, a kill and what comes after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.tui.terminals import PATIENCE, PROGRAM, ROOT, Tmux

pytestmark = pytest.mark.tmux


def mhv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of ours, in the same state."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def session(name: str = "demo") -> Path:
    """A session's directory."""
    return Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / name


def wants_nothing(tmp_path: Path, name: str = "demo") -> None:
    """The answers that a session exports leave nothing to do in its world."""
    answers = tmp_path / "answers.toml"
    assert mhv("export", name, "--to", "answers", "--output", str(answers)).returncode == 0
    again = mhv("apply", str(answers), "--demo", "--session", name, "--yes", "--json")
    events = [json.loads(line) for line in again.stdout.splitlines() if line.startswith("{")]
    assert again.returncode == 0 and events[-1]["outcome"] == "nothing-to-do"
    assert [e for e in events if e["event"] in ("planned", "applying")] == []


def finish(desk: Tmux) -> None:
    """From any page: the plan, yes, and the end."""
    desk.keys("C-g")
    desk.sees("changes to make; Ctrl.G")
    desk.keys("C-g")
    desk.sees("Make these")
    desk.keys("y")
    desk.sees("done: all changes are made and verified, and the smoke tests passed", patience=60)
    desk.keys("Enter")
    desk.sees("10/10 Finish(.|\n)*nothing is missing")


def test_keys_alone_walk_the_road_to_its_end(desk: Tmux, tmp_path: Path) -> None:
    desk.start("--demo", "--fresh")
    desk.sees("1/10 OpenStack cloud(.|\n)*checks: 5 ok")
    for number in range(2, 11):
        desk.keys("C-n")
        desk.sees(rf"{number}/10 ")
    finish(desk)
    desk.keys("C-q")
    assert desk.exit_code() == 0
    wants_nothing(tmp_path)


def give(desk: Tmux, key: str, text: str) -> None:
    """Types an answer into the focused field, which is `key`."""
    desk.keys("C-u")
    desk.type(text)
    desk.sees(rf"{key}\*? +{text[:20]}")


def pick(desk: Tmux, wanted: str) -> None:
    """Chooses for the focused field the row that begins so."""
    desk.keys("Down")
    desk.sees("type to filter")
    desk.type(wanted)
    desk.keys("Enter")
    desk.sees(r"─ checks: (?!running)")


def test_the_road_by_hand_every_answer_typed_or_picked(desk: Tmux, tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("mhv_answers = 1\n")
    assert mhv("check", "--demo", "--step", "cloud").returncode == 0  # makes the world
    world = session() / "world.json"
    state = json.loads(world.read_text())
    state["machines"]["novavmware1"]["known"] = False
    world.write_text(json.dumps(state))

    desk.start("--demo", "--answers", str(empty))
    desk.sees("1/10 ")
    give(desk, "name", "prod")
    desk.sees("checks: 5 ok")
    desk.keys("C-n")

    desk.sees("2/10 (.|\n)*Not answered yet")
    give(desk, "host", "vc.example.org")
    desk.keys("Enter")
    give(desk, "username", "openstack@vsphere.local")
    desk.keys("Enter")
    desk.type("VMware1!")
    desk.sees("•••••••")
    desk.keys("Enter")
    shown = desk.sees("VC03(.|\n)*SHA-256 50:C7")
    assert "✗ failure" in shown and "VMware1!" not in shown
    pick(desk, "pin")
    desk.sees("checks: 7 ok")
    desk.keys("C-n")

    desk.sees("3/10 ")
    pick(desk, "DC0_C0")
    desk.sees("checks: 13 ok")
    desk.keys("C-n")

    desk.sees("4/10 (.|\n)*checks: (?!running)")
    pick(desk, "nfs-gold")
    desk.sees(r"names +nfs-gold(.|\n)*checks: 1 skipped, 10 ok")
    desk.keys("C-n")

    desk.sees("5/10 (.|\n)*checks: (?!running)")
    give(desk, "port_group", "vmware-net")
    desk.keys("Enter")
    pick(desk, "distributed")
    desk.keys("Enter")
    pick(desk, "DVS0")
    desk.keys("Enter", "Enter")
    give(desk, "vlan_id", "200")
    desk.sees("vmware-net is not on DVS0")
    desk.keys("C-n")

    desk.sees("6/10 ")
    give(desk, "host", "novavmware1")
    desk.sees("CN01(.|\n)*SHA256:2nq4cF5yoQmV0H8jC7b3sW1dZkRtXuYpLeGa9iNvM6E")
    desk.sees("host_key +press Down")
    desk.keys("Enter", "Enter")
    give(desk, "username", "ubuntu")
    desk.keys("Enter", "Enter")
    pick(desk, "SHA256")
    desk.keys("Enter")
    give(desk, "copy_settings_from", "compute1")
    desk.sees("checks: 6 missing")
    desk.keys("C-n")

    desk.sees("7/10 ")
    give(desk, "controller", "controller1")
    desk.sees("checks: 3 missing")
    desk.keys("C-n")

    desk.sees("8/10 ")
    give(desk, "source", "ubuntu.qcow2")
    desk.keys("Enter")
    give(desk, "name", "ubuntu-vmware")
    desk.sees("IM18")
    desk.keys("C-n")

    desk.sees("9/10 (.|\n)*checks: (?!running)")
    pick(desk, "m1.small")
    desk.keys("Enter")
    pick(desk, "vmware-net")
    desk.sees("RG07")
    finish(desk)
    desk.keys("C-q")
    assert desk.exit_code() == 0
    wants_nothing(tmp_path)


def test_killed_while_packages_install_it_offers_to_resume_and_ends_as_undisturbed(desk: Tmux, tmp_path: Path) -> None:
    desk.start("--demo", "--fresh", pace=1.0)
    desk.sees("checks: 5 ok")
    desk.keys("C-g")
    desk.sees("changes to make; Ctrl.G")
    desk.keys("C-g")
    desk.sees("Make these")
    desk.keys("y")
    desk.sees(r"2 of 10(.|\n)*Setting up", patience=60)
    os.kill(desk.pid(), signal.SIGKILL)
    assert desk.exit_code() == 137
    desk.close()

    desk.start("--demo")
    desk.sees(r"resume +demo +interrupted at node, \d changes? made")
    desk.keys("Enter")
    desk.sees(r"6/10 Compute node(.|\n)*checks: (?!running)")
    finish(desk)
    desk.keys("C-q")
    assert desk.exit_code() == 0
    wants_nothing(tmp_path)
    undone = mhv("undo", "demo", "--yes")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    left = json.loads((session() / "world.json").read_text())["machines"]["novavmware1"]["packages"]
    assert sorted(left) == ["ca-certificates", "chrony", "openssh-server", "python3"]


def test_start_anew_forgets_what_an_interrupted_run_left(desk: Tmux) -> None:
    desk.start("--demo", "--fresh", pace=1.0)
    desk.sees("checks: 5 ok")
    desk.keys("C-g")
    desk.sees("changes to make; Ctrl.G")
    desk.keys("C-g", "y")
    desk.sees(r"2 of 10", patience=60)
    os.kill(desk.pid(), signal.SIGKILL)
    desk.exit_code()
    desk.close()

    desk.start("--demo")
    desk.sees("resume +demo")
    desk.keys("Down", "Enter")
    desk.sees("1/10 (.|\n)*checks: 5 ok")
    assert not (session() / "journal.jsonl").exists()


def test_quitting_asks_while_a_change_is_made(desk: Tmux) -> None:
    desk.start("--demo", "--fresh", pace=1.0)
    desk.sees("checks: 5 ok", patience=60)
    desk.keys("C-g")
    desk.sees("changes to make; Ctrl.G", patience=60)
    desk.keys("C-g", "y")
    desk.sees("2 of 10", patience=60)
    desk.keys("C-c")
    desk.sees("Stop after it and quit")
    desk.keys("n")
    desk.sees(r"\A(?!(?s:.)*Stop after it)")
    desk.keys("C-q")
    desk.sees("Stop after it and quit")
    desk.keys("y")
    assert desk.exit_code() == 130
    ended = mhv("sessions").stdout
    assert "cancelled at" in ended or "interrupted at" in ended


def test_resizes_are_survived_and_too_small_is_told(desk: Tmux) -> None:
    desk.start("--demo", "--fresh", columns=60, rows=20)
    shown = desk.sees("1/10 (.|\n)*checks: 5 ok")
    assert "^Q quit" in shown and all(len(line) <= 60 for line in shown.splitlines())
    desk.resize(50, 12)
    desk.sees("mhv-tui needs 60x18")
    for columns in range(20, 200, 9):
        desk.resize(columns, 10 + columns // 6)
    desk.resize(100, 30)
    desk.sees(r"✓ cloud +ok(.|\n)*checks: 5 ok")
    desk.keys("C-q")
    assert desk.exit_code() == 0


def test_the_session_ends_and_the_wizard_with_it(desk: Tmux) -> None:
    desk.start("--demo", "--fresh")
    desk.sees("checks: 5 ok")
    pid = desk.pid()
    desk.keys("C-u")
    desk.type("prod-2")
    desk.sees("prod-2")
    desk.hang_up()
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    assert 'name = "prod-2"' in (session() / "answers.toml").read_text()
