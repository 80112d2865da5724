"""The parts that fill core.ports, each from the sources that have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters.world import RealWorld
from mhv_tui.core.machine import SshHost
from mhv_tui.core.ports import Cloud, Node, Vcenter
from mhv_tui.core.secret import Vault
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.demo.node import DemoNode
from tests.contract.places import INVENTORY, PASSWORD, USER, Place, demo


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The lab's vCenter, once for all tests."""
    from mhv_tui.lab import simulator as lab

    directory = tmp_path_factory.mktemp("vcenter")
    inventory = directory / "inventory.toml"
    inventory.write_text(INVENTORY)
    running = lab.start(inventory, directory=directory)
    yield running
    lab.stop(running)


@pytest.fixture(params=["demo", pytest.param("simulator", marks=pytest.mark.vcenter)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A world with a vCenter as INVENTORY says, untouched."""
    if request.param == "demo":
        yield demo(tmp_path)
        return
    from mhv_tui.lab import simulator as lab

    running = request.getfixturevalue("simulator")
    lab.control(running, "POST", "/inventory", "")
    vault = Vault()
    vault.put("vcenter.password", PASSWORD)
    world = RealWorld(vault)
    yield Place(world, VcenterLogin(running.host, running.port, USER, "sha256", running.sha256))
    world.close()


@pytest.fixture
def vcenter(place: Place) -> Vcenter:
    """Logged in."""
    assert place.vcenter is not None
    return place.world.vcenter(place.vcenter)


@pytest.fixture(scope="session")
def machine() -> Iterator[Place]:
    """A plain node of the lab, once for all tests."""
    from mhv_tui.lab import host, images, machines, site

    host.require()
    lab = site.open_lab("contract")
    world = RealWorld(Vault(), str(_config(lab.state, lab.known_hosts)))
    try:
        site.up(lab)
        node = machines.create(lab, "plain1", images.base_root())
        machines.start(node)
        yield Place(world, node=SshHost(node.address, username=machines.ADMIN, key_file=str(lab.key_file)))
    finally:
        world.close()
        machines.destroy_lab(lab)


def _config(directory: Path, known_hosts: Path) -> Path:
    """An ssh configuration that knows the lab's nodes, and nothing of the user's."""
    config = directory / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile /dev/null\n")
    return config


@pytest.fixture(params=["demo", pytest.param("lab", marks=pytest.mark.lab)])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    """A machine with nothing of OpenStack on it."""
    place: Place = demo(tmp_path) if request.param == "demo" else request.getfixturevalue("machine")
    assert place.node is not None
    return place.world.node(place.node)


@pytest.fixture
def package(request: pytest.FixtureRequest, node: Node) -> str:
    """A small package that the machine of `node` does not have, and is offered."""
    return "nova-compute" if isinstance(node, DemoNode) else "cowsay"


@pytest.fixture(params=["demo", pytest.param("lab", marks=pytest.mark.lab)])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Cloud:
    """A cloud with a QEMU hypervisor, where we are the administrator."""
    place: Place = demo(tmp_path) if request.param == "demo" else request.getfixturevalue("lab_cloud")
    assert place.cloud is not None
    return place.world.cloud(place.cloud)
