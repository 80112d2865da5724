"""A server that answers HTTP requests with any bytes: slow, endless, broken, or none at all.

Also the documents of a small Keystone with nova, and of a small vCenter, to be broken in one place by a test.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.adapters.servers import HOST


@dataclass(frozen=True)
class Request:
    """A request as it arrived. `path` has no query."""

    method: str
    path: str
    body: bytes


@dataclass
class RawServer:
    """Its port and the requests so far. `ended` is set when the test is over."""

    port: int
    requests: list[Request] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def received(self, secret: str) -> bool:
        """True if any request has the secret."""
        return any(secret.encode() in request.body for request in self.requests)


Answer = Callable[[Request, RawServer], Iterable[bytes]]


@contextlib.contextmanager
def serving(answer: Answer, *certificates: tuple[str, str]) -> Iterator[RawServer]:
    """Serves during the `with` block, with TLS if there are certificates (file, key file).

    Each connection shows the next certificate, and all further ones the last.
    """
    contexts = [http_context(*files) for files in certificates]
    with socket.create_server((HOST, 0)) as listener:
        server = RawServer(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    raw, _ = listener.accept()
                    context = contexts[min(len(threads), len(contexts) - 1)] if contexts else None
                    threads.append(threading.Thread(target=_converse, args=(raw, context, answer, server), daemon=True))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        yield server
        server.ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        for thread in (acceptor, *threads):
            thread.join(5)


def http_context(certificate: str, key: str) -> ssl.SSLContext:
    """A server's context with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _converse(raw: socket.socket, context: ssl.SSLContext | None, answer: Answer, server: RawServer) -> None:
    """Answers the requests of one connection until the client closes it."""
    with contextlib.suppress(OSError, ValueError), raw:
        raw.settimeout(20)
        connection = context.wrap_socket(raw, server_side=True) if context else raw
        with connection, connection.makefile("rb") as reader:
            while request := _request(reader):
                server.requests.append(request)
                for chunk in answer(request, server):
                    connection.sendall(chunk)


def _request(reader: Any) -> Request | None:
    line = reader.readline().decode("latin-1").split()
    if not line:
        return None
    length = 0
    while header := reader.readline().strip():
        name, _, value = header.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return Request(line[0], line[1].partition("?")[0], reader.read(length))


