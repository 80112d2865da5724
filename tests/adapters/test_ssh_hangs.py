"""Time limits of SSH commands, tested with a real SSH server that accepts the login and then hangs."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
import time
from collections.abc import Iterator

import paramiko
import pytest

from mhv_tui.adapters import ssh
from mhv_tui.adapters.ssh_login import Secrets
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.errors import FindingError


class Hanging(paramiko.ServerInterface):
    """Accepts every login and starts no command until `end` is set."""

    def __init__(self) -> None:
        self.end = threading.Event()

    def check_auth_none(self, username: str) -> int:
        return int(paramiko.AUTH_SUCCESSFUL)  # type: ignore[attr-defined]

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)  # type: ignore[attr-defined]

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.end.wait(10)
        return False


@pytest.fixture
def machine() -> Iterator[tuple[int, str]]:
    """Its port, and the fingerprint of its host key."""
    key, server = paramiko.ECDSAKey.generate(), Hanging()
    listening = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        transports.append(paramiko.Transport(listening.accept()[0]))
        transports[0].add_server_key(key)
        transports[0].start_server(server=server)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    yield listening.getsockname()[1], f"SHA256:{digest}"
    server.end.set()
    thread.join(10)
    for transport in transports:
        transport.close()
        transport.join(10)
    listening.close()


def test_a_command_that_does_not_start_times_out(machine: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "ANSWER_TIMEOUT", 0.3)
    port, pinned = machine
    target = SshTarget("hanging", "127.0.0.1", port, "u", use_agent=False, known_hosts=())
    connection = ssh.connect(target, Secrets(lambda: None, lambda: None, pinned))
    began = time.monotonic()
    with pytest.raises(FindingError) as refused:
        connection.execute("true", timeout=60)
    assert refused.value.finding.code == "CN29" and time.monotonic() - began < 5
    assert not connection.alive


def test_closing_a_channel_of_an_ended_connection_raises_nothing(machine: tuple[int, str]) -> None:
    port, pinned = machine
    target = SshTarget("hanging", "127.0.0.1", port, "u", use_agent=False, known_hosts=())
    connection = ssh.connect(target, Secrets(lambda: None, lambda: None, pinned))
    channel = connection._transport.open_session(timeout=10)
    connection._transport.packetizer.close()
    ssh._hang_up(channel)
    assert channel.closed
    connection.close()
