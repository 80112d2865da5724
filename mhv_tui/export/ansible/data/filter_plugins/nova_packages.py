"""Filters that select how a distribution packages nova for VMware, and say what its libraries cannot do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NotRequired, TypedDict

POLICY = re.compile(r"^(\S+):\n  Installed: (\S+)\n  Candidate: (\S+)", re.MULTILINE)
NONE = "(none)"
HANGING = (4, 9)
"""The last oslo.vmware that hangs with urllib3 2 while it sends a streamOptimized image."""


class Packaging(TypedDict):
    """How a distribution packages nova: the packages that show it, those to install, and one of each other list."""

    offers: list[str]
    packages: list[str]
    flavours: list[str]
    libraries: list[str]
    version_of: str
    missing: NotRequired[list[str]]
    version: NotRequired[str]


def nova_packaging(policy: str, packagings: Sequence[Packaging]) -> Packaging | None:
    """The first packaging that apt offers, with its packages and those that are missing; None if apt offers none.

    `policy` is the output of `apt-cache policy` for all packages of the table.
    """
    offers = {name: (now, new) for name, now, new in POLICY.findall(policy) if (now, new) != (NONE, NONE)}
    for row in packagings:
        if any(name in offers for name in row["offers"]):
            choices = [best(row["flavours"], offers), best(row["libraries"], offers)]
            names = list(dict.fromkeys([*row["packages"], *filter(None, choices)]))
            now, new = offers.get(row["version_of"], (NONE, NONE))
            missing = [name for name in names if offers.get(name, (NONE,))[0] == NONE]
            return {**row, "packages": names, "missing": missing, "version": new if now == NONE else now}
    return None


def best(names: Sequence[str], offers: Mapping[str, tuple[str, str]]) -> str:
    """The installed one of these packages, else the first that apt offers, else ""."""
    installed = [name for name in names if name in offers and offers[name][0] != NONE]
    return next(iter([*installed, *(name for name in names if name in offers)]), "")


def transfers_hang(versions: str) -> bool:
    """Whether nova hangs while it sends streamOptimized images; `versions` has a line for each library (dpkg-query)."""
    rows = re.findall(r"^python3-(\S+) (?:\d+:)?(\d+)\.(\d+)", versions, re.MULTILINE)
    numbers = {name: (int(major), int(minor)) for name, major, minor in rows}
    library, urllib3 = numbers.get("oslo.vmware"), numbers.get("urllib3", (0, 0))
    return library is not None and library <= HANGING and urllib3[0] >= 2


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"nova_packaging": nova_packaging, "transfers_hang": transfers_hang}
