"""A fake cloud of the release Kilo (microversion 2.3), which no current package can install.

Answers over HTTP like Keystone v3 and nova v2.1 according to their documents, and records the calls.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.adapters.servers import HOST

SERVICES = [
    {"id": 3, "binary": "nova-compute", "host": "kvm1", "state": "up", "status": "enabled", "zone": "nova",
     "updated_at": "2015-06-01T10:00:00.000000", "disabled_reason": None},
]  # fmt: skip
HYPERVISORS = [
    {"id": 1, "hypervisor_hostname": "kvm1.example.org", "hypervisor_type": "QEMU", "hypervisor_version": 2002000,
     "state": "up", "status": "enabled", "service": {"id": 3, "host": "kvm1"}},
]  # fmt: skip
SERVERS = [
    {"id": "s1", "name": "web", "status": "ACTIVE", "OS-EXT-SRV-ATTR:host": "kvm1"},
    {"id": "s2", "name": "elsewhere", "status": "ACTIVE", "OS-EXT-SRV-ATTR:host": "kvm2"},
]


@dataclass
class OldCloud:
    """The address, and (method, path, microversion header, body) of each call."""

    url: str = ""
    calls: list[tuple[str, str, str, Any]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=lambda: list(SERVICES))

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        """Status and JSON of the answer to a call."""
        table: dict[tuple[str, str], tuple[int, Any]] = {
            ("GET", "/v3"): (200, {"version": _version("v3.4", "stable", f"{self.url}/v3/")}),
            ("GET", "/v3/"): (200, {"version": _version("v3.4", "stable", f"{self.url}/v3/")}),
            ("POST", "/v3/auth/tokens"): (201, {"token": self._token()}),
            ("GET", "/v2.1"): (200, {"version": self._nova()}),
            ("GET", "/v2.1/"): (200, {"version": self._nova()}),
            ("GET", "/v2.1/os-services"): (200, {"services": self.services}),
            ("GET", "/v2.1/os-hypervisors/detail"): (200, {"hypervisors": HYPERVISORS}),
            ("GET", "/v2.1/os-networks"): (200, {"networks": [{"id": "n1", "label": "private", "bridge": "br100"}]}),
            ("PUT", "/v2.1/os-services/enable"): (200, {"service": {}}),
            ("PUT", "/v2.1/os-services/disable-log-reason"): (200, {"service": {}}),
            ("DELETE", "/v2.1/os-services/3"): (204, None),
            ("GET", "/v2.1/servers/detail"): (200, {"servers": SERVERS}),
            ("POST", "/v2.1/servers"): (202, {"server": {"id": "s1"}}),
            ("GET", "/v2.1/flavors/detail"): (503, {"computeFault": {"message": "database is down", "code": 503}}),
            ("GET", "/v2.1/os-aggregates"): (403, {"forbidden": {"message": "Policy doesn't allow it", "code": 403}}),
        }
        return table.get((method, path), (404, {"itemNotFound": {"message": "no such thing", "code": 404}}))

    def _nova(self) -> dict[str, Any]:
        return {**_version("v2.1", "CURRENT", f"{self.url}/v2.1/"), "version": "2.3", "min_version": "2.1"}

    def _token(self) -> dict[str, Any]:
        endpoint = {"id": "e", "interface": "public", "region": "R", "region_id": "R", "url": f"{self.url}/v2.1"}
        domain = {"id": "default", "name": "Default"}
        return {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2015-06-01T00:00:00.000000Z",
            "user": {"id": "u", "name": "admin", "domain": domain},
            "project": {"id": "p", "name": "admin", "domain": domain},
            "roles": [{"id": "r", "name": "admin"}],
            "catalog": [{"type": "compute", "name": "nova", "id": "s", "endpoints": [endpoint]}],
        }


def _version(name: str, status: str, url: str) -> dict[str, Any]:
    return {"id": name, "status": status, "links": [{"rel": "self", "href": url}], "media-types": []}


@contextlib.contextmanager
def running() -> Iterator[OldCloud]:
    """Runs the cloud during the `with` block."""
    cloud = OldCloud()

    class Request(BaseHTTPRequestHandler):
        def do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path, _, query = self.path.partition("?")
            cloud.queries.append(query)
            version = self.headers.get("X-OpenStack-Nova-API-Version") or ""
            cloud.calls.append((self.command, path, version, body))
            status, document = cloud.answer(self.command, path)
            payload = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            if path.endswith("/tokens"):
                self.send_header("X-Subject-Token", "token")
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer((HOST, 0), Request) as server:
        cloud.url = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield cloud
        server.shutdown()
        thread.join(5)
