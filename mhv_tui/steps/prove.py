"""The page `prove`: one server boots on the new hypervisor and one on the first, and both are gone afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import ask


@dataclass(frozen=True)
class ProveAnswers:
    """The table [prove] of the answer file."""

    flavor: str = ask("The flavor of the two servers.", required=True, example="m1.small")
    network: str = ask(
        "The network they stand in; empty: the only one there is, or nova-network's own choice.", example="vmware-net"
    )
    first_image: str = ask(
        "The image for the first hypervisor; empty: an active one that is tagged for it.",
        example="cirros",
        advanced=True,
    )
    first_network: str = ask(
        "The network of the server on the first hypervisor; empty: the same as above.", example="private", advanced=True
    )
