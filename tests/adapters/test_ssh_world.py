"""Connections are opened once and always closed: tested with real SSH servers that count their connections."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.node import SshNode
from mhv_tui.core.errors import FindingError, MhvError, SecretMissing
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import Vault

HOST = "127.0.0.1"


class LoginServer(paramiko.ServerInterface):
    """Accepts every login, or offers only keys and accepts none; forwards to other ports of this machine."""

    def __init__(self, keys: bool) -> None:
        self.keys = keys
        self.destinations: dict[int, int] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self.keys else "none"

    def check_auth_none(self, username: str) -> int:
        failed, well = paramiko.AUTH_FAILED, paramiko.AUTH_SUCCESSFUL  # type: ignore[attr-defined]
        return int(failed if self.keys else well)

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: tuple[str, int]) -> int:
        self.destinations[chanid] = destination[1]
        return int(paramiko.OPEN_SUCCEEDED)  # type: ignore[attr-defined]


class Server:
    """An SSH server on a free port that keeps its connections."""

    def __init__(self, keys: bool = False) -> None:
        self.key, self.keys = paramiko.ECDSAKey.generate(), keys
        self.transports: list[paramiko.Transport] = []
        self.listening = socket.create_server((HOST, 0))
        self.port = self.listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                transport = paramiko.Transport(self.listening.accept()[0])
                transport.add_server_key(self.key)
                self.transports.append(transport)
                login_server = LoginServer(self.keys)
                with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                    transport.start_server(server=login_server)
                threading.Thread(target=_forward_channels, args=(transport, login_server), daemon=True).start()

    def connected(self) -> int:
        """The number of open connections. Waits up to 5 s, because the end of a connection arrives late."""
        end = time.monotonic() + 5
        while any(t.is_active() for t in self.transports) and time.monotonic() < end:
            time.sleep(0.05)
        return sum(t.is_active() for t in self.transports)

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self.listening.close()
        for transport in self.transports:
            transport.close()
            transport.join(10)


def _forward_channels(transport: paramiko.Transport, login_server: LoginServer) -> None:
    while transport.is_active():
        channel = transport.accept(0.2)
        if channel is not None:
            with contextlib.suppress(OSError, EOFError), channel:
                _forward(channel, login_server.destinations[channel.get_id()])


def _forward(channel: paramiko.Channel, port: int) -> None:
    with socket.create_connection((HOST, port), 5) as target:
        while True:
            ends: tuple[Any, Any] = (channel, target)
            ready, _, _ = select.select(ends, [], [], 10)
            for one, other in (ends, ends[::-1]):
                if one in ready:
                    data = one.recv(1 << 15)
                    if not data:
                        return
                    other.sendall(data)


Make = Callable[..., Server]


@pytest.fixture
def servers() -> Iterator[Make]:
    running: list[Server] = []

    def make(keys: bool = False) -> Server:
        running.append(Server(keys))
        return running[-1]

    yield make
    for server in running:
        server.close()


def world_of(directory: Path, *known: Server) -> RealBackend:
    """A world with the host keys of these servers in known_hosts."""
    rows = [f"[{HOST}]:{s.port} {s.key.get_name()} {s.key.get_base64()}\n" for s in known]
    (directory / "known_hosts").write_text("".join(rows))
    lines = ("User u", f"UserKnownHostsFile {directory}/known_hosts", "IdentityFile /dev/null", "IdentityAgent none")
    (directory / "ssh_config").write_text("Host *\n" + "".join(f"  {line}\n" for line in lines))
    return RealBackend(Vault(), str(directory / "ssh_config"))


def test_a_failing_second_jump_closes_the_first_one(servers: Make, tmp_path: Path) -> None:
    first = servers()
    world = world_of(tmp_path, first)
    with pytest.raises(FindingError):
        world.node(SshHost("target", proxy=f"{HOST}:{first.port},{HOST}:1"))
    assert len(first.transports) == 1 and first.connected() == 0


@pytest.mark.ssh
def test_a_missing_secret_closes_the_jump(servers: Make, tmp_path: Path) -> None:
    jump, target = servers(), servers(keys=True)
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"), password="unknown")
    world = world_of(tmp_path, jump, target)
    host = SshHost(HOST, port=target.port, key_file=str(tmp_path / "key"), proxy=f"{HOST}:{jump.port}")
    with pytest.raises(SecretMissing):
        world.node(host)
    assert target.transports and jump.connected() == 0 and target.connected() == 0


def in_threads(work: Callable[[], object]) -> list[object]:
    """Results of `work` in eight threads that start at the same moment."""
    barrier, got = threading.Barrier(8), list[object]()

    def ask() -> None:
        barrier.wait(10)
        with contextlib.suppress(MhvError):
            got.append(work())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


@pytest.mark.ssh
def test_concurrent_callers_replace_a_dropped_connection_once(servers: Make, tmp_path: Path) -> None:
    server = servers()
    world = world_of(tmp_path, server)
    host = SshHost(HOST, port=server.port)
    nodes = in_threads(lambda: world.node(host))
    assert len(nodes) == 8 and len(set(map(id, nodes))) == 1 and len(server.transports) == 1
    node = nodes[0]
    assert isinstance(node, SshNode)
    first = node._connection()
    first.close()
    again = in_threads(node._connection)
    assert len(set(map(id, again))) == 1 and again[0] is not first
    assert len(server.transports) == 2
    world.close()
    assert server.connected() == 0