def http(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    """An answer with its length. A keyword X_Name is the header X-Name."""
    payload = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(payload)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def json_answer(document: Any, status: str = "200 OK", **headers: str) -> bytes:
    return http(json.dumps(document), status, Content_Type="application/json", **headers)


def dripping(answer: bytes, server: RawServer, seconds: float = 0.05) -> Iterator[bytes]:
    """The answer in single bytes with a pause before each, and then spaces without an end."""
    for byte in answer:
        if server.ended.wait(seconds):
            return
        yield bytes([byte])
    while not server.ended.wait(seconds):
        yield b" "


def silence(server: RawServer) -> Iterator[bytes]:
    """No answer until the test is over."""
    server.ended.wait(60)
    yield from ()


def endless(head: bytes, chunk: bytes, server: RawServer) -> Iterator[bytes]:
    """The chunk again and again until the client closes the connection."""
    yield head
    while not server.ended.is_set():
        yield chunk


def gzip_bomb(mib: int) -> bytes:
    """So many MiB of spaces, compressed to about a thousandth."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(compressor.compress(b" " * (1 << 20)) for _ in range(mib)) + compressor.flush()


@dataclass
class Peak:
    """By how many bytes the resident memory of this process grew at its largest."""

    more: int = 0


@contextlib.contextmanager
def peak_memory() -> Iterator[Peak]:
    """Measures the `with` block; Linux keeps the peak, and resets it on request."""
    peak = Peak()
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    yield peak
    peak.more = _memory("VmHWM") - before


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def token(url: str) -> dict[str, Any]:
    """Keystone's token whose catalogue has one endpoint per service at `url`."""
    domain = {"id": "default", "name": "Default"}
    paths = {"compute": "/v2.1", "image": "", "network": ""}
    catalog = [
        {
            "type": kind,
            "name": kind,
            "id": kind,
            "endpoints": [
                {"id": kind, "interface": "public", "region": "R", "region_id": "R", "url": f"{url}/{kind}{path}"}
            ],
        }
        for kind, path in paths.items()
    ]
    return {
        "methods": ["password"],
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "issued_at": "2015-06-01T00:00:00.000000Z",
        "user": {"id": "u", "name": "admin", "domain": domain},
        "project": {"id": "p", "name": "admin", "domain": domain},
        "roles": [{"id": "r", "name": "admin"}],
        "catalog": catalog,
    }


def cloud_answer(request: Request, url: str) -> bytes:
    """The right answer of a small cloud without any hypervisor, image or network."""
    if request.path.startswith("/v3/auth/tokens"):
        return json_answer({"token": token(url)}, "201 Created", X_Subject_Token="token-of-the-test")
    kind = request.path.split("/")[1]
    version = {"v3": "v3.14", "compute": "v2.1", "image": "v2.9", "network": "v2.0"}.get(kind)
    if version and request.path.rstrip("/") in ("/v3", "/compute/v2.1", "/image", "/network"):
        home = f"{url}/v3/" if kind == "v3" else f"{url}/{kind}/{'v2.1' if kind == 'compute' else version[:2]}/"
        document = {"id": version, "status": "CURRENT", "links": [{"rel": "self", "href": home}]}
        if kind == "compute":
            document |= {"version": "2.90", "min_version": "2.1"}
        single = kind in ("v3", "compute")
        return json_answer({"version": document} if single else {"versions": [document]})
    keys = ("hypervisors", "services", "agents", "images", "flavors", "networks", "aggregates", "servers", "ports")
    return json_answer({key: [] for key in (*keys, "availabilityZoneInfo")})


VERSIONS = """<?xml version="1.0"?><namespaces version="1.0"><namespace><name>urn:vim25</name>
<version>8.0.0.1</version></namespace></namespaces>"""

CONTENT = """<RetrieveServiceContentResponse xmlns="urn:vim25"><returnval>
<rootFolder type="Folder">group-d1</rootFolder><propertyCollector type="PropertyCollector">pc</propertyCollector>
<viewManager type="ViewManager">ViewManager</viewManager>
<about><name>VMware vCenter Server</name><fullName>v</fullName><vendor>VMware, Inc.</vendor><version>8.0.2</version>
<build>1</build><osType>linux-x64</osType><productLineId>vpx</productLineId><apiType>VirtualCenter</apiType>
<apiVersion>8.0.2.0</apiVersion></about>
<sessionManager type="SessionManager">SessionManager</sessionManager>
<authorizationManager type="AuthorizationManager">AuthorizationManager</authorizationManager>
<extensionManager type="ExtensionManager">ExtensionManager</extensionManager>
</returnval></RetrieveServiceContentResponse>"""

LOGIN = """<LoginResponse xmlns="urn:vim25"><returnval><key>s</key><userName>u</userName><fullName>u</fullName>
<loginTime>2026-01-01T00:00:00Z</loginTime><lastActiveTime>2026-01-01T00:00:00Z</lastActiveTime><locale>en</locale>
<messageLocale>en</messageLocale></returnval></LoginResponse>"""


def soap(content: str, status: str = "200 OK") -> bytes:
    """A SOAP answer with this content of its body."""
    envelope = (
        '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
    return http(envelope, status, Content_Type="text/xml")


def soap_fault(detail: str, text: str = "It failed.") -> bytes:
    """A SOAP fault. `detail` is the XML of the fault itself."""
    fault = f"<faultcode>Server</faultcode><faultstring>{text}</faultstring><detail>{detail}</detail>"
    return soap(f"<soapenv:Fault>{fault}</soapenv:Fault>", "500 Internal Server Error")


def vcenter_call(request: Request) -> str:
    """The name of the SOAP method, or "versions"."""
    if request.method == "GET":
        return "versions"
    body = request.body.partition(b"Body>")[2]
    return body.partition(b"<")[2].split(b" ", 1)[0].decode("ascii", "replace")


def vcenter_answer(request: Request) -> bytes:
    """The right answer of a small vCenter to the calls before and of the login, an empty one to every other."""
    call = vcenter_call(request)
    right = {"RetrieveServiceContent": CONTENT, "Login": LOGIN, "Logout": '<LogoutResponse xmlns="urn:vim25"/>'}
    if call == "versions":
        return http(VERSIONS, Content_Type="text/xml")
    return soap(right.get(call, f'<{call}Response xmlns="urn:vim25"/>'))
