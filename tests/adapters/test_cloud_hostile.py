"""A cloud that is slow, endless or broken: every call ends in time with an error of our own."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import LIMITS, MIB, Limit, Limits
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import NewImage, NewServer, Service
from tests.adapters.hostile_cloud import (
    COMPUTE,
    EARLY,
    HEAD,
    IDENTITY,
    LOGIN,
    PASSWORD,
    SHORT,
    SLOW,
    broken,
    failed,
    opened,
    url_of,
)
from tests.adapters.raw_server import (
    RawServer,
    Request,
    cloud_answer,
    endless,
    gzip_bomb,
    http,
    json_answer,
    peak_memory,
    serving,
    silence,
    token,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def right() -> Iterator[RawServer]:
    with serving(lambda request, server: [cloud_answer(request, url_of(server))]) as server:
        yield server


def test_the_small_cloud_answers_every_call(right: RawServer) -> None:
    cloud = opened(right)
    assert cloud.hypervisors() == () and cloud.networks() == () and cloud.versions().compute_max == "2.90"
    cloud.close()


def test_the_limits_of_a_first_contact_suit_a_person_who_waits() -> None:
    assert 10 <= LIMITS.first_contact.seconds <= 15 and LIMITS.login.seconds <= 30 and LIMITS.call.seconds <= 60


@pytest.mark.parametrize("path", ["/v3", IDENTITY])
@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_keystone_fails_in_time(path: str, answer: Callable[[RawServer], Iterable[bytes]]) -> None:
    with serving(broken(path, answer)) as server:
        error, seconds = failed(lambda: opened(server, LOGIN if path == IDENTITY else EARLY))
    assert error.finding.code == "OS01" and seconds < 2
    assert server.received(PASSWORD) == (path == IDENTITY)


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_service_fails_in_time(answer: Callable[[RawServer], Iterable[bytes]]) -> None:
    with serving(broken(f"{COMPUTE}/v2.1/os-services", answer)) as server:
        cloud = opened(server)
        error, seconds = failed(cloud.services)
        cloud.close()
    assert error.finding.code == "OS10" and "compute" in error.message and seconds < 4


def test_a_list_without_an_end_fails_in_time() -> None:
    pages = itertools.count()

    def page(server: RawServer) -> Iterable[bytes]:
        return [json_answer({"images": [], "next": f"/v2/images?marker={next(pages)}"})]

    with serving(broken("/image/v2/images", page)) as server:
        cloud = opened(server, Limits(operation=SHORT))
        error, seconds = failed(cloud.images)
        cloud.close()
    assert error.finding.code == "OS10" and seconds < 4


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


SHAPES: dict[str, bytes] = {
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"token"',
    "an empty object": b"{}",
    "deep": deep(100_000),
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "not JSON": b"<html>Welcome</html>",
    "not text": b"\xff\xfe\x00\xd8",
    "infinite": b'{"token": Infinity}',
    "cut": b'{"token": {',
    "nothing": b"",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_token_of_another_shape_is_our_own_error(shape: bytes) -> None:
    headers = {"Content_Type": "application/json", "X_Subject_Token": "t"}
    with serving(broken(IDENTITY, lambda server: [http(shape, "201 Created", **headers)])) as server:
        error, _ = failed(lambda: used(server))
    assert error.finding.code in ("OS01", "OS05", "OS06", "OS10")


def used(server: RawServer) -> None:
    """Logs in, and reads the login and a list."""
    cloud = opened(server)
    try:
        cloud.identity()
        cloud.hypervisors()
    finally:
        cloud.close()


def without(key: str, value: Any) -> Callable[[RawServer], dict[str, Any]]:
    def changed(server: RawServer) -> dict[str, Any]:
        return {k: v for k, v in {**token(url_of(server)), key: value}.items() if v is not ...}

    return changed


TOKENS: dict[str, Callable[[RawServer], dict[str, Any]]] = {
    "no expires_at": without("expires_at", ...),
    "expires_at of another type": without("expires_at", 7),
    "a catalogue that is text": without("catalog", "compute"),
    "a catalogue of text": without("catalog", ["compute"]),
    "a catalogue of null": without("catalog", [None]),
    "endpoints without a URL": without("catalog", [{"type": "compute", "endpoints": [{"interface": "public"}]}]),
    "endpoints that are no list": without("catalog", [{"type": "compute", "endpoints": 7}]),
    "no user": without("user", ...),
    "roles that are text": without("roles", "admin"),
    "roles without a name": without("roles", [{}]),
}


@pytest.mark.parametrize("document", TOKENS.values(), ids=TOKENS)
def test_a_token_with_a_wrong_field_is_our_own_error(document: Callable[[RawServer], dict[str, Any]]) -> None:
    def answer(server: RawServer) -> Iterable[bytes]:
        return [json_answer({"token": document(server)}, "201 Created", X_Subject_Token="t")]

    with serving(broken(IDENTITY, answer)) as server:
        outcome: FindingError | None = None
        try:
            used(server)
        except FindingError as error:
            outcome = error
    assert outcome is None or (outcome.finding.code[:2] == "OS" and outcome.remedy)


@pytest.mark.parametrize("value", [..., 7, None, "tomorrow"])
def test_a_token_without_a_time_is_an_error_of_keystone(value: object) -> None:
    def answer(server: RawServer) -> Iterable[bytes]:
        return [json_answer({"token": without("expires_at", value)(server)}, "201 Created", X_Subject_Token="t")]

    with serving(broken(IDENTITY, answer)) as server:
        error, _ = failed(lambda: opened(server))
        assert f"{server.port}/v3" in error.message


KVM = Service("1", "nova-compute", "kvm1", "up", "enabled")

CALLS: dict[str, Callable[[SdkCloud], object]] = {
    "versions": lambda cloud: cloud.versions(),
    "hypervisors": lambda cloud: cloud.hypervisors(),
    "services": lambda cloud: cloud.services(),
    "agents": lambda cloud: cloud.agents(),
    "images": lambda cloud: cloud.images(),
    "flavors": lambda cloud: cloud.flavors(),
    "networks": lambda cloud: cloud.networks(),
    "aggregates": lambda cloud: cloud.aggregates(),
    "zones": lambda cloud: cloud.zones(),
    "create_aggregate": lambda cloud: cloud.create_aggregate("a", "z"),
    "set_image_properties": lambda cloud: cloud.set_image_properties("i", {"a": "b"}),
    "create_port": lambda cloud: cloud.create_port("n", "p"),
    "ports": lambda cloud: cloud.ports("p"),
    "create_server": lambda cloud: cloud.create_server(NewServer("s", "i", "f")),
    "server": lambda cloud: cloud.server("s"),
    "servers": lambda cloud: cloud.servers("s"),
    "servers_on": lambda cloud: cloud.servers_on("kvm1"),
    "set_service": lambda cloud: cloud.set_service(KVM, True),
}
STRANGE = [*SHAPES.values(), b'{"%s": 7}', b'{"%s": [7]}', b'{"%s": [null]}', b'{"%s": {"a": 1}}', b'{"%s": "text"}']


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_whatever_a_service_sends_is_a_value_or_our_own_error(call: Callable[[SdkCloud], object]) -> None:
    shape = b""
    keys = ("aggregate", "port", "server", "availabilityZoneInfo", "images", "flavors", "networks", "hypervisors")

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        document = request.path.rstrip("/") in ("/v3", IDENTITY, "/compute/v2.1", "/image", "/network")
        return [cloud_answer(request, url_of(server)) if document else http(shape, Content_Type="application/json")]

    errors = 0
    with serving(respond) as server:
        cloud = opened(server, Limits())
        for pattern, key in itertools.product(STRANGE, keys):
            shape = pattern.replace(b"%s", key.encode())
            try:
                call(cloud)
            except FindingError as error:
                errors += 1
                assert error.finding.code[:2] in ("OS", "RG") and error.remedy
        cloud.close()
    assert errors or call in (CALLS["versions"], CALLS["set_service"])


BOMB = gzip_bomb(400)
PEAK = 150 * MIB
FLOODS: dict[str, Callable[[RawServer], Iterable[bytes]]] = {
    "without a length": lambda server: endless(HEAD + b"\r\n", b'"' + b"x" * 65536, server),
    "in chunks": lambda server: endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", server
    ),
    "with its length": lambda server: endless(HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536, server),
    "of values": lambda server: endless(HEAD + b"\r\n[", b"[]," * 20000, server),
    "of headers": lambda server: endless(HEAD, b"X-Header: " + b"x" * 60000 + b"\r\n", server),
    "compressed": lambda server: [http(BOMB, Content_Type="application/json", Content_Encoding="gzip")],
}


@pytest.mark.parametrize("path", [IDENTITY, f"{COMPUTE}/v2.1/os-services"])
@pytest.mark.parametrize("answer", FLOODS.values(), ids=FLOODS)
def test_a_flood_ends_early_and_takes_little_memory(path: str, answer: Callable[[RawServer], Iterable[bytes]]) -> None:
    def use(server: RawServer) -> None:
        cloud = opened(server, Limits())
        try:
            cloud.services()
        finally:
            cloud.close()

    with serving(broken(path, answer)) as server, peak_memory() as peak:
        error, seconds = failed(lambda: use(server))
    assert error.finding.code in ("OS01", "OS10") and seconds < 10
    assert peak.more < PEAK


def test_an_upload_that_stalls_fails(tmp_path: Path) -> None:
    source = tmp_path / "image"
    source.write_bytes(bytes(12 * MIB))
    stalled = threading.Event()

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        if request.path == "/image/v2/images" and request.method == "POST":
            return [json_answer(json.loads(request.body), "201 Created")]
        if request.path.endswith("/file"):
            stalled.set()
            return silence(server)
        if request.path.startswith("/image/v2/images/"):
            return [http("", "404 Not Found")]
        return [cloud_answer(request, url_of(server))]

    limits = Limits(stall=Limit(5.0), stored=Limit(0.5))
    with serving(respond) as server:
        cloud = opened(server, limits)
        new = NewImage("11111111-aaaa-4bbb-8ccc-222222222222", "i", "raw")
        with ThisMachine().stream(source) as data:
            error, seconds = failed(lambda: cloud.upload_image(new, data, lambda done, total, reason: None))
        cloud.close()
    assert stalled.is_set() and error.finding.code == "OS10" and seconds < 4
