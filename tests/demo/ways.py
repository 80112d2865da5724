"""Ways through the simulated world that several tests take: logging in, and bringing a node up by hand."""

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
    """The thumbprint that the article's answers pin."""
    return str(answers_of("article")["vcenter"]["trust"]["sha256"])


def login(trust: str = "sha256", value: str | None = None) -> VcenterLogin:
    """The article's login, trusted as given."""
    typed = SecretRef("prompt", label="vcenter.password")
    return VcenterLogin("vc.example.org", 443, USER, trust, pin() if value is None else value, typed)


def vcenter(world: DemoBackend) -> Vcenter:
    return world.vcenter(login())


def cloud(world: DemoBackend) -> Cloud:
    return world.cloud(CloudLogin("prod"))


def node(world: DemoBackend, name: str = "novavmware1") -> Node:
    return world.node(SshHost(name))


def configured(**changed: str) -> str:
    """A nova.conf that brings the driver up, with [vmware] options changed; a value of "-" leaves the option out."""
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


def write(there: Node, path: str, text: str) -> None:
    there.write(path, RemoteFile(text.encode(), 0o640, "root", "nova"))


def started(world: DemoBackend, **changed: str) -> Node:
    """The node with the driver's packages, this configuration, and its service started."""
    there = node(world)
    there.install("job", ["nova-compute-vmware"], lambda percent, line: None)
    write(there, "/etc/nova/nova.conf", configured(**changed))
    there.unit("nova-compute", "start")
    return there


def discover(world: DemoBackend) -> str:
    done = node(world, "controller1").run(["nova-manage", "cell_v2", "discover_hosts", "--verbose"])
    assert done.code == 0
    return done.out
