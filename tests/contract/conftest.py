"""Fixtures for the ports of core.ports: each comes from the demo world, from the lab, or from both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Cloud, Node, Vcenter
from mhv_tui.core.secret import Vault
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.demo.node import DemoNode
from mhv_tui.lab import cloud as cloud_nodes
from mhv_tui.lab import images, lifecycle, machines
from mhv_tui.lab import simulator as lab_vcenter
from mhv_tui.lab.host import require, run
from mhv_tui.lab.lab import Lab, open_lab, start_network
from tests.contract.places import CLOUD_PROMPT, INVENTORY, PASSWORD, PROMPT, USER, Place, demo

LAB = pytest.param("lab", marks=(pytest.mark.lab, pytest.mark.timeout(2400)))
"""On a new machine, the first of these tests builds the root file systems of its nodes."""


@pytest.fixture(scope="package")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The lab's vCenter, once for all tests."""
    directory = tmp_path_factory.mktemp("vcenter")
    inventory = directory / "inventory.toml"
    inventory.write_text(INVENTORY)
    running = lab_vcenter.start(inventory, directory=directory)
    yield running
    lab_vcenter.stop(running)


@pytest.fixture(params=["demo", pytest.param("simulator", marks=pytest.mark.vcenter)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A world with a vCenter as INVENTORY says, untouched."""
    if request.param == "demo":
        yield demo(tmp_path)
        return
    running = request.getfixturevalue("simulator")
    lab_vcenter.control(running, "POST", "/inventory", "")
    vault = Vault()
    vault.put(PROMPT, PASSWORD)
    world = RealBackend(vault)
    yield Place(world, VcenterLogin(running.host, running.port, USER, "sha256", running.sha256, PROMPT))
    world.close()


@pytest.fixture
def vcenter(place: Place) -> Vcenter:
    """Logged in."""
    assert place.vcenter is not None
    return place.world.vcenter(place.vcenter)


@pytest.fixture(scope="package")
def lab() -> Iterator[Lab]:
    """A lab for these tests only, deleted afterwards with all its machines."""
    require()
    contract_lab = open_lab("contract")
    try:
        start_network(contract_lab)
        yield contract_lab
    finally:
        lifecycle.delete_lab(contract_lab)


@pytest.fixture(scope="package")
def machine(lab: Lab) -> Iterator[Place]:
    """A plain node of the lab, once for all tests."""
    node = machines.create(lab, "plain1", images.base_root())
    machines.start(node)
    world = RealBackend(Vault(), str(_config(lab.state, lab.known_hosts)))
    yield Place(world, node=SshHost(node.address, username=machines.ADMIN, key_file=str(lab.key_file)))
    world.close()


@pytest.fixture
def host(machine: Place) -> SshHost:
    assert machine.node is not None
    return machine.node


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def world(machine: Place, vault: Vault) -> Iterator[RealBackend]:
    """A world of its own, with no connection yet; it knows the lab's host keys."""
    assert isinstance(machine.world, RealBackend)
    made = RealBackend(vault, machine.world._ssh_config)
    yield made
    made.close()


@pytest.fixture(scope="package")
def lab_cloud(lab: Lab) -> Iterator[Place]:
    """The lab's cloud with its QEMU node, once for all tests."""
    cloud_nodes.start(lab, images.base_root())
    vault = Vault()
    vault.put(CLOUD_PROMPT, cloud_nodes.ADMIN_PASSWORD)
    world = RealBackend(vault)
    url = cloud_nodes.auth_url(lab)
    login = CloudLogin(auth_url=url, username="admin", project_name="admin", password=CLOUD_PROMPT)
    yield Place(world, cloud=login)
    world.close()


def _config(directory: Path, known_hosts: Path) -> Path:
    """Writes an ssh configuration that uses only the lab's known_hosts file."""
    config = directory / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile /dev/null\n")
    return config


@pytest.fixture(params=["demo", LAB])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    """A machine with nothing of OpenStack on it."""
    place: Place = demo(tmp_path) if request.param == "demo" else request.getfixturevalue("machine")
    assert place.node is not None
    return place.world.node(place.node)


@pytest.fixture
def package(request: pytest.FixtureRequest, node: Node) -> str:
    """A small package that the machine of `node` does not have, and is offered."""
    return "nova-compute" if isinstance(node, DemoNode) else "cowsay"


@pytest.fixture(params=["demo", LAB])
def cloudy(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A world with a cloud."""
    place: Place = demo(tmp_path) if request.param == "demo" else request.getfixturevalue("lab_cloud")
    return place


@pytest.fixture
def cloud(cloudy: Place) -> Cloud:
    """A Zed cloud with a QEMU hypervisor, where we are the administrator."""
    assert cloudy.cloud is not None
    return cloudy.world.cloud(cloudy.cloud)


@pytest.fixture
def disk(cloudy: Place, tmp_path: Path) -> Iterator[Path]:
    """A streamOptimized VMDK as the world of `cloudy` converts it."""
    local, source = cloudy.world.local, Path("ubuntu.qcow2")
    if isinstance(cloudy.world, RealBackend):
        source = tmp_path / "disk.qcow2"
        run(["qemu-img", "create", "-q", "-f", "qcow2", str(source), "64M"])
        run(["qemu-io", "-c", "write -P 7 0 3M", str(source)])
    with local.scratch() as directory:
        target = directory / "disk.vmdk"
        local.convert(source, "qcow2", target, "streamOptimized", "lsilogic", lambda done, total: None)
        yield target
