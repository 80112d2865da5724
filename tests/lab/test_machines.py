"""The lab's machines boot, are reachable over SSH, and leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.lab import apt_proxy, host, images, lifecycle, machines, repository, rootfs_cache
from mhv_tui.lab.host import LabError
from mhv_tui.lab.lab import Lab, open_lab, start_network
from mhv_tui.lab.machine import Machine

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Lab, Lab]]:
    """Two labs: one with an Ubuntu-like node and a plain node, one with a plain node of the same name."""
    host.require()
    labs = (open_lab("pair-a"), open_lab("pair-b"))
    root = images.base_root()
    try:
        for lab in labs:
            start_network(lab)
        machines.create(labs[0], "novavmware1", root, repositories=[repository.publish(labs[0])])
        machines.create(labs[0], "plain1", root)
        machines.create(labs[1], "plain1", root)
        for lab in labs:
            machines.start_all(lab)
        yield labs
    finally:
        for lab in labs:
            lifecycle.delete_lab(lab)


def ssh(machine: Machine, command: str, user: str = machines.ADMIN) -> subprocess.CompletedProcess[str]:
    return host.run([*machines.ssh_command(machine, user), command], timeout=180, check=False)


def policy(machine: Machine, package: str) -> str:
    return ssh(machine, f"apt-cache policy {package}").stdout


def test_a_node_is_a_running_debian_with_its_own_address(pair: tuple[Lab, Lab]) -> None:
    node = machines.get(pair[0], "plain1")
    result = ssh(node, "hostname; cat /proc/1/comm; systemctl is-system-running; ip -4 -o address show host0")
    assert result.stdout.split()[:3] == ["plain1", "systemd", "running"], ssh(node, "systemctl --failed").stdout
    assert f"{node.address}/24" in result.stdout


def test_sudo_asks_the_operator_but_not_the_admin(pair: tuple[Lab, Lab]) -> None:
    node = machines.get(pair[0], "plain1")
    assert ssh(node, "sudo -n id -u").stdout.strip() == "0"
    operator = f"su {machines.OPERATOR} -c"
    script = f"{operator} 'sudo -n true' || echo refused; {operator} 'sudo -S -p \"\" id -u'"
    result = machines.run_in(node, script, input=pair[0].password_file.read_text())
    assert result.stdout.split()[-2:] == ["refused", "0"]


def test_a_wrong_host_key_is_refused(pair: tuple[Lab, Lab], tmp_path: Path) -> None:
    node = machines.get(pair[0], "plain1")
    other = machines.get(pair[0], "novavmware1")
    key = (other.directory / "ssh_host_ed25519_key.pub").read_text().split()[:2]
    forged = tmp_path / "known_hosts"
    forged.write_text(f"{node.host_name} {' '.join(key)}\n")
    command = [part.replace(str(pair[0].known_hosts), str(forged)) for part in machines.ssh_command(node)]
    result = host.run([*command, "true"], timeout=30, check=False)
    assert result.returncode == 255
    assert "Host key verification failed" in result.stderr


def test_root_cannot_log_in_by_default(pair: tuple[Lab, Lab]) -> None:
    assert ssh(machines.get(pair[0], "plain1"), "true", "root").returncode == 255


def test_apt_works_and_offers_the_stand_ins_only_with_their_repository(pair: tuple[Lab, Lab]) -> None:
    ubuntu_like, plain = machines.get(pair[0], "novavmware1"), machines.get(pair[0], "plain1")
    for node in (ubuntu_like, plain):
        assert ssh(node, "sudo apt-get update").returncode == 0
        assert "Candidate: 2:" in policy(node, "nova-compute") or "Candidate: 3:" in policy(node, "nova-compute")
    for package in repository.PACKAGES:
        assert f"Candidate: {repository.VERSION}" in policy(ubuntu_like, package.name)
        assert repository.NOTE in ssh(ubuntu_like, f"apt-cache show {package.name}").stdout
    assert repository.VERSION not in policy(plain, "nova-compute-vmware nova-network nova-api-metadata")


def test_apt_resolves_ubuntus_packages_without_a_libvirt_flavour(pair: tuple[Lab, Lab]) -> None:
    command = "sudo apt-get install -s -y --no-install-recommends nova-compute-vmware"
    simulation = ssh(machines.get(pair[0], "novavmware1"), command).stdout
    installed = {line.split()[1] for line in simulation.splitlines() if line.startswith("Inst ")}
    assert {"nova-compute", "nova-compute-vmware", "python3-oslo.vmware"} <= installed
    assert not {"nova-compute-kvm", "nova-compute-qemu", "libvirt-daemon-system"} & installed


def test_a_package_is_downloaded_once_for_all_labs(pair: tuple[Lab, Lab]) -> None:
    for lab in pair:
        result = ssh(machines.get(lab, "plain1"), "cd /tmp && apt-get download -q hello && ls hello_*.deb")
        assert result.stdout.strip().endswith(".deb"), result.stderr
    file_name = Path(result.stdout.split()[-1]).name
    assert len(list((host.cache_dir() / "archives").glob(f"*{file_name}"))) == 1


def test_the_nodes_of_a_lab_resolve_and_reach_each_other(pair: tuple[Lab, Lab]) -> None:
    node = machines.get(pair[0], "plain1")
    assert ssh(node, "ping -q -c 1 -W 5 novavmware1.lab.test").returncode == 0
    assert ssh(node, "getent hosts vcenter.lab.test").stdout.split()[0] == pair[0].address("vcenter")


def test_two_labs_run_at_the_same_time(pair: tuple[Lab, Lab]) -> None:
    first, second = (machines.get(lab, "plain1") for lab in pair)
    assert first.address != second.address
    assert ssh(first, "cat /etc/machine-id").stdout != ssh(second, "cat /etc/machine-id").stdout


def test_a_network_link_is_cut_and_restored(pair: tuple[Lab, Lab]) -> None:
    first, other = machines.get(pair[0], "plain1"), machines.get(pair[0], "novavmware1")
    machines.link(first, up=False)
    try:
        assert ssh(other, "ping -q -c 1 -W 1 plain1").returncode != 0
    finally:
        machines.link(first, up=True)
    assert ssh(other, "ping -q -c 1 -w 10 plain1").returncode == 0


def test_a_layer_is_built_once_and_nodes_on_it_have_its_files(pair: tuple[Lab, Lab]) -> None:
    built: list[str] = []

    def build(machine: Machine) -> None:
        built.append(machine.name)
        machines.run_in(machine, "echo built > /etc/layer-mark; rm /etc/issue.net")

    key = images.digest("test", *built)
    root = rootfs_cache.layer(pair[1], "test-layer", key, images.base_root(), build)
    again = rootfs_cache.layer(pair[1], "test-layer", key, images.base_root(), build)
    assert root == again
    node = machines.create(pair[1], "plain2", root)
    machines.start(node)
    assert ssh(node, "cat /etc/layer-mark; ls /etc/issue.net 2>/dev/null").stdout.split() == ["built"]
    machines.destroy(node)
    images.remove_tree(root.directories[0])


def test_the_builder_of_a_killed_build_is_deleted_with_its_lab() -> None:
    script = """
