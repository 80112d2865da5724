"""The commands that mhv-tui runs on a compute node, how to try each, and the package that contains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from mhv_tui.domain.tables import read

Family = Literal["deb", "rpm"]
"""A family of distributions, by the format of its packages."""

HAS_APT = "command -v apt-get"
"""The test that shows the family of a distribution whose name is not known."""


@dataclass(frozen=True)
class NodeCommand:
    """One command."""

    name: str
    test: str
    """A harmless command line for a shell, which succeeds if the command works as the scripts need it."""
    packages: Mapping[str, str]
    """Family of the distribution -> package; the command is not needed in a family without a package."""
    use: str
    """What the command does, as the end of a sentence: `reads the free space`."""
    optional: bool


@cache
def commands() -> tuple[NodeCommand, ...]:
    """Returns every command of the table."""
    return tuple(_commands())


def _commands() -> Iterator[NodeCommand]:
    for row in read("node_commands")["command"]:
        packages = {family: row[family] for family in ("deb", "rpm") if family in row}
        for name in row["names"]:
            test = row.get("test", f"command -v {name}")
            yield NodeCommand(name, test, packages, row["use"], row.get("optional", False))


def tests() -> tuple[str, ...]:
    """Returns the test of every command."""
    return tuple(row.test for row in commands())


def family_of(system: str, results: Mapping[str, bool]) -> Family:
    """Returns the family of a distribution. `system`: ID in os-release; `results`: test -> whether it succeeded."""
    return "deb" if system in ("debian", "ubuntu") or results.get(HAS_APT) else "rpm"


def missing(system: str, results: Mapping[str, bool]) -> tuple[NodeCommand, ...]:
    """Returns the commands whose test failed. Arguments: see `family_of`."""
    family = family_of(system, results)
    return tuple(row for row in commands() if family in row.packages and results.get(row.test) is False)
