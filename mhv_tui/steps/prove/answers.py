"""The answers of the page `prove`: flavor, networks and images of the two test servers."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field


@dataclass(frozen=True)
class ProveAnswers:
    """The table [prove] of the answer file."""

    flavor: str = answer_field("The flavor of the two servers.", required=True, example="m1.small")
    network: str = answer_field(
        "The network of the servers; empty: the only one there is, or nova-network's own choice.", example="vmware-net"
    )
    first_image: str = answer_field(
        "The image for the first hypervisor; empty: an active one that is tagged for it.",
        example="cirros",
        advanced=True,
    )
    first_network: str = answer_field(
        "The network of the server on the first hypervisor; empty: the same as above.", example="private", advanced=True
    )
