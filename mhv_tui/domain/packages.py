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
"""By name, what a node's package manager offers and has installed."""


@dataclass(frozen=True)
class Packaging:
    """How one family of distributions packages nova-compute."""

    name: str
    title: str
    offers: tuple[str, ...]
    compute: tuple[str, ...]
    flavours: tuple[str, ...]
    version_of: str
    """The package whose version is nova's."""
    unit: str
    order: tuple[str, ...]
    """Configuration files in the order in which the service reads them; a later one wins."""
    directories_win: bool
    """Whether files of configuration directories are read after `order`; else before."""


@dataclass(frozen=True)
class Library:
    """The module that the driver imports, and the packages that contain it for the Python that runs nova."""

    module: str
    packages: tuple[str, ...]


Python = Literal["python2", "python3"]
"""The Python that runs nova."""

_PYTHONS: tuple[Python, ...] = get_args(Python)


@dataclass(frozen=True)
class NovaNetworkPackages:
    """nova-network's packages and units."""

    packages: tuple[str, ...]
    units: tuple[str, ...]


@cache
def roads() -> tuple[Packaging, ...]:
    """Every known packaging, in the order of preference."""
    return tuple(_packaging(row) for row in _rows("packaging"))


def _packaging(row: dict[str, Any]) -> Packaging:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Packaging(**{**row, **lists})


def packaging_of(offers: PackageOffers) -> Packaging | None:
    """The first packaging of which the node's repositories offer a package."""
    return next(
        (packaging for packaging in roads() if any(is_to_be_had(offers, name) for name in packaging.offers)), None
    )


def python_of(release: Release, offers: PackageOffers) -> Python:
    """The Python that runs nova: that of nova's installed package, else of the one that can be installed.

    If both can be, or neither, the release decides.
    """
    table = read("packages")["python"]
    usual: Python = "python3" if by_name(table["python3_since"]) <= release else "python2"
    installed = [v for v in _PYTHONS if any(offers.get(name, Package()).installed for name in table[v])]
    possible = installed or [v for v in _PYTHONS if any(is_to_be_had(offers, name) for name in table[v])]
    return possible[0] if len(possible) == 1 else usual


def library(release: Release, offers: PackageOffers) -> Library:
    """The library of the driver of that release, for the Python that runs nova on this node."""
    row = next(row for row in _rows("library") if _in_range(row, release))
    return Library(row["module"], tuple(row[python_of(release, offers)]))


def directory_patterns() -> tuple[str, ...]:
    """Shell patterns of the files in configuration directories, in the order in which the directories are read."""
    return tuple(read("packages")["directories"]["patterns"])


def nova_network_packages(release: Release, offers: PackageOffers) -> NovaNetworkPackages | None:
    """nova-network's packages; None if the release or the repositories have none."""
    rows = [
        NovaNetworkPackages(tuple(r["packages"]), tuple(r["units"])) for r in _rows("network") if _in_range(r, release)
    ]
    return next(
        (packaging for packaging in rows if all(is_to_be_had(offers, name) for name in packaging.packages)), None
    )


def everything() -> tuple[str, ...]:
    """Every package of the table: a node is asked about all of them before its packaging is known."""
    rows = [name for packaging in roads() for name in (*packaging.offers, *packaging.compute, *packaging.flavours)]
    rows += [name for row in _rows("network") for name in row["packages"]]
    rows += [name for row in (read("packages")["python"], *_rows("library")) for v in _PYTHONS for name in row[v]]
    return tuple(dict.fromkeys(rows))


def units() -> tuple[str, ...]:
    """Every unit of the table."""
    rows = [packaging.unit for packaging in roads()] + [name for row in _rows("network") for name in row["units"]]
    return tuple(dict.fromkeys(rows))


def wanted(
    packaging: Packaging, release: Release, offers: PackageOffers, network: NovaNetworkPackages | None = None
) -> tuple[str, ...]:
    """The packages that the node needs, installed or not."""
    flavour = _best(packaging.flavours, offers)
    library_name = library_package(release, offers)
    rows = [*packaging.compute, *filter(None, [flavour, library_name]), *(network.packages if network else ())]
    return tuple(dict.fromkeys(rows))


def library_package(release: Release, offers: PackageOffers) -> str:
    """The package of the library: the installed one, else the first that can be installed, else ""."""
    return _best(library(release, offers).packages, offers)


def archive(codename: str, release: Release) -> str:
    """The cloud archive of `release` for that Ubuntu; "" if there is none."""
    return release.name if release.name in read("packages")["archives"].get(codename, ()) else ""


def codename(system: str, version: str) -> str:
    """The codename of a system whose os-release has none, by its ID and VERSION_ID; "" if not known."""
    named: str = read("packages")["codenames"].get(system, {}).get(version, "")
    return named


def is_to_be_had(offers: PackageOffers, name: str) -> bool:
    """Whether the package is installed or can be."""
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
