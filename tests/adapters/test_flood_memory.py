"""The worst that a system or a file can send: a process of its own takes less than 200 MB, and ends in time."""

from __future__ import annotations

import gzip
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters.cloud_http import MOST_VALUES
from mhv_tui.adapters.limits import LIMITS, MIB
from tests.adapters.hostile_cloud import COMPUTE, HEAD, IDENTITY, broken
from tests.adapters.raw_server import (
    RawServer,
    Request,
    endless,
    gzip_bomb,
    http,
    serving,
    soap,
    vcenter_answer,
    vcenter_call,
)
from tests.adapters.servers import identity
from tests.adapters.ssh_servers import PINNED, ssh_server
from tests.adapters.test_ssh_floods import Output, Survey
from tests.tui.terminals import ROOT

pytestmark = pytest.mark.slow

MOST = 190
"""MiB: 200 MB."""
LONGEST = 60.0
"""Seconds for one call, as adapters.limits has it; this machine may be busy."""
LEGAL = 64 * 1024
"""Bytes of room below the limit of an answer, which counts its headers."""


def measured(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.adapters.flood_client", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def bounded(result: dict[str, Any], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{name}: {result['peak']} MiB, {result['seconds']:.1f} s, {result['error'][:90]!r}")
    assert result["peak"] < MOST and result["seconds"] < LONGEST
    assert "Traceback" not in result["error"]


NORMAL = (
    "the most objects",
    "the longest text with an escape",
    "the longest wide characters",
    "endless depth",
    "long texts",
)
"""The worst floods; the others run with `-m matrix`."""


def cases(floods: dict[str, Any]) -> list[Any]:
    return [pytest.param(flood, id=n, marks=() if n in NORMAL else pytest.mark.matrix) for n, flood in floods.items()]


def filled(limit: int, begin: str, item: str, end: str) -> bytes:
    """A JSON answer of the largest legal size."""
    count = (limit - LEGAL - len(begin) - len(end)) // len(item.encode())
    return http((begin + item * count).rstrip(",") + end, Content_Type="application/json")


