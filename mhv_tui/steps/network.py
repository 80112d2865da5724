"""The page of the port group: what the servers' adapters are attached to, on every host of the cluster.

Refuses to touch a port group that is there already: it is adopted as it is, or the road stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import ask


def _vlan_rule(value: int) -> str:
    return "" if 0 <= value <= 4095 else f"{value} is not a VLAN id; write 0 (untagged) to 4094, or 4095 for all"


@dataclass(frozen=True)
class NetworkAnswers:
    """The table [network]."""

    port_group: str = ask(
        "The port group's name; under nova-network it is flat_network_bridge as well.", example="br100"
    )
    kind: str = ask(
        "standard: on each host's own switch; distributed: once, on a distributed switch, with ephemeral binding.",
        "standard",
        kind="choice",
        choices=("standard", "distributed"),
    )
    dvs: str = ask("The distributed switch, where kind is distributed.", example="DVS0")
    switch: str = ask("The standard switch on every host, where kind is standard.", "vSwitch0")
    vlan_id: int = ask("The VLAN of the port group; 0 is untagged.", 0, kind="int", rule=_vlan_rule)
    manage: bool = ask(
        "true: a missing port group is made; false: it is only adopted, the network team owns it.", True, kind="bool"
    )
    network_manager: str = ask(
        "nova-network's manager.",
        "nova.network.manager.FlatDHCPManager",
        kind="choice",
        choices=("nova.network.manager.FlatDHCPManager", "nova.network.manager.FlatManager"),
        advanced=True,
    )
    flat_interface: str = ask(
        "nova-network: the node's interface with a path to the port group's VLAN.", example="eth1", advanced=True
    )
    multi_host: bool = ask(
        "nova-network: every node serves its own guests' network.", False, kind="bool", advanced=True
    )
    integration_bridge: str = ask(
        "Neutron, Havana to Liberty: nova's integration_bridge; later releases only with NSX-MH.",
        example="br-int",
        advanced=True,
    )


@dataclass(frozen=True)
class Trial:
    """What Neutron made of a port bound to the node's host name."""

    network: str
    host: str
    vif_type: str
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class NetworkFacts:
    """The hosts and switches the port group has to be on, and what Neutron binds for the node."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster
    hosts: tuple[vsphere.Host, ...]
    """The cluster's hosts, by name."""
    trial: Trial | None = None
    """None where no port was tried."""
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id -> privilege ids that the login lacks there."""
