"""One SSH connection over paramiko: host key checked before any login, each way to log in tried once, commands run.

Refuses host keys that are neither known nor pinned; never adds one to known_hosts by itself.
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

from mhv_tui.adapters.failures import endpoint, failure
from mhv_tui.adapters.ssh_login import Secrets, fingerprint, log_in
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.errors import FindingError
from mhv_tui.core.paths import expanded

if TYPE_CHECKING:
    import paramiko

CONNECT_TIMEOUT = 10.0
BANNER_TIMEOUT = 15.0
AUTH_TIMEOUT = 30.0
ANSWER_TIMEOUT = 30.0
"""Seconds until a machine has to take up a command."""
KEEPALIVE = 20
"""Seconds; a NAT is kept open, and a dead path has something to lose."""
LOST_AFTER = 60_000
"""Milliseconds without an acknowledgement after which a path is dead; the kernel's own patience is 15 minutes."""

_FAMILIES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
}
"""A kind of host key -> the algorithms by which a server signs with it, best first."""


@dataclass(frozen=True)
class Output:
    """What a command answered, undecoded."""

    code: int
    out: bytes
    err: bytes


class Connection:
    """A logged-in connection; `through` is the jump host's connection that it needs."""

    def __init__(self, target: SshTarget, transport: paramiko.Transport, through: Connection | None) -> None:
        self.target = target
        self._transport = transport
        self._through = through

    @property
    def alive(self) -> bool:
        """False once the connection has dropped."""
        return self._transport.is_active() and (self._through is None or self._through.alive)

    def execute(self, command: str, stdin: bytes = b"", timeout: float = 120.0) -> Output:
        """Runs a command line. Raises CN29 where the connection drops, CN31 where it does not end in its time."""
        deadline = time.monotonic() + timeout
        with self._dropping(), contextlib.closing(self._transport.open_session(timeout=CONNECT_TIMEOUT)) as channel:
            channel.settimeout(timeout)
            _ask(channel, command)
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
            if ended and not _waiting(channel):
                break
            if time.monotonic() > deadline:
                raise failure(
                    "CN31", f"a command on {self.target.name} did not end in {timeout:.0f} s", subject=self.target.name
                )
            # After the end of the output select would return at once, for ever.
            if channel.eof_received:
                channel.status_event.wait(0.2)
            else:
                select.select([channel], [], [], 0.2)
        code = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if code == -1 and not self._transport.is_active():
            raise self._dropped()
        return Output(code, bytes(out), bytes(err))

    def tunnel(self, host: str, port: int) -> Any:
        """A channel to another machine through this one."""
        import paramiko

        try:
            return self._transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=CONNECT_TIMEOUT)
        except (paramiko.SSHException, OSError, EOFError):
            raise failure(
                "CN29", f"the jump host {self.target.name} does not reach {endpoint(host, port)}", subject=host
            ) from None

    @contextlib.contextmanager
    def _dropping(self) -> Iterator[None]:
        import paramiko

        try:
            yield
        except (paramiko.SSHException, OSError, EOFError):
            self.close()
            raise self._dropped() from None

    def _dropped(self) -> FindingError:
        return failure("CN29", f"the connection to {self.target.name} dropped", subject=self.target.name)

    def close(self) -> None:
        """Ends the connection, and the jump host's."""
        self._transport.close()
        if self._through is not None:
            self._through.close()


def _ask(channel: paramiko.Channel, command: str) -> None:
    """Asks for a command. paramiko waits for the answer for ever, so a machine that hangs is hung up on."""
    end = threading.Timer(ANSWER_TIMEOUT, _hang_up, (channel,))
    end.daemon = True
    end.start()
    try:
        channel.exec_command(command)
    finally:
        end.cancel()


def _hang_up(channel: paramiko.Channel) -> None:
    """Closes a channel; says nothing where its connection has ended meanwhile: who waits there is told."""
    import paramiko

    with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
        channel.close()


def _waiting(channel: paramiko.Channel) -> bool:
    return channel.recv_ready() or channel.recv_stderr_ready()


def connect(target: SshTarget, secrets: Secrets, through: Connection | None = None) -> Connection:
    """Connects, checks the host key, logs in. Raises CN29, CN01 or CN30."""
    transport = _believed(target, secrets.pinned, through)
    try:
        log_in(transport, target, secrets)
    except BaseException:
        transport.close()
        raise
    transport.set_keepalive(KEEPALIVE)
    return Connection(target, transport, through)


