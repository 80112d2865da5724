"""The hypervisors that OpenStack Compute has or had: how each shows itself, its image tag, its disks and its releases.

Refuses to guess: what no row shows is not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import LazyTable, read

SupportState = Literal["supported", "deprecated", "experimental", "removed", "absent"]


@dataclass(frozen=True)
class HypervisorKind:
    """One hypervisor type, whatever machines run it."""

    id: str
    title: str
    driver: str
    """compute_driver."""
    shown: tuple[str, ...]
    """What os-hypervisors calls it."""
    tag: str
    """The image property hypervisor_type to write."""
    matches: tuple[str, ...]
    """Every tag that its hosts advertise."""
    formats: tuple[str, ...]
    """disk_format of the images that it boots."""
    states: tuple[tuple[Release, SupportState], ...]
    note: str

    def state(self, release: Release) -> SupportState:
        """What nova of `release` makes of it."""
        return [state for since, state in self.states if since <= release][-1]


def _load() -> dict[str, HypervisorKind]:
    return {name: _row(name, row) for name, row in read("hypervisors").items()}


def _row(name: str, row: dict[str, Any]) -> HypervisorKind:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    fields["states"] = tuple((by_name(since), state) for since, state in row["states"].items())
    return HypervisorKind(id=name, **fields)


#: Every hypervisor type of the table by its id: kvm, vmware, xenserver, ...
HYPERVISORS: LazyTable[HypervisorKind] = LazyTable(_load)


def recognise(hypervisor_type: str, release: Release | None = None) -> HypervisorKind | None:
    """The hypervisor that os-hypervisors calls so; None for one that is not known.

    Two may differ by case alone (xenapi's xen, libvirt's Xen): one that nova of `release` has comes first, and among
    those the one that is spelt so.
    """
    name = hypervisor_type.strip()
    exact = [h for h in HYPERVISORS.values() if name in h.shown]
    folded = [h for h in HYPERVISORS.values() if name.lower() in map(str.lower, h.shown)]
    alive = [h for h in (*exact, *folded) if release is None or h.state(release) not in ("removed", "absent")]
    return next(iter(alive or exact or folded), None)


def tag_for(disk_format: str, others: Iterable[HypervisorKind]) -> str:
    """The tag for an untagged image of `disk_format`, so that it keeps off vCenter; empty where several could boot it.

    `others` are the cloud's hypervisors beside vCenter. VMDK and ISO are booted by vCenter too, so they get none.
    """
    if disk_format in HYPERVISORS["vmware"].formats:
        return ""
    tags = {h.tag for h in others if disk_format in h.formats and h.tag != "vmware"}
    return tags.pop() if len(tags) == 1 else ""
