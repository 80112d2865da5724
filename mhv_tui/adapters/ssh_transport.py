"""Adds limits to paramiko's transport: banner, packet size, number of items in a message, flow control.

Without these limits, a server could fill the memory of this machine, partly before the login.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.host_certificate import SUFFIX
from mhv_tui.adapters.ssh_errors import only_findings
from mhv_tui.adapters.ssh_limits import MAX_BANNER, MAX_ITEMS, MAX_PACKET, SshBudget, SshLimits, size

if TYPE_CHECKING:
    import socket

    import paramiko
    from paramiko.packet import Packetizer

KEY_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
}
"""Family of host keys -> signature algorithms for it, best first."""

CERTIFICATES = "certificates"
"""The name of the family of all host certificates."""

EXT_INFO, INFO_REQUEST, CHANNEL_DATA, CHANNEL_EXTENDED_DATA = 7, 60, 94, 95
"""Numbers of SSH messages (RFC 4250, RFC 8308)."""


def family(kind: str) -> str:
    """Returns the family of a kind of host key ("ecdsa-sha2-nistp256"); "ssh-ed25519" for an unknown kind."""
    return next((f for f, kinds in KEY_ALGORITHMS.items() if kind in kinds or kind == f), "ssh-ed25519")


def algorithms(first: str, supported: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the host key algorithms to offer: first those of the family `first`, then the others."""
    plain = tuple(name for name in supported if not name.endswith(SUFFIX))
    certificates = tuple(name for name in supported if name.endswith(SUFFIX))
    if first == CERTIFICATES:
        return certificates + plain
    preferred = tuple(name for name in KEY_ALGORITHMS[first] if name in plain)
    return preferred + tuple(name for name in plain if name not in preferred) + certificates


def negotiate(
    sock: socket.socket | paramiko.Channel, name: str, address: str, first: str, limits: SshLimits, budget: SshBudget
) -> paramiko.Transport:
    """Negotiates SSH over a connected socket, preferring host keys of the family `first`. Raises CN29.

    Takes at most the time left in `budget` and the limit of one negotiation. Closes `sock` after a failure.
    """
    transport: paramiko.Transport = _transport_class()(sock, first)
    # Twice the time, so that not paramiko's limits for single reads end first, but ours, which have sentences.
    transport.banner_timeout, transport.auth_timeout = 2 * limits.negotiation, 2 * limits.login
    seconds = max(min(limits.negotiation, budget.remaining), 0.0)
    try:
        with only_findings("CN29", f"the SSH negotiation with {address} failed", name):
            with budget.spend(partial(hang_up, transport)):
                transport.start_client(timeout=seconds)
            # At its time limit, start_client returns without an error.
            if transport.initial_kex_done and transport.is_active():
                return transport
            phase = "key exchange" if transport.remote_version else "banner"
            raise failure("CN29", f"{address} did not finish its SSH {phase} in {seconds:.0f} s", subject=name)
    except BaseException:
        hang_up(transport)
        raise


def hang_up(transport: paramiko.Transport) -> None:
    """Closes a connection without sending anything. Closes the connection to its jump host first, which may hang."""
    import paramiko

    if isinstance(transport.sock, paramiko.Channel):
        hang_up(transport.sock.get_transport())
    transport.close()


@cache
def _packetizer_class() -> type[Packetizer]:
    """Returns BoundedPacketizer. Defines it at the first call, because paramiko must not be imported before."""
    import paramiko
    from paramiko.packet import Packetizer

    class BoundedPacketizer(Packetizer):
        """A packetizer that refuses banners, packets and messages that are too long."""

        banner_bytes = 0

        def start_handshake(self, timeout: float) -> None:
            """Does nothing: the budget limits the handshake; paramiko's timer would delay the end of the process."""

        def _read_timeout(self, timeout: float) -> bytes:
            part: bytes = vars(Packetizer)["_read_timeout"](self, timeout)
            self.banner_bytes += len(part)
            if self.banner_bytes > MAX_BANNER:
                raise paramiko.SSHException(f": the banner has more than {size(MAX_BANNER)}")
            return part

        def read_all(self, n: int, check_rekey: bool = False) -> bytes:
            if n > MAX_PACKET:
                raise paramiko.SSHException(f"a packet has more than {size(MAX_PACKET)}")
            return super().read_all(n, check_rekey)

        def read_message(self) -> tuple[int, paramiko.Message]:
            kind, message = super().read_message()
            if kind in (EXT_INFO, INFO_REQUEST):
                for _ in range(3 if kind == INFO_REQUEST else 0):
                    message.get_string()
                if message.get_int() > MAX_ITEMS:
                    raise paramiko.SSHException(f"a message has more than {MAX_ITEMS} items")
                message.rewind()
            return kind, message

    return BoundedPacketizer


@cache
def _transport_class() -> Callable[[socket.socket | paramiko.Channel, str], paramiko.Transport]:
    """Returns BoundedTransport. Defines it at the first call, because paramiko must not be imported before."""
    import paramiko

    handlers = dict(vars(paramiko.Transport)["_channel_handler_table"])
    handlers |= {kind: _within_window(handlers[kind]) for kind in (CHANNEL_DATA, CHANNEL_EXTENDED_DATA)}

    class BoundedTransport(paramiko.Transport):
        """A transport that prefers host keys of the family `first` and ends if the server ignores the flow control."""

        _channel_handler_table = MappingProxyType(handlers)

        def __init__(self, sock: socket.socket | paramiko.Channel, first: str) -> None:
            super().__init__(sock, packetizer_class=_packetizer_class())
            self.first = first

        @property
        def preferred_keys(self) -> tuple[str, ...]:
            return algorithms(self.first, tuple(super().preferred_keys))

    return BoundedTransport


ChannelHandler = Callable[["paramiko.Channel", "paramiko.Message"], None]


def _within_window(feed: ChannelHandler) -> ChannelHandler:
    """Returns paramiko's handler of received data, with an added check of the receive window."""

    def bounded(channel: paramiko.Channel, message: paramiko.Message) -> None:
        import paramiko

        feed(channel, message)
        # Twice the window, because the channel enlarges it before it has taken the data out of the buffers.
        if len(channel.in_buffer) + len(channel.in_stderr_buffer) > 2 * channel.in_window_size:
            raise paramiko.SSHException("the server sends more than the flow control of SSH allows")

    return bounded
