"""A proxy in front of one HTTP service: passes calls through, records them, and injects a fault from a chosen call on.

A call is a request, or a connection that is closed without one (a look at the certificate). Each has a number.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from tests.adapters.servers import HOST

CONNECTION = "connection without a request"
HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"))


@dataclass(frozen=True)
class ProxiedRequest:
    """A request as it arrived. `target` is the path with its query."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class ProxiedAnswer:
    """The answer of the real service, before it is sent."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def head(self, length: int | None = None, close: bool = False) -> bytes:
        """Status line and headers. `length` replaces the length of the body."""
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.status != 204:
            lines.append(f"Content-Length: {len(self.body) if length is None else length}")
        return "\r\n".join([*lines, *["Connection: close"] * close, "", ""]).encode("latin-1")


Upstream = Callable[[ProxiedRequest], ProxiedAnswer]
"""Answers a request as the real service does."""


@dataclass
class Exchange:
    """One request with a fault: the connection, and the answer that the real service would give."""

    connection: socket.socket
    request: ProxiedRequest
    forward: Callable[[], ProxiedAnswer]
    proxy: FaultProxy

    def reset(self) -> None:
        """The connection ends with a TCP reset when it is closed."""
        reset_on_close(self.connection)


@dataclass(frozen=True)
class Fault:
    """One fault. `stage`: name, refused, connection, certificate or answer.

    `before` acts on a new connection (stage connection), `answer` instead of the answer to a request (stage answer).
    """

    name: str
    stage: str
    before: Callable[[socket.socket, FaultProxy], None] = lambda connection, proxy: None
    answer: Callable[[Exchange], None] = lambda exchange: None


@dataclass
class FaultProxy:
    """A running proxy. `name` resolves to it; `calls` are the names of the calls so far."""

    name: str
    upstream: Upstream
    name_of: Callable[[ProxiedRequest], str]
    certificate: ssl.SSLContext | None
    changed: ssl.SSLContext | None
    calls: list[str] = field(default_factory=list)
    caught: list[ProxiedRequest] = field(default_factory=list)
    """Requests that arrived over the changed certificate: a client must send none."""
    requests: list[ProxiedRequest] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    fault: Fault | None = None
    first: int = 0
    last: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def arm(self, fault: Fault, first: int, once: bool = False) -> None:
        """Injects the fault from the call of this number on, or into this call only. Forgets the calls so far."""
        self.calls, self.requests, self.caught = [], [], []
        self.fault, self.first, self.last = fault, first, first if once else 1 << 30
        if fault.stage == "refused" and first == 0:
            self._refuse()

    def disarm(self) -> None:
        """Passes every call through again, and forgets the calls so far."""
        self.fault, self.calls, self.requests, self.caught = None, [], [], []
        if self._listener is None:
            self._listen(self.port)

    def received(self, secret: str) -> bool:
        """True if a request since the fault was armed has the secret."""
        return any(secret.encode() in request.body for request in self.requests)

    @property
    def next_stage(self) -> str:
        """The stage of the fault of the next call; "" if it has none."""
        fault = self._fault_of(len(self.calls))
        return fault.stage if fault else ""

    def _fault_of(self, number: int) -> Fault | None:
        """The fault that a call of this number meets."""
        return self.fault if self.first <= number <= self.last else None

    def _begin(self, name: str) -> int:
        """Records a call and returns its number. Stops listening if the next call is to be refused."""
        with self._lock:
            self.calls.append(name)
            if self.next_stage == "refused":
                self._refuse()
            return len(self.calls) - 1

    def _refuse(self) -> None:
        """Closes the listener but keeps its port, so that the kernel refuses every connection."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _listen(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def _start(self, target: Callable[[socket.socket], None], argument: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(argument,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self._begin_connection(connection)

    def _begin_connection(self, connection: socket.socket) -> None:
        """Numbers a connection in the order of the clients' attempts, then talks in a thread of its own."""
        number = self._begin(CONNECTION)
        self._start(lambda raw: self._converse(raw, number), connection)

    def _converse(self, raw: socket.socket, number: int) -> None:
        fault = self._fault_of(number)
        stage = fault.stage if fault else ""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException), raw:
            raw.settimeout(30)
            if fault and stage == "connection":
                fault.before(raw, self)
                return
            context = self.changed if stage == "certificate" else self.certificate
            connection = context.wrap_socket(raw, server_side=True) if context else raw
            with connection, connection.makefile("rb") as reader:
                self._answer_all(connection, reader, number, caught=stage == "certificate")

    def _answer_all(self, connection: socket.socket, reader: BinaryIO, number: int, caught: bool) -> None:
        calls, first = self.calls, True
        while request := read_request(reader):
            if first and self.calls is calls:
                calls[number] = self.name_of(request)
            else:
                number = self._begin(self.name_of(request))
            first = False
            self.requests.append(request)
            if caught:
                self.caught.append(request)
            fault = self._fault_of(number)
            if fault and fault.stage == "answer":
                fault.answer(Exchange(connection, request, partial(self.upstream, request), self))
                return
            answer = self.upstream(request)
            close = self.next_stage in ("name", "refused", "connection", "certificate")
            connection.sendall(answer.head(close=close) + answer.body)
            if close:
                return


def reset_on_close(connection: socket.socket) -> None:
    """Closing the connection sends a TCP reset from now on."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def fault_proxy(
    name: str,
    upstream: Upstream,
    name_of: Callable[[ProxiedRequest], str],
    certificate: ssl.SSLContext | None = None,
    changed: ssl.SSLContext | None = None,
) -> Iterator[FaultProxy]:
    """Runs a proxy during the `with` block."""
    proxy = FaultProxy(name, upstream, name_of, certificate, changed)
    proxy._listen()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy._refuse()
        for thread in proxy._threads:
            thread.join(5)


def read_request(reader: BinaryIO) -> ProxiedRequest | None:
    """The next request of a connection; None at its end, also in the middle of a request."""
    line = reader.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers: list[tuple[str, str]] = []
    while header := reader.readline().decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers.append((name.strip(), value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = reader.read(length)
    return ProxiedRequest(line[0], line[1], tuple(headers), body) if len(body) == length else None


def to_server(host: str, port: int, tls: bool, rewritten: Mapping[bytes, bytes] | None = None) -> Upstream:
    """Forwards requests to a real server; `rewritten` replaces addresses in its answers."""

    def forward(request: ProxiedRequest) -> ProxiedAnswer:
        connection = (
            http.client.HTTPSConnection(host, port, timeout=60, context=_unverified())
            if tls
            else http.client.HTTPConnection(host, port, timeout=60)
        )
        with contextlib.closing(connection):
            headers = {name: value for name, value in request.headers if name.lower() not in HOP_BY_HOP}
            connection.request(request.method, request.target, request.body or None, headers)
            answer = connection.getresponse()
            body = answer.read()
        for old, new in (rewritten or {}).items():
            body = body.replace(old, new)
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return ProxiedAnswer(answer.status, answer.reason, tuple(kept), body)

    return forward


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
