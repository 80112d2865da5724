"""Implements core.ports.Cloud over the OpenStack APIs. The login comes from openstacksdk's configuration.

Works with old releases: each call uses the microversion that it needs, or the cloud's newest if that is older.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from mhv_tui.adapters import cloud_rows, cloud_upload
from mhv_tui.adapters.cloud_documents import numbers
from mhv_tui.adapters.cloud_session import CloudSession
from mhv_tui.adapters.failures import edge, failure
from mhv_tui.adapters.limits import LIMITS, Limit, Limits
from mhv_tui.core import openstack
from mhv_tui.core.errors import FindingError
from mhv_tui.core.ports import OnUpload
from mhv_tui.core.secret import Revealed
from mhv_tui.core.streams import ByteStream

T = TypeVar("T")

UUID_VERSION = "2.53"
"""Since this microversion, ids of services and hypervisors are UUIDs (nova, rest_api_version_history.rst)."""
NO_NETWORK_VERSION = "2.37"
"""Since this microversion, a new server accepts networks "none"."""


UPLOAD_SECONDS = 24 * 3600.0
"""Time limit of a whole image upload. An upload without progress ends much earlier (`Limits.stall`)."""


@edge
class SdkCloud:
    """One authenticated cloud."""

    def __init__(self, login: openstack.CloudLogin, password: Revealed | None, limits: Limits = LIMITS) -> None:
        self._cloud = CloudSession(login, password, limits)

    def limit(self, operation: str) -> Limit:
        """Returns the limit of seconds and bytes for all calls of one method together."""
        limit = self._cloud.limits.operation
        return Limit(UPLOAD_SECONDS, limit.size) if operation == "upload_image" else limit

    def translated(self, error: Exception, operation: str) -> FindingError:
        """Returns the FindingError for an exception that no single API call has converted."""
        return self._cloud.error_of(error, "cloud", operation.replace("_", " "))

    def identity(self) -> openstack.Identity:
        access = self._cloud.access
        return openstack.Identity(
            username=access.username or "",
            project=access.project_name or "",
            roles=tuple(access.role_names or ()),
            auth_url=self._cloud.auth_url,
            region=self._cloud.region.get_region_name() or "",
        )

    def versions(self) -> openstack.Versions:
        """Returns the highest API version of each service; "" for a service that the catalogue lacks."""
        documents = self._cloud.versions("image") if self._cloud.offers("image") else []
        image_versions = (str(document.version) for document in documents if document.version)
        return openstack.Versions(
            compute_max=self._cloud.maximum("compute"),
            image_max=max(image_versions, key=numbers, default=""),
            volume_max=self._volume_max(),
            neutron=self._cloud.offers("network"),
        )

    def _volume_max(self) -> str:
        try:
            return self._cloud.maximum("block-storage", self._cloud.limits.first_contact)
        except FindingError:
            # Only a hint for the release: a cloud may lack a volume service, or have a broken or silent one.
            return ""

    def hypervisors(self) -> tuple[openstack.Hypervisor, ...]:
        """Lists the hypervisors. Nova omits the hypervisor of a compute service that is not mapped to a cell."""
        return self._rows("compute", "/os-hypervisors/detail", "hypervisors", cloud_rows.hypervisor, UUID_VERSION)

    def services(self) -> tuple[openstack.Service, ...]:
        return self._rows("compute", "/os-services", "services", cloud_rows.service, UUID_VERSION)

    def agents(self) -> tuple[openstack.Agent, ...]:
        """Lists Neutron's agents; none if the cloud uses nova-network."""
        if not self._cloud.offers("network"):
            return ()
        return self._rows("network", "/agents", "agents", cloud_rows.agent)

    def images(self) -> tuple[openstack.Image, ...]:
        """Lists every image that the login may see."""
        return self._rows("image", "/images?limit=200", "images", cloud_rows.image)

    def flavors(self) -> tuple[openstack.Flavor, ...]:
        """Lists every public flavor and the private flavors of the login's project."""
        return self._rows("compute", "/flavors/detail", "flavors", cloud_rows.flavor)

    def networks(self) -> tuple[openstack.CloudNetwork, ...]:
        """Lists the networks of Neutron, or of nova-network if the cloud has no Neutron."""
        if self._cloud.offers("network"):
            return self._rows("network", "/networks?limit=1000", "networks", cloud_rows.network)
        return self._rows("compute", "/os-networks", "networks", cloud_rows.network)

    def aggregates(self) -> tuple[openstack.Aggregate, ...]:
        return self._rows("compute", "/os-aggregates", "aggregates", cloud_rows.aggregate)

    def zones(self) -> tuple[str, ...]:
        """Lists the availability zones in which a new server may start."""
        return self._rows("compute", "/os-availability-zone", "availabilityZoneInfo", cloud_rows.zone)

    def _rows(
        self, service: str, path: str, key: str, parse: Callable[[cloud_rows.ApiObject], T], version: str = ""
    ) -> tuple[T, ...]:
        microversion = self._cloud.compute_version(version) if version else ""
        action = f"list its {key}"
        rows = self._cloud.list_all(service, path, key, action, version=microversion)
        with self._cloud.translated_errors(service, action):
            return tuple(parse(row) for row in rows)

    def create_aggregate(self, name: str, zone: str) -> str:
        """Creates an aggregate and returns its id. Raises RG04 if an aggregate of this name exists."""
        body = {"aggregate": {"name": name, "availability_zone": zone or None}}
        action = f"create the aggregate {name}"
        answer = self._cloud.request("compute", "POST", "/os-aggregates", action, json=body, absent=409)
        if answer is None:
            detail = f"nova refused the aggregate {name}: it exists already, or its availability zone is not allowed"
            raise failure("RG04", detail, subject=name)
        return str(answer["aggregate"]["id"])

    def delete_aggregate(self, aggregate_id: str) -> None:
        """Deletes an aggregate. A missing one is not an error; raises RG04 if it has hosts."""
        path = f"/os-aggregates/{aggregate_id}"
        self._request_with_codes(
            {400: "RG04", 409: "RG04"}, "compute", "DELETE", path, "delete the aggregate", absent=404
        )

    def add_to_aggregate(self, aggregate_id: str, host: str) -> None:
        """Adds a host to an aggregate. Raises RG01 if nova does not know the host yet, RG04 if the host cannot join."""
        self._aggregate_action(aggregate_id, "add_host", host, {404: "RG01", 409: "RG04"})

    def remove_from_aggregate(self, aggregate_id: str, host: str) -> None:
        """Removes a host from an aggregate. Raises RG04 if the host is not a member."""
        self._aggregate_action(aggregate_id, "remove_host", host, {404: "RG04", 409: "RG04"})

    def _aggregate_action(self, aggregate_id: str, name: str, host: str, codes: Mapping[int, str]) -> None:
        path = f"/os-aggregates/{aggregate_id}/action"
        action = f"{name.replace('_', ' ')} {host}"
        self._request_with_codes(codes, "compute", "POST", path, action, json={name: {"host": host}})

    def _request_with_codes(
        self, codes: Mapping[int, str], service: str, method: str, path: str, action: str, **options: Any
    ) -> Any:
        """Sends an API request. `codes` maps an HTTP error status to the finding code to raise for it."""
        try:
            return self._cloud.request(service, method, path, action, **options)
        except FindingError as error:
            code = next((code for status, code in codes.items() if f"({status})" in error.message), "")
            if not code:
                raise
            raise failure(code, error.message, subject=error.finding.subject) from None

    def _delete(self, service: str, path: str, action: str, version: str = "") -> None:
        self._cloud.request(service, "DELETE", path, action, version=version, absent=404)

    def delete_service(self, service: openstack.Service) -> None:
        """Deletes a service's record. Raises OS10 if servers still run on it, RG09 if the API gave no id (Havana)."""
        if not service.id:
            detail = f"this compute API cannot delete the record of {service.binary} on {service.host}"
            raise failure("RG09", detail, subject=service.host)
        version = self._cloud.compute_version(UUID_VERSION)
        self._delete("compute", f"/os-services/{service.id}", "delete the compute service", version=version)

    def set_service(self, service: openstack.Service, enabled: bool, reason: str = "") -> None:
        """Enables or disables a service. Before microversion 2.53, the API identifies it by host and binary."""
        version = self._cloud.compute_version(UUID_VERSION)
        status, action = ("enabled" if enabled else "disabled"), f"{'enable' if enabled else 'disable'} the service"
        reason_field = {"disabled_reason": reason} if reason and not enabled else {}
        if version == UUID_VERSION:
            path, body = f"/os-services/{service.id}", {"status": status, **reason_field}
        else:
            path = "/os-services/enable" if enabled else f"/os-services/disable{'-log-reason' if reason_field else ''}"
            body = {"host": service.host, "binary": service.binary, **reason_field}
        self._cloud.request("compute", "PUT", path, action, version=version, json=body)

    def set_image_properties(self, image_id: str, properties: Mapping[str, str | None]) -> None:
        """Sets image properties: sends a JSON patch of those that differ. The value None removes a property."""
        path = f"/images/{image_id}"
        current = self._cloud.request("image", "GET", path, "show the image")
        patch = [
            {"op": "remove", "path": f"/{_pointer(key)}"} if value is None else
            {"op": "replace" if key in current else "add", "path": f"/{_pointer(key)}", "value": value}
            for key, value in properties.items()
            if current.get(key) != value
        ]  # fmt: skip
        if patch:
            headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
            self._cloud.request("image", "PATCH", path, "set the image's properties", json=patch, headers=headers)

    def upload_image(self, image: openstack.NewImage, source: ByteStream, on_upload: OnUpload) -> openstack.Image:
        return cloud_upload.upload(self._cloud, image, source, on_upload)

    def delete_image(self, image_id: str) -> None:
        self._delete("image", f"/images/{image_id}", "delete the image")

    def create_port(self, network_id: str, name: str, host: str = "") -> openstack.Port:
        """Creates a port. If `host` is given, Neutron binds the port during the call."""
        body = {"network_id": network_id, "name": name, **({"binding:host_id": host} if host else {})}
        answer = self._cloud.request("network", "POST", "/ports", f"create the port {name}", json={"port": body})
        return cloud_rows.port(answer["port"])

    def ports(self, name: str) -> tuple[openstack.Port, ...]:
        if not self._cloud.offers("network"):
            return ()
        return self._rows("network", f"/ports?name={quote(name, safe='')}", "ports", cloud_rows.port)

    def delete_port(self, port_id: str) -> None:
        self._delete("network", f"/ports/{port_id}", "delete the port")

    def create_server(self, server: openstack.NewServer) -> openstack.Server:
        """Creates a server that boots from its image. Without a port, it gets no network if nova supports that."""
        version = self._cloud.compute_version(NO_NETWORK_VERSION)
        no_network: Any = "none" if version == NO_NETWORK_VERSION else []
        networks: Any = [{"port": server.port_id}] if server.port_id else no_network
        body = {
            "name": server.name,
            "imageRef": server.image_id,
            "flavorRef": server.flavor_id,
            "metadata": dict(server.metadata),
            **({"networks": networks} if networks else {}),
            **({"availability_zone": server.availability_zone} if server.availability_zone else {}),
        }
        action = f"create the server {server.name}"
        answer = self._cloud.request("compute", "POST", "/servers", action, version=version, json={"server": body})
        return openstack.Server(answer["server"]["id"], server.name, "BUILD")

    def server(self, server_id: str) -> openstack.Server | None:
        version = self._cloud.compute_version(NO_NETWORK_VERSION)
        path = f"/servers/{server_id}"
        answer = self._cloud.request("compute", "GET", path, "show the server", version=version, absent=404)
        return cloud_rows.server(answer["server"]) if answer else None

    def servers(self, name: str) -> tuple[openstack.Server, ...]:
        """Lists the servers with exactly this name. Nova itself treats the name as a regular expression."""
        matches = self._rows("compute", f"/servers/detail?name={quote(name, safe='')}", "servers", cloud_rows.server)
        return tuple(server for server in matches if server.name == name)

    def servers_on(self, host: str) -> tuple[openstack.Server, ...]:
        """Lists the servers of all projects on a host. Only an administrator may do this."""
        path = f"/servers/detail?all_tenants=1&host={quote(host, safe='')}"
        matches = self._rows("compute", path, "servers", cloud_rows.server)
        return tuple(server for server in matches if server.host in ("", host))

    def delete_server(self, server_id: str) -> None:
        self._delete("compute", f"/servers/{server_id}", "delete the server")

    def close(self) -> None:
        self._cloud.close()


def _pointer(key: str) -> str:
    """Returns the property name, escaped for a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
