"""The simulated OpenStack cloud: nova, Glance and Neutron with rows as data, and with their real error messages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from mhv_tui.core import openstack
from mhv_tui.core.ports import OnUpload
from mhv_tui.core.streams import ByteStream
from mhv_tui.demo import boot, disk_bytes, servers
from mhv_tui.demo.local import HEAD, PROGRESS_STEPS
from mhv_tui.demo.rows import Row, value_of, values_of
from mhv_tui.demo.store import Store, fail, in_turn

T = TypeVar("T")

DOWN_AFTER = 60.0
"""The seconds without a report after which nova shows a service as down (service_down_time)."""

INTERNAL = "internal"
"""The availability zone of all services other than nova-compute."""


@in_turn
class DemoCloud:
    """Implements core.ports.Cloud for one authenticated user."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._row: dict[str, Any] = store.state["cloud"]

    def identity(self) -> openstack.Identity:
        self._store.raise_fault("cloud.identity")
        return value_of(openstack.Identity, self._row["identity"])

    def versions(self) -> openstack.Versions:
        self._store.raise_fault("cloud.versions")
        return value_of(openstack.Versions, self._row["versions"])

    def hypervisors(self) -> tuple[openstack.Hypervisor, ...]:
        self._store.raise_fault("cloud.hypervisors")
        mapped = {key: row for key, row in self._row["hypervisors"].items() if row.get("mapped", True)}
        return values_of(openstack.Hypervisor, mapped)

    def services(self) -> tuple[openstack.Service, ...]:
        self._store.raise_fault("cloud.services")
        rows = self._row["services"].items()
        return tuple(self._as_reported(key if self._nova_has("service_ids") else "", row) for key, row in rows)

    def agents(self) -> tuple[openstack.Agent, ...]:
        return self._list("agents", openstack.Agent)

    def images(self) -> tuple[openstack.Image, ...]:
        return self._list("images", openstack.Image)

    def flavors(self) -> tuple[openstack.Flavor, ...]:
        return self._list("flavors", openstack.Flavor)

    def networks(self) -> tuple[openstack.CloudNetwork, ...]:
        return self._list("networks", openstack.CloudNetwork)

    def aggregates(self) -> tuple[openstack.Aggregate, ...]:
        return self._list("aggregates", openstack.Aggregate)

    def zones(self) -> tuple[str, ...]:
        self._store.raise_fault("cloud.zones")
        return tuple(sorted({self._zone(row) for row in self._row["services"].values()} - {INTERNAL}))

    def create_aggregate(self, name: str, zone: str) -> str:
        with self._store.operation("cloud.create_aggregate"):
            if name in [a["name"] for a in self._row["aggregates"].values()]:
                fail("RG04", f"Aggregate {name} already exists.", name)
            key = str(max((int(k) for k in self._row["aggregates"]), default=0) + 1)
            self._row["aggregates"][key] = {"name": name, "availability_zone": zone, "hosts": []}
        return key

    def delete_aggregate(self, aggregate_id: str) -> None:
        with self._store.operation("cloud.delete_aggregate"):
            if self._aggregate(aggregate_id)["hosts"]:
                fail("RG04", f"Cannot remove aggregate {aggregate_id}: it is not empty.", aggregate_id)
            del self._row["aggregates"][aggregate_id]

    def add_to_aggregate(self, aggregate_id: str, host: str) -> None:
        with self._store.operation("cloud.add_to_aggregate"):
            row = self._aggregate(aggregate_id)
            if not any(h["service_host"] == host and h.get("mapped", True) for h in self._row["hypervisors"].values()):
                fail("RG01", f"Compute host {host} could not be found.", host)
            if host in row["hosts"]:
                fail("RG04", f"Host {host} already exists in aggregate {aggregate_id}.", host)
            if row["availability_zone"] and boot.zone_of(self._store.state, host) not in (
                "nova",
                row["availability_zone"],
            ):
                fail("RG04", f"One or more hosts already in availability zone(s) of {host}.", host)
            row["hosts"].append(host)

    def remove_from_aggregate(self, aggregate_id: str, host: str) -> None:
        with self._store.operation("cloud.remove_from_aggregate"):
            row = self._aggregate(aggregate_id)
            if host not in row["hosts"]:
                fail("RG04", f"Host {host} is not in aggregate {aggregate_id}.", host)
            row["hosts"].remove(host)

    def delete_service(self, service: openstack.Service) -> None:
        with self._store.operation("cloud.delete_service"):
            if not self._nova_has("service_ids"):
                fail("RG09", "The resource could not be found.", service.host)
            host = self._service(service)["host"]
            if self._nova_has("guards_servers") and self.servers_on(host):
                fail("OS10", f"Unable to delete compute service that is hosting instances: {host}", host)
            del self._row["services"][service.id]
            for key in [k for k, h in self._row["hypervisors"].items() if h["service_host"] == host]:
                del self._row["hypervisors"][key]
            for aggregate in self._row["aggregates"].values():
                aggregate["hosts"] = [h for h in aggregate["hosts"] if h != host]

    def _nova_has(self, ability: str) -> bool:
        """Returns True if nova has a feature: service_ids (since Icehouse) or guards_servers (since Rocky)."""
        return bool(self._row["nova"].get(ability, True))

    def set_service(self, service: openstack.Service, enabled: bool, reason: str = "") -> None:
        with self._store.operation("cloud.set_service"):
            status = "enabled" if enabled else "disabled"
            self._service(service).update(status=status, disabled_reason="" if enabled else reason)

    def set_image_properties(self, image_id: str, properties: Mapping[str, str | None]) -> None:
        with self._store.operation("cloud.set_image_properties"):
            current = self._image(image_id)["properties"]
            for key, value in properties.items():
                if value is None:
                    current.pop(key, None)
                else:
                    current[key] = value

    def upload_image(self, image: openstack.NewImage, source: ByteStream, on_upload: OnUpload) -> openstack.Image:
        with self._store.operation("cloud.upload_image"):
            size, head = source.size, next(source.chunks(), b"")[:HEAD]
            self._begin(image, head)
            with self._deleted_on_error(image.id):
                for part in range(1, PROGRESS_STEPS + 1):
                    self._store.advance_clock(2, pace_units=0.5)
                    on_upload(size * part // PROGRESS_STEPS, size, "")
                    if part == PROGRESS_STEPS // 2:
                        self._store.die_if_requested("cloud.upload_image")
            content = head + str(size).encode()
            self._row["images"][image.id].update(
                status="active",
                size=size,
                head=base64.b64encode(head).decode(),
                checksum=hashlib.md5(content, usedforsecurity=False).hexdigest(),
                hash_algo="sha512",
                hash_value=hashlib.sha512(content).hexdigest(),
            )
        return value_of(openstack.Image, self._row["images"][image.id], id=image.id)

    @contextmanager
    def _deleted_on_error(self, image_id: str) -> Iterator[None]:
        sent = False
        try:
            yield
            sent = True
        finally:
            if not sent:
                self._row["images"].pop(image_id)
                self._store.save()

    def _begin(self, image: openstack.NewImage, head: bytes) -> None:
        """Checks the first bytes of an image and creates its row."""
        if self._row.get("format_match") and disk_bytes.format_of(head) != image.disk_format:
            fail("IM08", f"Image disk_format {image.disk_format} does not match stream data", image.name)
        if image.visibility == "public" and "admin" not in self._row["identity"]["roles"]:
            fail("IM12", "You are not authorized to complete publicize_image action.", image.name)
        if self._row["images"].get(image.id, {}).get("status") == "active":
            fail("IM11", f"An image with identifier {image.id} already exists", image.name)
        self._row["images"][image.id] = {
            **{"name": image.name, "status": "saving", "disk_format": image.disk_format, "size": 0},
            **{"container_format": image.container_format, "visibility": image.visibility, "min_disk": image.min_disk},
            "properties": dict(image.properties),
        }

    def delete_image(self, image_id: str) -> None:
        with self._store.operation("cloud.delete_image"):
            self._row["images"].pop(image_id, None)

    def create_port(self, network_id: str, name: str, host: str = "") -> openstack.Port:
        with self._store.operation("cloud.create_port"):
            self._require_neutron()
            if network_id not in self._row["networks"]:
                fail("OS10", f"Network {network_id} could not be found.", name)
            key = self._store.new_id()
            port = {"name": name, "network_id": network_id}
            self._row["ports"][key] = {**port, **boot.binding(self._store.state, port, host)}
        return value_of(openstack.Port, self._row["ports"][key], id=key)

    def ports(self, name: str) -> tuple[openstack.Port, ...]:
        self._store.raise_fault("cloud.ports")
        if not self._row["versions"].get("neutron", True):
            return ()
        return values_of(openstack.Port, {k: p for k, p in self._row["ports"].items() if p["name"] == name})

    def _require_neutron(self) -> None:
        if not self._row["versions"].get("neutron", True):
            fail("OS06", "the catalogue has no public endpoint of network in RegionOne", "network")

    def delete_port(self, port_id: str) -> None:
        with self._store.operation("cloud.delete_port"):
            self._require_neutron()
            self._row["ports"].pop(port_id, None)

    def create_server(self, server: openstack.NewServer) -> openstack.Server:
        with self._store.operation("cloud.create_server"):
            key = servers.create(self._store, server)
        return value_of(openstack.Server, self._row["servers"][key], id=key)

    def server(self, server_id: str) -> openstack.Server | None:
        self._store.raise_fault("cloud.server")
        servers.update(self._store)
        row = self._row["servers"].get(server_id)
        if row is not None and self._row.get("hides_hosts"):
            row = {**row, "host": "", "hypervisor_hostname": ""}
        return None if row is None else value_of(openstack.Server, row, id=server_id)

    def servers(self, name: str) -> tuple[openstack.Server, ...]:
        self._store.raise_fault("cloud.servers")
        servers.update(self._store)
        return values_of(openstack.Server, {k: s for k, s in self._row["servers"].items() if s["name"] == name})

    def servers_on(self, host: str) -> tuple[openstack.Server, ...]:
        self._store.raise_fault("cloud.servers_on")
        servers.update(self._store)
        hosts_hidden = self._row.get("hides_hosts") == "in lists as well"
        rows = {k: s for k, s in self._row["servers"].items() if hosts_hidden or s.get("host") == host}
        return values_of(openstack.Server, rows)

    def delete_server(self, server_id: str) -> None:
        with self._store.operation("cloud.delete_server"):
            servers.delete(self._store, server_id)

    def _list(self, table: str, kind: type[T]) -> tuple[T, ...]:
        self._store.raise_fault(f"cloud.{table}")
        return values_of(kind, self._row.get(table))

    def _as_reported(self, key: str, row: Row) -> openstack.Service:
        """Returns a service as nova shows it: a stopped one is up until DOWN_AFTER seconds after its last report."""
        service = value_of(openstack.Service, row, id=key, zone=self._zone(row))
        if service.state == "up":
            return replace(service, updated_at=self._store.now())
        last_report = datetime.fromisoformat(row["silent"]) if "silent" in row else None
        if last_report and (self._store.now() - last_report).total_seconds() < DOWN_AFTER:
            return replace(service, state="up", updated_at=last_report)
        return service

    def _zone(self, service: Row) -> str:
        return boot.zone_of(self._store.state, service["host"]) if service["binary"] == "nova-compute" else INTERNAL

    def _aggregate(self, key: str) -> Row:
        row: Row | None = self._row["aggregates"].get(key)
        if row is None:
            fail("RG04", f"Aggregate {key} could not be found.", key)
        return row

    def _service(self, service: openstack.Service) -> Row:
        """Returns the row of a service, by its id, or by host and binary as in Havana."""
        rows: dict[str, Row] = self._row["services"]
        for key, row in rows.items():
            if key == service.id or (not service.id and (row["binary"], row["host"]) == (service.binary, service.host)):
                return row
        fail("OS10", f"Service {service.id} could not be found.", service.id)

    def _image(self, key: str) -> Row:
        row: Row | None = self._row["images"].get(key)
        if row is None:
            fail("OS10", f"No image found with ID {key}", key)
        return row
