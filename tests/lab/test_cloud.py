"""The lab's cloud: its services answer, it lists the QEMU hypervisor, and a server with a port becomes active."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core import answerfile
from mhv_tui.lab import cloud, lifecycle, machines, tls
from mhv_tui.lab.lab import Lab, open_lab
from tests.lab.running_lab import RunningLab

pytestmark = [
    pytest.mark.lab,
    pytest.mark.timeout(2400),
    # openstacksdk emits warnings; as errors, it takes them for a server that does not exist yet
    pytest.mark.filterwarnings("ignore::openstack.warnings.OpenStackWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture
def lab(running_lab: RunningLab) -> Lab:
    """The lab of the cloud."""
    return open_lab(running_lab.name)


@pytest.fixture
def admin(lab: Lab) -> Iterator[Any]:
    """A connection as the cloud's administrator."""
    import openstack

    with openstack.connect(**cloud.login(lab), region_name=cloud.REGION, **tls.client_options(lab)) as connection:
        yield connection


def test_every_service_has_an_endpoint_that_this_machine_reaches(lab: Lab, admin: Any) -> None:
    urls = {kind: admin.endpoint_for(kind) for kind in ("identity", "image", "placement", "compute", "network")}
    assert all(url.startswith(f"https://{lab.address('controller')}:") for url in urls.values()), urls
    assert {service.binary for service in admin.compute.services() if service.state == "up"} == {
        "nova-scheduler", "nova-conductor", "nova-compute",
    }  # fmt: skip


def test_the_first_hypervisor_is_qemu(admin: Any) -> None:
    hypervisors = list(admin.compute.hypervisors(details=True))
    assert [(each.hypervisor_type, each.state) for each in hypervisors] == [("QEMU", "up")]


def test_a_server_with_a_port_becomes_active_on_qemu_and_is_deleted(admin: Any) -> None:
    image = next(image for image in admin.image.images() if image.hypervisor_type == "qemu")
    network = admin.network.find_network("vmware-net")
    flavor = admin.compute.find_flavor("m1.tiny")
    created = admin.compute.create_server(
        name="test-qemu", image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": network.id}]
    )
    try:
        server = admin.compute.wait_for_server(created, wait=180)
        assert (server.status, server.compute_host) == ("ACTIVE", cloud.COMPUTE)
        (port,) = admin.network.ports(device_id=server.id)
        assert (port.status, port.binding_vif_type) == ("ACTIVE", "bridge")
    finally:
        admin.compute.delete_server(created)
        admin.compute.wait_for_delete(created, wait=120)
    assert not list(admin.network.ports(device_id=created.id))


def port_binding(admin: Any, host: str) -> tuple[str, dict[str, Any]]:
    """Creates a port for a server on that host and deletes it; returns its VIF type and details."""
    network = admin.network.find_network("vmware-net")
    port = admin.network.create_port(network_id=network.id, binding_host_id=host, device_owner="compute:nova")
    try:
        return port.binding_vif_type, port.binding_vif_details
    finally:
        admin.network.delete_port(port.id)


def test_a_port_of_the_vmware_host_is_bound_by_the_stand_in(admin: Any) -> None:
    kind, details = port_binding(admin, "novavmware1")
    assert (kind, details["dvs_port_group_name"]) == ("dvs", "vmware-net")


def test_the_network_service_answers_parallel_requests(lab: Lab) -> None:
    """The wizard, its proof and nova call it at the same time; a request without an answer blocks them (OS10)."""
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: count_bound_ports(lab, 8), range(4))) == [8] * 4


def count_bound_ports(lab: Lab, total: int) -> int:
    """Creates and deletes `total` ports on the VMware host, one after the other; returns how many were bound."""
    import openstack

    count = 0
    options = tls.client_options(lab)
    with openstack.connect(**cloud.login(lab), region_name=cloud.REGION, api_timeout=30, **options) as connection:
        for _ in range(total):
            count += port_binding(connection, "novavmware1")[0] == "dvs"
    return count


def test_nova_manage_works_on_the_controller_over_ssh(lab: Lab) -> None:
    from mhv_tui.lab.host import run

    controller = machines.get(lab, cloud.CONTROLLER)
    command = [*machines.ssh_command(controller), "sudo nova-manage cell_v2 list_hosts"]
    assert cloud.COMPUTE in run(command, timeout=60).stdout


def test_the_answers_are_a_complete_answer_file_without_secrets(lab: Lab, tmp_path: Path) -> None:
    text = answerfile.dumps(lifecycle.answers(lab.name))
    document = tomllib.loads(text)
    assert document["network"]["kind"] == "distributed"
    assert lifecycle.answers(lab.name, kind="standard")["network"]["switch"] == "vSwitch0"
    for table in ("cloud", "vcenter"):
        secret = Path(document[table]["password"]["file"])
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text().strip() not in text
    for path in (document["node"]["key_file"], document["image"]["source"], document["vcenter"]["trust"]["ca_file"]):
        assert os.path.getsize(path) > 0


def test_a_second_up_builds_nothing_and_starts_the_same_nodes(lab: Lab) -> None:
    lifecycle.down(lab.name)
    assert "running" not in lifecycle.status(lab.name)
    messages: list[str] = []
    lifecycle.up(lab.name, progress=messages.append)
    assert lifecycle.status(lab.name).count("running") == 4
    assert messages and not [line for line in messages if line.startswith("building the")]
