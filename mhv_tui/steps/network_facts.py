"""What the page of the port group asks and what it sees, with a few readings that its checks and its plan share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import ask
from mhv_tui.core.steps import Look
from mhv_tui.domain import networks


def _vlan_rule(value: int) -> str:
    trouble = networks.vlan_trouble(value)
    return f"{trouble}; write 0 to 4094" if trouble else ""


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


NetworkLook = Look[NetworkAnswers, NetworkFacts]


def standing(look: NetworkLook) -> Mapping[str, vsphere.HostPortGroup]:
    """The standard port group of the wanted name, by host name, where a host has it."""
    name = look.asked.port_group
    rows = ((host.name, p) for host in look.facts.hosts for p in host.port_groups if p.name == name)
    return dict(rows)


def without(look: NetworkLook) -> tuple[vsphere.Host, ...]:
    """The connected hosts that lack the standard port group; of others nothing is known."""
    have = standing(look)
    return tuple(h for h in look.facts.hosts if h.state == "connected" and h.name not in have)


def namesakes(look: NetworkLook) -> tuple[vsphere.Network, ...]:
    """The distributed port groups of exactly the wanted name in the cluster's datacenter."""
    center = look.facts.cluster.datacenter
    return tuple(
        n
        for n in look.facts.inventory.networks
        if n.kind == "distributed" and n.name == look.asked.port_group and n.datacenter in ("", center)
    )


def dvs_of(look: NetworkLook) -> vsphere.Dvs | None:
    """The distributed switch: the one answered, else the one that has the port group, else the only one there is."""
    center = look.facts.cluster.datacenter
    there = [d for d in look.facts.inventory.switches if d.datacenter in ("", center)]
    if look.asked.dvs:
        return next((d for d in there if d.name == look.asked.dvs), None)
    holding = {n.dvs_id for n in namesakes(look)}
    held = [d for d in there if d.id in holding] or there
    return held[0] if len(held) == 1 else None


def distributed(look: NetworkLook) -> vsphere.Network | None:
    """The distributed port group of the wanted name on the wanted switch."""
    dvs = dvs_of(look)
    return next((n for n in namesakes(look) if dvs and n.dvs_id == dvs.id), None)
