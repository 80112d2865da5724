"""The answers of the page `register`: where nova-manage runs, the availability zone, and whether to tag images."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.machine import SshHost


@dataclass(frozen=True)
class RegisterAnswers:
    """The table [register] of the answer file."""

    controller: SshHost | str = answer_field(
        "The SSH host on which mhv-tui runs nova-manage to map the new node to its cell. "
        "none: apply shows the command, and you run it.",
        "none",
        kind="host",
        choices=("none",),
        example="controller1",
    )
    nova_manage: str = answer_field(
        "The command nova-manage on the controller, with a prefix if it runs in a container.",
        "nova-manage",
        example="docker exec nova_api nova-manage",
        advanced=True,
    )
    availability_zone: str = answer_field(
        "The availability zone of vCenter; mhv-tui creates an aggregate with this name. Empty: no zone.",
        "vmware",
        example="vmware",
    )
    tag_images: bool = answer_field(
        "Set hypervisor_type on existing images without one; the plan shows which. Else they boot on any hypervisor.",
        True,
        kind="bool",
    )
