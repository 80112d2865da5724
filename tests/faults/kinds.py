"""The faults of an HTTP service, as a table: on the way to it, in its certificate, and in its answers."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Iterable

from tests.faults.proxy import Exchange, Fault, FaultProxy, ProxiedAnswer, ProxiedRequest, reset_on_close

DRIP = 0.05
"""Seconds before each byte of a slow answer."""

OTHER_HOST = "other.fault.test"
"""A redirect leads here. No request may arrive."""


def silent_connection(connection: socket.socket, proxy: FaultProxy) -> None:
    proxy.ended.wait(300)


def resetting_connection(connection: socket.socket, proxy: FaultProxy) -> None:
    reset_on_close(connection)


def full_server(connection: socket.socket, proxy: FaultProxy) -> None:
    """Closes the connection at once, like a server with too many connections."""


def other_protocol(connection: socket.socket, proxy: FaultProxy) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    connection.recv(1 << 16)


def silence(exchange: Exchange) -> None:
    exchange.proxy.ended.wait(300)


def silence_after_headers(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.connection.sendall(answer.head() if answer.body else answer.head()[:20])
    silence(exchange)


def reset_before_answer(exchange: Exchange) -> None:
    exchange.reset()


def reset_after_answer(exchange: Exchange) -> None:
    """The service does the work, but its answer is lost."""
    exchange.forward()
    exchange.reset()


def closed_before_answer(exchange: Exchange) -> None:
    """Closes the connection in an orderly way, without an answer."""


def reset_in_answer(exchange: Exchange) -> None:
    cut_answer(exchange)
    exchange.reset()


def cut_answer(exchange: Exchange) -> None:
    """The answer until the middle of its body, or of its headers if it has no body."""
    answer = exchange.forward()
    whole = answer.head() + answer.body
    exchange.connection.sendall(whole[: len(whole) - max(len(answer.body) // 2, 10)])


def half_document(exchange: Exchange) -> None:
    """An answer whose length is right, but whose text is only the first half."""
    answer = exchange.forward()
    half = answer.body[: len(answer.body) // 2]
    exchange.connection.sendall(answer.head(len(half), close=True) + half)


def dripping_headers(exchange: Exchange) -> None:
    _drip(exchange, exchange.forward().head())


def dripping_body(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.connection.sendall(answer.head(len(answer.body) + 100_000))
    _drip(exchange, itertools.chain(answer.body, itertools.repeat(0x20)))


def _drip(exchange: Exchange, content: Iterable[int]) -> None:
    for byte in content:
        if exchange.proxy.ended.wait(DRIP):
            return
        exchange.connection.sendall(bytes([byte]))
    silence(exchange)


def garbage(exchange: Exchange) -> None:
    exchange.connection.sendall(bytes(range(256)) * 8)


def web_page(exchange: Exchange) -> None:
    """A login page of a captive portal, with status 200."""
    exchange.connection.sendall(_page(200, "OK"))


def _page(status: int, reason: str, *headers: tuple[str, str]) -> bytes:
    body = f"<html><head><title>{status} {reason}</title></head><body><h1>{reason}</h1></body></html>".encode()
    answer = ProxiedAnswer(status, reason, (("Content-Type", "text/html"), *headers), body)
    return answer.head(close=True) + answer.body


def page_of(status: int, reason: str, *headers: tuple[str, str]) -> Callable[[Exchange], None]:
    """Answers with an error page of a load balancer."""
    return lambda exchange: exchange.connection.sendall(_page(status, reason, *headers))


def echoed_request(exchange: Exchange) -> None:
    """An error that repeats the whole request, with the secrets in it."""
    body = json.dumps({"error": {"message": request_text(exchange.request), "code": 500}}).encode()
    answer = ProxiedAnswer(500, "Internal Server Error", (("Content-Type", "application/json"),), body)
    exchange.connection.sendall(answer.head(close=True) + answer.body)


def request_text(request: ProxiedRequest) -> str:
    """The request as text: line, headers and body."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers)
    return f"{request.method} {request.target}\n{headers}\n\n{request.body.decode('utf-8', 'replace')}"


def redirect(status: int, reason: str, port: int = 443) -> Callable[[Exchange], None]:
    """Refers the client to another host."""

    def answer(exchange: Exchange) -> None:
        location = f"https://{OTHER_HOST}:{port}{exchange.request.target}"
        exchange.connection.sendall(_page(status, reason, ("Location", location)))

    return answer


FAULTS: tuple[Fault, ...] = (
    Fault("name gone", "name"),
    Fault("name server silent", "name"),
    Fault("connection refused", "refused"),
    Fault("connection silent", "connection", silent_connection),
    Fault("connection reset", "connection", resetting_connection),
    Fault("connection limit", "connection", full_server),
    Fault("another protocol", "connection", other_protocol),
    Fault("certificate changed", "certificate"),
    Fault("silent", "answer", answer=silence),
    Fault("silent after the headers", "answer", answer=silence_after_headers),
    Fault("reset before the answer", "answer", answer=reset_before_answer),
    Fault("reset after the work", "answer", answer=reset_after_answer),
    Fault("closed before the answer", "answer", answer=closed_before_answer),
    Fault("reset in the answer", "answer", answer=reset_in_answer),
    Fault("cut answer", "answer", answer=cut_answer),
    Fault("half a document", "answer", answer=half_document),
    Fault("dripping headers", "answer", answer=dripping_headers),
    Fault("dripping body", "answer", answer=dripping_body),
    Fault("garbage", "answer", answer=garbage),
    Fault("web page", "answer", answer=web_page),
    Fault("echoed request", "answer", answer=echoed_request),
    Fault("status 401", "answer", answer=page_of(401, "Unauthorized")),
    Fault("status 403", "answer", answer=page_of(403, "Forbidden")),
    Fault("status 429", "answer", answer=page_of(429, "Too Many Requests", ("Retry-After", "60"))),
    Fault("status 500", "answer", answer=page_of(500, "Internal Server Error")),
    Fault("status 502", "answer", answer=page_of(502, "Bad Gateway")),
    Fault("status 503", "answer", answer=page_of(503, "Service Unavailable", ("Retry-After", "60"))),
    Fault("status 504", "answer", answer=page_of(504, "Gateway Timeout")),
    Fault("redirect 302", "answer", answer=redirect(302, "Found")),
    Fault("redirect 307", "answer", answer=redirect(307, "Temporary Redirect")),
)
"""Every fault. An operation meets each of them at each of its calls."""

BY_NAME = {fault.name: fault for fault in FAULTS}
