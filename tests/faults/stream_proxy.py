"""A proxy in front of one SSH server: passes bytes through, and injects a fault after a chosen number of them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.adapters.servers import HOST
from tests.faults.proxy import reset_on_close

CHUNK = 1 << 16


@dataclass(frozen=True)
class StreamFault:
    """One fault. `stage`: name, refused, connection, server or stream.

    `server` is the server that answers instead (stage server). `act` gets the client's socket and the bytes that the
    fault holds back (stages connection and stream).
    """

    name: str
    stage: str
    server: str = "real"
    act: Callable[[socket.socket, bytes, threading.Event], None] = lambda client, rest, ended: None


def silent(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    ended.wait(300)


def resetting(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    reset_on_close(client)


def closing(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    """Ends the connection in an orderly way."""


def garbage(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    client.sendall(bytes(range(256)) * 8)
    ended.wait(300)


def dripping(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    for byte in rest:
        if ended.wait(0.1):
            return
        client.sendall(bytes([byte]))
    ended.wait(300)


def web_server(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def too_many(client: socket.socket, rest: bytes, ended: threading.Event) -> None:
    """What OpenSSH sends above MaxStartups."""
    client.sendall(b"Not allowed at this time\r\n")


STREAM = (
    StreamFault("silent", "stream", act=silent),
    StreamFault("reset", "stream", act=resetting),
    StreamFault("closed", "stream", act=closing),
    StreamFault("garbage", "stream", act=garbage),
    StreamFault("dripping", "stream", act=dripping),
)
"""Faults in the bytes of an established connection."""

CONNECT = (
    StreamFault("name gone", "name"),
    StreamFault("name server silent", "name"),
    StreamFault("connection refused", "refused"),
    StreamFault("connection silent", "connection", act=silent),
    StreamFault("connection reset", "connection", act=resetting),
    StreamFault("connection closed", "connection", act=closing),
    StreamFault("connection limit", "connection", act=too_many),
    StreamFault("another protocol", "connection", act=web_server),
    StreamFault("host key changed", "server", server="changed"),
    StreamFault("login refused", "server", server="refusing"),
    StreamFault("no more sessions", "server", server="full"),
)
"""Faults of a new connection."""


@dataclass
class StreamProxy:
    """A running proxy. `servers`: the addresses behind it, by name; `passed`: the server's bytes since the last arm."""

    servers: Mapping[str, tuple[str, int]]
    port: int = 0
    passed: int = 0
    fault: StreamFault | None = None
    after: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def arm(self, fault: StreamFault, after: int = 0) -> None:
        """Injects the fault from now on; a fault in the stream after so many further bytes of the server."""
        self.passed, self.fault, self.after = 0, fault, after
        if fault.stage == "refused":
            self._refuse()

    def disarm(self) -> None:
        """Passes everything through again, and releases what waits."""
        self.fault, self.passed = None, 0
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
                fault.act(client, b"", self.ended)
                return
            server = fault.server if fault else "real"
            with socket.create_connection(self.servers[server]) as upstream:
                while self._forward(client, upstream):
                    pass

    def _forward(self, client: socket.socket, upstream: socket.socket) -> bool:
        """Forwards what arrives next. False at the end of a side, and after a fault."""
        ready, _, _ = select.select([client, upstream], [], [])
        if client in ready:
            data = client.recv(CHUNK)
            upstream.sendall(data)
            return bool(data)
        data = upstream.recv(CHUNK)
        fault = self.fault
        room = self.after - self.passed if fault and fault.stage == "stream" else len(data)
        self.passed += len(data)
        if fault and room < len(data):
            client.sendall(data[: max(room, 0)])
            fault.act(client, data[max(room, 0) :], self.ended)
            return False
        client.sendall(data)
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
