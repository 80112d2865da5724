"""A proxy before Glance that passes uploads on while they arrive, and puts a fault into chosen ones at any byte.

Every other request passes through. Works before the simulated cloud and before a real Glance.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tests.adapters.servers import HOST
from tests.faults.proxy import HOP_BY_HOP, ProxiedAnswer, reset_on_close

CHUNK = 1 << 16
UPLOAD = re.compile(r"PUT \S*/images/([0-9a-f-]{36})/file ")
LONGEST_PAUSE = 60.0
"""Seconds after which a connection without data ends."""


@dataclass(frozen=True)
class UploadFault:
    """A fault of one upload: `act` ends it after a share of the body. Glance gets this share only if `passed_on`."""

    name: str
    act: Callable[[socket.socket, threading.Event], None]
    share: float = 1.0
    passed_on: bool = False
    answered: bool = False
    """True if Glance completes the upload before the fault."""


def refusal(status: int, share: float = 0.0, **headers: str) -> UploadFault:
    """Answers with an error status instead of Glance. A keyword X_Name is the header X-Name."""
    rows = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    answer = ProxiedAnswer(status, "Refused", rows, b'{"message": "refused by the test"}')

    def act(client: socket.socket, ended: threading.Event) -> None:
        client.sendall(answer.head(close=True) + answer.body)

    return UploadFault(f"status {status} at {share:.0%}", act, share)


def _reset(client: socket.socket, ended: threading.Event) -> None:
    reset_on_close(client)


def _silence(client: socket.socket, ended: threading.Event) -> None:
    ended.wait(300)


def reset(share: float) -> UploadFault:
    """Resets both connections."""
    return UploadFault(f"reset at {share:.0%}", _reset, share, passed_on=True)


def stall(share: float) -> UploadFault:
    """Reads no further byte."""
    return UploadFault(f"stall at {share:.0%}", _silence, share, passed_on=True)


LOST_ANSWER = UploadFault("lost answer", _reset, passed_on=True, answered=True)


@dataclass
class UploadProxy:
    """A running proxy. `faults` are those of the next uploads, one each; `uploads` are the image ids so far."""

    upstream: tuple[str, int]
    port: int = 0
    faults: list[UploadFault] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    on_fault: Callable[[str], None] = lambda image_id: None
    """Called with the image's id after each fault."""
    received: int = 0
    """Bytes of bodies of uploads so far."""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def script(self, *faults: UploadFault, on_fault: Callable[[str], None] = lambda image_id: None) -> None:
        """Sets the faults of the next uploads, and forgets the uploads so far."""
        self.faults, self.uploads, self.on_fault, self.received = list(faults), [], on_fault, 0

    def converse(self, client: socket.socket) -> None:
        """Passes on the one request of a connection."""
        client.settimeout(LONGEST_PAUSE)
        with (
            contextlib.suppress(OSError),
            client,
            client.makefile("rb") as reader,
            socket.create_connection(self.upstream, LONGEST_PAUSE) as server,
        ):
            self._pass_on(client, server, reader, _head(reader))

    def _pass_on(self, client: socket.socket, server: socket.socket, reader: BinaryIO, head: bytes) -> None:
        """Passes on a request and its answer, or puts a fault into it."""
        upload, length = UPLOAD.match(head.decode("latin-1")), _length(head)
        fault = self.faults.pop(0) if upload and self.faults else None
        if upload:
            self.uploads.append(upload[1])
        if fault is None or fault.passed_on:
            server.sendall(head)
        left = int(length * fault.share) if fault else length
        while left:
            piece = reader.read(min(CHUNK, left))
            if not piece:
                return
            left -= len(piece)
            self.received += len(piece) if upload else 0
            if fault is None or fault.passed_on:
                server.sendall(piece)
        if fault is None or fault.answered:
            answer = _answer(server)
        if fault is None:
            client.sendall(answer.head(close=True) + answer.body)
            return
        if not fault.answered:
            reset_on_close(server)
        server.close()
        self.on_fault(self.uploads[-1])
        fault.act(client, self.ended)


def _head(reader: BinaryIO) -> bytes:
    """The request line and the headers, with the empty line. Raises OSError if the connection ends before it."""
    lines = []
    while line := reader.readline():
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    raise OSError("no request")


def _length(head: bytes) -> int:
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(length[1]) if length else 0


def _answer(server: socket.socket) -> ProxiedAnswer:
    with http.client.HTTPResponse(server) as answer:
        answer.begin()
        body = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return ProxiedAnswer(answer.status, answer.reason, tuple(kept), body)


@contextlib.contextmanager
def upload_proxy(host: str, port: int) -> Iterator[UploadProxy]:
    """Runs a proxy before a server during the `with` block."""
    proxy = UploadProxy((host, port))
    threads: list[threading.Thread] = []
    with socket.create_server((HOST, 0)) as listener:
        proxy.port = listener.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    thread = threading.Thread(target=proxy.converse, args=(listener.accept()[0],), daemon=True)
                    threads.append(thread)
                    thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield proxy
        finally:
            proxy.ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join(5)
