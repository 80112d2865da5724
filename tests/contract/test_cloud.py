"""What core.ports.Cloud promises, on the demo world and on the lab's OpenStack."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import Image, NewImage, NewServer, Service
from mhv_tui.core.ports import Cloud
from tests.contract.places import Place

NAME = "mhv-contract"


def silent(done: int, total: int) -> None:
    """Nobody listens."""


def found(cloud: Cloud, image_id: str) -> Image | None:
    return next((i for i in cloud.images() if i.id == image_id), None)


def reported(cloud: Cloud, host: str) -> Service:
    """The nova-compute of a host, once it has reported: a service of a few seconds is up and says no time yet."""
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
def image(cloud: Cloud, new_image: NewImage, disk: Path) -> Iterator[Image]:
    """An image that is in Glance, gone afterwards."""
    made = cloud.upload_image(new_image, disk, silent)
    yield made
    cloud.delete_image(made.id)


def test_we_are_the_administrator(cloud: Cloud) -> None:
    seen = cloud.identity()
    assert seen.username == "admin" and seen.project == "admin" and "admin" in seen.roles
    assert seen.auth_url.startswith("http")


def test_versions_are_numbers_that_tell_the_release(cloud: Cloud) -> None:
    seen = cloud.versions()
    assert (seen.compute_max, seen.image_max, seen.neutron) == ("2.93", "2.15", True)


def test_a_qemu_hypervisor_runs_beside_its_service(cloud: Cloud) -> None:
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


def test_an_aggregate_comes_fills_empties_and_goes(cloud: Cloud) -> None:
    host = next(h.service_host for h in cloud.hypervisors() if h.type == "QEMU")
    made = cloud.create_aggregate(NAME, "")
    with pytest.raises(FindingError) as twice:
        cloud.create_aggregate(NAME, "")
    with pytest.raises(FindingError) as stranger:
        cloud.add_to_aggregate(made, "no-such-host")
    assert (twice.value.finding.code, stranger.value.finding.code) == ("RG04", "RG01")
    cloud.add_to_aggregate(made, host)
    assert next(a for a in cloud.aggregates() if a.id == made).hosts == (host,)
    with pytest.raises(FindingError) as there:
        cloud.add_to_aggregate(made, host)
    with pytest.raises(FindingError) as inhabited:
        cloud.delete_aggregate(made)
    assert (there.value.finding.code, inhabited.value.finding.code) == ("RG04", "RG04")
    cloud.remove_from_aggregate(made, host)
    cloud.delete_aggregate(made)
    assert all(a.id != made for a in cloud.aggregates())


def test_an_uploaded_image_is_what_was_sent(cloud: Cloud, new_image: NewImage, disk: Path, cloudy: Place) -> None:
    ticks: list[tuple[int, int]] = []
    size, _ = cloudy.world.local.stat(disk) or (0, 0.0)
    made = cloud.upload_image(new_image, disk, lambda done, total: ticks.append((done, total)))
    assert (made.id, made.name, made.status, made.size) == (new_image.id, NAME, "active", size)
    assert (made.disk_format, made.container_format, made.visibility, made.min_disk) == ("vmdk", "bare", "private", 1)
    assert made.checksum and made.hash_algo == "sha512" and len(made.hash_value) == 128
    assert made.properties == new_image.properties and found(cloud, made.id) == made
    assert ticks[-1] == (size, size) and ticks == sorted(ticks)
    cloud.delete_image(made.id)
    cloud.delete_image(made.id)
    assert found(cloud, made.id) is None


def test_properties_are_set_changed_and_taken_away(cloud: Cloud, image: Image) -> None:
    changed = {"vmware_disktype": "sparse", "vmware_ostype": "otherLinux64Guest", "mhv_source": None, "none": None}
    cloud.set_image_properties(image.id, changed)
    seen = found(cloud, image.id)
    assert seen is not None and dict(seen.properties) == {
        "hypervisor_type": "vmware",
        "vmware_disktype": "sparse",
        "vmware_ostype": "otherLinux64Guest",
    }


def test_an_upload_that_is_stopped_leaves_nothing(cloud: Cloud, new_image: NewImage, disk: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        cloud.upload_image(new_image, disk, stop)
    assert found(cloud, new_image.id) is None


def test_a_port_tells_how_it_is_bound(cloud: Cloud) -> None:
    network = next(n for n in cloud.networks() if n.name == "vmware-net")
    host = next(h.service_host for h in cloud.hypervisors() if h.type == "QEMU")
    assert cloud.ports(NAME) == ()
    made = cloud.create_port(network.id, NAME, host)
    assert made.vif_type not in ("", "unbound", "binding_failed")
    assert [p.id for p in cloud.ports(NAME)] == [made.id]
    cloud.delete_port(made.id)
    cloud.delete_port(made.id)
    assert cloud.ports(NAME) == ()


def test_a_server_is_found_by_exactly_its_name(cloud: Cloud, cloudy: Place) -> None:
    image = next(i for i in cloud.images() if i.disk_format == "qcow2")
    flavor = next(f for f in cloud.flavors() if f.name == "m1.small")
    network = next(n for n in cloud.networks() if n.name == "vmware-net")
    port = cloud.create_port(network.id, NAME)
    made = cloud.create_server(NewServer(NAME, image.id, flavor.id, port_id=port.id, metadata={"made": "by-contract"}))
    assert [s.id for s in cloud.servers(NAME)] == [made.id]
    assert cloud.servers(NAME[:-1]) == () and cloud.servers("no-such-server") == ()
    assert cloud.servers_on("no-such-host") == ()
    seen = cloud.server(made.id)
    assert seen is not None and seen.status in ("BUILD", "ACTIVE", "ERROR")
    assert not seen.host or made.id in [s.id for s in cloud.servers_on(seen.host)]
    cloud.delete_server(made.id)
    for _ in range(120):
        if cloud.server(made.id) is not None:
            cloudy.world.sleep(1)
    assert cloud.server(made.id) is None
    cloud.delete_server(made.id)
    cloud.delete_port(port.id)


def test_an_image_that_is_there_already_is_not_overwritten(
    cloud: Cloud, image: Image, new_image: NewImage, disk: Path
) -> None:
    with pytest.raises(FindingError) as refused:
        cloud.upload_image(replace(new_image, id=image.id), disk, silent)
    assert refused.value.finding.code == "IM11"
    assert found(cloud, image.id) == image


def test_the_sum_is_the_files_own(image: Image, disk: Path, cloudy: Place) -> None:
    assert len(cloudy.world.local.sha256(disk, silent)) == 64
    if isinstance(cloudy.world, RealBackend):
        assert image.hash_value == hashlib.sha512(disk.read_bytes()).hexdigest()
