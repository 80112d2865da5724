"""Helpers of the tests in this directory: logins, and the setup of a node by hand."""

from __future__ import annotations

from mhv_tui.core.machine import RemoteFile, SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Cloud, Node, Vcenter
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of

USER = "openstack@vsphere.local"
CLUSTER = "domain-c7"


def pin() -> str:
    """The fingerprint that the answers of the default scene pin."""
    return str(answers_of("article")["vcenter"]["trust"]["sha256"])


def login(trust: str = "sha256", value: str | None = None) -> VcenterLogin:
    """The vCenter login of the default scene, with another trust mode."""
    typed = SecretRef("prompt", label="vcenter.password")
    return VcenterLogin("vc.example.org", 443, USER, trust, pin() if value is None else value, typed)


def vcenter(world: DemoBackend) -> Vcenter:
    return world.vcenter(login())


def cloud(world: DemoBackend) -> Cloud:
    return world.cloud(CloudLogin("prod"))


def node(world: DemoBackend, name: str = "novavmware1") -> Node:
    return world.node(SshHost(name))


def configured(**changed: str) -> str:
    """A nova.conf that starts the driver, with changed [vmware] options; the value "-" omits an option."""
    options = {
        **{"host_ip": "vc.example.org", "host_username": USER, "host_password": "VMware1!", "cluster_name": "DC0_C0"},
        **{"datastore_regex": "^nfs-gold$", "insecure": "True", **changed},
    }
    rows = [f"{key} = {value}" for key, value in options.items() if value != "-"]
    return "\n".join(
        [
            "[DEFAULT]",
            "transport_url = rabbit://openstack:r4bb1t-demo@controller1:5672/",
            "compute_driver = vmwareapi.VMwareVCDriver",
            "[placement]",
            "password = pl4cement-demo",
            "[vmware]",
            *rows,
            "",
        ]
    )


def write(node: Node, path: str, text: str) -> None:
    node.write(path, RemoteFile(text.encode(), 0o640, "root", "nova"))


def started(world: DemoBackend, **changed: str) -> Node:
    """Installs the packages of the driver, writes the configuration and starts the service."""
    machine = node(world)
    machine.install("job", ["nova-compute-vmware"], lambda percent, line: None)
    write(machine, "/etc/nova/nova.conf", configured(**changed))
    machine.unit("nova-compute", "start")
    return machine


def discover(world: DemoBackend) -> str:
    result = node(world, "controller1").run(["nova-manage", "cell_v2", "discover_hosts", "--verbose"])
    assert result.code == 0
    return result.out
