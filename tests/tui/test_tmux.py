"""The wizard in tmux, by keys only: all steps, with answers given or typed; a kill and the resumed session."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from mhv_tui.steps import FLOW
from tests.tui.terminals import PATIENCE, PROGRAM, ROOT, Tmux, page_at

pytestmark = pytest.mark.tmux


def mhv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of mhv-tui with the same state directory."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def session_directory(name: str = "demo") -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / name


def has_nothing_to_do(tmp_path: Path, name: str = "demo") -> None:
    """Asserts that apply with the answers exported from a session has nothing to do."""
    answers = tmp_path / "answers.toml"
    assert mhv("export", name, "--to", "answers", "--output", str(answers)).returncode == 0
    again = mhv("apply", str(answers), "--demo", "--session", name, "--yes", "--json")
    events = [json.loads(line) for line in again.stdout.splitlines() if line.startswith("{")]
    assert again.returncode == 0 and events[-1]["outcome"] == "nothing-to-do"
    assert [e for e in events if e["event"] in ("planned", "applying")] == []


def finish(wizard: Tmux) -> None:
    """Opens the plan from any page, confirms it, and waits for the last page."""
    wizard.keys("C-g")
    wizard.wait_for("[0-9]+ changes?: [0-9]")
    wizard.keys("C-g")
    wizard.wait_for("Make these")
    wizard.keys("y")
    wizard.wait_for("done: all changes are made and verified, and the test servers booted", patience=60)
    wizard.keys("Enter")
    wizard.wait_for(page_at("finish") + r"(.|\n)*✓ Done\.")


def test_all_steps_are_completed_with_keys(wizard: Tmux, tmp_path: Path) -> None:
    wizard.start("--demo", "--fresh")
    wizard.wait_for(page_at("cloud") + "(.|\n)*5 passed")
    for step in FLOW[1:]:
        wizard.keys("C-n")
        wizard.wait_for(page_at(step.id))
    finish(wizard)
    wizard.keys("C-q")
    assert wizard.exit_code() == 0
    has_nothing_to_do(tmp_path)


def give(wizard: Tmux, key: str, text: str) -> None:
    """Types an answer into the focused field, whose key is `key`."""
    wizard.keys("C-u")
    wizard.type(text)
    wizard.wait_for(rf"{key}\*? +{text[:20]}")


def pick(wizard: Tmux, label: str) -> None:
    """Selects the first choice of the focused field that contains the label."""
    wizard.keys("C-o")
    wizard.wait_for("type to filter")
    wizard.type(label)
    wizard.keys("Enter", "F10")  # F10 closes the list of a field with several answers
    wizard.wait_for(r"── \d")


def test_all_answers_are_typed_or_picked(wizard: Tmux, tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("mhv_answers = 1\n")
    assert mhv("check", "--demo", "--step", "cloud").returncode == 0  # creates world.json
    world = session_directory() / "world.json"
    state = json.loads(world.read_text())
    state["machines"]["novavmware1"]["known"] = False
    world.write_text(json.dumps(state))

    wizard.start("--demo", "--answers", str(empty))
    wizard.wait_for(page_at("cloud"))
    give(wizard, "name", "prod")
    wizard.keys("Enter")
    wizard.wait_for("5 passed")
    wizard.keys("C-n")

    wizard.wait_for(page_at("vcenter") + "(.|\n)*Not answered yet")
    give(wizard, "host", "vc.example.org")
    wizard.keys("Enter")
    give(wizard, "username", "openstack@vsphere.local")
    wizard.keys("Enter")
    wizard.type("VMware1!")
    wizard.wait_for("•••••••")
    wizard.keys("Enter")
    shown = wizard.wait_for('50:C7:A7(.|\n)*choose "pin"')
    assert "── 1 problem" in shown and "VMware1!" not in shown
    pick(wizard, "pin")
    wizard.wait_for("7 passed")
    wizard.keys("C-n")

    wizard.wait_for(page_at("cluster"))
    pick(wizard, "DC0_C0")
    wizard.wait_for("13 passed")
    wizard.keys("C-n")

    wizard.wait_for(page_at("datastore") + r"(.|\n)*── (\d|not)")
    pick(wizard, "nfs-gold")
    wizard.wait_for(r"names +nfs-gold(.|\n)*10 passed")
    wizard.keys("C-n")

    wizard.wait_for(page_at("network") + r"(.|\n)*── (\d|not)")
    give(wizard, "port_group", "vmware-net")
    wizard.keys("Enter")
    pick(wizard, "distributed")
    wizard.keys("Enter")
    pick(wizard, "DVS0")
    wizard.keys("Enter")
    give(wizard, "vlan_id", "200")
    wizard.wait_for("1 change planned")
    wizard.keys("C-n")

    wizard.wait_for(page_at("node"))
    give(wizard, "host", "novavmware1")
    wizard.keys("Enter")
    wizard.wait_for("CN01(.|\n)*SHA256:2nq4cF5yoQmV0H8jC7b3sW1dZkRtXuYpLeGa9iNvM6E")
    wizard.wait_for("host_key +press Enter")
    wizard.keys("Enter")
    give(wizard, "username", "ubuntu")
    wizard.keys("Enter", "Enter")
    pick(wizard, "SHA256")
    wizard.keys("Enter")
    give(wizard, "copy_settings_from", "compute1")
    wizard.keys("Enter")
    wizard.wait_for("5 changes planned")
    wizard.keys("C-n")

    wizard.wait_for(page_at("register"))
    give(wizard, "controller", "controller1")
    wizard.keys("Enter")
    wizard.wait_for("3 changes planned")
    wizard.keys("C-n")

    wizard.wait_for(page_at("image"))
    give(wizard, "source", "ubuntu.qcow2")
    wizard.keys("Enter")
    give(wizard, "name", "ubuntu-vmware")
    wizard.wait_for("1 change planned")
    wizard.keys("C-n")

    wizard.wait_for(page_at("prove") + r"(.|\n)*── (\d|not)")
    pick(wizard, "m1.small")
    wizard.keys("Enter")
    pick(wizard, "vmware-net")
    wizard.wait_for("m1.small(.|\n)*1 warning · 1 passed")
    finish(wizard)
    wizard.keys("C-q")
    assert wizard.exit_code() == 0
    has_nothing_to_do(tmp_path)


def test_a_run_killed_during_apt_is_resumed_to_the_same_end(wizard: Tmux, tmp_path: Path) -> None:
    wizard.start("--demo", "--fresh", pace=1.0)
    wizard.wait_for("5 passed")
    wizard.keys("C-g")
    wizard.wait_for("[0-9]+ changes?: [0-9]")
    wizard.keys("C-g")
    wizard.wait_for("Make these")
    wizard.keys("y")
    wizard.wait_for(r"1 of 10 changes(.|\n)*Setting up", patience=60)
    os.kill(wizard.pid(), signal.SIGKILL)
    assert wizard.exit_code() == 137
    wizard.close()

    wizard.start("--demo")
    wizard.wait_for(r"> ?! demo +interrupted at page node +\d of 10 ")
    wizard.keys("Enter")
    wizard.wait_for(r"Interrupted at page node on [-0-9]+: \d of 10 changes made, 1 incomplete;\s+the plan shows")
    wizard.keys("Escape")
    wizard.wait_for(page_at("node") + r"(.|\n)*── (\d|not)")
    finish(wizard)
    wizard.keys("C-q")
    assert wizard.exit_code() == 0
    has_nothing_to_do(tmp_path)
    undone = mhv("undo", "demo", "--yes")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    packages = json.loads((session_directory() / "world.json").read_text())["machines"]["novavmware1"]["packages"]
    assert sorted(packages) == ["ca-certificates", "chrony", "openssh-server", "python3"]


def test_a_new_session_keeps_the_journal_of_the_interrupted_run(wizard: Tmux) -> None:
    wizard.start("--demo", "--fresh", pace=1.0)
    wizard.wait_for("5 passed")
    wizard.keys("C-g")
    wizard.wait_for("[0-9]+ changes?: [0-9]")
    wizard.keys("C-g", "y")
    wizard.wait_for("1 of 10 changes", patience=60)
    os.kill(wizard.pid(), signal.SIGKILL)
    wizard.exit_code()
    wizard.close()

    wizard.start("--demo")
    wizard.wait_for("! demo +interrupted at page node")
    wizard.keys("n")
    wizard.wait_for("Name of the new session")
    wizard.keys("Enter")
    wizard.wait_for(page_at("cloud") + "(.|\n)*5 passed")
    wizard.keys("C-q")
    wizard.wait_for("session demo-2 is kept: nothing was changed.\n  Resume: mhv-tui --demo --session demo-2")
    assert (session_directory() / "journal.jsonl").exists()


def test_quit_asks_during_a_change(wizard: Tmux) -> None:
    wizard.start("--demo", "--fresh", pace=1.0)
    wizard.wait_for("5 passed", patience=60)
    wizard.keys("C-g")
    wizard.wait_for("[0-9]+ changes?: [0-9]", patience=60)
    wizard.keys("C-g", "y")
    wizard.wait_for("1 of 10 changes", patience=60)
    wizard.keys("C-c")
    wizard.wait_for("Stop after this change and quit")
    wizard.keys("n")
    wizard.wait_for(r"\A(?!(?s:.)*Stop after this change)")
    wizard.keys("C-q")
    wizard.wait_for("Stop after this change and quit")
    wizard.keys("y")
    assert wizard.exit_code() == 130
    ended = mhv("sessions").stdout
    assert "stopped by you at" in ended or "interrupted at" in ended


def test_the_wizard_adapts_to_resizes_and_reports_a_terminal_that_is_too_small(wizard: Tmux) -> None:
    wizard.start("--demo", "--fresh", columns=60, rows=20)
    shown = wizard.wait_for(page_at("cloud") + "(.|\n)*5 passed")
    assert "^Q quit" in shown and all(len(line) <= 60 for line in shown.splitlines())
    wizard.resize(50, 12)
    wizard.wait_for("mhv-tui needs 60 columns")
    for columns in range(20, 200, 9):
        wizard.resize(columns, 10 + columns // 6)
    wizard.resize(100, 30)
    wizard.wait_for(r"1 cloud +✓(.|\n)*5 passed")
    wizard.keys("C-q")
    assert wizard.exit_code() == 0


def test_the_wizard_ends_with_its_tmux_session(wizard: Tmux) -> None:
    wizard.start("--demo", "--fresh")
    wizard.wait_for("5 passed")
    pid = wizard.pid()
    wizard.keys("Up", "Up")
    wizard.wait_for(">name")
    wizard.keys("C-u")
    wizard.type("prod-2")
    wizard.wait_for("prod-2")
    wizard.hang_up()
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    assert 'name = "prod-2"' in (session_directory() / "answers.toml").read_text()


def test_a_terminal_type_that_promises_more_than_tmux_does_shows_the_same(wizard: Tmux) -> None:
    """tmux users often set TERM=xterm-256color, which has capabilities that tmux lacks."""
    screens = []
    for term in ("screen-256color", "xterm-256color"):
        wizard.start("--demo", "--fresh", term=term)
        wizard.wait_for("5 passed")
        wizard.keys("C-g")
        wizard.wait_for("[0-9]+ changes?: [0-9]")
        wizard.keys("Escape")
        shown = wizard.wait_for("5 passed")
        screens.append([line for line in shown.splitlines() if "5 passed" not in line])  # that line has the time
        wizard.keys("C-q")
        assert wizard.exit_code() == 0
        wizard.close()
    assert screens[0] == screens[1]
    assert any(line.endswith("─" * 20) for line in screens[0])
