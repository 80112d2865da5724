"""The lab's cloud: a controller with real OpenStack services and a QEMU compute node, from the distribution's packages.

Both boot from cached roots that already contain the databases, so that a later start is only a boot. The VMware node is
not part of the cloud: mhv-tui adds it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import machines, provision, rootfs_cache, tls
from mhv_tui.lab.host import LabError
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine
from mhv_tui.lab.suites import Suite

CONTROLLER, COMPUTE = "controller", "compute1"
"""Names of the cloud's two nodes."""

ADMIN_PASSWORD, REGION = "lab-admin", "RegionOne"
"""The administrator's password and the region, as in controller.sh. Only this machine can reach the lab."""

START_TIMEOUT = 600
"""Seconds that the boot of a node with all services may take on a busy machine."""

START_TIME = """start=$(systemctl show --value --property=ActiveEnterTimestamp {unit})
[ -z "$start" ] || date --date="$start" +%s
"""
"""A script that prints the time at which a unit became active, in seconds; nothing if it is not active."""

DATA = Path(__file__).parent
"""The directory whose parts `cloud` and `neutron_driver` contain the scripts and settings for the nodes."""

INSTALL = """printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get install -y --no-install-recommends {packages}
"""
"""A script that installs packages. apt starts no services, because they are not configured yet."""

DISABLE = "systemctl disable -q {units}\n"
"""The command with which the next boot starts no services either."""


def reporting_units(suite: Suite) -> tuple[tuple[str, str, str, str], ...]:
    """Returns units that report to the cloud's database: node, unit, table, column with the time of the last report."""
    return (
        (CONTROLLER, "nova-scheduler", "nova.services", "updated_at"),
        (CONTROLLER, "nova-conductor", "nova.services", "updated_at"),
        (COMPUTE, "nova-compute", "nova.services", "updated_at"),
        (COMPUTE, suite.back_end.agent, "neutron.agents", "heartbeat_timestamp"),
    )


