"""The lab's cloud: a controller with real OpenStack services and a QEMU compute node, from the distribution's packages.

Both are cached roots with databases already made, so that a warm start is a boot. It takes no part in what mhv-tui does
afterwards: the VMware node and its hypervisor are not made here."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mhv_tui.lab import host, machines, provision, rootfs_cache
from mhv_tui.lab.host import LabError, Progress
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine

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

CONTROLLER, COMPUTE = "controller", "compute1"
"""Names of the cloud's two nodes."""

PROFILES = {"dvs": "linuxbridge,lab_dvs", "no-dvs": "linuxbridge"}
"""What serves the cloud's networks: with a back end for vCenter (a stand-in), and without one."""

ADMIN_PASSWORD, REGION = "lab-admin", "RegionOne"
"""As controller.sh sets them: a lab's secrets are none, its network ends at this machine."""

START_TIMEOUT = 240
"""Seconds for a boot with all services, on a busy machine."""

REPORTS = (
    (CONTROLLER, "nova-scheduler", "nova.services", "updated_at"),
    (CONTROLLER, "nova-conductor", "nova.services", "updated_at"),
    (COMPUTE, "nova-compute", "nova.services", "updated_at"),
    (COMPUTE, "neutron-linuxbridge-agent", "neutron.agents", "heartbeat_timestamp"),
)
"""Units that report to the cloud: node, unit, and the table and column that note when it was heard last."""

STARTED = ("systemctl", "show", "--value", "--timestamp=unix", "--property=ActiveEnterTimestamp")

DATA = Path(__file__).parent
"""Scripts and settings that are pushed into the nodes are below it, in `cloud`, `neutron_driver` and `node`."""

INSTALL = """printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get install -y --no-install-recommends {packages}
systemctl disable -q {units}
"""
"""policy-rc.d keeps apt from starting services that have no configuration yet; a boot must not start them either."""


def files() -> Iterator[tuple[str, str]]:
    """Path below /opt/mhv-lab and text of everything that a node of the cloud is given."""
    for part in ("cloud", "neutron_driver"):
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
            provision.put(machine, f"/opt/mhv-lab/{path}", text)
        machines.run_in(machine, ["bash", f"/opt/mhv-lab/cloud/{kind}.sh"], timeout=900)

    bottom = rootfs_cache.layer(lab, f"cloud-{kind}-packages", recipe, base, install)
    return rootfs_cache.layer(lab, f"cloud-{kind}", str(list(files())), bottom, settle)


def raise_up(lab: Lab, base: Root, profile: str = "dvs", progress: Progress = host.say) -> None:
    """Starts controller and compute node and waits until the cloud has heard all that report to it.

    `profile`: a key of PROFILES. Cold about ten minutes, warm a boot; what runs already is left alone."""
    if profile not in PROFILES:
        raise LabError(f"{profile!r} is no profile of the cloud: {', '.join(PROFILES)}.")
    roots = controller_root(lab, base), compute_root(lab, base)
    controller, compute = machines.create(lab, CONTROLLER, roots[0]), machines.create(lab, COMPUTE, roots[1], tun=True)
    progress("starting the cloud: controller and QEMU compute node")
    machines.each((controller, compute), lambda machine: machines.start(machine, START_TIMEOUT))
    _choose(controller, PROFILES[profile])
    progress("waiting for the QEMU hypervisor")
    _discover(controller)
    for node, unit, table, column in REPORTS:
        there = compute if node == COMPUTE else controller
        _until(partial(_heard, controller, there, unit, table, column), f"{unit} on {node} was not heard of")
    host.write_atomic(lab.state / "clouds.yaml", clouds_yaml(lab))


def _choose(controller: Machine, drivers: str) -> None:
    """Sets Neutron's mechanism drivers, restarting it only where they change."""
    path = "/etc/neutron/plugins/ml2/ml2_conf.ini"
    wanted = f"mechanism_drivers = {drivers}"
    if machines.run_in(controller, ["grep", "-qxF", wanted, path], check=False).returncode == 0:
        return
    settings = f"[ml2]\n{wanted}\n"
    machines.run_in(controller, ["python3", "/opt/mhv-lab/cloud/set_options.py", path], input=settings)
    script = ". /opt/mhv-lab/cloud/functions.sh; systemctl restart neutron-api neutron-rpc-server; answering 9696 60"
    machines.run_in(controller, script)


def _discover(controller: Machine) -> None:
    """Maps the first hypervisor into the cell, as its operator once did; ours is left to mhv-tui."""
    if _count(controller, "nova_api.host_mappings", f"host = '{COMPUTE}'"):
        return
    registered = f"host = '{COMPUTE}' AND deleted = 0"
    _until(lambda: _count(controller, "nova.compute_nodes", registered), f"nova-compute on {COMPUTE} did not register")
    machines.run_in(controller, "su -s /bin/sh nova -c 'nova-manage cell_v2 discover_hosts'", timeout=120)


def _heard(controller: Machine, node: Machine, unit: str, table: str, column: str) -> int:
    """Whether a unit has reported since it was started; until then the cloud may show it down."""
    since = machines.run_in(node, [*STARTED, unit]).stdout.strip().lstrip("@") or "NULL"
    where = f"host = '{node.name}' AND `binary` = '{unit}' AND {column} >= FROM_UNIXTIME({since})"
    return _count(controller, table, where)


def _until(happened: Callable[[], int], failing: str) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not happened():
        if time.monotonic() > end:
            raise LabError(f"{failing} within {START_TIMEOUT} s.")
        time.sleep(0.5)


def _count(controller: Machine, table: str, where: str) -> int:
    question = f"SET time_zone = '+00:00'; SELECT COUNT(*) FROM {table} WHERE {where}"
    answer = machines.run_in(controller, ["mysql", "-N", "-e", question])
    return int(answer.stdout)


def auth_url(lab: Lab) -> str:
    """Keystone as it is reached from outside the lab's nodes."""
    return f"http://{lab.address(CONTROLLER)}:5000/v3"


def login(lab: Lab) -> dict[str, str]:
    """Who administers the cloud, with the password itself."""
    return {
        "auth_url": auth_url(lab),
        "username": "admin",
        "password": ADMIN_PASSWORD,
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


def clouds_yaml(lab: Lab) -> str:
    """A clouds.yaml with one entry, `lab`, for the openstack client: OS_CLIENT_CONFIG_FILE names it. JSON is YAML."""
    return json.dumps({"clouds": {"lab": {"auth": login(lab), "region_name": REGION}}}, indent=1) + "\n"


def mend_nova(machine: Machine) -> None:
    """Lets apt on a node give nova what its release lacks for VMware (nova_fix.sh says what); the node is running."""
    hook = "/usr/local/sbin/lab-nova-fix"
    provision.put(machine, hook, (DATA / "node/nova_fix.sh").read_text(encoding="utf-8"), 0o755)
    provision.put(machine, "/etc/apt/apt.conf.d/90lab-nova-fix", f'DPkg::Post-Invoke {{ "{shlex.quote(hook)}"; }};\n')