import os, sys
from mhv_tui.lab import images, rootfs_cache
from mhv_tui.lab.lab import open_lab, start_network
lab = open_lab("killed")
start_network(lab)
rootfs_cache.layer(lab, "test-killed", "one", images.base_root(), lambda machine: os._exit(9))
"""
    killed = subprocess.run([sys.executable, "-c", script], timeout=300, capture_output=True, text=True)
    lab = open_lab("killed")
    label = f"--machine=mhv{lab.index}-builder"
    try:
        assert killed.returncode == 9, killed.stderr
        assert label in processes()
    finally:
        lifecycle.delete_lab(lab)
    assert label not in processes() and not lab.state.exists()


def processes() -> str:
    """The command lines of all processes on this machine."""
    return subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def single_lab() -> Iterator[Lab]:
    lab = open_lab("single")
    yield lab
    lifecycle.delete_lab(lab)


def test_down_stops_everything_and_destroy_deletes_everything(single_lab: Lab) -> None:
    start_network(single_lab)
    node = machines.create(single_lab, "plain1", images.base_root())
    machines.start(node)
    ssh(node, "echo saved > saved; sync")
    lifecycle.stop_lab(single_lab)
    assert machines.running(node) is None
    assert not host.run(["pgrep", "-f", str(single_lab.state)], check=False).stdout
    assert str(single_lab.state) not in Path("/proc/self/mounts").read_text()
    assert not Path(f"/sys/class/net/{single_lab.bridge}").exists()
    assert single_lab.bridge not in host.run(["nft", "list", "tables"]).stdout
    assert not list(Path("/sys/fs/cgroup").glob(f"*/{node.label}"))
    start_network(single_lab)
    machines.start(node)
    assert ssh(node, "cat saved").stdout.strip() == "saved"
    with pytest.raises(LabError, match="is still mounted and uses files of"):
        images.remove_tree(host.cache_dir())
    lifecycle.delete_lab(single_lab)
    assert not single_lab.state.exists()
    assert single_lab.bridge not in host.run(["ip", "link"]).stdout


def test_a_running_lab_can_be_started_again(pair: tuple[Lab, Lab]) -> None:
    start_network(pair[0])
    machines.start_all(pair[0])
    assert host.read_pid(pair[0].state / "apt-proxy.pid", apt_proxy.MARK) is not None


def test_an_unknown_host_name_is_refused(pair: tuple[Lab, Lab]) -> None:
    with pytest.raises(LabError, match="has no host elsewhere"):
        machines.create(pair[0], "elsewhere", images.base_root())
