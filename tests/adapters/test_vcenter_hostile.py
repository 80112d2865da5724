"""A vCenter that is slow, endless, broken or an impostor: every call ends in time with an error of our own."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mhv_tui.adapters.limits import MIB, Limit, Limits
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed
from mhv_tui.core.vsphere import VcenterLogin
from tests.adapters.raw_server import (
    VERSIONS,
    Answer,
    RawServer,
    Request,
    dripping,
    endless,
    gzip_bomb,
    http,
    peak_memory,
    serving,
    silence,
    soap,
    soap_fault,
    vcenter_answer,
    vcenter_call,
)
from tests.adapters.servers import HOST, identity, silent

pytestmark = pytest.mark.slow

PASSWORD = "S3cr3t-of-vCenter"
SHORT = Limit(0.4, 8 * MIB)
EARLY, LOGIN, LATER = Limits(first_contact=SHORT), Limits(login=SHORT), Limits(soap=SHORT)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
PEAK = 150 * MIB
CALLS = ("versions", "RetrieveServiceContent", "Login")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return identity("vc.example.org").files(tmp_path_factory.mktemp("tls"), "vcenter")


def login(server: RawServer, kind: str = "insecure", value: str = "") -> VcenterLogin:
    return VcenterLogin(HOST, server.port, "admin@vsphere.local", kind, value)


def opened(server: RawServer, limits: Limits = LATER) -> PyvmomiVcenter:
    return PyvmomiVcenter(login(server), Revealed(PASSWORD), limits)


def broken(call: str, answer: Callable[[RawServer], Iterable[bytes]]) -> Answer:
    """The small vCenter, in which one call is answered otherwise."""

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        return answer(server) if vcenter_call(request) == call else [vcenter_answer(request)]

    return respond


def failed(action: Callable[[], object]) -> tuple[FindingError, float]:
    """The error and the seconds until it was raised."""
    began = time.monotonic()
    with pytest.raises(FindingError) as raised:
        action()
    message = raised.value.message
    assert raised.value.remedy and PASSWORD not in message and "Traceback" not in message and "object at" not in message
    return raised.value, time.monotonic() - began


def used(server: RawServer, limits: Limits = LATER) -> None:
    """Logs in and makes one call."""
    vcenter = opened(server, limits)
    try:
        vcenter.clock()
    finally:
        vcenter.close()


def test_the_small_vcenter_accepts_the_login(certificate: tuple[str, str]) -> None:
    with serving(lambda request, server: [vcenter_answer(request)], certificate) as server:
        opened(server).close()
        assert [vcenter_call(r) for r in server.requests] == [*CALLS, "Logout"]
        assert server.received(PASSWORD)


SLOW: dict[str, Callable[[RawServer], Iterable[bytes]]] = {
    "silent": silence,
    "dripping its status line": lambda server: dripping(b"HTTP/1.1 200 OK\r\n", server),
    "dripping headers": lambda server: itertools.chain([HEAD], dripping(b"X-Header: " * 50, server)),
    "dripping its body": lambda server: itertools.chain(
        [HEAD, b"Content-Length: 900\r\n\r\n"], dripping(VERSIONS.encode(), server)
    ),
    "dripping chunks": lambda server: itertools.chain(
        [HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], dripping(b"1\r\n \r\n" * 99, server)
    ),
    "only continuing": lambda server: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", server),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_vcenter_fails_in_time(
    call: str, answer: Callable[[RawServer], Iterable[bytes]], certificate: tuple[str, str]
) -> None:
    with serving(broken(call, answer), certificate) as server:
        error, seconds = failed(lambda: opened(server, LOGIN if call == "Login" else EARLY))
        assert server.received(PASSWORD) == (call == "Login")
    assert error.finding.code in ("VC19", "VC02") and seconds < 2


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_call_fails_in_time(
    answer: Callable[[RawServer], Iterable[bytes]], certificate: tuple[str, str]
) -> None:
    with serving(broken("CurrentTime", answer), certificate) as server:
        error, seconds = failed(lambda: used(server))
    assert error.finding.code == "WZ07" and seconds < 2


def test_a_port_that_does_not_begin_tls_fails_in_time() -> None:
    with silent() as port:
        vcenter = VcenterLogin(HOST, port, "admin", "insecure")
        error, seconds = failed(partial(PyvmomiVcenter, vcenter, Revealed(PASSWORD), EARLY))
    assert error.finding.code == "VC19" and seconds < 2


UNKNOWN = '<x:BogusFault xmlns:x="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:{}"/>'
STRANGE: dict[str, bytes] = {
    "a fault of an unknown type": soap_fault(UNKNOWN.format("Bogus")),
    "an unknown type with the password": soap_fault(UNKNOWN.format(PASSWORD)),
    "a fault without a detail": soap_fault(""),
    "a fault with an unknown field": soap_fault(
        '<InvalidLoginFault xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:type="InvalidLogin"><reason>x</reason></InvalidLoginFault>'
    ),
    "an answer without a value": soap('<LoginResponse xmlns="urn:vim25"/>'),
    "the answer to another call": soap('<DestroyResponse xmlns="urn:vim25"><returnval>7</returnval></DestroyResponse>'),
    "a value of another type": soap('<LoginResponse xmlns="urn:vim25"><returnval>7</returnval></LoginResponse>'),
    "an empty body": soap(""),
    "nothing": http(""),
    "no XML": http("<html>Welcome<br></html>"),
    "no text": http(b"\xff\xfe\x00"),
    "another status": http("", f"403 bad password {PASSWORD}"),
    "a strange status": f"HTTP/1.1 abc {PASSWORD}\r\n\r\n".encode(),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "an unknown encoding": http('<?xml version="1.0" encoding="nothing"?><a/>'),
    "a compressed answer": http(b"\x1f\x8b\x08", Content_Encoding="gzip"),
    "an entity bomb": http('<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
    "a cut answer": http("x" * 50)[:-20],
}


@pytest.mark.parametrize("call", [*CALLS, "CurrentTime"])
@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_whatever_vcenter_sends_is_our_own_error(call: str, answer: bytes, certificate: tuple[str, str]) -> None:
    def respond(server: RawServer) -> Iterator[bytes]:
        yield answer
        raise OSError("the server closes the connection")

    with serving(broken(call, respond), certificate) as server:
        error, seconds = failed(lambda: used(server))
    assert error.finding.code in ("VC02", "VC07", "VC19", "VC21", "WZ07") and seconds < 3


READS: dict[str, Callable[[PyvmomiVcenter], object]] = {
    "inventory": lambda vcenter: vcenter.inventory(),
    "virtual_machines": lambda vcenter: vcenter.virtual_machines("domain-c1"),
    "resource_pools": lambda vcenter: vcenter.resource_pools("domain-c1"),
    "missing_privileges": lambda vcenter: vcenter.missing_privileges({"": ("System.Read",)}),
    "extensions": lambda vcenter: vcenter.extensions(),
    "clock": lambda vcenter: vcenter.clock(),
    "add_port_group": lambda vcenter: vcenter.add_port_group("host-1", "br100", "vSwitch0", 0),
    "add_distributed_port_group": lambda vcenter: vcenter.add_distributed_port_group("dvs-1", "br100", 0),
    "set_drs": lambda vcenter: vcenter.set_drs("domain-c1", True, ""),
    "remove_distributed_port_group": lambda vcenter: vcenter.remove_distributed_port_group("dvportgroup-1"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_every_method_returns_or_raises_our_own_error(
    read: Callable[[PyvmomiVcenter], object], certificate: tuple[str, str]
) -> None:
    answer, errors = b"", 0

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        return [vcenter_answer(request) if vcenter_call(request) in (*CALLS, "Logout") else answer]

    with serving(respond, certificate) as server:
        vcenter = opened(server)
        for strange in (soap(""), *list(STRANGE.values())[:-1]):
            answer = strange
            try:
                read(vcenter)
            except FindingError as error:
                errors += 1
                assert error.finding.code in ("VC02", "VC07", "VC12", "VC19", "VC21", "CL04", "NW07", "NW17", "WZ07")
                assert error.remedy and PASSWORD not in error.message
        vcenter.close()
    assert errors > len(STRANGE) / 2


def test_nothing_is_left_over_after_failures(certificate: tuple[str, str]) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before, threads = descriptors(), threading.active_count()
    for call, answer in itertools.product(CALLS, ("silent", "dripping headers", "only continuing")):
        with serving(broken(call, SLOW[answer]), certificate) as server:
            failed(lambda: opened(server, Limits(first_contact=SHORT, login=SHORT)))
    assert (descriptors(), threading.active_count()) == (before, threads)


def test_a_refused_login_that_repeats_the_password_is_not_quoted(certificate: tuple[str, str]) -> None:
    with serving(broken("Login", lambda server: [soap_fault("", PASSWORD)]), certificate) as server:
        assert failed(lambda: opened(server))[0].finding.code == "VC21"


FLOODS: dict[str, Callable[[RawServer], Iterable[bytes]]] = {
    "of text": lambda server: endless(HEAD + b"\r\n<a>", b"x" * 65536, server),
    "of text in chunks": lambda server: endless(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", server
    ),
    "of elements": lambda server: endless(HEAD + b"\r\n<a>", b"<b/>" * 16384, server),
    "of nested elements": lambda server: endless(HEAD + b"\r\n", b"<b>" * 16384, server),
    "of headers": lambda server: endless(HEAD, b"X-Header: " + b"x" * 60000 + b"\r\n", server),
    "compressed": lambda server: [http(gzip_bomb(400), Content_Type="text/xml", Content_Encoding="gzip")],
}


def privileges(server: RawServer) -> Iterable[bytes]:
    """An answer of the right form, without an end."""
    begin = soap("").partition(b"\r\n\r\n")[2].partition(b"</soapenv:Body>")[0]
    values = b"<returnval><entity type='Folder'>f</entity></returnval>" * 1000
    return endless(HEAD + b"\r\n" + begin + b'<HasPrivilegeOnEntitiesResponse xmlns="urn:vim25">', values, server)


@pytest.mark.matrix
def test_a_flood_of_right_values_ends_and_takes_little_memory(certificate: tuple[str, str]) -> None:
    flood_takes_little_memory("HasPrivilegeOnEntities", privileges, certificate)


@pytest.mark.parametrize("call", ["versions", "Login", "HasPrivilegeOnEntities"])
@pytest.mark.parametrize("answer", FLOODS.values(), ids=FLOODS)
def test_a_flood_ends_early_and_takes_little_memory(
    call: str, answer: Callable[[RawServer], Iterable[bytes]], certificate: tuple[str, str]
) -> None:
    flood_takes_little_memory(call, answer, certificate)


def flood_takes_little_memory(
    call: str, answer: Callable[[RawServer], Iterable[bytes]], certificate: tuple[str, str]
) -> None:
    def use(server: RawServer) -> None:
        vcenter = opened(server, Limits())
        try:
            vcenter._references = {"": vcenter.session.content.rootFolder}
            vcenter.missing_privileges({"": ("System.Read",)})
        finally:
            vcenter.close()

    with serving(broken(call, answer), certificate) as server, peak_memory() as peak:
        error, seconds = failed(lambda: use(server))
    assert error.finding.code in ("VC02", "VC19") and seconds < 30
    assert peak.more < PEAK
