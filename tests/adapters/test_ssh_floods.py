"""What a machine sends is bounded: a flood ends in a sentence, in little memory."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from mhv_tui.adapters import ssh
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_limits import LIMITS, Bounds
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SurveyRequest
from tests.adapters.ssh_servers import (
    FAILED,
    FAST_CONNECT,
    FAST_LOGIN,
    Login,
    raw_server,
    secrets_of,
    send,
    ssh_server,
    target_of,
)

pytestmark = pytest.mark.slow

MOST = 200 * (1 << 20)
"""Bytes by which this process may grow, with the flooding server in it."""

CHUNK = b"x" * 30_000


@pytest.fixture
def growth() -> Iterator[Callable[[], int]]:
    """How many bytes this process has grown at most since the start of the test."""

    def status(field: str) -> int:
        rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return int(rows[field].split()[0]) * 1024

    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    yield lambda: status("VmHWM") - before


class Output(Login):
    """Floods the output."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        while not self.end.is_set():
            channel.sendall(CHUNK)


class ErrorOutput(Login):
    """Floods the error output."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        while not self.end.is_set():
            channel.sendall_stderr(CHUNK)


class Both(Login):
    """Floods both, in turn."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        while not self.end.is_set():
            channel.sendall(CHUNK[:100])
            channel.sendall_stderr(CHUNK[:10])


class Survey(Login):
    """Floods with a survey that has no end."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall_stderr(b"@@root root\n")
        channel.sendall(b"@@survey\n")
        while not self.end.is_set():
            channel.sendall(b"file\t/etc/nova/nova.conf\t9 " + CHUNK + b"\n")


class NoFlowControl(Login):
    """Sends data that the client did not allow, before it confirms that the command starts."""

    extended = False

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        transport = channel.get_transport()
        while not self.end.is_set() and transport.is_active():
            message = paramiko.Message()
            message.add_byte(b"\x5f" if self.extended else b"\x5e")
            message.add_int(channel.remote_chanid)
            if self.extended:
                message.add_int(1)
            message.add_string(CHUNK)
            send(transport, message)
        return False


class NoFlowControlOfErrors(NoFlowControl):
    """The same with error output."""

    extended = True


FLOODS: tuple[tuple[type[Login], str, str], ...] = (
    (Output, "CN31", "n1 did not list its packages: the output is longer than 4 MiB"),
    (ErrorOutput, "CN31", "n1 did not list its packages: the error output is longer than 1 MiB"),
    (Both, "CN31", "longer than"),
    (NoFlowControl, "CN29", "more than the flow control of SSH allows"),
    (NoFlowControlOfErrors, "CN29", "more than the flow control of SSH allows"),
)


@pytest.mark.parametrize(("kind", "code", "text"), FLOODS, ids=[row[0].__name__ for row in FLOODS])
def test_a_flood_ends_in_a_sentence(kind: type[Login], code: str, text: str, growth: Callable[[], int]) -> None:
    with ssh_server(kind) as port:
        connection = ssh.connect(target_of(port), secrets_of())
        with pytest.raises(FindingError) as refused:
            connection.execute("dpkg-query -W", Bounds("list its packages", seconds=30.0), b"\n")
        assert refused.value.finding.code == code and text in refused.value.message
        assert not connection.alive and growth() < MOST


def test_an_endless_survey_ends_in_a_sentence(growth: Callable[[], int]) -> None:
    with ssh_server(Survey) as port:
        node = SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of()), lambda: None)
        with pytest.raises(FindingError) as refused:
            node.survey(SurveyRequest(files=("/etc/nova/nova.conf",)))
        assert "n1 did not report its state: the output is longer than 16 MiB" in refused.value.message
        assert refused.value.finding.code == "CN31" and growth() < MOST
        node.close()


class LargeSurvey(Login):
    """A survey as large as it may be."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(b"@@survey\n")
        for number in range(5):
            text = b"bm92YQoK" * 375_000
            channel.sendall(b"file\t/f%d\t%d %s 640:1:0:0:root:root\n" % (number, len(text), text))
        channel.sendall(b"@@end\n")
        channel.send_exit_status(0)
        channel.close()


