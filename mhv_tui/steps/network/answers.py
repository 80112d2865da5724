"""The answers of the page `network`: the port group, its switch and VLAN, and nova-network's own options."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass


def _vlan_rule(value: int) -> str:
    from mhv_tui.domain import networks

    problem = networks.vlan_trouble(value)
    return f"{problem}; write 0 to 4094" if problem and "write" not in problem else problem


@dataclass(frozen=True)
class NetworkAnswers:
    """The table [network] of the answer file."""

    port_group: str = answer_field(
        "The port group's name; with nova-network it is also the value of flat_network_bridge.", example="br100"
    )
    kind: str = answer_field(
        "standard: on each host's own switch; distributed: one port group on a distributed switch, ephemeral binding.",
        "standard",
        kind="choice",
        choices=("standard", "distributed"),
    )
    dvs: str = answer_field(
        "The name of the distributed switch, if kind is distributed.", example="DVS0", only_if=("kind", "distributed")
    )
    switch: str = answer_field(
        "The name of the standard switch on every host, if kind is standard.", "vSwitch0", only_if=("kind", "standard")
    )
    vlan_id: int = answer_field("The VLAN ID of the port group; 0 means untagged.", 0, kind="int", rule=_vlan_rule)
    manage: bool = answer_field(
        "Whether mhv-tui creates a missing port group. If not, the network team creates it.", True, kind="bool"
    )
    network_manager: str = answer_field(
        "The network manager of nova-network.",
        "nova.network.manager.FlatDHCPManager",
        kind="choice",
        choices=("nova.network.manager.FlatDHCPManager", "nova.network.manager.FlatManager"),
        advanced=True,
    )
    flat_interface: str = answer_field(
        "For nova-network: the node's network interface that reaches the port group's VLAN.",
        example="eth1",
        advanced=True,
    )
    multi_host: bool = answer_field(
        "For nova-network: every compute node provides the network of its own servers.",
        False,
        kind="bool",
        advanced=True,
    )
    integration_bridge: str = answer_field(
        "For Neutron: nova's integration_bridge from Havana to Liberty; later releases use it only with NSX-MH.",
        example="br-int",
        advanced=True,
    )
