"""The answers of the page `register`: where nova-manage runs, the availability zone, and whether to tag images."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field
from mhv_tui.core.machine import SshHost


@dataclass(frozen=True)
class RegisterAnswers:
    """The table [register] of the answer file."""

    controller: SshHost | str = answer_field(
        'Where nova-manage runs: an SSH host, or a table with the keys of [node]; "none": you run the command shown.',
        "none",
        kind="host",
        choices=("none",),
        example="controller1",
    )
    nova_manage: str = answer_field(
        "The command there, with the prefix that enters its container.",
        "nova-manage",
        example="docker exec nova_api nova-manage",
        advanced=True,
    )
    availability_zone: str = answer_field(
        "The availability zone that selects vCenter, created by an aggregate of that name; empty: none.",
        "vmware",
        example="vmware",
    )
    tag_images: bool = answer_field(
        "Write hypervisor_type on existing images without one, after showing which; else they land anywhere.",
        True,
        kind="bool",
    )
