"""Sends HTTP requests to the cloud's APIs within the limits of the module `limits`. Imported only if a cloud is used.

Never follows a redirect to another server, because the request contains a password or a token.
"""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs

from mhv_tui.adapters.limits import AnswerTooLong, LimitedResponse, budget, connect
from mhv_tui.adapters.tls_socket import with_closed_sockets

MOST_VALUES = 250_000
"""Values in one JSON document. Parsed, each takes up to 250 bytes of memory, even if it is 3 bytes long. A page of the
largest list, 1000 hypervisors, has 50,000."""
MOST_WIDE = 4 << 20
"""Bytes of a document with a character beyond U+FFFF: decoded, each of its characters takes 4 bytes, and twice."""
_WIDE = re.compile(rb"[\xf0-\xf4]")
CHUNK = 1 << 16
REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Redirected(Exception):
    """A server redirects a request to another server, or redirects a request that changes something."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"{source} redirects to {target}")
        self.source, self.target = source, target


class _Connection(HTTPConnection):
    response_class = LimitedResponse

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(budget().remaining())
        super().send(data)


class _TlsConnection(HTTPSConnection):
    response_class = LimitedResponse

    def connect(self) -> None:
        """As urllib3 does, with a context that closes a socket which it cannot wrap."""
        if self.ssl_context is None:
            context = create_urllib3_context(cert_reqs=resolve_cert_reqs(self.cert_reqs))
            self.ssl_context = with_closed_sockets(context)
        super().connect()

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(budget().remaining())
        super().send(data)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class LimitedAdapter(HTTPAdapter):
    """An HTTP adapter for requests: reads each answer completely, within the budget, before `send` returns."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Sends a request. Raises Redirected, DeadlinePassed, AnswerTooLong and the errors of requests."""
        try:
            answer = super().send(request, *args, **{**options, "stream": True})
        except requests.RequestException:
            # keystoneauth repeats a request after an error of requests, but not after one of a budget.
            budget().remaining()
            budget().room()
            raise
        try:
            _check_redirect(request, answer)
            body = _body(answer)
        except BaseException:
            answer.close()
            raise
        answer.raw.release_conn()
        answer.raw = io.BytesIO(body)
        return answer

    def close(self) -> None:
        """Closes the idle connections at once; urllib3 would close them only later."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            keys = manager.pools.keys()
            for key in keys:
                pool = manager.pools.get(key)
                if pool is not None:
                    pool.close()
        super().close()


def origin(url: str) -> str:
    """Returns `scheme://host:port` of a URL, without user and password."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _check_redirect(request: requests.PreparedRequest, answer: requests.Response) -> None:
    """Makes the target of a redirect absolute, as keystoneauth requires. Raises Redirected for another server."""
    location = answer.headers.get("Location", "")
    if answer.status_code not in REDIRECTS or not location:
        return
    source = str(request.url)
    target = urljoin(source, location)
    if request.method not in ("GET", "HEAD") or origin(source) != origin(target):
        raise Redirected(origin(source), origin(target))
    answer.headers["Location"] = target


def _body(answer: requests.Response) -> bytes:
    """Returns the decoded body. Limits both lengths, because a short compressed answer can be a long text."""
    room = budget().room()
    if _length(answer.headers) > room:
        raise budget().exceeded()
    body = bytearray()
    values, is_wide = 0, False
    for chunk in answer.raw.stream(CHUNK, decode_content=True):
        budget().remaining()
        body += chunk
        values += chunk.count(b",") + chunk.count(b"[") + chunk.count(b"{")
        if len(body) > room:
            raise budget().exceeded()
        is_wide = is_wide or _WIDE.search(chunk) is not None
        if is_wide and len(body) > MOST_WIDE:
            raise AnswerTooLong(f"{MOST_WIDE >> 20} MiB of text with characters beyond U+FFFF")
        if values > MOST_VALUES:
            raise AnswerTooLong(f"{MOST_VALUES} values")
    return bytes(body)


def _length(headers: Mapping[str, str]) -> int:
    length = headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
