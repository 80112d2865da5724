"""One SSH connection over paramiko: checks the host key, logs in, runs commands.

Refuses host keys that are neither in known_hosts nor pinned, and never writes to known_hosts.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_login import Secrets, fingerprint, log_in
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.errors import FindingError
from mhv_tui.core.paths import expanded
from mhv_tui.core.text import host_port

if TYPE_CHECKING:
    import paramiko

CONNECT_TIMEOUT = 10.0
BANNER_TIMEOUT = 15.0
AUTH_TIMEOUT = 30.0
ANSWER_TIMEOUT = 30.0
"""Seconds until the machine must confirm that it starts a command."""
KEEPALIVE = 20
"""Seconds. Keeps NAT entries alive and reveals a dead path."""
LOST_AFTER = 60_000
"""Milliseconds without a TCP acknowledgement after which the path counts as dead (kernel default: about 15 minutes)."""

_FAMILIES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
}
"""Family of host keys -> signature algorithms for it, best first."""


@dataclass(frozen=True)
class Output:
    """Exit code and undecoded output of a command."""

    code: int
    out: bytes
    err: bytes


class Connection:
    """A logged-in connection; `jump` is the connection to the jump host that carries it."""

    def __init__(self, target: SshTarget, transport: paramiko.Transport, jump: Connection | None) -> None:
        self.target = target
        self._transport = transport
        self._jump = jump

    @property
    def alive(self) -> bool:
        """False after the connection dropped."""
        return self._transport.is_active() and (self._jump is None or self._jump.alive)

    def execute(self, command: str, stdin: bytes = b"", timeout: float = 120.0) -> Output:
        """Runs a command line. Raises CN29 if the connection drops, CN31 if the command exceeds `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with (
            self._translated_errors(),
            contextlib.closing(self._transport.open_session(timeout=CONNECT_TIMEOUT)) as channel,
        ):
            channel.settimeout(timeout)
            _start(channel, command)
            if stdin:
                channel.sendall(stdin)
            channel.shutdown_write()
            return self._collect(channel, deadline, timeout)

    def _collect(self, channel: paramiko.Channel, deadline: float, timeout: float) -> Output:
        out, err = bytearray(), bytearray()
        while True:
            while channel.recv_ready():
                out += channel.recv(1 << 16)
            while channel.recv_stderr_ready():
                err += channel.recv_stderr(1 << 16)
            ended = (channel.eof_received and channel.exit_status_ready()) or channel.closed
            if ended and not _has_output(channel):
                break
            if time.monotonic() > deadline:
                raise failure(
                    "CN31", f"a command on {self.target.name} did not end in {timeout:.0f} s", subject=self.target.name
                )
            # After the end of the output, select would always return at once.
            if channel.eof_received:
                channel.status_event.wait(0.2)
            else:
                select.select([channel], [], [], 0.2)
        code = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if code == -1 and not self._transport.is_active():
            raise self._dropped()
        return Output(code, bytes(out), bytes(err))

    def tunnel(self, host: str, port: int) -> Any:
        """A channel to another machine through this one. Raises CN29."""
        import paramiko

        try:
            return self._transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=CONNECT_TIMEOUT)
        except (paramiko.SSHException, OSError, EOFError):
            raise failure(
                "CN29", f"the jump host {self.target.name} cannot connect to {host_port(host, port)}", subject=host
            ) from None

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        import paramiko

        try:
            yield
        except (paramiko.SSHException, OSError, EOFError):
            self.close()
            raise self._dropped() from None

    def _dropped(self) -> FindingError:
        return failure("CN29", f"the connection to {self.target.name} dropped", subject=self.target.name)

    def close(self) -> None:
        """Closes this connection and that to the jump host."""
        self._transport.close()
        if self._jump is not None:
            self._jump.close()


def _start(channel: paramiko.Channel, command: str) -> None:
    """Starts a command. paramiko has no time limit for the answer, so a timer closes the channel of a hung machine."""
    timer = threading.Timer(ANSWER_TIMEOUT, _hang_up, (channel,))
    timer.daemon = True
    timer.start()
    try:
        channel.exec_command(command)
    finally:
        timer.cancel()


def _hang_up(channel: paramiko.Channel) -> None:
    """Closes a channel. Ignores a connection that has ended already: the caller of exec_command gets that error."""
    import paramiko

    with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
        channel.close()


def _has_output(channel: paramiko.Channel) -> bool:
    return channel.recv_ready() or channel.recv_stderr_ready()


def connect(target: SshTarget, secrets: Secrets, jump: Connection | None = None) -> Connection:
    """Connects, checks the host key and logs in. Raises CN29, CN01 or CN30."""
    transport = _verified_transport(target, secrets.pinned, jump)
    try:
        log_in(transport, target, secrets)
    except BaseException:
        transport.close()
        raise
    transport.set_keepalive(KEEPALIVE)
    return Connection(target, transport, jump)


def host_key(target: SshTarget, jump: Connection | None = None) -> str:
    """The machine's current host key as SHA256:... Does not log in."""
    known = _known_keys(target)
    transport = _open_transport(target, jump, _family(next(iter(known), "ssh-ed25519")))
    try:
        return fingerprint(transport.get_remote_server_key())
    finally:
        transport.close()


def _verified_transport(target: SshTarget, pinned: str, jump: Connection | None) -> paramiko.Transport:
    """A connection whose host key is the pinned one or, without a pin, in known_hosts. Raises CN01."""
    known = _known_keys(target)
    accepted = {pinned} if pinned else {fingerprint(key) for key in known.values()}
    # A server has several host keys and shows one of the kind that the client prefers, so prefer a known kind.
    families = list(_FAMILIES) if pinned else list(dict.fromkeys(_family(kind) for kind in known)) or ["ssh-ed25519"]
    first_key = ""
    for family in families:
        transport = _open_transport(target, jump, family)
        key = fingerprint(transport.get_remote_server_key())
        if key in accepted:
            return transport
        transport.close()
        first_key = first_key or key
    raise _host_key_failure(target, pinned, sorted(accepted), first_key)


def _host_key_failure(target: SshTarget, pinned: str, accepted: list[str], key: str) -> FindingError:
    address = host_port(target.host, target.port)
    if not accepted:
        return failure(
            "CN01",
            f"the host key of {address} is not confirmed yet: {key}",
            subject=target.name,
            remedy="Compare it with the key on the machine (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub). Then write "
            f'host_key = "{key}" in the answers or add the key to known_hosts.',
        )
    source = "host_key in the answers" if pinned else "known_hosts"
    return failure("CN01", f"{address} has the host key {key}; {source} has {', '.join(accepted)}", subject=target.name)


def _open_transport(target: SshTarget, jump: Connection | None, family: str) -> paramiko.Transport:
    """Connects and negotiates SSH, with host keys of `family` preferred. Raises CN29."""
    import paramiko

    address = host_port(target.host, target.port)
    sock = jump.tunnel(target.host, target.port) if jump else _socket(target)
    try:
        transport = paramiko.Transport(sock)
        transport.banner_timeout = BANNER_TIMEOUT
        transport.auth_timeout = AUTH_TIMEOUT
        options = transport.get_security_options()
        preferred = [kind for kind in _FAMILIES[family] if kind in options.key_types]
        options.key_types = [*preferred, *(kind for kind in options.key_types if kind not in preferred)]
        transport.start_client(timeout=BANNER_TIMEOUT)
    except (paramiko.SSHException, OSError, EOFError) as error:
        sock.close()
        reason = str(error) or "the connection was closed"
        raise failure("CN29", f"the SSH negotiation with {address} failed: {reason}", subject=target.name) from None
    return transport


def _socket(target: SshTarget) -> socket.socket:
    address = host_port(target.host, target.port)
    try:
        connection = socket.create_connection((target.host, target.port), CONNECT_TIMEOUT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER)
        return connection
    except socket.gaierror:
        reason = f"the name {target.host} does not resolve on this machine"
    except TimeoutError:
        reason = f"{address} did not answer in {CONNECT_TIMEOUT:.0f} s"
    except ConnectionRefusedError:
        reason = f"{address} refuses the connection: no service listens on this port"
    except OSError as error:
        reason = f"the connection to {address} failed: {error.strerror or 'it was closed'}"
    raise failure("CN29", reason, subject=target.name)


def _known_keys(target: SshTarget) -> dict[str, Any]:
    """Kind -> host key, from the known_hosts files."""
    import paramiko

    host = target.known_as or target.host
    name = host if target.port == 22 else f"[{host}]:{target.port}"
    known: dict[str, Any] = {}
    for path in target.known_hosts:
        keys = paramiko.HostKeys()
        with contextlib.suppress(OSError, paramiko.SSHException, UnicodeDecodeError):
            keys.load(str(expanded(path)))
        for kind, key in (keys.lookup(name) or {}).items():
            known.setdefault(kind, key)
    return known


def _family(kind: str) -> str:
    return next((f for f, kinds in _FAMILIES.items() if kind in kinds or kind == f), "ssh-ed25519")