def host_key(target: SshTarget, through: Connection | None = None) -> str:
    """SHA256:... of the key that the machine shows, before any login."""
    known = _known_keys(target)
    transport = _greeted(target, through, _family(next(iter(known), "ssh-ed25519")))
    try:
        return fingerprint(transport.get_remote_server_key())
    finally:
        transport.close()


def _believed(target: SshTarget, pinned: str, through: Connection | None) -> paramiko.Transport:
    """A connection whose host key is the pinned one, or one that known_hosts lists."""
    known = _known_keys(target)
    accepted = {pinned} if pinned else {fingerprint(key) for key in known.values()}
    # A server has several host keys and shows the one asked for first: ask for the kind that is known.
    families = list(_FAMILIES) if pinned else list(dict.fromkeys(_family(kind) for kind in known)) or ["ssh-ed25519"]
    seen = ""
    for family in families:
        transport = _greeted(target, through, family)
        shown = fingerprint(transport.get_remote_server_key())
        if shown in accepted:
            return transport
        transport.close()
        seen = seen or shown
    raise _unknown(target, pinned, sorted(accepted), seen)


def _unknown(target: SshTarget, pinned: str, accepted: list[str], seen: str) -> FindingError:
    where = endpoint(target.host, target.port)
    if not accepted:
        return failure(
            "CN01",
            f"{where} shows the host key {seen}, which nobody has confirmed yet",
            subject=target.name,
            remedy="Compare it on the machine (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), and write "
            f'host_key = "{seen}" in the answers or add it to known_hosts.',
        )
    source = "host_key in the answers" if pinned else "known_hosts"
    return failure(
        "CN01", f"{where} shows the host key {seen}; {source} has {', '.join(accepted)}", subject=target.name
    )


def _greeted(target: SshTarget, through: Connection | None, family: str) -> paramiko.Transport:
    import paramiko

    where = endpoint(target.host, target.port)
    sock = through.tunnel(target.host, target.port) if through else _socket(target)
    try:
        transport = paramiko.Transport(sock)
        transport.banner_timeout = BANNER_TIMEOUT
        transport.auth_timeout = AUTH_TIMEOUT
        options = transport.get_security_options()
        first = [kind for kind in _FAMILIES[family] if kind in options.key_types]
        options.key_types = [*first, *(kind for kind in options.key_types if kind not in first)]
        transport.start_client(timeout=BANNER_TIMEOUT)
    except (paramiko.SSHException, OSError, EOFError) as error:
        sock.close()
        reason = str(error) or "it was broken off"
        raise failure("CN29", f"{where} does not speak SSH with us: {reason}", subject=target.name) from None
    return transport


def _socket(target: SshTarget) -> socket.socket:
    where = endpoint(target.host, target.port)
    try:
        made = socket.create_connection((target.host, target.port), CONNECT_TIMEOUT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER)
        return made
    except socket.gaierror:
        reason = f"the name {target.host} does not resolve here"
    except TimeoutError:
        reason = f"{where} did not answer in {CONNECT_TIMEOUT:.0f} s"
    except ConnectionRefusedError:
        reason = f"{where} refuses the connection: nothing listens there"
    except OSError as error:
        reason = f"the connection to {where} failed: {error.strerror or 'it was broken off'}"
    raise failure("CN29", reason, subject=target.name)


def _known_keys(target: SshTarget) -> dict[str, Any]:
    """Kind -> key, as known_hosts lists them for this machine."""
    import paramiko

    wanted = target.known_as or target.host
    name = wanted if target.port == 22 else f"[{wanted}]:{target.port}"
    found: dict[str, Any] = {}
    for path in target.known_hosts:
        keys = paramiko.HostKeys()
        with contextlib.suppress(OSError, paramiko.SSHException, UnicodeDecodeError):
            keys.load(str(expanded(path)))
        for kind, key in (keys.lookup(name) or {}).items():
            found.setdefault(kind, key)
    return found


def _family(kind: str) -> str:
    return next((f for f, kinds in _FAMILIES.items() if kind in kinds or kind == f), "ssh-ed25519")
