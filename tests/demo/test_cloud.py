"""The simulated cloud: aggregates, images, and on which host servers boot or fail by the rules of nova."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui.core.openstack import Image, NewImage, NewServer, Server
from mhv_tui.core.ports import Cloud
from mhv_tui.demo.backend import DemoBackend

from .helpers import cloud, discover, started, vcenter
from .test_world import code

UUID = "11111111-2222-3333-4444-555555555555"


def ignore(done: int, total: int, reason: str = "") -> None:
    """Ignores progress."""


def uploaded(world: DemoBackend, subformat: str = "monolithicSparse", **properties: str) -> Image:
    with world.local.scratch() as directory:
        target = directory / "disk.vmdk"
        world.local.convert(Path("ubuntu.qcow2"), "qcow2", target, subformat, "lsilogic", ignore)
        tags = {"hypervisor_type": "vmware", "vmware_disktype": "sparse", **properties}
        with world.local.stream(target) as data:
            return cloud(world).upload_image(NewImage(UUID, "ubuntu", "vmdk", properties=tags), data, ignore)


def flavor(cloud: Cloud, name: str = "m1.small") -> str:
    return next(f.id for f in cloud.flavors() if f.name == name)


def booted(world: DemoBackend, image_id: str, size: str = "m1.small", zone: str = "", port: bool = True) -> Server:
    api = cloud(world)
    network = next(n.id for n in api.networks() if n.name == "vmware-net")
    port_id = api.create_port(network, "p").id if port else ""
    server = api.create_server(NewServer("probe", image_id, flavor(api, size), port_id, zone))
    assert server.status == "BUILD"
    world.sleep(30)
    result = api.server(server.id)
    assert result is not None
    return result


def ready(world: DemoBackend) -> None:
    """Starts nova-compute on the node, maps it and adds the port group."""
    started(world)
    discover(world)
    vcenter(world).add_distributed_port_group("dvs-60", "vmware-net", 200)


def test_a_vmdk_boots_on_the_vcenter_and_is_gone_after_deletion(world: DemoBackend) -> None:
    ready(world)
    server = booted(world, uploaded(world).id)
    assert (server.status, server.host, server.fault) == ("ACTIVE", "novavmware1", "")
    assert [m.openstack for m in vcenter(world).virtual_machines("domain-c7")] == [True]
    assert code(lambda: vcenter(world).remove_distributed_port_group("dvportgroup-101")) == "NW17"
    cloud(world).delete_server(server.id)
    world.sleep(10)
    assert cloud(world).server(server.id) is None
    assert vcenter(world).virtual_machines("domain-c7") == ()


def test_a_tagged_qcow2_stays_on_kvm(world: DemoBackend) -> None:
    ready(world)
    image = next(i for i in cloud(world).images() if i.name == "debian-12")
    assert booted(world, image.id).host in ("compute1", "compute2")


def test_an_untagged_qcow2_lands_on_the_vcenter_and_fails_there(world: DemoBackend) -> None:
    ready(world)
    image = next(i for i in cloud(world).images() if i.name == "cirros")
    server = booted(world, image.id)
    assert (server.status, server.host) == ("ERROR", "novavmware1")
    assert server.fault == "Disk format qcow2 is not acceptable"


def test_no_server_boots_on_the_vcenter_before_the_host_is_mapped(world: DemoBackend) -> None:
    started(world)
    assert booted(world, uploaded(world).id).fault.startswith("No valid host was found")


@pytest.mark.parametrize(
    ("tags", "subformat", "fault"),
    [
        ({"vmware_disktype": "streamOptimized"}, "monolithicSparse", "Image 11111111"),
        ({"vmware_disktype": "sparse"}, "streamOptimized", "Image 11111111"),
        ({"vmware_disktype": "monolithic"}, "monolithicSparse", "disk type 'monolithic' not supported"),
        ({"hypervisor_type": "vmwere"}, "monolithicSparse", "No valid host was found."),
    ],
)
def test_wrong_tags_fail(world: DemoBackend, tags: dict[str, str], subformat: str, fault: str) -> None:
    ready(world)
    server = booted(world, uploaded(world, subformat, **tags).id)
    assert server.status == "ERROR" and server.fault.startswith(fault)


def test_a_root_disk_too_small_fails(world: DemoBackend) -> None:
    ready(world)
    assert booted(world, uploaded(world).id, "m1.tiny").fault == "Image disk size greater than requested disk size"


def test_a_missing_port_group_fails(world: DemoBackend) -> None:
    started(world)
    discover(world)
    assert booted(world, uploaded(world).id).fault == "Network could not be found for bridge vmware-net"


def test_without_a_back_end_the_binding_fails(world: DemoBackend) -> None:
    world.store.state["cloud"]["mechanisms"] = ["openvswitch"]
    ready(world)
    api = cloud(world)
    network = api.networks()[1].id
    assert api.create_port(network, "t", "novavmware1").vif_type == "binding_failed"
    assert api.create_port(network, "t", "compute1").vif_type == "ovs"
    assert booted(world, uploaded(world).id).fault.startswith("Binding failed for port")


def test_a_regex_that_matches_nothing_fails(world: DemoBackend) -> None:
    started(world, datastore_regex="gold")
    discover(world)
    vcenter(world).add_distributed_port_group("dvs-60", "vmware-net", 200)
    assert booted(world, uploaded(world).id).fault == "Datastore regex gold did not match any datastores"


def test_a_zone_exists_if_a_mapped_host_is_in_it(world: DemoBackend) -> None:
    started(world)
    api = cloud(world)
    key = api.create_aggregate("vmware", "vmware")
    assert code(lambda: api.add_to_aggregate(key, "novavmware1")) == "RG01"
    assert "vmware" not in api.zones()
    discover(world)
    api.add_to_aggregate(key, "novavmware1")
    assert "vmware" in api.zones()
    assert code(lambda: api.delete_aggregate(key)) == "RG04"
    api.remove_from_aggregate(key, "novavmware1")
    api.delete_aggregate(key)
    assert api.aggregates() == ()


def test_deleting_a_service_deletes_its_hypervisor_and_memberships(world: DemoBackend) -> None:
    started(world)
    discover(world)
    api = cloud(world)
    key = api.create_aggregate("vmware", "vmware")
    api.add_to_aggregate(key, "novavmware1")
    api.delete_service(next(s for s in api.services() if s.host == "novavmware1"))
    assert "novavmware1" not in [h.service_host for h in api.hypervisors()]
    assert api.aggregates()[0].hosts == ()


def test_an_uploaded_image_has_hash_and_properties(world: DemoBackend) -> None:
    image = uploaded(world)
    api = cloud(world)
    assert (image.status, image.hash_algo, len(image.hash_value)) == ("active", "sha512", 128)
    api.set_image_properties(image.id, {"vmware_adaptertype": "lsiLogic", "hypervisor_type": None})
    updated = next(i for i in api.images() if i.id == image.id)
    assert dict(updated.properties) == {"vmware_disktype": "sparse", "vmware_adaptertype": "lsiLogic"}
    api.delete_image(image.id)
    api.delete_image(image.id)
    assert image.id not in [i.id for i in api.images()]


def test_glance_since_2025_refuses_a_file_of_another_format(world: DemoBackend) -> None:
    world.store.state["cloud"]["format_match"] = True
    new = NewImage(UUID, "x", "vmdk")
    with world.local.stream(Path("ubuntu.qcow2")) as data:
        assert code(lambda: cloud(world).upload_image(new, data, ignore)) == "IM08"
    assert UUID not in [i.id for i in cloud(world).images()]
