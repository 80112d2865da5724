"""A proxy in front of one SSH server: passes bytes through, and injects a fault after a chosen number of them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.adapters.servers import HOST
from tests.faults.proxy import reset_on_close

CHUNK = 1 << 16


@dataclass(frozen=True)
class Cut:
    """A connection at a fault: the client's socket, the bytes held back, and the socket that would have got them."""

    client: socket.socket
    rest: bytes
    receiver: socket.socket
    ended: threading.Event


def closing(cut: Cut) -> None:
    """Ends the connection in an orderly way."""


@dataclass(frozen=True)
class StreamFault:
    """One fault. `stage`: name, refused, connection, server, stream or delay.

    `server` is the server that answers instead (stage server). `act` gets a new connection (stage connection), or one
    in the middle of its bytes (stage stream). `delay` is the seconds that each piece of bytes takes (stage delay).
    """

    name: str
    stage: str
    server: str = "real"
    act: Callable[[Cut], None] = closing
    delay: float = 0.0


def silent(cut: Cut) -> None:
    cut.ended.wait(300)


def resetting(cut: Cut) -> None:
    reset_on_close(cut.client)


def half_closing(cut: Cut) -> None:
    """The server's side ends, and the client's side stays open."""
    cut.client.shutdown(socket.SHUT_WR)
    cut.ended.wait(300)


def garbage(cut: Cut) -> None:
    cut.client.sendall(bytes(range(256)) * 8)
    cut.ended.wait(300)


def dripping(pause: float) -> Callable[[Cut], None]:
    """Sends one byte after each pause, in seconds; then nothing more."""

    def drip(cut: Cut) -> None:
        for byte in cut.rest:
            if cut.ended.wait(pause):
                return
            cut.receiver.sendall(bytes([byte]))
        cut.ended.wait(300)

    return drip


def web_server(cut: Cut) -> None:
    cut.client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def too_many(cut: Cut) -> None:
    """What OpenSSH sends above MaxStartups."""
    cut.client.sendall(b"Not allowed at this time\r\n")


def flooding(cut: Cut) -> None:
    """Lines before the banner, without an end."""
    while not cut.ended.is_set():
        cut.client.sendall(b"welcome\r\n" * 1024)


STREAM = (
    StreamFault("silent", "stream", act=silent),
    StreamFault("reset", "stream", act=resetting),
    StreamFault("closed", "stream", act=closing),
    StreamFault("half closed", "stream", act=half_closing),
    StreamFault("garbage", "stream", act=garbage),
    StreamFault("dripping", "stream", act=dripping(0.1)),
)
"""Faults in the bytes of an established connection."""

CONNECT = (
    StreamFault("name gone", "name"),
    StreamFault("name server silent", "name"),
    StreamFault("connection refused", "refused"),
    StreamFault("connection silent", "connection", act=silent),
    StreamFault("connection reset", "connection", act=resetting),
    StreamFault("connection closed", "connection", act=closing),
    StreamFault("banner flood", "connection", act=flooding),
    StreamFault("connection limit", "connection", act=too_many),
    StreamFault("another protocol", "connection", act=web_server),
    StreamFault("host key changed", "server", server="changed"),
    StreamFault("login refused", "server", server="refusing"),
    StreamFault("no more sessions", "server", server="full"),
)
"""Faults of a new connection."""


@dataclass
class StreamProxy:
    """A running proxy. `servers`: the addresses behind it, by name.

    Since the last arm: `passed` are the bytes of "client" and of "server", and `began` is the time of the first fault,
    in seconds since the epoch, or 0.
    """

    servers: Mapping[str, tuple[str, int]]
    port: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    fault: StreamFault | None = None
    after: int = 0
    sender: str = "server"
    once: bool = False
    began: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def arm(self, fault: StreamFault, after: int = 0, sender: str = "server", once: bool = False) -> None:
        """Injects the fault from now on; a fault in the stream after so many further bytes of the sender.

        `once`: only into the first connection that it meets; a new one works.
        """
        self.passed, self.after, self.sender, self.once = Counter(), after, sender, once
        self.fault, self.began = fault, 0.0 if fault.stage in ("connection", "stream") else time.time()
        if fault.stage == "refused":
            self._refuse()

    def disarm(self) -> None:
        """Passes everything through again, and releases what waits."""
        self.fault, self.passed, self.began = None, Counter(), 0.0
        self.ended.set()
        self.ended = threading.Event()
        if self._listener is None:
            self._listen(self.port)

    @property
    def stage(self) -> str:
        return self.fault.stage if self.fault else ""

    def _refuse(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _listen(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def _start(self, target: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._converse, listener.accept()[0])

    def _converse(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            fault = self.fault
            if fault and fault.stage == "connection":
                self._inject(fault, Cut(client, b"", client, self.ended))
                return
            server = fault.server if fault else "real"
            with socket.create_connection(self.servers[server]) as upstream:
                while self._forward(client, upstream):
                    pass

    def _inject(self, fault: StreamFault, cut: Cut) -> None:
        self.began = self.began or time.time()
        if self.once:
            self.fault = None
        fault.act(cut)

    def _forward(self, client: socket.socket, upstream: socket.socket) -> bool:
        """Forwards what arrives next. False at the end of a side, and after a fault."""
        ready, _, _ = select.select([client, upstream], [], [])
        source, receiver, sender = (client, upstream, "client") if client in ready else (upstream, client, "server")
        data = source.recv(CHUNK)
        fault = self.fault
        is_concerned = fault and fault.stage == "stream" and sender == self.sender
        room = self.after - self.passed[sender] if is_concerned else len(data)
        self.passed[sender] += len(data)
        if fault and room < len(data):
            receiver.sendall(data[: max(room, 0)])
            self._inject(fault, Cut(client, data[max(room, 0) :], receiver, self.ended))
            return False
        if fault and fault.delay:
            self.ended.wait(fault.delay)
        receiver.sendall(data)
        return bool(data)


@contextlib.contextmanager
def stream_proxy(servers: Mapping[str, tuple[str, int]]) -> Iterator[StreamProxy]:
    """Runs a proxy in front of servers (name -> address) during the `with` block."""
    proxy = StreamProxy(servers)
    proxy._listen()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy._refuse()
        for thread in proxy._threads:
            thread.join(5)
