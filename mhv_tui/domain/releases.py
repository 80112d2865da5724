"""OpenStack's releases from Havana on, in order, and how to identify one by an API or package version.

Does not guess: two releases with the same microversion are both returned, an unknown name raises ValueError.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from mhv_tui.domain.tables import read

NovaNetwork = Literal["yes", "cells-v1", "unsupported", "no"]
DriverState = Literal["supported", "deprecated", "experimental"]


@dataclass(frozen=True, order=True)
class Release:
    """One release; releases compare by age. Facts from the tags and release notes of nova, Cinder and Glance."""

    number: int
    """Its number in the sequence, Austin = 1; nova's major version from Liberty (12) on."""
    name: str = field(compare=False)
    """Lower case, `havana` .. `hibiscus`."""
    id: str = field(compare=False)
    """`2013.2` .. `2026.2`; a bare number from Liberty to Zed."""
    nova_major: int = field(compare=False)
    microversion: str = field(compare=False)
    """Highest of the compute API; empty before Kilo."""
    date: datetime.date = field(compare=False)
    nova_network: NovaNetwork = field(compare=False)
    vcenter_minimum: str = field(compare=False)
    """Oldest vCenter that nova accepts; empty if nova does not check it."""
    vcenter_enforced: bool = field(compare=False)
    """True if nova refuses to start below it, false if it only warns."""
    vcenter_recommended: str = field(compare=False)
    """nova warns below it; empty if it does not."""
    driver: DriverState = field(compare=False)
    cells_v2: bool = field(compare=False)
    """A new node must be mapped with `nova-manage cell_v2 discover_hosts`."""
    hides_unmapped: bool = field(compare=False)
    """True if the hypervisor list has only mapped nodes; if false, the list does not show the mapping."""
    placement: bool = field(compare=False)
    """The node needs a [placement] section."""
    compute_id: bool = field(compare=False)
    """nova-compute keeps the node's UUID in a file and refuses to start if it changed."""
    cinder: str = field(compare=False)
    """Highest microversion of Cinder's API v3; empty before Mitaka or if not known."""
    glance: tuple[str, ...] = field(compare=False)
    """Highest versions that Glance's API may list; empty if they do not identify the release."""

    @property
    def title(self) -> str:
        """As people write it: `2025.1 Epoxy`, `Zed`, `Havana (2013.2)`."""
        if self.number < 12:
            return f"{self.name.capitalize()} ({self.id})"
        return f"{self.id} {self.name.capitalize()}" if "." in self.id else self.name.capitalize()


def _row(number: int, name: str, row: dict[str, Any]) -> Release:
    return Release(number=number, name=name, **{**row, "glance": tuple(row["glance"])})


@cache
def all_releases() -> tuple[Release, ...]:
    """Every release of the table, oldest first."""
    first = 8  # Havana is the eighth release
    return tuple(_row(first + i, name, row) for i, (name, row) in enumerate(read("releases").items()))


def newest() -> Release:
    """The newest release of the table."""
    return all_releases()[-1]


def by_name(text: str) -> Release:
    """The release called `zed`, `2026.2`, `2023.1`, `Antelope`, `2025.1 Epoxy`, `26` or `2013.2`. Raises ValueError."""
    name = text.strip().lower()
    for word in (name, *re.split(r"[\s()]+", name)):
        for release in all_releases():
            if word and word in (release.name, release.id):
                return release
    if name.isdigit() and int(name) >= 12:
        return from_nova_version(name)
    raise ValueError(f"{text!r} is not a known release; known are {all_releases()[0].title} to {newest().title}")


def from_nova_version(text: str) -> Release:
    """The release of a nova or package version: `26.2.2`, `2014.1.3`, `3:25.2.1-0ubuntu2`. Raises ValueError."""
    match = re.match(r"(?:\d+:)?(\d+)(?:\.(\d+))?", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a version of nova")
    major, minor = int(match[1]), match[2]
    for release in all_releases():
        if release.nova_major == major and (major < 2000 or release.id == f"{major}.{minor}"):
            return release
    raise ValueError(
        f"nova {text.strip()} is not in the table, which ends with {newest().nova_major} ({newest().title})"
    )


def version_key(text: str) -> tuple[int, ...]:
    """A dotted version as numbers, so that 2.100 is newer than 2.96. Raises ValueError for any other text."""
    return tuple(int(part) for part in text.strip().lower().removeprefix("v").split("."))


def from_microversion(maximum: str | None) -> tuple[Release, ...]:
    """The releases whose compute API goes up to `maximum`, oldest first.

    None or an empty text means a cloud without microversions. A value between two releases is a cloud on the
    development branch: it counts as the later release. Newer than the table: an empty tuple.
    """
    if not maximum:
        return tuple(r for r in all_releases() if not r.microversion)
    key = version_key(maximum)
    later = [r for r in all_releases() if r.microversion and version_key(r.microversion) >= key]
    return tuple(r for r in later if r.microversion == later[0].microversion)


def narrow(
    candidates: tuple[Release, ...], *, cinder: str | None = None, glance: str | None = None
) -> tuple[Release, ...]:
    """Those of `candidates` that fit the highest Cinder v3 microversion and the highest Glance version.

    Both are hints, as services may be of different releases: one that fits no candidate is ignored.
    """
    fitting = candidates
    if cinder:
        fitting = tuple(r for r in fitting if r.cinder == cinder) or fitting
    if glance:
        version = glance.strip().lower().removeprefix("v")
        fitting = tuple(r for r in fitting if not r.glance or version in r.glance) or fitting
    return fitting


VcenterSupport = Literal["supported", "refused", "below minimum", "below recommended"]


def vcenter_support(release: Release, version: str) -> VcenterSupport:
    """What nova of `release` does with a vCenter of `version` (`7.0.3`): it refuses to start with one, or warns."""
    numbers = _numbers(version)
    if numbers < _numbers(release.vcenter_minimum):
        return "refused" if release.vcenter_enforced else "below minimum"
    return "below recommended" if numbers < _numbers(release.vcenter_recommended) else "supported"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