def test_a_large_survey_is_read_in_bounded_memory(growth: Callable[[], int]) -> None:
    with ssh_server(LargeSurvey) as port:
        node = SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of()), lambda: None)
        files = node.survey(SurveyRequest(files=tuple(f"/f{number}" for number in range(5)))).files
        assert [file and len(file.content) for file in files.values()] == [6 * 375_000] * 5
        assert growth() < MOST
        node.close()


def banner(connection: socket.socket, end: threading.Event) -> None:
    """Sends 100 MB without a line break."""
    for _ in range(100):
        connection.sendall(b"x" * 1_000_000)


def test_a_banner_of_100_megabytes_is_cut(growth: Callable[[], int]) -> None:
    with raw_server(banner) as port:
        began = time.monotonic()
        with pytest.raises(FindingError) as refused:
            ssh.connect(target_of(port), secrets_of())
        assert refused.value.finding.code == "CN29" and "64 KiB" in refused.value.message
        assert time.monotonic() - began < 5 and growth() < MOST


class Questions(Login):
    """Asks four billion questions at the login."""

    methods = "keyboard-interactive"
    transport: paramiko.Transport

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> int:
        message = paramiko.Message()
        message.add_byte(b"\x3c")
        for _ in range(3):
            message.add_string("")
        message.add_bytes(struct.pack(">I", 0xFFFFFFFF))
        send(self.transport, message)
        return FAILED


def test_four_billion_questions_end_the_login(growth: Callable[[], int]) -> None:
    logins: list[Questions] = []

    def make(end: threading.Event) -> Questions:
        logins.append(Questions(end))
        return logins[-1]

    def before(transport: paramiko.Transport) -> None:
        logins[-1].transport = transport

    with ssh_server(make, before=before) as port:
        with pytest.raises(FindingError) as refused:
            ssh.connect(target_of(port), secrets_of("pw"), None, FAST_LOGIN)
        assert refused.value.finding.code == "CN30" and growth() < MOST


class Jump(Login):
    """A jump host that floods the tunnel, and ignores its flow control."""

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: object) -> int:
        return 0

    def flood(self, transport: paramiko.Transport) -> None:
        channel = transport.accept(10)
        while not self.end.is_set() and transport.is_active() and channel is not None:
            message = paramiko.Message()
            message.add_byte(b"\x5e")
            message.add_int(channel.remote_chanid)
            message.add_string(b"SSH-2.0-x\r\n" + CHUNK)
            send(transport, message)


def test_a_jump_host_cannot_flood_the_tunnel(growth: Callable[[], int]) -> None:
    logins: list[Jump] = []

    def make(end: threading.Event) -> Jump:
        logins.append(Jump(end))
        return logins[-1]

    with ssh_server(make, before=lambda transport: logins[-1].flood(transport)) as port:
        jump = ssh.connect(target_of(port), secrets_of(), None, LIMITS)
        with pytest.raises(FindingError) as refused:
            ssh.connect(target_of(22, name="n2", host="192.0.2.1"), secrets_of(), jump, FAST_CONNECT)
        assert refused.value.finding.code == "CN29" and growth() < MOST
        jump.close()


def message_of(kind: bytes, *parts: bytes) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(kind)
    for part in parts:
        message.add_string(part)
    return message


MESSAGES = {
    "ignore": message_of(b"\x02", CHUNK),
    "debug": message_of(b"\x04", CHUNK),
    "banner": message_of(b"\x35", CHUNK, b""),
    "global request": message_of(b"\x50", b"unknown").add_boolean(True),
    "open channel": message_of(b"\x5a", b"unknown").add_int(1).add_int(1).add_int(1),
    "unimplemented": message_of(b"\xc8", CHUNK),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_flood_of_messages_ends_in_a_sentence(name: str, growth: Callable[[], int]) -> None:
    logins: list[Login] = []

    def make(end: threading.Event) -> Login:
        logins.append(Login(end))
        return logins[-1]

    def flood(transport: paramiko.Transport) -> None:
        while transport.is_active() and not logins[-1].end.is_set():
            send(transport, MESSAGES[name])

    with ssh_server(make, before=flood) as port:
        began = time.monotonic()
        with pytest.raises(FindingError):
            connection = ssh.connect(target_of(port), secrets_of(), None, replace(FAST_LOGIN, first_output=1.0))
            connection.execute("true", Bounds("list its packages", seconds=2.0), b"\n")
        assert time.monotonic() - began < 15 and growth() < MOST
