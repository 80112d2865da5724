"""The packages, units and files that a compute node for vCenter needs, by its distribution and release.

Returns None if the repositories offer no known packaging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from mhv_tui.core.machine import Package
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

PackageOffers = Mapping[str, Package]
"""The packages that a node's package manager offers or has installed, by name."""


@dataclass(frozen=True)
class Packaging:
    """How one family of distributions packages nova-compute."""

    name: str
    title: str
    offers: tuple[str, ...]
    compute: tuple[str, ...]
    flavours: tuple[str, ...]
    version_of: str
    """The package whose version is the version of nova."""
    unit: str
    order: tuple[str, ...]
    """The configuration files in the order in which nova-compute reads them. A value in a later file wins."""
    directories_win: bool
    """Whether nova-compute reads the files of configuration directories after `order`; else before."""


@dataclass(frozen=True)
class Library:
    """The Python module that the VMware driver imports, and the packages that contain it for nova's own Python."""

    module: str
    packages: tuple[str, ...]


Python = Literal["python2", "python3"]
"""The Python that runs nova."""

_PYTHONS: tuple[Python, ...] = get_args(Python)


@dataclass(frozen=True)
class NovaNetworkPackages:
    """The packages and systemd units of nova-network."""

    packages: tuple[str, ...]
    units: tuple[str, ...]


@cache
def roads() -> tuple[Packaging, ...]:
    """Returns every known packaging, the preferred one first."""
    return tuple(_packaging(row) for row in _rows("packaging"))


def _packaging(row: dict[str, Any]) -> Packaging:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Packaging(**{**row, **lists})


def packaging_of(offers: PackageOffers) -> Packaging | None:
    """Returns the first packaging that the node's repositories offer."""
    return next(
        (packaging for packaging in roads() if any(is_to_be_had(offers, name) for name in packaging.offers)), None
    )


def python_of(release: Release, offers: PackageOffers) -> Python:
    """Returns the Python that runs nova: that of nova's installed package, else of the one that can be installed.

    If both can be, or neither, the release decides.
    """
    table = read("packages")["python"]
    usual: Python = "python3" if by_name(table["python3_since"]) <= release else "python2"
    installed = [v for v in _PYTHONS if any(offers.get(name, Package()).installed for name in table[v])]
    possible = installed or [v for v in _PYTHONS if any(is_to_be_had(offers, name) for name in table[v])]
    return possible[0] if len(possible) == 1 else usual


def library(release: Release, offers: PackageOffers) -> Library:
    """Returns the library that the VMware driver of this release imports, for the Python that runs nova here."""
    row = next(row for row in _rows("library") if _in_range(row, release))
    return Library(row["module"], tuple(row[python_of(release, offers)]))


def directory_patterns() -> tuple[str, ...]:
    """Shell patterns of the files in configuration directories, in the order in which the directories are read."""
    return tuple(read("packages")["directories"]["patterns"])


def nova_network_packages(release: Release, offers: PackageOffers) -> NovaNetworkPackages | None:
    """Returns nova-network's packages; None if the release or the repositories do not have them."""
    rows = [
        NovaNetworkPackages(tuple(r["packages"]), tuple(r["units"])) for r in _rows("network") if _in_range(r, release)
    ]
    return next(
        (packaging for packaging in rows if all(is_to_be_had(offers, name) for name in packaging.packages)), None
    )


def everything() -> tuple[str, ...]:
    """Returns every package of the table. Their state on a node is read before the packaging of the node is known."""
    rows = [name for packaging in roads() for name in (*packaging.offers, *packaging.compute, *packaging.flavours)]
    rows += [name for row in _rows("network") for name in row["packages"]]
    rows += [name for row in (read("packages")["python"], *_rows("library")) for v in _PYTHONS for name in row[v]]
    return tuple(dict.fromkeys(rows))


def units() -> tuple[str, ...]:
    """Returns every systemd unit of the table."""
    rows = [packaging.unit for packaging in roads()] + [name for row in _rows("network") for name in row["units"]]
    return tuple(dict.fromkeys(rows))


def wanted(
    packaging: Packaging, release: Release, offers: PackageOffers, network: NovaNetworkPackages | None = None
) -> tuple[str, ...]:
    """Returns the packages that the node needs, whether they are installed or not."""
    flavour = _best(packaging.flavours, offers)
    library_name = library_package(release, offers)
    rows = [*packaging.compute, *filter(None, [flavour, library_name]), *(network.packages if network else ())]
    return tuple(dict.fromkeys(rows))


def library_package(release: Release, offers: PackageOffers) -> str:
    """Returns the package of the driver's library: the installed one, else the first that can be installed, else ""."""
    return _best(library(release, offers).packages, offers)


def archive(codename: str, release: Release) -> str:
    """Returns the cloud archive of `release` for the Ubuntu with this codename; "" if none exists."""
    return release.name if release.name in read("packages")["archives"].get(codename, ()) else ""


def codename(system: str, version: str) -> str:
    """Returns the codename for ID and VERSION_ID in os-release, for a file without a codename; "" if not known."""
    named: str = read("packages")["codenames"].get(system, {}).get(version, "")
    return named


def is_to_be_had(offers: PackageOffers, name: str) -> bool:
    """Returns True if the package is installed or can be installed."""
    package = offers.get(name)
    return package is not None and bool(package.installed or package.candidate)


def _best(names: tuple[str, ...], offers: PackageOffers) -> str:
    installed = [name for name in names if name in offers and offers[name].installed]
    return next(iter([*installed, *(name for name in names if is_to_be_had(offers, name))]), "")


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read("packages")[name]
    return rows


def _in_range(row: dict[str, Any], release: Release) -> bool:
    first, last = row.get("since"), row.get("until")
    return (not first or by_name(first) <= release) and (not last or release <= by_name(last))
