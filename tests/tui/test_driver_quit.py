"""The wizard saves and ends at once, by a key or a signal, also while a check waits for a system that never answers."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mhv_tui.cli.open_state import close_soon
from mhv_tui.demo.backend import DemoBackend
from tests.tui.quickness import assert_quick
from tests.tui.terminals import PROGRAM, PtyProgram, terminal
from tests.tui.test_driver_signals import wait_for
from tests.tui.test_terminal import answers

LIMIT = 0.5
"""Seconds from the key or the signal to the end of the process, on a quiet machine."""

ANSWERS = """
mhv_answers = 1
[cloud]
auth_url = "http://{cloud}/v3"
username = "admin"
password = {{ env = "HUNG_PASSWORD" }}
project_name = "admin"
"""
VCENTER = """
[vcenter]
host = "127.0.0.1"
port = {port}
username = "nova@vsphere.local"
password = {{ env = "HUNG_PASSWORD" }}
"""
CLOSED = "127.0.0.1:1"
"""An address that refuses connections."""


@contextlib.contextmanager
def wizard(directory: Path, text: str, program: list[str] = PROGRAM) -> Iterator[PtyProgram]:
    """The wizard with an answer file, in a new session."""
    file = directory / f"answers-{time.monotonic_ns()}.toml"
    file.write_text(text)
    with terminal(
        "--answers", str(file), program=program, HUNG_PASSWORD="s3cret", RESOLVING=str(directory / "asked")
    ) as term:
        yield term


def press_quit(term: PtyProgram) -> None:
    term.press(b"\x11")


def terminate(term: PtyProgram) -> None:
    term.signal(signal.SIGTERM)


def hang_up(term: PtyProgram) -> None:
    term.hang_up()


def seconds_to_end(term: PtyProgram, end: Callable[[PtyProgram], None], code: int) -> float:
    """Ends the wizard; returns the seconds until the process has ended."""
    began = time.monotonic()
    end(term)
    assert term.exit_code(20) == code
    return time.monotonic() - began


@pytest.mark.parametrize(("end", "code"), [(press_quit, 0), (terminate, 143), (hang_up, 129)])
def test_the_wizard_ends_at_once_while_a_cloud_hangs(
    end: Callable[[PtyProgram], None], code: int, tmp_path: Path
) -> None:
    def measure() -> float:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            text = ANSWERS.format(cloud=f"127.0.0.1:{silent.getsockname()[1]}")
            with wizard(tmp_path, text) as term, silent.accept()[0]:
                return seconds_to_end(term, end, code)

    assert_quick(measure, LIMIT)


def test_the_wizard_ends_at_once_while_a_vcenter_hangs(tmp_path: Path) -> None:
    def measure() -> float:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            text = ANSWERS.format(cloud=CLOSED) + VCENTER.format(port=silent.getsockname()[1])
            with wizard(tmp_path, text) as term, silent.accept()[0]:
                return seconds_to_end(term, press_quit, 0)

    assert_quick(measure, LIMIT)


def test_the_wizard_ends_at_once_while_a_name_server_hangs(tmp_path: Path) -> None:
    def measure() -> float:
        asked = tmp_path / "asked"
        asked.unlink(missing_ok=True)
        program = [sys.executable, "-m", "tests.tui.hung_names"]
        with wizard(tmp_path, ANSWERS.format(cloud="controller.test"), program) as term:
            wait_for(asked.exists, "no name is resolved", 20)
            return seconds_to_end(term, press_quit, 0)

    assert_quick(measure, LIMIT)


def test_a_program_ends_at_once_while_two_ssh_servers_hang() -> None:
    def measure() -> float:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            command = [sys.executable, "-m", "tests.tui.hung_ssh", str(silent.getsockname()[1])]
            with terminal(program=command) as term, silent.accept()[0] as first, silent.accept()[0] as second:
                for connection in (first, second):
                    connection.settimeout(20)
                    assert connection.recv(4) == b"SSH-"  # the client waits for an answer from now on
                return seconds_to_end(term, lambda term: term.press(b"\r"), 0)

    assert_quick(measure, LIMIT)


def test_a_logout_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    released = threading.Event()

    class Hanging(DemoBackend):
        def close(self) -> None:
            released.wait(30)

    def measure() -> float:
        began = time.monotonic()
        close_soon(Hanging(tmp_path / "world.json"))
        return time.monotonic() - began

    assert_quick(measure, LIMIT)
    released.set()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_the_typed_answer_at_once(number: int, code: int) -> None:
    def measure() -> float:
        with terminal("--demo", "--fresh") as term:
            term.wait_for("5 passed")
            term.go_to_form()
            term.press(b"\x15prod-2")
            term.wait_for("prod-2")
            began = time.monotonic()
            term.signal(number)
            wait_for(lambda: 'name = "prod-2"' in answers(), "it is not saved", 20)
            seconds = time.monotonic() - began
            assert term.exit_code(20) == code
            return seconds

    assert_quick(measure, LIMIT)
