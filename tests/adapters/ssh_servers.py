"""SSH servers that behave badly: on the wire before the login, at the login, and while a command runs."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from mhv_tui.adapters.ssh_limits import LIMITS
from mhv_tui.adapters.ssh_login import Secrets, digest
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed

HOST = "127.0.0.1"
KEY = paramiko.ECDSAKey.generate()
PINNED = digest(KEY.asbytes())

FAST_CONNECT = replace(LIMITS, config=0.5, resolve=5.0, tcp=1.0, negotiation=1.0)
FAST_LOGIN = replace(LIMITS, login=1.0, agent=0.5)
FAST_COMMANDS = replace(LIMITS, channel=1.0, start=1.0, first_output=1.0)
"""SshLimits that a test waits for; the phases before have time enough on a busy machine."""

WELL, FAILED, OPEN = 0, 2, 0
"""paramiko's AUTH_SUCCESSFUL, AUTH_FAILED and OPEN_SUCCEEDED."""

Raw = Callable[[socket.socket, threading.Event], None]
"""Talks to one client over TCP until the event is set."""


@contextlib.contextmanager
def raw_server(talk: Raw) -> Iterator[int]:
    """A TCP server; yields its port."""
    end = threading.Event()
    threads: list[threading.Thread] = []

    def run(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException), connection:
            connection.settimeout(5)
            talk(connection, end)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threads.append(threading.Thread(target=run, args=(listening.accept()[0],), daemon=True))
                threads[-1].start()

    with socket.create_server((HOST, 0)) as listening:
        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            # The thread must end before the socket is closed, because the next socket gets its number.
            end.set()
            listening.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(10)


class Login(paramiko.ServerInterface):
    """Accepts every login without authentication, and runs commands with `run`."""

    methods = "publickey"

    def __init__(self, end: threading.Event) -> None:
        self.end = end
        self.commands: list[tuple[paramiko.Channel, bytes]] = []

    def get_allowed_auths(self, username: str) -> str:
        return self.methods

    def check_auth_none(self, username: str) -> int:
        return WELL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, command: bytes) -> None:
        time.sleep(0.01)  # the server's answer to the request comes first
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self.run(channel, command)

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        """Answers a command."""
        self.end.wait(10)


Make = Callable[[threading.Event], Login]


@contextlib.contextmanager
def ssh_server(make: Make, key: Any = KEY, before: Callable[[paramiko.Transport], None] | None = None) -> Iterator[int]:
    """An SSH server that shows `key`; `before` runs after the key exchange. Yields its port."""

    def talk(connection: socket.socket, end: threading.Event) -> None:
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        try:
            transport.start_server(server=make(end))
            if before is not None:
                before(transport)
            while transport.is_active() and not end.wait(0.05):
                pass
        finally:
            transport.close()
            transport.join(5)

    with raw_server(talk) as port:
        yield port


def send(transport: paramiko.Transport, message: paramiko.Message) -> None:
    """Sends any message of SSH."""
    vars(paramiko.Transport)["_send_message"](transport, message)


def target_of(port: int, **fields: Any) -> SshTarget:
    """A target without keys."""
    return replace(SshTarget("n1", HOST, port, "u", use_agent=False, known_hosts=()), **fields)


def secrets_of(password: str | None = None, pinned: str = PINNED, passphrase: str | None = None) -> Secrets:
    """Secrets of a server that shows KEY."""
    return Secrets(
        lambda: None if passphrase is None else Revealed(passphrase),
        lambda: None if password is None else Revealed(password),
        pinned,
    )


class Shell(Login):
    """Runs each command with sh on this machine, with an environment of its own; logs in with a password."""

    methods = "password"

    def __init__(self, end: threading.Event, environment: dict[str, str], password: str = "login-pw") -> None:
        super().__init__(end)
        self.environment, self.password = environment, password

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        return WELL if password == self.password else FAILED

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        data = b""
        while part := channel.recv(1 << 15):
            data += part
        environment = {**os.environ, **self.environment}
        result = subprocess.run(["sh", "-c", command], input=data, capture_output=True, env=environment, timeout=30)
        channel.sendall_stderr(result.stderr)
        channel.sendall(result.stdout)
        channel.send_exit_status(result.returncode)
        channel.close()


def tools(folder: Path, **scripts: str) -> dict[str, str]:
    """An environment with these programs before all others."""
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


PROMPT = 8.0
"""Seconds until a sentence, with limits of one second: enough on a busy machine, and below the real limits."""


def failing(act: Callable[[], object]) -> tuple[str, str]:
    """Code and sentence of the finding, which must come soon."""
    began = time.monotonic()
    with pytest.raises(FindingError) as refused:
        act()
    assert time.monotonic() - began < PROMPT
    assert refused.value.message and refused.value.remedy
    return refused.value.finding.code, refused.value.message
