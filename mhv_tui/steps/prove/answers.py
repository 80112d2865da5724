"""The answers of the page `prove`: flavor, networks and images of the two test servers."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class ProveAnswers:
    """The table [prove] of the answer file."""

    flavor: str = answer_field("The flavor of the two test servers.", required=True, example="m1.small")
    network: str = answer_field(
        "The network of the test servers. Empty: the cloud's only network, or the one that nova-network chooses.",
        example="vmware-net",
    )
    first_image: str = answer_field(
        "The image for the test server on an existing hypervisor, such as KVM. Empty: an active image tagged for it.",
        example="cirros",
        advanced=True,
    )
    first_network: str = answer_field(
        "The network of the test server on an existing hypervisor, such as KVM. Empty: prove.network.",
        example="private",
        advanced=True,
    )
