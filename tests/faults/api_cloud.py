"""The simulated cloud behind the real APIs: Keystone, nova, Glance, Neutron and Cinder as JSON over HTTP.

Whatever the real adapter calls during a whole run is answered, so that a fault can be put into every call.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from mhv_tui.core import openstack
from mhv_tui.core.errors import FindingError
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.cloud import DemoCloud
from tests.faults import api_rows as rows
from tests.faults.proxy import ProxiedAnswer, ProxiedRequest

USER, PASSWORD, PROJECT, REGION = "admin", "S3cr3t-of-the-cloud", "admin", "RegionOne"
Json = Any
Answer = tuple[int, Json]
STATUS = {"RG04": 409, "RG01": 404, "RG09": 404, "IM08": 400, "IM11": 409, "IM12": 403}
"""Code of the simulated cloud's refusal -> HTTP status; 404 for every other."""


class ApiCloud:
    """Answers requests to a cloud at `url`. `tokens` are the valid tokens; removing one ends its login."""

    def __init__(self, world: DemoBackend) -> None:
        self.url = ""
        self.cloud = DemoCloud(world.store)
        self.store = world.store
        self.tokens: set[str] = set()
        self.logins = 0
        self.usage: Json = {}
        """Glance's quotas of the project, by name; each has a limit and a usage."""
        self._lock = threading.Lock()

    def __call__(self, request: ProxiedRequest) -> ProxiedAnswer:
        headers: list[tuple[str, str]] = [("Content-Type", "application/json")]
        try:
            with self._lock:
                status, document = self._answer(request)
        except FindingError as error:
            status = STATUS.get(error.finding.code, 404)
            document = {"error": {"message": error.finding.detail, "code": status}}
        if request.path.endswith("/auth/tokens") and status == 201:
            headers.append(("X-Subject-Token", f"token-{self.logins}"))
        body = b"" if document is None else json.dumps(document).encode()
        return ProxiedAnswer(status, "Any", tuple(headers), body)

    def _answer(self, request: ProxiedRequest) -> Answer:
        path = request.path.rstrip("/")
        if (request.method, path) == ("POST", "/identity/v3/auth/tokens"):
            return self._log_in(json.loads(request.body))
        if document := self._version(path):
            return 200, document
        token = next((value for name, value in request.headers if name.lower() == "x-auth-token"), "")
        if token not in self.tokens:
            return 401, {"error": {"message": "The request you have made requires authentication.", "code": 401}}
        if path.startswith("/image/v2/images/") and path.endswith("/file"):
            return self._store_file(path.split("/")[-2], request.body)
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                query = {key: values[0] for key, values in parse_qs(request.target.partition("?")[2]).items()}
                body = json.loads(request.body) if request.body else None
                return handler(self, match.groups(), query, body)
        return 404, {"error": {"message": f"no such address: {path}", "code": 404}}

    def _version(self, path: str) -> Json:
        versions = self.cloud.versions()
        documents: dict[str, Callable[[], Json]] = {
            "/identity/v3": lambda: {"version": rows.version("v3.14", f"{self.url}/identity/v3/", "stable")},
            "/compute/v2.1": lambda: {
                "version": rows.version("v2.1", f"{self.url}/compute/v2.1/", high=versions.compute_max)
            },
            "/image": lambda: {"versions": [rows.version(f"v{versions.image_max}", f"{self.url}/image/v2/")]},
            "/network": lambda: {"versions": [rows.version("v2.0", f"{self.url}/network/v2.0/")]},
            "/volume/v3": lambda: {"version": rows.version("v3.0", f"{self.url}/volume/v3/", high=versions.volume_max)},
        }
        return documents[path]() if path in documents else None

    def _log_in(self, body: Json) -> Answer:
        user = body["auth"]["identity"]["password"]["user"]
        if (user.get("name"), user.get("password")) != (USER, PASSWORD):
            return 401, {"error": {"message": "The request you have made requires authentication.", "code": 401}}
        self.logins += 1
        self.tokens.add(f"token-{self.logins}")
        domain = {"id": "default", "name": "Default"}
        token: dict[str, Json] = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {"id": "u", "name": USER, "domain": domain},
        }
        if "scope" in body["auth"] and body["auth"]["scope"] != "unscoped":
            token["project"] = {"id": "p", "name": PROJECT, "domain": domain}
            token["roles"] = [{"id": name, "name": name} for name in self.cloud.identity().roles]
            token["catalog"] = rows.catalog(self.url, REGION)
        return 201, {"token": token}

    def image(self, image_id: str) -> openstack.Image | None:
        return next((image for image in self.cloud.images() if image.id == image_id), None)

    def create_image(self, body: Mapping[str, Json]) -> Answer:
        if self.image(body["id"]) is not None:
            return 409, {"message": f"Image ID {body['id']} already exists!"}
        known = ("name", "disk_format", "container_format", "visibility", "min_disk")
        properties = {key: value for key, value in body.items() if key not in (*known, "id")}
        row = {key: body[key] for key in known} | {"status": "queued", "size": 0, "properties": properties}
        self.store.state["cloud"]["images"][body["id"]] = row
        self.store.save()
        return 201, rows.image(self._image_of(body["id"]))

    def _image_of(self, image_id: str) -> openstack.Image:
        image = self.image(image_id)
        assert image is not None
        return image

    def _store_file(self, image_id: str, content: bytes) -> Answer:
        row = self.store.state["cloud"]["images"].get(image_id)
        if row is None:
            return 410, {"message": f"Image {image_id} could not be found after upload."}
        row.update(
            status="active",
            size=len(content),
            head=base64.b64encode(content[: 64 << 10]).decode(),
            checksum=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            hash_algo="sha512",
            hash_value=hashlib.sha512(content).hexdigest(),
        )
        self.store.save()
        return 204, None

    def patch_image(self, image_id: str, patch: Json) -> Answer:
        keys = {row["path"][1:].replace("~1", "/").replace("~0", "~"): row.get("value") for row in patch}
        self.cloud.set_image_properties(image_id, keys)
        return 200, rows.image(self._image_of(image_id))

    def service(self, service_id: str) -> openstack.Service:
        return next(
            (s for s in self.cloud.services() if s.id == service_id), openstack.Service(service_id, "", "", "", "")
        )

    def servers(self, query: Mapping[str, str]) -> list[openstack.Server]:
        if "host" in query:
            return list(self.cloud.servers_on(query["host"]))
        return list(self.cloud.servers(query.get("name", "")))

    def create_server(self, body: Json) -> Answer:
        networks = body.get("networks")
        port_id = networks[0]["port"] if isinstance(networks, list) and networks else ""
        new = openstack.NewServer(
            body["name"], body["imageRef"], body["flavorRef"], port_id, body.get("availability_zone", "")
        )
        return 202, {"server": {"id": self.cloud.create_server(new).id}}

    def aggregate_action(self, aggregate_id: str, body: Json) -> Answer:
        ((name, arguments),) = body.items()
        act = {"add_host": self.cloud.add_to_aggregate, "remove_host": self.cloud.remove_from_aggregate}[name]
        act(aggregate_id, arguments["host"])
        return 200, {"aggregate": {}}


