"""The wizard and its terminal: idle output, signals, a closed terminal, line prompts, and the start."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pexpect
import pytest

from mhv_tui.steps import FLOW
from tests.tui.terminals import PROGRAM, ROOT, terminal

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
"""Sequences that restore the normal screen and the cursor."""


def session_directory() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / "demo"


def answers() -> str:
    return (session_directory() / "answers.toml").read_text()


def test_an_idle_page_sends_nothing() -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("5 passed")
        term.wait_until_idle()
        assert term.read(3.0) == b""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_wizard_which_saves_and_restores_the_terminal(number: int, code: int) -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("5 passed")
        term.go_to_form()
        term.press(b"\x15prod-2")
        term.wait_for("prod-2")
        term.signal(number)
        assert term.exit_code(10) == code
        assert all(sequence in term.raw for sequence in RESTORED)
        assert 'name = "prod-2"' in answers()


def test_esc_and_a_character_that_arrive_together_are_two_keys() -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("5 passed")
        for typed, page in ((b"\x1b6", "6 of 10"), (b"\x1bg", "page with this number")):
            term.press(b"\x1bOP")
            term.wait_for("scroll  Esc back")
            term.press(typed)
            term.wait_for(page)


def with_sighup() -> None:
    """The kernel sends SIGHUP, as after an ssh client is killed."""


def sighup_ignored() -> None:
    """SIGHUP is ignored, as job runners do."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def no_controlling_terminal() -> None:
    """The terminal does not control the process, so the kernel sends no SIGHUP."""
    sighup_ignored()
    fcntl.ioctl(0, termios.TIOCNOTTY)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize("in_child", [with_sighup, sighup_ignored, no_controlling_terminal])
def test_a_closed_terminal_ends_the_wizard_without_a_busy_loop(in_child: Callable[[], None]) -> None:
    with terminal("--demo", "--fresh", in_child=in_child) as term:
        term.wait_for("5 passed")
        term.go_to_form()
        term.press(b"\x15prod-2")
        term.wait_for("prod-2")
        cpu_seconds = term.cpu_seconds()
        term.hang_up()
        assert term.exit_code(10) == 129
        assert term.total_cpu_seconds - cpu_seconds < 2.0
        assert 'name = "prod-2"' in answers()


def test_a_signal_ends_the_run_after_the_current_change() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="0.3") as term:
        term.wait_for("5 passed")
        term.press(b"\x07")
        term.wait_for("[0-9]+ changes?: [0-9]")
        term.press(b"\x07")
        term.wait_for("Make these")
        term.press(b"y")
        term.wait_for(r"[1-9] of 10 changes")
        term.signal(signal.SIGTERM)
        assert term.exit_code(30) == 143
    journal = (session_directory() / "journal.jsonl").read_text()
    assert '"what": "receipt", "target": "", "step": "node", "id": "packages:novavmware1"' in journal
    assert '"finished", "outcome": "cancelled"' in journal


def test_ctrl_c_in_a_field_quits() -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for("5 passed")
        term.press(b"\x03")
        assert term.exit_code(10) == 0


def test_a_missing_terminal_is_reported() -> None:
    done = subprocess.run(
        [*PROGRAM, "--demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 2 and "the wizard needs a terminal" in done.stderr and "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "arguments", "message"),
    [
        ({"MHV_DEMO_PACE": "x"}, ["--demo"], "MHV_DEMO_PACE is 'x'"),
        ({"MHV_DEMO_PACE": "-1"}, ["--demo"], "a number of seconds from 0 to 60"),
        ({}, ["--session", "demo"], "session demo is simulated"),
        ({}, ["--session", "demo", "--answers", "{part}"], "session demo is simulated"),
    ],
)
def test_the_wizard_refuses(
    environment: dict[str, str], arguments: list[str], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "part.toml").write_text("mhv_answers = 1\n")
    assert subprocess.run([*PROGRAM, "check", "--demo", "--step", "cloud"], cwd=ROOT, timeout=60).returncode == 0
    words = [word.format(part=tmp_path / "part.toml") for word in arguments]
    with terminal(*words, in_child=None, **environment) as term:
        assert term.exit_code(20) == 2
        assert message in " ".join(term.screen().split())


PROMPT = r"(\]|Enter go on): $"


