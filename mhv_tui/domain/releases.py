"""The OpenStack releases from Havana on, in order, and how to identify one by an API or package version.

Does not guess: two releases with the same microversion are both returned, an unknown name raises ValueError.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import field
from functools import cache, total_ordering
from typing import Any, Literal

from mhv_tui.core.frozen import dataclass
from mhv_tui.domain.tables import read

NovaNetwork = Literal["yes", "cells-v1", "unsupported", "no"]
DriverState = Literal["supported", "deprecated", "experimental"]


@total_ordering
@dataclass(frozen=True)
class Release:
    """One OpenStack release; older releases are less. Sources: tags and release notes of nova, Cinder and Glance."""

    number: int
    """The number of the release: Austin = 1. From Liberty (12) on it is also nova's major version."""
    name: str = field(compare=False)
    """The name in lower case: `havana` .. `hibiscus`."""
    id: str = field(compare=False)
    """The version of the release: `2013.2` .. `2026.2`; from Liberty to Zed a number such as `12`."""
    nova_major: int = field(compare=False)
    microversion: str = field(compare=False)
    """The highest microversion of the compute API; empty before Kilo."""
    date: datetime.date = field(compare=False)
    nova_network: NovaNetwork = field(compare=False)
    vcenter_minimum: str = field(compare=False)
    """The oldest vCenter version that nova accepts; empty if nova does not check the version."""
    vcenter_enforced: bool = field(compare=False)
    """True if nova refuses to start with a vCenter below `vcenter_minimum`, False if nova only warns."""
    vcenter_recommended: str = field(compare=False)
    """nova warns about a vCenter below this version; empty if nova does not warn."""
    driver: DriverState = field(compare=False)
    cells_v2: bool = field(compare=False)
    """True if a new node must be mapped with `nova-manage cell_v2 discover_hosts`."""
    hides_unmapped: bool = field(compare=False)
    """True if nova's hypervisor list contains only mapped nodes, False if it also contains other nodes."""
    placement: bool = field(compare=False)
    """True if nova.conf of a compute node needs the section [placement]."""
    compute_id: bool = field(compare=False)
    """True if nova-compute stores the node's UUID in the file compute_id, and refuses to start if the UUID changed."""
    cinder: str = field(compare=False)
    """The highest microversion of Cinder's API v3; empty before Mitaka or if it is not known."""
    glance: tuple[str, ...] = field(compare=False)
    """The highest versions that Glance's API can have in this release; empty if they do not identify the release."""

    def __lt__(self, other: Release) -> bool:
        return self.number < other.number

    @property
    def title(self) -> str:
        """The usual name of the release, such as `2025.1 Epoxy`, `Zed`, `Havana (2013.2)`."""
        if self.number < 12:
            return f"{self.name.capitalize()} ({self.id})"
        return f"{self.id} {self.name.capitalize()}" if "." in self.id else self.name.capitalize()


def _row(number: int, name: str, row: dict[str, Any]) -> Release:
    return Release(number=number, name=name, **{**row, "glance": tuple(row["glance"])})


@cache
def all_releases() -> tuple[Release, ...]:
    """Returns every release of the table, oldest first."""
    first = 8  # Havana is the eighth release
    return tuple(_row(first + i, name, row) for i, (name, row) in enumerate(read("releases").items()))


def newest() -> Release:
    return all_releases()[-1]


@cache
def by_name(text: str) -> Release:
    """Returns the release called `zed`, `2026.2`, `Antelope`, `2025.1 Epoxy`, `26` or `2013.2`. Raises ValueError."""
    name = text.strip().lower()
    for word in (name, *re.split(r"[\s()]+", name)):
        for release in all_releases():
            if word and word in (release.name, release.id):
                return release
    if name.isdigit() and int(name) >= 12:
        return from_nova_version(name)
    raise ValueError(f"{text!r} is not a known release; mhv-tui knows {all_releases()[0].title} to {newest().title}")


def from_nova_version(text: str) -> Release:
    """Returns the release of a nova or package version such as `26.2.2` or `3:25.2.1-0ubuntu2`. Raises ValueError."""
    match = re.match(r"(?:\d+:)?(\d+)(?:\.(\d+))?", text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a version of nova")
    major, minor = int(match[1]), match[2]
    for release in all_releases():
        if release.nova_major == major and (major < 2000 or release.id == f"{major}.{minor}"):
            return release
    raise ValueError(
        f"nova {text.strip()} is not a known release; the newest is {newest().nova_major} ({newest().title})"
    )


def version_key(text: str) -> tuple[int, ...]:
    """Returns the numbers of a dotted version, so that 2.100 is newer than 2.96. Raises ValueError for other texts."""
    return tuple(int(part) for part in text.strip().lower().removeprefix("v").split("."))


def from_microversion(maximum: str | None) -> tuple[Release, ...]:
    """Returns the releases whose highest compute API microversion is `maximum`, oldest first.

    None or an empty text means a cloud without microversions. A value between two releases counts as the later
    release (a development branch). For a value newer than the table, returns an empty tuple.
    """
    if not maximum:
        return tuple(r for r in all_releases() if not r.microversion)
    key = version_key(maximum)
    later = [r for r in all_releases() if r.microversion and version_key(r.microversion) >= key]
    return tuple(r for r in later if r.microversion == later[0].microversion)


def narrow(
    candidates: tuple[Release, ...], *, cinder: str | None = None, glance: str | None = None
) -> tuple[Release, ...]:
    """Returns the candidates that fit the highest Cinder v3 microversion and the highest Glance version.

    A version that fits no candidate is ignored, because the services of a cloud may be of different releases.
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
    """Returns whether nova of `release` supports a vCenter of `version` (such as `7.0.3`), or warns, or refuses it."""
    numbers = _numbers(version)
    if numbers < _numbers(release.vcenter_minimum):
        return "refused" if release.vcenter_enforced else "below minimum"
    return "below recommended" if numbers < _numbers(release.vcenter_recommended) else "supported"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
