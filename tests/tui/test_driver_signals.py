"""The terminal and signals: suspended and continued, stopped, resized often, and closed under a real SSH server."""

from __future__ import annotations

import os
import random
import shlex
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.openssh import openssh
from tests.tui.terminals import PROGRAM, PtyProgram, terminal
from tests.tui.test_apply_screen import begin
from tests.tui.test_driver_screens import RECORDED_WIZARD, ComparedWizard
from tests.tui.test_terminal import RESTORED, answers

FIRST_PAGE = "OpenStack cloud"


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def suspended(term: PtyProgram) -> bytes:
    """Reads until the process has stopped; returns what it wrote."""
    output = b""

    def read_on() -> bool:
        nonlocal output
        output += term.read(0.05)
        return is_stopped(term.pid)

    wait_for(read_on, "it does not stop")
    return output + term.read(0.05)


@pytest.mark.parametrize("key", [b"", b"\x1a"], ids=["SIGTSTP", "Ctrl+Z"])
def test_the_wizard_suspends_and_comes_back(key: bytes) -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for(FIRST_PAGE)
        term.go_to_form()
        term.press(b"\x15prod-2")
        before = term.wait_for("prod-2")
        term.wait_until_idle()
        before = term.screen()
        if key:
            term.press(b"\x07")  # the plan has no field that could take the key
            term.wait_for(r"\bPlan\b")
            term.wait_until_idle()
            before = term.screen()
            term.press(key)
        else:
            term.signal(signal.SIGTSTP)
        output = suspended(term)
        assert all(sequence in output for sequence in RESTORED)
        assert term.has_line_mode()
        term.display.resize_to(80, 24)
        term.signal(signal.SIGCONT)
        term.wait_until_idle()
        assert term.screen() == before
        assert not term.has_line_mode()
        term.press(b"\x11")
        assert term.exit_code(10) == 0
        assert term.has_line_mode()


def suspend_by_second_press(term: PtyProgram, notice: str) -> None:
    """Presses Ctrl+Z twice; the first one only shows the notice. Then continues the process."""
    term.press(b"\x1a")
    term.wait_for(notice)
    assert not is_stopped(term.pid)
    term.press(b"\x1a")
    suspended(term)
    term.signal(signal.SIGCONT)


def test_ctrl_z_on_a_page_suspends_only_if_it_is_pressed_again() -> None:
    with terminal("--demo", "--fresh") as term:
        term.wait_for(FIRST_PAGE)
        for _ in range(2):
            term.wait_until_idle()
            suspend_by_second_press(term, "press it again to suspend mhv-tui")
        term.wait_until_idle()
        term.press(b"\x11")
        assert term.exit_code(10) == 0


def test_ctrl_z_during_a_run_suspends_only_if_it_is_pressed_again() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="0.2") as term:
        begin(term)
        term.press(b"\x1bOP")
        term.wait_for("the run stands still until `fg`")
        term.press(b"\x1b")
        term.wait_for(r"\^C stop and quit")
        suspend_by_second_press(term, "press \\^Z again to suspend mhv-tui")
        term.wait_for("done: all changes are made", patience=60)


def test_a_stopped_wizard_takes_the_terminal_again() -> None:
    """SIGSTOP leaves no time to restore the terminal, which another program may have changed meanwhile."""
    with terminal("--demo", "--fresh") as term:
        term.wait_for(FIRST_PAGE)
        term.wait_until_idle()
        before = term.screen()
        term.signal(signal.SIGSTOP)
        suspended(term)
        term.display.feed(b"\x1b[H\x1b[2Jthe shell was here")
        term.signal(signal.SIGCONT)
        term.wait_until_idle()
        assert term.screen() == before
        term.go_to_form()
        term.press(b"\x15prod-3")
        term.wait_for("prod-3")
        term.press(b"\x11")
        assert term.exit_code(10) == 0
        assert term.has_line_mode()


def test_the_screen_is_right_after_many_resizes(tmp_path: Path) -> None:
    generator = random.Random(5)
    record = tmp_path / "record"
    with terminal("--demo", "--fresh", program=RECORDED_WIZARD, RECORDED_OUTPUT=str(record)) as term:
        term.wait_for(FIRST_PAGE)
        wizard = ComparedWizard(term, record)
        for _ in range(60):
            wizard.resize(generator.randint(20, 130), generator.randint(5, 45))
            term.read(generator.choice([0.0, 0.0, 0.02]))
        wizard.resize(80, 24)
        assert wizard.differences() == []
        term.wait_for(FIRST_PAGE)
        term.press(b"\x11")
        assert term.exit_code(10) == 0


@pytest.mark.sshd
@pytest.mark.ssh
def test_the_wizard_ends_if_its_ssh_client_is_killed(tmp_path: Path) -> None:
    with openssh(tmp_path) as server:
        pid_file = tmp_path / "pid"
        environment = ["MHV_DEMO_PACE=0", "LANG=C.UTF-8", f"XDG_STATE_HOME={os.environ['XDG_STATE_HOME']}"]
        wizard = shlex.join(["env", *environment, *PROGRAM, "--demo", "--fresh"])
        command = f"cd {shlex.quote(os.getcwd())} && echo $$ >{pid_file} && exec {wizard}"
        options = ["-tt", "-oStrictHostKeyChecking=no", f"-oUserKnownHostsFile={tmp_path}/hosts", "-oBatchMode=yes"]
        login = ["-p", str(server.port), "-i", str(server.key_file), "root@127.0.0.1"]
        with terminal(program=["/usr/bin/ssh", *options, *login, command]) as term:
            term.wait_for(FIRST_PAGE)
            term.go_to_form()
            term.press(b"\x15prod-2")
            term.wait_for("prod-2")
            pid = int(pid_file.read_text())
            term.signal(signal.SIGKILL)
            wait_for(lambda: not Path(f"/proc/{pid}").exists(), "it does not end")
        assert 'name = "prod-2"' in answers()
