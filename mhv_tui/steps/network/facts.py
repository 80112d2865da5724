"""What the page of the port group asks and what it sees, with a few readings that its checks and its plan share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import answer_field
from mhv_tui.core.steps import PageView
from mhv_tui.domain import networks


def _vlan_rule(value: int) -> str:
    trouble = networks.vlan_trouble(value)
    return f"{trouble}; write 0 to 4094" if trouble else ""


@dataclass(frozen=True)
class NetworkAnswers:
    """The table [network]."""

    port_group: str = answer_field(
        "The port group's name; under nova-network it is flat_network_bridge as well.", example="br100"
    )
    kind: str = answer_field(
        "standard: on each host's own switch; distributed: once, on a distributed switch, with ephemeral binding.",
        "standard",
        kind="choice",
        choices=("standard", "distributed"),
    )
    dvs: str = answer_field("The distributed switch, where kind is distributed.", example="DVS0")
    switch: str = answer_field("The standard switch on every host, where kind is standard.", "vSwitch0")
    vlan_id: int = answer_field("The VLAN of the port group; 0 is untagged.", 0, kind="int", rule=_vlan_rule)
    manage: bool = answer_field(
        "true: a missing port group is made; false: it is only adopted, the network team owns it.", True, kind="bool"
    )
    network_manager: str = answer_field(
        "nova-network's manager.",
        "nova.network.manager.FlatDHCPManager",
        kind="choice",
        choices=("nova.network.manager.FlatDHCPManager", "nova.network.manager.FlatManager"),
        advanced=True,
    )
    flat_interface: str = answer_field(
        "nova-network: the node's interface with a path to the port group's VLAN.", example="eth1", advanced=True
    )
    multi_host: bool = answer_field(
        "nova-network: every node serves its own guests' network.", False, kind="bool", advanced=True
    )
    integration_bridge: str = answer_field(
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
    networking: str
    """neutron or nova-network, as the cloud's page found."""
    hosts: tuple[vsphere.Host, ...]
    """The cluster's hosts, by name."""
    trial: Trial | None = None
    """None where no port was tried."""
    node: str = ""
    """The host name that ports will be bound to; "" where it is not known yet."""
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id -> privilege ids that the login lacks there."""


NetworkView = PageView[NetworkAnswers, NetworkFacts]


def standing(view: NetworkView) -> Mapping[str, vsphere.HostPortGroup]:
    """The standard port group of the wanted name, by host name, where a host has it."""
    name = view.asked.port_group
    rows = ((host.name, p) for host in view.facts.hosts for p in host.port_groups if p.name == name)
    return dict(rows)


def without(view: NetworkView) -> tuple[vsphere.Host, ...]:
    """The connected hosts that lack the standard port group; of others nothing is known."""
    have = standing(view)
    return tuple(h for h in view.facts.hosts if h.state == "connected" and h.name not in have)


def namesakes(view: NetworkView) -> tuple[vsphere.Network, ...]:
    """The distributed port groups of exactly the wanted name in the cluster's datacenter."""
    center = view.facts.cluster.datacenter
    return tuple(
        n
        for n in view.facts.inventory.networks
        if n.kind == "distributed" and n.name == view.asked.port_group and n.datacenter in ("", center)
    )


def dvs_of(view: NetworkView) -> vsphere.Dvs | None:
    """The distributed switch: the one answered, else the one that has the port group, else the only one there is."""
    center = view.facts.cluster.datacenter
    there = [d for d in view.facts.inventory.switches if d.datacenter in ("", center)]
    if view.asked.dvs:
        return next((d for d in there if d.name == view.asked.dvs), None)
    holding = {n.dvs_id for n in namesakes(view)}
    held = [d for d in there if d.id in holding] or there
    return held[0] if len(held) == 1 else None


def distributed(view: NetworkView) -> vsphere.Network | None:
    """The distributed port group of the wanted name on the wanted switch."""
    dvs = dvs_of(view)
    return next((n for n in namesakes(view) if dvs and n.dvs_id == dvs.id), None)