def _rows(key: str, read: Callable[[ApiCloud, Mapping[str, str]], Sequence[Json]]) -> Handler:
    return lambda api, match, query, body: (200, {key: list(read(api, query))})


def _done(act: Callable[[ApiCloud, str], object]) -> Handler:
    def handle(api: ApiCloud, match: tuple[str, ...], query: Mapping[str, str], body: Json) -> Answer:
        act(api, match[0])
        return 204, None

    return handle


def _found(read: Callable[[ApiCloud, str], Json]) -> Handler:
    def handle(api: ApiCloud, match: tuple[str, ...], query: Mapping[str, str], body: Json) -> Answer:
        row = read(api, match[0])
        return (200, row) if row else (404, {"error": {"message": f"{match[0]} could not be found.", "code": 404}})

    return handle


def _hypervisors(api: ApiCloud, query: Mapping[str, str]) -> Sequence[Json]:
    return [rows.hypervisor(value) for value in api.cloud.hypervisors()]


def _zones(api: ApiCloud, query: Mapping[str, str]) -> Sequence[Json]:
    return [{"zoneName": name} for name in api.cloud.zones()]


def _set_service(api: ApiCloud, match: tuple[str, ...], query: Mapping[str, str], body: Json) -> Answer:
    api.cloud.set_service(api.service(match[0]), body["status"] == "enabled", body.get("disabled_reason", ""))
    return 200, {"service": {}}


def _server(api: ApiCloud, key: str) -> Json:
    server = api.cloud.server(key)
    return {"server": rows.server(server)} if server else None


