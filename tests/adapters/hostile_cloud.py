"""Logins to the small cloud of raw_server, with one part of it broken."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import MIB, Limit, Limits
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import Revealed
from tests.adapters.raw_server import (
    Answer,
    RawServer,
    Request,
    cloud_answer,
    dripping,
    endless,
    silence,
)
from tests.adapters.servers import HOST

PASSWORD = "S3cr3t-of-the-cloud"
SHORT = Limit(0.4, 8 * MIB)
EARLY, LOGIN, LATER = Limits(first_contact=SHORT), Limits(login=SHORT), Limits(call=SHORT)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
IDENTITY, COMPUTE = "/v3/auth/tokens", "/compute"


def url_of(server: RawServer) -> str:
    return f"http://{HOST}:{server.port}"


def opened(server: RawServer, limits: Limits = LATER) -> SdkCloud:
    login = CloudLogin(auth_url=f"{url_of(server)}/v3", username="admin", project_name="admin", region_name="R")
    return SdkCloud(login, Revealed(PASSWORD), limits)


def broken(path: str, answer: Callable[[RawServer], Iterable[bytes]]) -> Answer:
    """The small cloud, in which every path that begins with `path` answers otherwise."""

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        right = cloud_answer(request, url_of(server))
        return answer(server) if request.path.startswith(path) and "versions" not in request.path else [right]

    return respond


def failed(action: Callable[[], object]) -> tuple[FindingError, float]:
    """The error and the seconds until it was raised."""
    began = time.monotonic()
    with pytest.raises(FindingError) as raised:
        action()
    message = raised.value.message
    assert raised.value.remedy and PASSWORD not in message and "Traceback" not in message and "object at" not in message
    return raised.value, time.monotonic() - began


SLOW: dict[str, Callable[[RawServer], Iterable[bytes]]] = {
    "silent": silence,
    "dripping its status line": lambda server: dripping(b"HTTP/1.1 200 OK\r\n", server),
    "dripping headers": lambda server: itertools.chain([HEAD], dripping(b"X-Header: " * 50, server)),
    "dripping its body": lambda server: itertools.chain([HEAD, b"Content-Length: 900\r\n\r\n"], dripping(b"{", server)),
    "dripping chunks": lambda server: itertools.chain(
        [HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], dripping(b"1\r\n \r\n" * 99, server)
    ),
    "only continuing": lambda server: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", server),
}
