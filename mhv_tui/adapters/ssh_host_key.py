"""Connects to a machine and checks its host key: against the pinned one or, without a pin, against known_hosts.

Accepts certificates of the authorities in known_hosts, never accepts a revoked key, and never writes to known_hosts.
"""

from __future__ import annotations

import contextlib
import socket
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from mhv_tui.adapters import host_certificate
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.known_hosts import KnownKeys, known_keys
from mhv_tui.adapters.ssh_limits import LIMITS, SshBudget, SshLimits, within
from mhv_tui.adapters.ssh_login import digest
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.adapters.ssh_transport import CERTIFICATES, KEY_ALGORITHMS, family, hang_up, negotiate
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import changed_key, unconfirmed_key
from mhv_tui.core.text import host_port

if TYPE_CHECKING:
    import paramiko

LOST_AFTER = 60_000
"""Milliseconds without a TCP acknowledgement until the connection counts as lost (kernel default: about 15 minutes)."""


class Jump(Protocol):
    """A jump host with an open, logged-in SSH connection."""

    def tunnel(self, host: str, port: int) -> Any:
        """Opens a socket to another machine through this jump host."""


def shown_key(target: SshTarget, jump: Jump | None, limits: SshLimits = LIMITS) -> str:
    """Returns the machine's current host key as SHA256:... without a login. Raises CN29, or CN01 for a revoked key."""
    known = _known(target)
    first = next((family(kind) for kind, _ in known.keys), "ssh-ed25519")
    transport = _open(target, jump, first, limits, SshBudget(limits.connect))
    try:
        _refuse_revoked(target, known, transport.get_remote_server_key())
        return digest(transport.get_remote_server_key().asbytes())
    finally:
        hang_up(transport)


def verified_transport(
    target: SshTarget, pinned: str, jump: Jump | None, limits: SshLimits = LIMITS
) -> paramiko.Transport:
    """Connects to the machine and checks its host key. Raises CN29, or CN01 for a host key that is not accepted."""
    known, budget, shown, problems = _known(target), SshBudget(limits.connect), "", list[str]()
    for first in _attempts(pinned, known):
        try:
            transport = _open(target, jump, first, limits, budget)
        except FindingError:
            if shown:  # the key is wrong, whatever stops the search for another one
                break
            raise
        try:
            key = transport.get_remote_server_key()
            _refuse_revoked(target, known, key)
            problem = _problem(target, pinned, known, key)
        except BaseException:
            hang_up(transport)
            raise
        if problem is None:
            return transport
        with budget.spend(partial(hang_up, transport)):
            transport.close()
        shown = shown or digest(key.asbytes())
        problems.append(problem)
    raise _refusal(target, pinned, known, shown, next(filter(None, problems), ""))


def _known(target: SshTarget) -> KnownKeys:
    return known_keys(target.known_hosts, target.host, target.port, target.known_as)


def _attempts(pinned: str, known: KnownKeys) -> list[str]:
    """Returns the families of host keys to try. A server with several keys shows one of the preferred family."""
    if pinned:
        return list(KEY_ALGORITHMS)
    families = list(dict.fromkeys(family(kind) for kind, _ in known.keys))
    return [CERTIFICATES] * bool(known.authorities) + families or ["ssh-ed25519"]


def _certificate(key: paramiko.PKey) -> bytes | None:
    blob = key.public_blob
    return bytes(blob.key_blob) if blob is not None else None


def _problem(target: SshTarget, pinned: str, known: KnownKeys, key: paramiko.PKey) -> str | None:
    """Returns None for an accepted host key, else what is wrong with its certificate; "" if it has none."""
    blob, certificate = key.asbytes(), _certificate(key)
    if pinned:
        return None if digest(blob) == pinned else ""
    if any(blob == accepted for _, accepted in known.keys):
        return None
    if certificate is None:
        return ""
    name = target.known_as or target.host
    return host_certificate.problem(certificate, blob, name, known.authorities, time.time()) or None


def _refuse_revoked(target: SshTarget, known: KnownKeys, key: paramiko.PKey) -> None:
    certificate, revoked = _certificate(key), key.asbytes() in known.revoked
    if certificate is not None and not revoked:
        with contextlib.suppress(ValueError):
            revoked = host_certificate.parse(certificate).authority in known.revoked
    if revoked:
        address = host_port(target.host, target.port)
        raise failure(
            "CN01", f"known_hosts marks the host key of {address} as revoked: {digest(key.asbytes())}",
            subject=target.name, remedy="Give the machine a new host key; never accept a revoked one.",
        )  # fmt: skip


def _refusal(target: SshTarget, pinned: str, known: KnownKeys, key: str, problem: str) -> FindingError:
    address = host_port(target.host, target.port)
    remedy = unconfirmed_key(key)
    accepted = [pinned] if pinned else sorted({digest(blob) for _, blob in known.keys})
    if accepted:
        detail, remedy = changed_key(address, key, accepted, is_pinned=bool(pinned))
    elif problem:
        detail = f"the host certificate of {address} is refused: {problem}; the host key is {key}"
    elif known.authorities:
        detail = (
            f"{address} shows the host key {key} but no certificate; known_hosts has only an authority for this host"
        )
    else:
        detail = f"the host key of {address} is not confirmed yet: {key}"
    return failure("CN01", detail, subject=target.name, remedy=remedy)


def _open(target: SshTarget, jump: Jump | None, first: str, limits: SshLimits, budget: SshBudget) -> paramiko.Transport:
    """Connects and negotiates SSH, preferring host keys of the family `first`. Raises CN29."""
    sock = jump.tunnel(target.host, target.port) if jump else _socket(target, limits, budget)
    return negotiate(sock, target.name, host_port(target.host, target.port), first, limits, budget)


def _socket(target: SshTarget, limits: SshLimits, budget: SshBudget) -> socket.socket:
    """Opens a TCP connection to the first of the machine's addresses that accepts one. Raises CN29."""
    address = host_port(target.host, target.port)
    began = time.monotonic()
    try:
        found = within(limits.resolve, lambda: socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        return _connected([(row[0], row[4]) for row in found], time.monotonic() + limits.tcp)
    except (socket.gaierror, UnicodeError):
        problem = f"the name {target.host} does not resolve on this machine"
    except TimeoutError:
        problem = f"{address} did not answer in {time.monotonic() - began:.0f} s"
    except ConnectionRefusedError:
        problem = f"{address} refuses the connection: no service listens on this port"
    except OSError as error:
        problem = f"the connection to {address} failed: {error.strerror or 'it was closed'}"
    finally:
        budget.remaining -= time.monotonic() - began
    raise failure("CN29", problem, subject=target.name)


def _connected(addresses: list[tuple[int, Any]], deadline: float) -> socket.socket:
    """Returns the first TCP connection that works. Raises the OSError of the last address if none works."""
    problem: OSError = TimeoutError()
    for number, (kind, address) in enumerate(addresses):
        connection = socket.socket(kind, socket.SOCK_STREAM)
        try:
            # Each address gets its share of the time, so that a silent first one does not hide a working second one.
            connection.settimeout(max((deadline - time.monotonic()) / (len(addresses) - number), 0.1))
            connection.connect(address)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER)
            return connection
        except OSError as error:
            connection.close()
            problem = error
    raise problem