def _image(api: ApiCloud, key: str) -> Json:
    image = api.image(key)
    return rows.image(image) if image else None


def _create_port(api: ApiCloud, match: tuple[str, ...], query: Mapping[str, str], body: Json) -> Answer:
    row = body["port"]
    port = api.cloud.create_port(row["network_id"], row["name"], row.get("binding:host_id", ""))
    return 201, {"port": rows.port(port)}


def _create_aggregate(api: ApiCloud, match: tuple[str, ...], query: Mapping[str, str], body: Json) -> Answer:
    row = body["aggregate"]
    return 200, {"aggregate": {"id": int(api.cloud.create_aggregate(row["name"], row["availability_zone"] or ""))}}


Handler = Callable[[ApiCloud, tuple[str, ...], Mapping[str, str], Json], Answer]
NOVA, GLANCE, NEUTRON = "/compute/v2.1", "/image/v2", "/network/v2.0"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", f"{NOVA}/os-hypervisors/detail", _rows("hypervisors", _hypervisors)),
    ("GET", f"{NOVA}/os-services", _rows("services", lambda a, q: [*map(rows.service, a.cloud.services())])),
    ("PUT", f"{NOVA}/os-services/([^/]+)", _set_service),
    ("DELETE", f"{NOVA}/os-services/([^/]+)", _done(lambda a, key: a.cloud.delete_service(a.service(key)))),
    ("GET", f"{NOVA}/flavors/detail", _rows("flavors", lambda a, q: [*map(rows.flavor, a.cloud.flavors())])),
    ("GET", f"{NOVA}/os-aggregates", _rows("aggregates", lambda a, q: [*map(rows.aggregate, a.cloud.aggregates())])),
    ("POST", f"{NOVA}/os-aggregates", _create_aggregate),
    ("DELETE", f"{NOVA}/os-aggregates/([^/]+)", _done(lambda a, key: a.cloud.delete_aggregate(key))),
    ("POST", f"{NOVA}/os-aggregates/([^/]+)/action", lambda a, match, query, body: a.aggregate_action(match[0], body)),
    ("GET", f"{NOVA}/os-availability-zone", _rows("availabilityZoneInfo", _zones)),
    ("POST", f"{NOVA}/servers", lambda a, match, query, body: a.create_server(body["server"])),
    ("GET", f"{NOVA}/servers/detail", _rows("servers", lambda a, q: [*map(rows.server, a.servers(q))])),
    ("GET", f"{NOVA}/servers/([^/]+)", _found(_server)),
    ("DELETE", f"{NOVA}/servers/([^/]+)", _done(lambda a, key: a.cloud.delete_server(key))),
    ("GET", f"{GLANCE}/info/usage", lambda a, match, query, body: (200, {"usage": a.usage})),
    ("GET", f"{GLANCE}/images", _rows("images", lambda a, q: [*map(rows.image, a.cloud.images())])),
    ("POST", f"{GLANCE}/images", lambda a, match, query, body: a.create_image(body)),
    ("GET", f"{GLANCE}/images/([^/]+)", _found(_image)),
    ("PATCH", f"{GLANCE}/images/([^/]+)", lambda a, match, query, body: a.patch_image(match[0], body)),
    ("DELETE", f"{GLANCE}/images/([^/]+)", _done(lambda a, key: a.cloud.delete_image(key))),
    ("GET", f"{NEUTRON}/agents", _rows("agents", lambda a, q: [*map(rows.agent, a.cloud.agents())])),
    ("GET", f"{NEUTRON}/networks", _rows("networks", lambda a, q: [*map(rows.network, a.cloud.networks())])),
    ("GET", f"{NEUTRON}/ports", _rows("ports", lambda a, q: [*map(rows.port, a.cloud.ports(q["name"]))])),
    ("POST", f"{NEUTRON}/ports", _create_port),
    ("DELETE", f"{NEUTRON}/ports/([^/]+)", _done(lambda a, key: a.cloud.delete_port(key))),
)  # fmt: skip
"""Method, path and handler of every call; the handlers get the parts of the path, the query and the JSON."""


def call_name(request: ProxiedRequest) -> str:
    """The call without its ids: `GET /compute/v2.1/servers/ID`."""
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/os-aggregates/)\d+", "ID", request.path.rstrip("/"))
    return f"{request.method} {path}"
