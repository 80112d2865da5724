"""The answers of the page `network`: the port group, its switch and VLAN, and nova-network's own options."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field
from mhv_tui.domain import networks


def _vlan_rule(value: int) -> str:
    problem = networks.vlan_trouble(value)
    return f"{problem}; write 0 to 4094" if problem else ""


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
    dvs: str = answer_field("The distributed switch, if kind is distributed.", example="DVS0")
    switch: str = answer_field("The standard switch on every host, if kind is standard.", "vSwitch0")
    vlan_id: int = answer_field("The VLAN of the port group; 0 is untagged.", 0, kind="int", rule=_vlan_rule)
    manage: bool = answer_field(
        "true: a missing port group is created; false: it is only adopted, the network team owns it.", True, kind="bool"
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
