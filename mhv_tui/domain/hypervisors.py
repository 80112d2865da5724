"""The hypervisors of OpenStack Compute: their types, image tags, disk formats and releases.

The functions do not guess: a type without a row is unknown.
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
    """One type of hypervisor."""

    id: str
    title: str
    driver: str
    """The value of compute_driver in nova.conf."""
    shown: tuple[str, ...]
    """The values of hypervisor_type that this hypervisor has in os-hypervisors."""
    tag: str
    """The value to write into the image property hypervisor_type."""
    matches: tuple[str, ...]
    """Every value of the image property hypervisor_type that its hosts accept."""
    formats: tuple[str, ...]
    """The values of disk_format whose images this hypervisor boots."""
    states: tuple[tuple[Release, SupportState], ...]
    note: str

    def state(self, release: Release) -> SupportState:
        """Returns the state of this hypervisor in nova of `release`, such as supported or removed."""
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
    """Returns the hypervisor with this hypervisor_type in os-hypervisors; None if the type is not known.

    If two types differ only by case (xenapi's xen, libvirt's Xen), prefers a hypervisor that nova of `release` has,
    then the same case.
    """
    name = hypervisor_type.strip()
    exact = [h for h in HYPERVISORS.values() if name in h.shown]
    folded = [h for h in HYPERVISORS.values() if name.lower() in map(str.lower, h.shown)]
    alive = [h for h in (*exact, *folded) if release is None or h.state(release) not in ("removed", "absent")]
    return next(iter(alive or exact or folded), None)


def tag_for(disk_format: str, others: Iterable[HypervisorKind]) -> str:
    """Returns the tag that keeps an untagged image off vCenter; empty if several hypervisors could boot it.

    `others` are the cloud's hypervisors except vCenter. vCenter boots VMDK and ISO too, so they get no tag.
    """
    if disk_format in HYPERVISORS["vmware"].formats:
        return ""
    tags = {h.tag for h in others if disk_format in h.formats and h.tag != "vmware"}
    return tags.pop() if len(tags) == 1 else ""
