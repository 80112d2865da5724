"""Tests of core.ports.Cloud that pass on the simulated cloud and on the lab's OpenStack."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.core.openstack import Image, NewImage, NewServer, Service
from mhv_tui.core.ports import Cloud
from mhv_tui.core.streams import ByteStream
from tests.contract.backends import BackendLogins

NAME = "mhv-contract"


def ignore(done: int, total: int, reason: str = "") -> None:
    """Ignores progress."""


def image_of(cloud: Cloud, image_id: str) -> Image | None:
    return next((i for i in cloud.images() if i.id == image_id), None)


def reported(cloud: Cloud, host: str) -> Service:
    """The nova-compute of a host after its first report; a service that has just started has no report time."""
    deadline = time.monotonic() + 30
    while True:
        service = next(s for s in cloud.services() if (s.binary, s.host) == ("nova-compute", host))
        if service.updated_at or time.monotonic() > deadline:
            return service
        time.sleep(1)


@pytest.fixture
def new_image() -> NewImage:
    properties = {"hypervisor_type": "vmware", "vmware_disktype": "streamOptimized", "mhv_source": "contract"}
    return NewImage(str(uuid.uuid4()), NAME, "vmdk", min_disk=1, properties=properties)


@pytest.fixture
def data(disk: Path, cloud_backend: BackendLogins) -> Iterator[ByteStream]:
    """The bytes of `disk`."""
    with cloud_backend.world.local.stream(disk) as stream:
        yield stream


@pytest.fixture
def image(cloud: Cloud, new_image: NewImage, data: ByteStream) -> Iterator[Image]:
    """An image in Glance; deleted after the test."""
    uploaded = cloud.upload_image(new_image, data, ignore)
    yield uploaded
    cloud.delete_image(uploaded.id)


def test_we_are_the_administrator(cloud: Cloud) -> None:
    identity = cloud.identity()
    assert identity.username == "admin" and identity.project == "admin" and "admin" in identity.roles
    assert identity.auth_url.startswith("http")


def test_versions_identify_the_release(cloud: Cloud) -> None:
    versions = cloud.versions()
    assert (versions.compute_max, versions.image_max, versions.neutron) == ("2.93", "2.15", True)


def test_a_qemu_hypervisor_has_a_service_and_an_agent(cloud: Cloud) -> None:
    hypervisor = next(h for h in cloud.hypervisors() if h.type == "QEMU")
    assert hypervisor.hostname and (hypervisor.state, hypervisor.status) == ("up", "enabled")
    service = reported(cloud, hypervisor.service_host)
    assert (service.state, service.status, service.zone) == ("up", "enabled", "nova")
    assert service.updated_at is not None and service.updated_at.utcoffset() is not None
    assert any(a.host == hypervisor.service_host and a.alive for a in cloud.agents())


def test_flavors_networks_and_zones_are_listed(cloud: Cloud) -> None:
    assert any(f.ram > 0 and f.vcpus > 0 for f in cloud.flavors() if f.name == "m1.small")
    network = next(n for n in cloud.networks() if n.name == "vmware-net")
    assert network.id and network.subnet_ids and network.provider_type
    assert "nova" in cloud.zones() and "internal" not in cloud.zones()


def test_a_service_is_disabled_with_a_reason_and_enabled_again(cloud: Cloud) -> None:
    def state() -> tuple[str, str]:
        row = next(s for s in cloud.services() if s.id == service.id)
        return row.status, row.disabled_reason

    service = next(s for s in cloud.services() if s.binary == "nova-compute")
    cloud.set_service(service, False, "contract")
    assert state() == ("disabled", "contract")
    cloud.set_service(service, True)
    assert state() == ("enabled", "")


def test_an_aggregate_is_created_filled_emptied_and_deleted(cloud: Cloud) -> None:
    host = next(h.service_host for h in cloud.hypervisors() if h.type == "QEMU")
    aggregate_id = cloud.create_aggregate(NAME, "")
    with pytest.raises(FindingError) as exists:
        cloud.create_aggregate(NAME, "")
    with pytest.raises(FindingError) as unknown_host:
        cloud.add_to_aggregate(aggregate_id, "no-such-host")
    assert (exists.value.finding.code, unknown_host.value.finding.code) == ("RG04", "RG01")
    cloud.add_to_aggregate(aggregate_id, host)
    assert next(a for a in cloud.aggregates() if a.id == aggregate_id).hosts == (host,)
    with pytest.raises(FindingError) as is_member:
        cloud.add_to_aggregate(aggregate_id, host)
    with pytest.raises(FindingError) as has_hosts:
        cloud.delete_aggregate(aggregate_id)
    assert (is_member.value.finding.code, has_hosts.value.finding.code) == ("RG04", "RG04")
    cloud.remove_from_aggregate(aggregate_id, host)
    cloud.delete_aggregate(aggregate_id)
    assert all(a.id != aggregate_id for a in cloud.aggregates())


def test_an_uploaded_image_equals_its_file(cloud: Cloud, new_image: NewImage, data: ByteStream) -> None:
    progress: list[tuple[int, int]] = []
    size = data.size
    uploaded = cloud.upload_image(new_image, data, lambda done, total, reason: progress.append((done, total)))
    assert (uploaded.id, uploaded.name, uploaded.status, uploaded.size) == (new_image.id, NAME, "active", size)
    assert (uploaded.disk_format, uploaded.container_format, uploaded.visibility, uploaded.min_disk) == (
        "vmdk",
        "bare",
        "private",
        1,
    )
    assert uploaded.checksum and uploaded.hash_algo == "sha512" and len(uploaded.hash_value) == 128
    assert uploaded.properties == new_image.properties and image_of(cloud, uploaded.id) == uploaded
    assert progress[-1] == (size, size) and progress == sorted(progress)
    cloud.delete_image(uploaded.id)
    cloud.delete_image(uploaded.id)
    assert image_of(cloud, uploaded.id) is None


def test_properties_are_set_changed_and_removed(cloud: Cloud, image: Image) -> None:
    changed = {"vmware_disktype": "sparse", "vmware_ostype": "otherLinux64Guest", "mhv_source": None, "none": None}
    cloud.set_image_properties(image.id, changed)
    updated = image_of(cloud, image.id)
    assert updated is not None and dict(updated.properties) == {
        "hypervisor_type": "vmware",
        "vmware_disktype": "sparse",
        "vmware_ostype": "otherLinux64Guest",
    }


def test_a_stopped_upload_leaves_no_image(cloud: Cloud, new_image: NewImage, data: ByteStream) -> None:
    class Stopped(Cancelled):
        pass

    def stop(done: int, total: int, reason: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        cloud.upload_image(new_image, data, stop)
    assert image_of(cloud, new_image.id) is None


def test_a_port_shows_its_binding(cloud: Cloud) -> None:
    network = next(n for n in cloud.networks() if n.name == "vmware-net")
    host = next(h.service_host for h in cloud.hypervisors() if h.type == "QEMU")
    assert cloud.ports(NAME) == ()
    port = cloud.create_port(network.id, NAME, host)
    assert port.vif_type not in ("", "unbound", "binding_failed")
    assert [p.id for p in cloud.ports(NAME)] == [port.id]
    cloud.delete_port(port.id)
    cloud.delete_port(port.id)
    assert cloud.ports(NAME) == ()


def test_servers_are_listed_by_their_exact_name(cloud: Cloud, cloud_backend: BackendLogins) -> None:
    image = next(i for i in cloud.images() if i.disk_format == "qcow2")
    flavor = next(f for f in cloud.flavors() if f.name == "m1.small")
    network = next(n for n in cloud.networks() if n.name == "vmware-net")
    port = cloud.create_port(network.id, NAME)
    server = cloud.create_server(
        NewServer(NAME, image.id, flavor.id, port_id=port.id, metadata={"purpose": "contract"})
    )
    assert [s.id for s in cloud.servers(NAME)] == [server.id]
    assert cloud.servers(NAME[:-1]) == () and cloud.servers("no-such-server") == ()
    assert cloud.servers_on("no-such-host") == ()
    shown = cloud.server(server.id)
    assert shown is not None and shown.status in ("BUILD", "ACTIVE", "ERROR")
    assert not shown.host or server.id in [s.id for s in cloud.servers_on(shown.host)]
    cloud.delete_server(server.id)
    for _ in range(120):
        if cloud.server(server.id) is not None:
            cloud_backend.world.sleep(1)
    assert cloud.server(server.id) is None
    cloud.delete_server(server.id)
    cloud.delete_port(port.id)


def test_an_existing_image_is_not_overwritten(
    cloud: Cloud, image: Image, new_image: NewImage, data: ByteStream
) -> None:
    with pytest.raises(FindingError) as refused:
        cloud.upload_image(replace(new_image, id=image.id), data, ignore)
    assert refused.value.finding.code == "IM11"
    assert image_of(cloud, image.id) == image


def test_hashes_are_those_of_the_file(image: Image, disk: Path, cloud_backend: BackendLogins) -> None:
    if isinstance(cloud_backend.world, RealBackend):
        assert image.hash_value == hashlib.sha512(disk.read_bytes()).hexdigest()
