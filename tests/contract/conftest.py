"""Implementations of core.ports to test: the simulated one, and those over the systems of the lab."""

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
from tests.contract.backends import CLOUD_PROMPT, INVENTORY, PASSWORD, PROMPT, USER, BackendLogins, simulated

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
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BackendLogins]:
    """A backend with a vCenter in the state of INVENTORY."""
    if request.param == "demo":
        yield simulated(tmp_path)
        return
    running = request.getfixturevalue("simulator")
    lab_vcenter.control(running, "POST", "/inventory", "")
    vault = Vault()
    vault.put(PROMPT, PASSWORD)
    world = RealBackend(vault)
    login = VcenterLogin(running.host, running.port, USER, "sha256", running.sha256, PROMPT)
    yield BackendLogins(world, login, vault=vault)
    world.close()


@pytest.fixture
def vcenter(backend: BackendLogins) -> Vcenter:
    assert backend.vcenter is not None
    return backend.world.vcenter(backend.vcenter)


@pytest.fixture(scope="package")
def lab() -> Iterator[Lab]:
    """A lab for these tests only; deleted after them."""
    require()
    contract_lab = open_lab("contract", "plain")
    try:
        start_network(contract_lab)
        yield contract_lab
    finally:
        lifecycle.delete_lab(contract_lab)


@pytest.fixture(scope="package")
def machine(lab: Lab) -> Iterator[BackendLogins]:
    """A plain node of the lab, once for all tests."""
    node = machines.create(lab, "plain1", images.base_root())
    machines.start(node)
    world = RealBackend(Vault(), str(_config(lab.state, lab.known_hosts)))
    yield BackendLogins(world, node=SshHost(node.address, username=machines.ADMIN, key_file=str(lab.key_file)))
    world.close()


@pytest.fixture
def host(machine: BackendLogins) -> SshHost:
    assert machine.node is not None
    return machine.node


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def world(machine: BackendLogins, vault: Vault) -> Iterator[RealBackend]:
    """A world without open connections, with the lab's host keys in known_hosts."""
    assert isinstance(machine.world, RealBackend)
    world = RealBackend(vault, machine.world._ssh_config)
    yield world
    world.close()


@pytest.fixture(scope="package")
def lab_cloud(lab: Lab) -> Iterator[BackendLogins]:
    """The lab's cloud with its QEMU node, once for all tests."""
    cloud_nodes.start(lab, images.base_root())
    vault = Vault()
    vault.put(CLOUD_PROMPT, cloud_nodes.ADMIN_PASSWORD)
    world = RealBackend(vault)
    url = cloud_nodes.auth_url(lab)
    login = CloudLogin(auth_url=url, username="admin", project_name="admin", password=CLOUD_PROMPT)
    yield BackendLogins(world, cloud=login)
    world.close()


def _config(directory: Path, known_hosts: Path) -> Path:
    """An ssh configuration with the host keys of the lab, and nothing of the user's configuration."""
    config = directory / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile /dev/null\n")
    return config


@pytest.fixture(params=["demo", LAB])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    """A machine without OpenStack packages."""
    backend: BackendLogins = simulated(tmp_path) if request.param == "demo" else request.getfixturevalue("machine")
    assert backend.node is not None
    return backend.world.node(backend.node)


@pytest.fixture
def package(request: pytest.FixtureRequest, node: Node) -> str:
    """A small package that the repositories offer and `node` has not installed."""
    return "nova-compute" if isinstance(node, DemoNode) else "cowsay"


@pytest.fixture(params=["demo", LAB])
def cloud_backend(request: pytest.FixtureRequest, tmp_path: Path) -> BackendLogins:
    """A backend with a cloud."""
    backend: BackendLogins = simulated(tmp_path) if request.param == "demo" else request.getfixturevalue("lab_cloud")
    return backend


@pytest.fixture
def cloud(cloud_backend: BackendLogins) -> Cloud:
    """A Zed cloud with a QEMU hypervisor; the login is an administrator."""
    assert cloud_backend.cloud is not None
    return cloud_backend.world.cloud(cloud_backend.cloud)


@pytest.fixture
def disk(cloud_backend: BackendLogins, tmp_path: Path) -> Iterator[Path]:
    """A streamOptimized VMDK, converted by the world of `cloud_backend`."""
    local, source = cloud_backend.world.local, Path("ubuntu.qcow2")
    if isinstance(cloud_backend.world, RealBackend):
        source = tmp_path / "disk.qcow2"
        run(["qemu-img", "create", "-q", "-f", "qcow2", str(source), "64M"])
        run(["qemu-io", "-c", "write -P 7 0 3M", str(source)])
    with local.scratch() as directory:
        target = directory / "disk.vmdk"
        local.convert(source, "qcow2", target, "streamOptimized", "lsilogic", lambda done, total: None)
        yield target
