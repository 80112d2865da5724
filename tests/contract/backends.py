"""Worlds with the same contents, simulated or in the lab, and the logins that are valid in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.node import SshNode
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of, demo_secrets

USER, PASSWORD = "openstack@vsphere.local", "VMware1!"
READER = "reader@vsphere.local"
"""A login with the same password, which may not change hosts and clusters."""
PROMPT = SecretRef("prompt", key="vcenter", label="vcenter.password")
CLOUD_PROMPT = SecretRef("prompt", key="cloud", label="cloud.password")

#: The vCenter of the default scene, as an inventory for the lab's vCenter.
INVENTORY = """
[vcenter]
name = "vc.example.org"
version = "8.0.2"

[[user]]
name = "openstack@vsphere.local"
password = "VMware1!"

[[user]]
name = "reader@vsphere.local"
password = "VMware1!"
deny = ["Host.Config.Network", "Host.Inventory.EditCluster"]

[[datacenter]]
name = "DC0"

    [[datacenter.cluster]]
    name = "DC0_C0"
    drs = true
    hosts = ["esx1.example.org", "esx2.example.org"]

    [[datacenter.cluster]]
    name = "DC0_C1"
    drs = false
    hosts = ["esx3.example.org"]

    [[datacenter.datastore]]
    name = "nfs-gold"
    type = "NFS"
    hosts = ["esx1.example.org", "esx2.example.org"]
    shared = true
    capacity_gb = 8192
    free_gb = 6144

    [[datacenter.switch]]
    name = "DVS0"
    hosts = ["esx1.example.org", "esx2.example.org"]

    [[datacenter.vm]]
    name = "old"
    host = "esx1.example.org"
    datastore = "nfs-gold"
    portgroup = "VM Network"
    extra_config = { "nvp.vm-uuid" = "00000000-0000-0000-0000-000000000000" }
"""


@dataclass(frozen=True)
class BackendLogins:
    """A world and the logins that are valid in it; None for a system that it does not have."""

    world: Backend
    vcenter: VcenterLogin | None = None
    cloud: CloudLogin | None = None
    node: SshHost | None = None
    vault: Vault = field(default_factory=Vault)
    """The vault of the world, if a test changes a secret."""


def simulated(directory: Path) -> BackendLogins:
    """The simulated world with its default scene."""
    pin = answers_of("article")["vcenter"]["trust"]["sha256"]
    login = VcenterLogin("vc.example.org", 443, USER, "sha256", pin, PROMPT)
    vault = Vault(demo_secrets("article").get)
    world = DemoBackend(directory / "world.json", vault=vault)
    users = world.store.state["vcenters"]["vc.example.org"]["users"]
    users[READER] = {"password": PASSWORD, "lacks": {"*": ["Host.Config.Network", "Host.Inventory.EditCluster"]}}
    return BackendLogins(world, login, CloudLogin("prod"), SshHost("novavmware1"), vault)


def ssh_node(world: RealBackend, host: SshHost) -> SshNode:
    """The adapter for a machine, with its own type."""
    node = world.node(host)
    assert isinstance(node, SshNode)
    return node
