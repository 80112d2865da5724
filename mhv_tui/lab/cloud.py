"""The lab's cloud: a controller with real OpenStack services and a QEMU compute node, from the distribution's packages.

Both are cached roots with databases already made, so that a warm start is a boot. It takes no part in what mhv-tui does
afterwards: the VMware node and its hypervisor are not made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mhv_tui.lab import machines
from mhv_tui.lab.images import Root
from mhv_tui.lab.machines import Machine
from mhv_tui.lab.site import Lab

CONTROLLER_PACKAGES = (
    "mariadb-server", "rabbitmq-server", "keystone", "glance-api", "placement-api", "nova-api", "nova-conductor",
    "nova-scheduler", "neutron-server", "python3-pymysql", "python3-openstackclient", "python3-osc-placement",
    "qemu-utils",
)  # fmt: skip
CONTROLLER_UNITS = (
    "mariadb", "rabbitmq-server", "epmd", "keystone", "glance-api", "placement-api", "nova-api", "nova-api-metadata",
    "nova-conductor", "nova-scheduler", "neutron-api", "neutron-rpc-server",
)  # fmt: skip
COMPUTE_PACKAGES = ("nova-compute", "nova-compute-qemu", "neutron-linuxbridge-agent", "qemu-system-x86", "qemu-utils")
COMPUTE_UNITS = ("nova-compute", "neutron-linuxbridge-agent", "libvirtd", "libvirt-guests")

DATA = Path(__file__).parent
"""Scripts and settings that are pushed into the nodes are below it, in `cloud` and `mechanism`."""

INSTALL = """printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get install -y --no-install-recommends {packages}
systemctl disable -q {units}
"""
"""policy-rc.d keeps apt from starting services that have no configuration yet; a boot must not start them either."""


def files() -> Iterator[tuple[str, str]]:
    """Path below /opt/mhv-lab and text of everything that a node of the cloud is given."""
    for part in ("cloud", "mechanism"):
        for path in sorted((DATA / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(DATA)), path.read_text(encoding="utf-8")


def controller_root(lab: Lab, base: Root) -> Root:
    """The controller's cached root (cold: about six minutes, 2 GB)."""
    return _root(lab, "controller", CONTROLLER_PACKAGES, CONTROLLER_UNITS, base)


def compute_root(lab: Lab, base: Root) -> Root:
    """The QEMU compute node's cached root (cold: about three minutes, 2 GB)."""
    return _root(lab, "compute", COMPUTE_PACKAGES, COMPUTE_UNITS, base)


def _root(lab: Lab, kind: str, packages: tuple[str, ...], units: tuple[str, ...], base: Root) -> Root:
    """Two layers, packages below and what our scripts make of them above, so that a changed script needs no apt."""
    recipe = INSTALL.format(packages=" ".join(packages), units=" ".join(units))

    def install(machine: Machine) -> None:
        machines.run_in(machine, recipe, timeout=1800)

    def settle(machine: Machine) -> None:
        for path, text in files():
            machines.put(machine, f"/opt/mhv-lab/{path}", text)
        machines.run_in(machine, ["bash", f"/opt/mhv-lab/cloud/{kind}.sh"], timeout=900)

    bottom = machines.layer(lab, f"cloud-{kind}-packages", recipe, base, install)
    return machines.layer(lab, f"cloud-{kind}", str(list(files())), bottom, settle)
