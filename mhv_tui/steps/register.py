"""The page `register`: the new host is mapped to its cell, stands in its availability zone, and images are tagged."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import ask
from mhv_tui.core.machine import SshHost


@dataclass(frozen=True)
class RegisterAnswers:
    """The table [register] of the answer file."""

    controller: SshHost | str = ask(
        'Where nova-manage runs: an SSH host, or a table with the keys of [node]; "none": you run the command shown.',
        "none",
        kind="host",
        choices=("none",),
        example="controller1",
    )
    nova_manage: str = ask(
        "The command there, with what leads into its container.",
        "nova-manage",
        example="docker exec nova_api nova-manage",
        advanced=True,
    )
    availability_zone: str = ask(
        "The availability zone that users name to reach vCenter, made by an aggregate of that name; empty: none.",
        "vmware",
        example="vmware",
    )
    tag_images: bool = ask(
        "Write hypervisor_type on existing images that carry none, after showing which; else they land anywhere.",
        True,
        kind="bool",
    )
