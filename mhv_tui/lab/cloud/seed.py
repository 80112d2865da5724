"""Creates the first objects of the lab's cloud: users and service catalogue, then flavors, a network and two images.

    seed.py catalogue | resources

Runs on the controller with Debian's openstacksdk. It creates only what is missing."""

import subprocess
import sys
import tempfile
from pathlib import Path

import openstack

HOST = "controller.lab.test"

SERVICES = (
    # user, service type, service name, endpoint
    ("glance", "image", "glance", f"http://{HOST}:9292"),
    ("placement", "placement", "placement", f"http://{HOST}:8778"),
    ("nova", "compute", "nova", f"http://{HOST}:8774/v2.1"),
    ("neutron", "network", "neutron", f"http://{HOST}:9696"),
)

FLAVORS = (
    # name, memory in MiB (nova's VMware driver requires multiples of 4), disk in GiB
    ("m1.tiny", 64, 1),
    ("m1.small", 128, 1),
)

NETWORK = {
    "name": "vmware-net",
    "provider_network_type": "flat",
    "provider_physical_network": "physnet1",
    "shared": True,
}
SUBNET = {
    "name": "vmware-subnet",
    "ip_version": 4,
    "cidr": "192.168.213.0/24",
    "gateway_ip": None,
    "enable_dhcp": False,
}

IMAGES = (("lab-qemu", {"hypervisor_type": "qemu"}), ("lab-untagged", {}))

PARTITION = bytes.fromhex("8000020083ffffff01000000ffff0100")
"""A partition table's first entry: oslo.utils refuses a disk with a boot sector and no partition."""

BOOT_SECTOR = bytes.fromhex("faf4ebfd").ljust(446, b"\0") + PARTITION + bytes(48) + b"\x55\xaa"
"""cli, hlt, jump to hlt: the guest runs and uses no processor time."""


def main() -> None:
    cloud = openstack.connect(
        auth_url=f"http://{HOST}:5000/v3",
        username="admin",
        password="lab-admin",
        project_name="admin",
        user_domain_name="Default",
        project_domain_name="Default",
        region_name="RegionOne",
    )
    {"catalogue": catalogue, "resources": resources}[sys.argv[1]](cloud)


def catalogue(cloud: openstack.connection.Connection) -> None:
    """Creates the service project, and for each service a user with the admin role and the endpoints."""
    identity = cloud.identity
    project = identity.find_project("service") or identity.create_project(name="service", domain_id="default")
    roles = [identity.find_role(name) for name in ("admin", "service")]
    for user_name, kind, name, url in SERVICES:
        user = identity.find_user(user_name) or identity.create_user(
            name=user_name, password=f"lab-{user_name}", domain_id="default", default_project_id=project.id
        )
        for role in filter(None, roles):
            identity.assign_project_role_to_user(project, user, role)
        if identity.find_service(name):
            continue
        service = identity.create_service(name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id="RegionOne")


def resources(cloud: openstack.connection.Connection) -> None:
    """Creates what a server needs: flavors, a network, images."""
    for name, ram, disk in FLAVORS:
        if not cloud.compute.find_flavor(name):
            cloud.compute.create_flavor(name=name, ram=ram, vcpus=1, disk=disk)
    if not cloud.network.find_network(NETWORK["name"]):
        network = cloud.network.create_network(**NETWORK)
        cloud.network.create_subnet(network_id=network.id, **SUBNET)
    with tempfile.TemporaryDirectory() as scratch:
        disk = boot_disk(Path(scratch))
        for name, properties in IMAGES:
            if not cloud.image.find_image(name):
                cloud.create_image(
                    name,
                    filename=str(disk),
                    disk_format="qcow2",
                    container_format="bare",
                    visibility="public",
                    min_disk=1,
                    wait=True,
                    timeout=60,
                    meta={},
                    **properties,
                )


def boot_disk(directory: Path) -> Path:
    """Creates a qcow2 image of 64 MiB whose boot sector halts the processor."""
    raw, qcow2 = directory / "disk.raw", directory / "disk.qcow2"
    with raw.open("wb") as file:
        file.write(BOOT_SECTOR)
        file.truncate(64 << 20)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, qcow2], check=True, timeout=60)
    return qcow2


if __name__ == "__main__":
    main()
