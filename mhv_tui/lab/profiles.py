"""What labs can consist of, as data: the network back end, the vCenters and the empty nodes.

Every lab also has a cloud of two nodes (see cloud.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Profile:
    """The contents of a lab. `drivers`: Neutron's mechanism drivers beside the QEMU node's; `nodes`: empty nodes.

    `tls`: whether the cloud has https with a private authority, and TLS and durable queues for its message queue.

    `rpm`: whether the empty nodes have dnf and rpm instead of apt and dpkg (see rpm_node).

    `vcenters`: name of each vCenter -> the file in vcenter/ with its first inventory."""

    drivers: tuple[str, ...] = ("lab_dvs",)
    vcenters: Mapping[str, str] = field(default_factory=lambda: {"vcenter": "lab.toml"})
    nodes: tuple[str, ...] = ("novavmware1",)
    tls: bool = True
    rpm: bool = False


DEFAULT = "dvs"

PROFILES = {
    DEFAULT: Profile(),
    "plain": Profile(tls=False),
    "no-dvs": Profile(drivers=()),
    "rpm": Profile(rpm=True),
    "fleet": Profile(
        vcenters={"vcenter": "fleet1.toml", "vcenter2": "fleet2.toml"},
        nodes=("novavmware1", "novavmware2", "novavmware3"),
    ),
}
"""`plain`: a cloud without TLS. `rpm`: a node with dnf.

`no-dvs`: a cloud without a back end for vCenter. `fleet`: three clusters, one for each node."""