def plain(flags: Sequence[str] = ("--plain",), **environment: str) -> pexpect.spawn[str]:
    """Starts the wizard as line prompts on the simulated backend."""
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "--demo", "--fresh", *flags],
        cwd=str(ROOT),
        env={**os.environ, **environment},
        encoding="utf-8",
        timeout=60,
    )
    child.delaybeforesend = None  # the default of 50 ms is for programs that switch off the echo after a prompt
    return child


def test_a_reference_typed_at_a_prompt_is_not_a_password() -> None:
    child = plain(MHV_X="S3cret")
    while child.expect([r"\npassword \(.*\]: $", PROMPT]) != 0:
        child.sendline("")
    child.sendline("env MHV_X")
    child.expect(PROMPT)
    child.sendeof()
    child.expect("saved as session demo")
    assert 'env = "MHV_X"' in answers()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (0, 129)]
)
def test_a_signal_ends_the_run_after_the_current_change_at_line_prompts_too(number: int, code: int) -> None:
    """0: the terminal closes, and the kernel sends the signal."""
    child = plain(MHV_DEMO_PACE="0.1")
    while child.expect([PROMPT, r"Make these \d+ changes\? \[y/N\] "]) != 1:
        child.sendline("")
    child.sendline("y")
    child.expect("doing  install ")
    if number:
        child.kill(number)
        child.expect(pexpect.EOF)
    else:
        os.close(child.child_fd)
    assert child.wait() == code
    journal = (session_directory() / "journal.jsonl").read_text()
    assert '"what": "receipt", "target": "", "step": "node", "id": "packages:novavmware1"' in journal
    assert '"finished", "outcome": "cancelled"' in journal


def walked(child: pexpect.spawn[str], lines: Mapping[str, str]) -> str:
    """The whole output of the line prompts. Types the line of each question, by its beginning or its key."""
    output = ""
    while child.expect([PROMPT, r"Make these \d+ changes\? \[y/N\] ", pexpect.EOF]) != 2:
        output += f"{child.before}{child.after}"
        page = FLOW[int(re.findall(r"(?m)^Page (\d+) ", output)[-1]) - 1].id
        question = re.findall(r"(?m)^(?:\w+(?= [(\[])|Make these|.*Enter go on)", output)[-1]
        child.sendline(lines.get(question, lines.get(f"{page}.{question}", "")))
    child.close()
    return f"{output}{child.before}"


@pytest.mark.parametrize(("term", "flags"), [("dumb", []), ("xterm", ["--plain"])], ids=["TERM=dumb", "--plain"])
def test_line_prompts_complete_all_steps(term: str, flags: list[str]) -> None:
    child = plain(flags, TERM=term, MHV_DEMO_PACE="0")
    output = walked(child, {"Make these": "y"})
    assert child.exitstatus == 0
    assert f"Page {len(FLOW)} of {len(FLOW)}: Finish" in output and "done: 10 changes made" in output
    assert "\x1b" not in output


def test_a_new_operator_completes_all_steps_with_numbers(tmp_path: Path) -> None:
    """Begins without answers. Whatever the checks find is chosen by its number."""
    (tmp_path / "empty.toml").write_text("mhv_answers = 1\n")
    lines = {
        "cloud.name": "1",
        "vcenter.host": "vc.example.org",
        "vcenter.username": "openstack@vsphere.local",
        "vcenter.password": "VMware1!",
        "vcenter.trust": "2",
        "cluster.path": "1",
        "datastore.names": "3",
        "network.port_group": "vmware-net",
        "network.kind": "2",
        "network.dvs": "1",
        "network.vlan_id": "200",
        "node.host": "novavmware1",
        "node.username": "ubuntu",
        "node.copy_settings_from": "compute1",
        "register.controller": "controller1",
        "image.source": "ubuntu.qcow2",
        "image.name": "ubuntu-vmware",
        "prove.flavor": "2",
        "prove.network": "2",
        "Make these": "y",
    }
    child = plain(["--plain", "--answers", str(tmp_path / "empty.toml")], MHV_DEMO_PACE="0")
    output = walked(child, lines)
    assert child.exitstatus == 0, output
    assert "VMware1!" not in output and "done: 10 changes made" in output and "\x1b" not in output
