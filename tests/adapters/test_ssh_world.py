"""Connections that are made once and never left behind: real SSH servers that count who is connected to them."""

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


class Door(paramiko.ServerInterface):
    """Lets anybody in, or whoever has a key; leads on to other ports of this machine."""

    def __init__(self, keys: bool) -> None:
        self.keys = keys
        self.onward: dict[int, int] = {}

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self.keys else "none"

    def check_auth_none(self, username: str) -> int:
        failed, well = paramiko.AUTH_FAILED, paramiko.AUTH_SUCCESSFUL  # type: ignore[attr-defined]
        return int(failed if self.keys else well)

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: tuple[str, int]) -> int:
        self.onward[chanid] = destination[1]
        return int(paramiko.OPEN_SUCCEEDED)  # type: ignore[attr-defined]


class Server:
    """A machine: its port, its host key, and its connections."""

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
                made = paramiko.Transport(self.listening.accept()[0])
                made.add_server_key(self.key)
                self.transports.append(made)
                door = Door(self.keys)
                with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                    made.start_server(server=door)
                threading.Thread(target=_lead_on, args=(made, door), daemon=True).start()

    def connected(self) -> int:
        """How many connections there are, once the news of their end has arrived."""
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


def _lead_on(transport: paramiko.Transport, door: Door) -> None:
    while transport.is_active():
        channel = transport.accept(0.2)
        if channel is not None:
            with contextlib.suppress(OSError, EOFError), channel:
                _pump(channel, door.onward[channel.get_id()])


def _pump(channel: paramiko.Channel, port: int) -> None:
    with socket.create_connection((HOST, port), 5) as there:
        while True:
            ends: tuple[Any, Any] = (channel, there)
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
    made: list[Server] = []

    def make(keys: bool = False) -> Server:
        made.append(Server(keys))
        return made[-1]

    yield make
    for server in made:
        server.close()


def world_of(directory: Path, *known: Server) -> RealBackend:
    """A world that knows these machines' host keys."""
    rows = [f"[{HOST}]:{s.port} {s.key.get_name()} {s.key.get_base64()}\n" for s in known]
    (directory / "known_hosts").write_text("".join(rows))
    lines = ("User u", f"UserKnownHostsFile {directory}/known_hosts", "IdentityFile /dev/null", "IdentityAgent none")
    (directory / "ssh_config").write_text("Host *\n" + "".join(f"  {line}\n" for line in lines))
    return RealBackend(Vault(), str(directory / "ssh_config"))


def test_a_second_jump_that_fails_leaves_no_first_one_behind(servers: Make, tmp_path: Path) -> None:
    first = servers()
    world = world_of(tmp_path, first)
    with pytest.raises(FindingError):
        world.node(SshHost("target", proxy=f"{HOST}:{first.port},{HOST}:1"))
    assert len(first.transports) == 1 and first.connected() == 0


def test_a_secret_that_is_missing_behind_a_jump_leaves_no_jump_behind(servers: Make, tmp_path: Path) -> None:
    jump, target = servers(), servers(keys=True)
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "key"), password="unknown")
    world = world_of(tmp_path, jump, target)
    host = SshHost(HOST, port=target.port, key_file=str(tmp_path / "key"), proxy=f"{HOST}:{jump.port}")
    with pytest.raises(SecretMissing):
        world.node(host)
    assert target.transports and jump.connected() == 0 and target.connected() == 0


def at_once(work: Callable[[], object]) -> list[object]:
    """What eight threads get who ask at the same moment."""
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


def test_a_dropped_connection_is_made_anew_once_whoever_asks(servers: Make, tmp_path: Path) -> None:
    there = servers()
    world = world_of(tmp_path, there)
    host = SshHost(HOST, port=there.port)
    nodes = at_once(lambda: world.node(host))
    assert len(nodes) == 8 and len(set(map(id, nodes))) == 1 and len(there.transports) == 1
    node = nodes[0]
    assert isinstance(node, SshNode)
    first = node._connection()
    first.close()
    again = at_once(node._connection)
    assert len(set(map(id, again))) == 1 and again[0] is not first
    assert len(there.transports) == 2
    world.close()
    assert there.connected() == 0