def values(limit: int, begin: str, item: str, end: str) -> bytes:
    """A JSON answer with almost as many values as are legal, and then one long text."""
    items = item * ((MOST_VALUES - 100) // (item.count(",") + item.count("[") + item.count("{")))
    return http(
        begin + items + f'"{"x" * (limit - LEGAL - len(items.encode()))}"' + end, Content_Type="application/json"
    )


JSON: dict[str, Callable[[RawServer, int], Iterable[bytes]]] = {
    "endless text": lambda server, limit: endless(HEAD + b"\r\n", b'"' + b"x" * 65536, server),
    "endless values": lambda server, limit: endless(HEAD + b"\r\n[", b"[]," * 20000, server),
    "endless headers": lambda server, limit: endless(HEAD, b"X-Header: " + b"x" * 60000 + b"\r\n", server),
    "a bomb": lambda server, limit: [http(gzip_bomb(400), Content_Type="application/json", Content_Encoding="gzip")],
    "the longest text": lambda server, limit: [filled(limit, '{"services": ["', "x", '"]}')],
    "the longest wide text": lambda server, limit: [filled(limit, '{"services": ["\U0001f511', "x", '"]}')],
    "the longest text with a euro sign": lambda server, limit: [filled(limit, '{"services": ["\u20ac', "x", '"]}')],
    "the longest text with an escape": lambda server, limit: [
        filled(limit, '{"services": ["\\ud83d\\udd11', "x", '"]}')
    ],
    "the longest wide characters": lambda server, limit: [filled(limit, '{"services": ["', "\U0001f511", '"]}')],
    "the most objects": lambda server, limit: [values(limit, '{"services": [', '{"":0},', "]}")],
    "the most lists": lambda server, limit: [values(limit, '{"services": [', "[],", "]}")],
    "the most texts": lambda server, limit: [values(limit, '{"services": [', '"\u00e4\u00e4\u00e4\u00e4",', "]}")],
    "text that is no JSON": lambda server, limit: [filled(limit, "", "\U0001f511", "")],
}

XML = {
    "endless text": b"x" * 65536,
    "endless lines": b"\n" * 65536,
    "endless entities": b"&lt;" * 16384,
    "endless elements": b"<b/>" * 16384,
    "endless depth": b"<b>" * 16384,
    "one endless tag": b"<a " + b"b='c' " * 10000,
    "long texts": b"<a>" + b"x" * 500_000 + b"</a>",
    "a long fault": b"</returnval>" + b"<faultstring>" * 3 + b"x" * 900_000 + b"</faultstring>",
}
"""What a vCenter repeats without an end."""


def begin(call: str) -> bytes:
    """The beginning of the right answer."""
    if call == "versions":
        return b"<namespaces>"
    head = soap("").partition(b"\r\n\r\n")[2].partition(b"</soapenv:Body>")[0]
    return head + f'<{call}Response xmlns="urn:vim25"><returnval>'.encode()


@pytest.mark.parametrize(
    ("path", "limit"),
    [(IDENTITY, LIMITS.login.size), (f"{COMPUTE}/v2.1/os-services", LIMITS.call.size)],
    ids=["login", "call"],
)
@pytest.mark.parametrize("answer", cases(JSON))
def test_a_cloud_that_floods(
    path: str, limit: int, answer: Callable[[RawServer, int], Iterable[bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(broken(path, lambda server: answer(server, limit))) as server:
        bounded(measured("cloud", str(server.port)), f"cloud {path.rpartition('/')[2]}", capsys)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return identity("vc").files(tmp_path_factory.mktemp("tls"), "vc")


@pytest.mark.parametrize("call", ["versions", "Login", "CurrentTime"])
@pytest.mark.parametrize("chunk", cases(XML))
def test_a_vcenter_that_floods(
    call: str, chunk: bytes, certificate: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        flood = endless(HEAD + b"\r\n" + begin(call), chunk, server)
        return flood if vcenter_call(request) == call else [vcenter_answer(request)]

    with serving(respond, certificate) as server:
        bounded(measured("vcenter", str(server.port)), f"vCenter {call}", capsys)


def test_a_vcenter_that_floods_with_right_rows(
    certificate: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        call = vcenter_call(request)
        if call == "CurrentTime":
            value = "<returnval>2026-01-01T00:00:00Z</returnval>"
            return [soap(f'<{call}Response xmlns="urn:vim25">{value}</{call}Response>')]
        rows = b"<returnval><entity type='Folder'>f</entity></returnval>" * 1000
        start = begin(call).removesuffix(b"<returnval>")
        flood = endless(HEAD + b"\r\n" + start, rows, server)
        return flood if call == "HasPrivilegeOnEntities" else [vcenter_answer(request)]

    with serving(respond, certificate) as server:
        result = measured("vcenter", str(server.port))
        bounded(result, "vCenter rows", capsys)
    assert "XML tags" in result["error"]


@pytest.mark.parametrize("kind", [Output, pytest.param(Survey, marks=pytest.mark.matrix)])
def test_a_node_that_floods(kind: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with ssh_server(kind) as port:
        bounded(measured("ssh", str(port), PINNED), f"node {kind.__name__}", capsys)


def zipped(path: Path) -> Path:
    """A log that is 300 MiB long when it is unpacked."""
    with gzip.open(path, "wb", 1) as file:
        for _ in itertools.repeat(None, 300):
            file.write(b"x" * MIB)
    return path


@pytest.mark.parametrize(
    "arguments",
    [("explain", "--log", "/dev/zero"), ("answers", "check", "/dev/zero"), ("explain", "--log", "LOG")],
    ids=" ".join,
)
def test_a_file_without_an_end(arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(zipped(tmp_path / "log.gz")) if word == "LOG" else word for word in arguments]
    bounded(measured("command", *words), " ".join(arguments), capsys)
