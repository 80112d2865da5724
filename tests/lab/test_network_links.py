"""A lab removes the network interfaces that a killed run left, and no others. No machine starts here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.lab import host, machines
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine

pytestmark = pytest.mark.lab

INDEX = 252
"""Index of the test's lab. A real lab has an index below 251."""
BRIDGE = f"mhvlab{INDEX}"
LEFTOVER, OTHER = f"vb-mhv{INDEX}-compute1", f"vb-mhv{INDEX + 1}-a"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A stopped machine whose bridge and host interface exist, beside an interface of another lab."""
    lab = Lab("killed", INDEX, tmp_path)
    try:
        host.run(["ip", "link", "add", BRIDGE, "type", "bridge"])
        host.run(["ip", "link", "set", BRIDGE, "alias", str(tmp_path)])
        host.run(["ip", "link", "add", "vb-left", "type", "veth", "peer", "name", "vb-peer"])
        # systemd-nspawn shortens a name of more than 15 characters and adds the full name as an alternative name.
        host.run(["ip", "link", "property", "add", "dev", "vb-left", "altname", LEFTOVER])
        host.run(["ip", "link", "add", OTHER, "type", "veth", "peer", "name", "vb-other-peer"])
        yield Machine("compute1", lab.address("compute1"), lab, Root("none", ()), tmp_path)
    finally:
        for name in ("vb-left", OTHER, BRIDGE):
            host.run(["ip", "link", "delete", name], check=False)


def exists(interface: str) -> bool:
    return host.run(["ip", "link", "show", "dev", interface], check=False).returncode == 0


def test_the_interface_of_a_killed_run_is_removed(machine: Machine) -> None:
    machines.remove_leftover_link(machine)
    assert not exists(LEFTOVER)
    assert exists(OTHER)
    machines.remove_leftover_link(machine)


def test_stopping_a_machine_removes_its_interface(machine: Machine) -> None:
    machines.stop(machine)
    assert not exists(LEFTOVER)


def test_the_interface_of_a_running_machine_stays(machine: Machine) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)", f"--machine={machine.label}"]
    with subprocess.Popen(command) as process:
        try:
            (machine.directory / "pid").write_text(str(process.pid))
            machines.remove_leftover_link(machine)
            assert exists(LEFTOVER)
        finally:
            process.kill()


def test_the_interface_stays_if_the_bridge_belongs_to_another_lab(machine: Machine) -> None:
    host.run(["ip", "link", "set", BRIDGE, "alias", "/of/another/lab"])
    machines.remove_leftover_link(machine)
    assert exists(LEFTOVER)
