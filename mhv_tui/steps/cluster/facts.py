"""What the page of the cluster asks and what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import answer_field


@dataclass(frozen=True)
class ClusterAnswers:
    """The table [cluster]."""

    path: str = answer_field(
        "The cluster's inventory path; a bare name will do where it is unique.",
        required=True,
        example="/DC0/host/DC0_C0",
    )


@dataclass(frozen=True)
class ClusterFacts:
    """The vCenter's inventory and, where the answer names one, the cluster in it."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster | None
    same_name: tuple[vsphere.Cluster, ...] = ()
    """Every cluster of the wanted name in the whole vCenter, the chosen one among them."""
    vms: tuple[vsphere.VirtualMachine, ...] = ()
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id (the cluster, one of its hosts) -> privilege ids that the login lacks there."""