def files(suite: Suite) -> Iterator[tuple[str, str]]:
    """Yields (path below /opt/mhv-lab, text) of each file that a node of the cloud gets."""
    yield "cloud/release.sh", suite.variables()
    for part in ("cloud", "neutron_driver"):
        for path in sorted((DATA / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(DATA)), path.read_text(encoding="utf-8")


def controller_root(lab: Lab, base: Root) -> Root:
    """Returns the controller's cached root."""
    return _root(lab, "controller", lab.suite.controller_packages, lab.suite.controller_units, base)


def compute_root(lab: Lab, base: Root) -> Root:
    """Returns the QEMU compute node's cached root."""
    suite = lab.suite
    packages, units = [*suite.compute_packages, *suite.back_end.packages], [*suite.compute_units, suite.back_end.agent]
    return _root(lab, "compute", packages, units, base)


def _root(lab: Lab, kind: str, packages: Sequence[str], units: Sequence[str], base: Root) -> Root:
    """Returns a root of three layers: the packages of all nodes of the cloud, those of this kind, the configuration.

    So a changed script does not install packages again.
    """

    def configure(machine: Machine) -> None:
        for path, text in files(lab.suite):
            provision.put(machine, f"/opt/mhv-lab/{path}", text)
        machines.run_in(machine, ["bash", f"/opt/mhv-lab/cloud/{kind}.sh"], timeout=900)

    suite = lab.suite.name
    common = _package_layer(lab, f"cloud-{suite}", INSTALL.format(packages=" ".join(lab.suite.cloud_packages)), base)
    recipe = INSTALL.format(packages=" ".join(packages)) + DISABLE.format(units=" ".join(units))
    own = _package_layer(lab, f"cloud-{kind}-{suite}", recipe, common)
    return rootfs_cache.layer(lab, f"cloud-{kind}-{suite}", str(list(files(lab.suite))), own, configure)


def _package_layer(lab: Lab, name: str, recipe: str, parent: Root) -> Root:
    """Returns the layer that this script adds to its parent."""

    def install(machine: Machine) -> None:
        machines.run_in(machine, recipe, timeout=1800)

    return rootfs_cache.layer(lab, f"{name}-packages", recipe, parent, install)


def start(lab: Lab, base: Root) -> None:
    """Starts controller and compute node, and waits until every one of reporting_units has reported.

    Running nodes are kept."""
    roots = controller_root(lab, base), compute_root(lab, base)
    controller, compute = machines.create(lab, CONTROLLER, roots[0]), machines.create(lab, COMPUTE, roots[1], tun=True)
    tls.configure(controller, compute)
    lab.progress("starting the cloud: controller and QEMU compute node")
    machines.each((controller, compute), lambda machine: machines.start(machine, START_TIMEOUT))
    _set_mechanism_drivers(controller, ",".join((lab.suite.back_end.driver, *lab.profile.drivers)))
    lab.progress("waiting until nova lists the QEMU hypervisor")
    _map_first_hypervisor(controller)
    for name, unit, table, column in reporting_units(lab.suite):
        node = compute if name == COMPUTE else controller
        has_reported = partial(_reports_since_start, controller, node, unit, table, column)
        _wait_until(has_reported, f"{unit} on {name} did not report to the cloud")
    write_atomic(lab.state / "clouds.yaml", clouds_yaml(lab))


def _set_mechanism_drivers(controller: Machine, drivers: str) -> None:
    """Sets Neutron's mechanism drivers; restarts Neutron only if they change."""
    path = "/etc/neutron/plugins/ml2/ml2_conf.ini"
    line = f"mechanism_drivers = {drivers}"
    if machines.run_in(controller, ["grep", "-qxF", line, path], check=False).returncode == 0:
        return
    settings = f"[ml2]\n{line}\n"
    machines.run_in(controller, ["python3", "/opt/mhv-lab/cloud/set_options.py", path], input=settings)
    restart = "systemctl restart neutron-api neutron-rpc-server; wait_for_http 9696 60"
    machines.run_in(controller, f". /opt/mhv-lab/cloud/functions.sh; {restart}")


def _map_first_hypervisor(controller: Machine) -> None:
    """Maps the QEMU hypervisor into nova's cell, as an operator does; mhv-tui maps the VMware hypervisor."""
    if _count(controller, "nova_api.host_mappings", f"host = '{COMPUTE}'"):
        return
    registered = f"host = '{COMPUTE}' AND deleted = 0"
    is_registered = partial(_count, controller, "nova.compute_nodes", registered)
    _wait_until(is_registered, f"nova-compute on {COMPUTE} did not register in nova")
    machines.run_in(controller, "su -s /bin/sh nova -c 'nova-manage cell_v2 discover_hosts'", timeout=120)


def _reports_since_start(controller: Machine, node: Machine, unit: str, table: str, column: str) -> int:
    """Returns 1 if the unit has reported since its start, else 0; the cloud may still show it as down."""
    start_time = machines.run_in(node, START_TIME.format(unit=unit)).stdout.strip() or "NULL"
    condition = f"host = '{node.name}' AND `binary` = '{unit}' AND {column} >= FROM_UNIXTIME({start_time})"
    return _count(controller, table, condition)


def _wait_until(condition: Callable[[], int], failure: str) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise LabError(f"{failure} within {START_TIMEOUT} s.")
        time.sleep(0.5)


def _count(controller: Machine, table: str, condition: str) -> int:
    query = f"SET time_zone = '+00:00'; SELECT COUNT(*) FROM {table} WHERE {condition}"
    output = machines.run_in(controller, ["mysql", "-N", "-e", query]).stdout
    return int(output)


def auth_url(lab: Lab) -> str:
    """Returns Keystone's URL for clients on this machine."""
    address = lab.address(CONTROLLER)
    return f"https://{address}:15000/v3" if lab.profile.tls else f"http://{address}:5000/v3"


def login(lab: Lab) -> dict[str, str]:
    """Returns the administrator's login with the password, as `auth` in clouds.yaml."""
    return {
        "auth_url": auth_url(lab),
        "username": "admin",
        "password": ADMIN_PASSWORD,
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


def clouds_yaml(lab: Lab) -> str:
    """Returns a clouds.yaml with the entry `lab`, as JSON, for the openstack client (OS_CLIENT_CONFIG_FILE)."""
    entry = {"auth": login(lab), "region_name": REGION, **tls.client_options(lab)}
    return json.dumps({"clouds": {"lab": entry}}, indent=1) + "\n"
