"""SSH servers behind a proxy: one that works, one with another host key, and two that refuse."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import paramiko

from mhv_tui.adapters import ssh
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_limits import LIMITS, SshLimits
from mhv_tui.adapters.ssh_login import Secrets
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.machine import RemoteFile, SurveyRequest
from tests.adapters.ssh_servers import (
    FAILED,
    HOST,
    WELL,
    Login,
    Shell,
    secrets_of,
    ssh_server,
    target_of,
)
from tests.faults.names import Names, name_service
from tests.faults.stream_proxy import StreamProxy, stream_proxy

NAME, PASSWORD = "node.fault.test", "login-pw"
SECONDS = 3.0
SSH_LIMITS = replace(
    LIMITS,
    config=5.0,
    resolve=SECONDS,
    tcp=SECONDS,
    negotiation=SECONDS,
    connect=SECONDS,
    login=SECONDS,
    channel=SECONDS,
    start=SECONDS,
    first_output=SECONDS,
    lost=SECONDS,
)
"""Limits that a test waits for."""

PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254)."""
ROOT = b"@@root root\n"
ANSWERS = {
    "Starts a detached job": b"started\n",
    "Prints three lines about a detached job": b"ended 0\n\n\n",
}
"""What scripts print that would change this machine; every other one of them prints nothing."""
READING = ("Reads facts of a machine", "Prints mode, time, ids", "Prints name TAB version", "Prints the last lines")
"""Scripts that run on this machine, because they change nothing."""


class Machine(Shell):
    """Runs the scripts that only read, and answers the others as if they had succeeded."""

    def __init__(self, end: threading.Event) -> None:
        super().__init__(end, {}, PASSWORD)

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        text = command.decode()
        if any(sign in text for sign in READING):
            super().run(channel, command)
            return
        while channel.recv(1 << 15):
            pass
        channel.sendall_stderr(ROOT)
        channel.sendall(next((answer for sign, answer in ANSWERS.items() if sign in text), b""))
        channel.send_exit_status(0)
        channel.close()


class Refusing(Login):
    """Accepts no login, and records the passwords."""

    methods = "password"

    def __init__(self, end: threading.Event) -> None:
        super().__init__(end)
        self.passwords: list[str] = []

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.passwords.append(password)
        return FAILED


class Full(Machine):
    """Accepts the login and opens no channel, like OpenSSH with MaxSessions 0."""

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return PROHIBITED


class Impostor(Refusing):
    """Has another host key, and would accept any password."""

    def check_auth_password(self, username: str, password: str) -> int:
        self.passwords.append(password)
        return WELL


@dataclass
class SshFront:
    """The proxy with the servers behind it; `login` has the user and the keys, `secrets` the pin and the password."""

    proxy: StreamProxy
    names: Names
    login: Mapping[str, Any]
    secrets: Secrets
    impostors: list[Impostor] = field(default_factory=list)
    limits: SshLimits = SSH_LIMITS

    @property
    def target(self) -> SshTarget:
        return target_of(self.proxy.port, **{**self.login, "host": NAME, "name": NAME})

    def connect(self) -> ssh.Connection:
        return ssh.connect(self.target, self.secrets, None, self.limits)

    def host_key(self) -> str:
        return ssh.host_key(self.target, None, self.limits)

    @contextlib.contextmanager
    def node(self) -> Iterator[SshNode]:
        """A node that is connected."""
        self.proxy.disarm()
        node = SshNode(NAME, self.connect, lambda: None, self.limits)
        try:
            yield node
        finally:
            node.close()


@contextlib.contextmanager
def ssh_front(
    machine: tuple[str, int] | None = None, login: Mapping[str, Any] | None = None, secrets: Secrets | None = None
) -> Iterator[SshFront]:
    """Runs the servers and the proxy during the `with` block; `machine` is a real one, with its login."""
    impostors: list[Impostor] = []

    def impostor(end: threading.Event) -> Impostor:
        impostors.append(Impostor(end))
        return impostors[-1]

    with (
        ssh_server(Machine) as simulated,
        ssh_server(impostor, paramiko.ECDSAKey.generate()) as changed,
        ssh_server(Refusing) as refusing,
        ssh_server(Full) as full,
        name_service() as names,
        stream_proxy(
            {
                "real": machine or (HOST, simulated),
                "changed": (HOST, changed),
                "refusing": (HOST, refusing),
                "full": (HOST, full),
            }
        ) as proxy,
    ):
        names.streams[NAME] = proxy
        yield SshFront(proxy, names, login or {}, secrets or secrets_of(PASSWORD), impostors)


FILE = RemoteFile(b"x\n", 0o640, "root", "root")
OPERATIONS: dict[str, Callable[[SshNode], object]] = {
    "survey": lambda node: node.survey(SurveyRequest(files=("/etc/hostname",))),
    "read": lambda node: node.read("/etc/hostname"),
    "write": lambda node: node.write("/tmp/mhv-trial", FILE),
    "copy": lambda node: node.copy("/tmp/mhv-trial", "/tmp/mhv-trial.bak"),
    "remove": lambda node: node.remove("/tmp/mhv-trial"),
    "installed": lambda node: node.installed(),
    "install": lambda node: node.install("trial", ["cowsay"], lambda percent, line: None),
    "unpacked_packages": lambda node: node.unpacked_packages("trial"),
    "discard_job": lambda node: node.discard_job("trial"),
    "purge": lambda node: node.purge(["cowsay"]),
    "refresh_packages": lambda node: node.refresh_packages(),
    "unit": lambda node: node.unit("nova-compute", "restart"),
    "journal": lambda node: node.journal("nova-compute"),
    "run": lambda node: node.run(["true"], timeout=SECONDS),
}
"""The calls of the port. Their names are its methods."""
