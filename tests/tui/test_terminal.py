"""The wizard and its terminal: bytes, signals, a terminal that goes away, prompts without a screen, and the start."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect
import pytest

from tests.tui.terminals import PROGRAM, ROOT, terminal

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
"""The normal screen and the cursor, given back."""


def state() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui" / "sessions" / "demo"


def answers() -> str:
    return (state() / "answers.toml").read_text()


def test_an_idle_page_sends_nothing() -> None:
    with terminal("--demo", "--fresh") as term:
        term.sees("checks: 5 ok")
        term.rests()
        assert term.read(3.0) == b""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_told_to_end_it_saves_restores_and_is_gone(number: int, code: int) -> None:
    with terminal("--demo", "--fresh") as term:
        term.sees("checks: 5 ok")
        term.press(b"\x15prod-2")
        term.sees("prod-2")
        term.signal(number)
        assert term.exit_code(10) == code
        assert all(sequence in term.raw for sequence in RESTORED)
        assert 'name = "prod-2"' in answers()


def as_usual() -> None:
    """SIGHUP comes, as where an ssh client was killed."""


def deaf() -> None:
    """SIGHUP is ignored, as job runners have it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def untied() -> None:
    """The terminal is not its controlling one: nobody sends SIGHUP."""
    deaf()
    fcntl.ioctl(0, termios.TIOCNOTTY)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize("before", [as_usual, deaf, untied])
def test_a_terminal_that_goes_away_ends_it_without_a_spinning_core(before: Callable[[], None]) -> None:
    with terminal("--demo", "--fresh", before=before) as term:
        term.sees("checks: 5 ok")
        term.press(b"\x15prod-2")
        term.sees("prod-2")
        before_it = term.cpu_seconds()
        term.hang_up()
        assert term.exit_code(10) == 129
        assert term.spent - before_it < 2.0
        assert 'name = "prod-2"' in answers()


def test_a_change_in_hand_is_finished_when_it_is_told_to_end() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="0.3") as term:
        term.sees("checks: 5 ok")
        term.press(b"\x07")
        term.sees("changes to make; Ctrl.G")
        term.press(b"\x07")
        term.sees("Make these")
        term.press(b"y")
        term.sees(r"[2-9] of 10")
        term.signal(signal.SIGTERM)
        assert term.exit_code(30) == 143
    journal = (state() / "journal.jsonl").read_text()
    assert '"what": "receipt", "target": "", "step": "node", "id": "packages:novavmware1"' in journal
    assert '"finished", "outcome": "cancelled"' in journal


def test_ctrl_c_in_a_field_quits() -> None:
    with terminal("--demo", "--fresh") as term:
        term.sees("checks: 5 ok")
        term.press(b"\x03")
        assert term.exit_code(10) == 0


def test_the_first_frame_needs_no_vendor_library() -> None:
    """Seen from outside: the modules that are loaded when the first page's compose is over."""
    program = (
        "import sys, asyncio\n"
        "from mhv_tui.tui import app\n"
        "from mhv_tui.cli import wizard; from mhv_tui.cli.options import WizardOptions\n"
        "def seen(self, road, step):\n"
        "    heavy = {'openstack', 'keystoneauth1', 'pyVmomi', 'paramiko', 'requests'} & set(sys.modules)\n"
        "    print('heavy:', sorted(heavy))\n"
        "    raise SystemExit(0 if not heavy else 1)\n"
        "app.Wizard._open = seen\n"
        "app.Wizard.run = lambda self, **named: self._open(self._begin, '')\n"
        "sys.stdin.isatty = sys.stderr.isatty = lambda: True\n"
        "wizard.run(WizardOptions(demo=True, fresh=True))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_a_terminal_it_says_so() -> None:
    done = subprocess.run(
        [*PROGRAM, "--demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 2 and "the wizard needs a terminal" in done.stderr and "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({"MHV_DEMO_PACE": "x"}, ["--demo"], "MHV_DEMO_PACE is 'x'"),
        ({"MHV_DEMO_PACE": "-1"}, ["--demo"], "write seconds from 0 to 60"),
        ({}, ["--session", "demo"], "session demo is simulated"),
        ({}, ["--session", "demo", "--answers", "{part}"], "session demo is simulated"),
    ],
)
def test_what_the_wizard_refuses(
    environment: dict[str, str], arguments: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "part.toml").write_text("mhv_answers = 1\n")
    assert subprocess.run([*PROGRAM, "check", "--demo", "--step", "cloud"], cwd=ROOT, timeout=60).returncode == 0
    words = [word.format(part=tmp_path / "part.toml") for word in arguments]
    with terminal(*words, before=None, **environment) as term:
        assert term.exit_code(20) == 2
        assert said in " ".join(term.screen().split())


PROMPT = r"\]: $"


def plain(flags: Sequence[str] = ("--plain",), **environment: str) -> pexpect.spawn[str]:
    """The simulated world by line prompts."""
    child = pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "--demo", "--fresh", *flags],
        cwd=str(ROOT),
        env={**os.environ, **environment},
        encoding="utf-8",
        timeout=60,
    )
    child.delaybeforesend = None  # its 50 ms are for programs that switch the echo off after a prompt
    return child


def test_a_reference_typed_at_a_prompt_is_no_password() -> None:
    child = plain(MHV_X="S3cret")
    while child.expect([r"vcenter\.password \(.*\]: $", PROMPT]) != 0:
        child.sendline("")
    child.sendline("env MHV_X")
    child.expect(PROMPT)
    child.sendeof()
    child.expect("kept as session demo")
    assert 'env = "MHV_X"' in answers()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (0, 129)]
)
def test_a_change_in_hand_is_finished_at_line_prompts_too(number: int, code: int) -> None:
    """0: the terminal goes away, and the signal comes from the kernel."""
    child = plain(MHV_DEMO_PACE="0.1")
    while child.expect([PROMPT, r"Make these \d+ changes\? \[y/N\] ", r"again\? \[Y/n\] "]) != 1:
        child.sendline("")
    child.sendline("y")
    child.expect("doing  .*packages")
    if number:
        child.kill(number)
        child.expect(pexpect.EOF)
    else:
        os.close(child.child_fd)
    assert child.wait() == code
    journal = (state() / "journal.jsonl").read_text()
    assert '"what": "receipt", "target": "", "step": "node", "id": "packages:novavmware1"' in journal
    assert '"finished", "outcome": "cancelled"' in journal


@pytest.mark.parametrize(("term", "flags"), [("dumb", []), ("xterm", ["--plain"])], ids=["TERM=dumb", "--plain"])
def test_line_prompts_walk_the_road_to_its_end(term: str, flags: list[str]) -> None:
    child = plain(flags, TERM=term, MHV_DEMO_PACE="0")
    said = ""
    while True:
        at = child.expect([r"\]: $", r"Make these \d+ changes\? \[y/N\] ", r"Answer this page again\? \[Y/n\] "])
        said += child.before
        if at == 1:
            break
        child.sendline("" if at == 0 else "n")
    child.sendline("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "10/10 Finish" in said and "done: 10 changes made" in child.before
    assert "\x1b" not in said + child.before
