"""The port core.ports.Cloud over the OpenStack APIs themselves, with the login taken from openstacksdk's configuration.

Refuses no release for its age: each call asks for the newest microversion that it needs and this cloud has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from mhv_tui.adapters import cloud_rows, cloud_upload
from mhv_tui.adapters.cloud_session import CloudSession, numbers
from mhv_tui.adapters.failures import failure
from mhv_tui.core import openstack
from mhv_tui.core.errors import FindingError
from mhv_tui.core.ports import OnProgress
from mhv_tui.core.secret import Revealed

T = TypeVar("T")

UUIDS = "2.53"
"""From here services and hypervisors have UUIDs for ids (nova, rest_api_version_history.rst)."""
NO_NETWORK = "2.37"
"""From here a server may be asked for with networks "none"."""


class SdkCloud:
    """One authenticated cloud."""

    def __init__(self, login: openstack.CloudLogin, password: Revealed | None) -> None:
        self._cloud = CloudSession(login, password)

    def identity(self) -> openstack.Identity:
        """From the token."""
        access = self._cloud.access
        return openstack.Identity(
            username=access.username or "",
            project=access.project_name or "",
            roles=tuple(access.role_names or ()),
            auth_url=self._cloud.auth_url,
            region=self._cloud.region.get_region_name() or "",
        )

    def versions(self) -> openstack.Versions:
        """The maxima of the version documents; a service that is not there has none."""
        found = self._cloud.versions("image") if self._cloud.offers("image") else []
        images = (str(v.version) for v in found if v.version)
        return openstack.Versions(
            compute_max=self._cloud.maximum("compute"),
            image_max=max(images, key=numbers, default=""),
            volume_max=self._volume_max(),
            neutron=self._cloud.offers("network"),
        )

    def _volume_max(self) -> str:
        try:
            return self._cloud.maximum("block-storage")
        except FindingError:
            # A hint for the release, no more: a cloud without volumes, or with broken ones, is still a cloud.
            return ""

    def hypervisors(self) -> tuple[openstack.Hypervisor, ...]:
        """os-hypervisors: a compute service that is not mapped to a cell has none."""
        return self._rows("compute", "/os-hypervisors/detail", "hypervisors", cloud_rows.hypervisor, UUIDS)

    def services(self) -> tuple[openstack.Service, ...]:
        """os-services."""
        return self._rows("compute", "/os-services", "services", cloud_rows.service, UUIDS)

    def agents(self) -> tuple[openstack.Agent, ...]:
        """Neutron's agents; empty under nova-network."""
        if not self._cloud.offers("network"):
            return ()
        return self._rows("network", "/agents", "agents", cloud_rows.agent)

    def images(self) -> tuple[openstack.Image, ...]:
        """Every image we may see."""
        return self._rows("image", "/images?limit=200", "images", cloud_rows.image)

    def flavors(self) -> tuple[openstack.Flavor, ...]:
        """Every public flavor, and those of our project."""
        return self._rows("compute", "/flavors/detail", "flavors", cloud_rows.flavor)

    def networks(self) -> tuple[openstack.CloudNetwork, ...]:
        """Neutron's networks, or nova-network's."""
        if self._cloud.offers("network"):
            return self._rows("network", "/networks", "networks", cloud_rows.network)
        return self._rows("compute", "/os-networks", "networks", cloud_rows.network)

    def aggregates(self) -> tuple[openstack.Aggregate, ...]:
        """os-aggregates."""
        return self._rows("compute", "/os-aggregates", "aggregates", cloud_rows.aggregate)

    def zones(self) -> tuple[str, ...]:
        """The availability zones that servers may be asked for in."""
        found = self._cloud.listed("compute", "/os-availability-zone", "availabilityZoneInfo", "list its zones")
        return tuple(zone["zoneName"] for zone in found)

    def _rows(
        self, service: str, path: str, key: str, parse: Callable[[cloud_rows.Row], T], version: str = ""
    ) -> tuple[T, ...]:
        asked = self._cloud.compute_version(version) if version else ""
        return tuple(parse(row) for row in self._cloud.listed(service, path, key, f"list its {key}", version=asked))

    def create_aggregate(self, name: str, zone: str) -> str:
        """Returns the new aggregate's id; RG04 where one of that name is there."""
        body = {"aggregate": {"name": name, "availability_zone": zone or None}}
        doing = f"create the aggregate {name}"
        made = self._cloud.request("compute", "POST", "/os-aggregates", doing, json=body, absent=409)
        if made is None:
            raise failure("RG04", f"an aggregate {name} is there already, or its zone cannot be", subject=name)
        return str(made["aggregate"]["id"])

    def delete_aggregate(self, aggregate_id: str) -> None:
        """One that is gone is done already; RG04 where it still has hosts."""
        path = f"/os-aggregates/{aggregate_id}"
        self._coded({400: "RG04", 409: "RG04"}, "compute", "DELETE", path, "delete the aggregate", absent=404)

    def add_to_aggregate(self, aggregate_id: str, host: str) -> None:
        """RG01 where nova does not know the host yet, RG04 where it may not go there."""
        self._aggregate_action(aggregate_id, "add_host", host, {404: "RG01", 409: "RG04"})

    def remove_from_aggregate(self, aggregate_id: str, host: str) -> None:
        """RG04 where the host is not in it."""
        self._aggregate_action(aggregate_id, "remove_host", host, {404: "RG04", 409: "RG04"})

    def _aggregate_action(self, aggregate_id: str, action: str, host: str, codes: Mapping[int, str]) -> None:
        path = f"/os-aggregates/{aggregate_id}/action"
        doing = f"{action.replace('_', ' ')} {host}"
        self._coded(codes, "compute", "POST", path, doing, json={action: {"host": host}})

    def _coded(self, codes: Mapping[int, str], service: str, method: str, path: str, doing: str, **more: Any) -> Any:
        """A request whose refusals have codes of their own."""
        try:
            return self._cloud.request(service, method, path, doing, **more)
        except FindingError as refused:
            code = next((code for status, code in codes.items() if f"({status})" in refused.message), "")
            if not code:
                raise
            raise failure(code, refused.message, subject=refused.finding.subject) from None

    def _gone(self, service: str, path: str, doing: str, version: str = "") -> None:
        self._cloud.request(service, "DELETE", path, doing, version=version, absent=404)

    def delete_service(self, service: openstack.Service) -> None:
        """os-services by the API's id; OS10 where servers still run there, RG09 where the API gives no id (Havana)."""
        if not service.id:
            said = f"this compute API cannot delete the record of {service.binary} on {service.host}"
            raise failure("RG09", said, subject=service.host)
        version = self._cloud.compute_version(UUIDS)
        self._gone("compute", f"/os-services/{service.id}", "delete the compute service", version=version)

    def set_service(self, service: openstack.Service, enabled: bool, reason: str = "") -> None:
        """Before 2.53 a service is named by host and binary."""
        version = self._cloud.compute_version(UUIDS)
        status, doing = ("enabled" if enabled else "disabled"), f"{'enable' if enabled else 'disable'} the service"
        why = {"disabled_reason": reason} if reason and not enabled else {}
        if version == UUIDS:
            path, body = f"/os-services/{service.id}", {"status": status, **why}
        else:
            path = "/os-services/enable" if enabled else f"/os-services/disable{'-log-reason' if why else ''}"
            body = {"host": service.host, "binary": service.binary, **why}
        self._cloud.request("compute", "PUT", path, doing, version=version, json=body)

    def set_image_properties(self, image_id: str, properties: Mapping[str, str | None]) -> None:
        """A JSON patch of what differs."""
        path = f"/images/{image_id}"
        held = self._cloud.request("image", "GET", path, "show the image")
        patch = [
            {"op": "remove", "path": f"/{_pointer(key)}"} if value is None else
            {"op": "replace" if key in held else "add", "path": f"/{_pointer(key)}", "value": value}
            for key, value in properties.items()
            if held.get(key) != value
        ]  # fmt: skip
        if patch:
            headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
            self._cloud.request("image", "PATCH", path, "set the image's properties", json=patch, headers=headers)

    def upload_image(self, image: openstack.NewImage, source: Path, on_progress: OnProgress) -> openstack.Image:
        """Creates, sends and compares; on failure nothing is left behind."""
        return cloud_upload.upload(self._cloud, image, source, on_progress)

    def delete_image(self, image_id: str) -> None:
        """One that is gone is done already."""
        self._gone("image", f"/images/{image_id}", "delete the image")

    def create_port(self, network_id: str, name: str, host: str = "") -> openstack.Port:
        """Neutron binds at once where `host` is given."""
        body = {"network_id": network_id, "name": name, **({"binding:host_id": host} if host else {})}
        made = self._cloud.request("network", "POST", "/ports", f"create the port {name}", json={"port": body})
        return cloud_rows.port(made["port"])

    def ports(self, name: str) -> tuple[openstack.Port, ...]:
        """The ports of exactly that name; empty under nova-network."""
        if not self._cloud.offers("network"):
            return ()
        return self._rows("network", f"/ports?name={quote(name, safe='')}", "ports", cloud_rows.port)

    def delete_port(self, port_id: str) -> None:
        """One that is gone is done already."""
        self._gone("network", f"/ports/{port_id}", "delete the port")

    def create_server(self, server: openstack.NewServer) -> openstack.Server:
        """From the image alone: no volume service is asked. Without a port: no network, where nova can do that."""
        version = self._cloud.compute_version(NO_NETWORK)
        networks: Any = [{"port": server.port_id}] if server.port_id else "none" if version == NO_NETWORK else []
        body = {
            "name": server.name,
            "imageRef": server.image_id,
            "flavorRef": server.flavor_id,
            "metadata": dict(server.metadata),
            **({"networks": networks} if networks else {}),
            **({"availability_zone": server.availability_zone} if server.availability_zone else {}),
        }
        doing = f"create the server {server.name}"
        made = self._cloud.request("compute", "POST", "/servers", doing, version=version, json={"server": body})
        return openstack.Server(made["server"]["id"], server.name, "BUILD")

    def server(self, server_id: str) -> openstack.Server | None:
        """None where there is no such server (any more)."""
        version = self._cloud.compute_version(NO_NETWORK)
        path = f"/servers/{server_id}"
        found = self._cloud.request("compute", "GET", path, "show the server", version=version, absent=404)
        return cloud_rows.server(found["server"]) if found else None

    def servers(self, name: str) -> tuple[openstack.Server, ...]:
        """Nova takes the name for a regular expression: those that are not exactly it are left out."""
        found = self._rows("compute", f"/servers/detail?name={quote(name, safe='')}", "servers", cloud_rows.server)
        return tuple(s for s in found if s.name == name)

    def servers_on(self, host: str) -> tuple[openstack.Server, ...]:
        """An administrator may ask for all projects' and for one host's."""
        path = f"/servers/detail?all_tenants=1&host={quote(host, safe='')}"
        found = self._rows("compute", path, "servers", cloud_rows.server)
        return tuple(s for s in found if s.host in ("", host))

    def delete_server(self, server_id: str) -> None:
        """Asks for the deletion."""
        self._gone("compute", f"/servers/{server_id}", "delete the server")

    def close(self) -> None:
        """Ends the connections."""
        self._cloud.close()


def _pointer(key: str) -> str:
    """A property's name in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
