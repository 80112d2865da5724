"""The table of dependencies in SECURITY.md: every distribution that an installation brings, with its licence."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

SECURITY = Path(__file__).parent.parent / ".github" / "SECURITY.md"
ROW = re.compile(r"^\| ([A-Za-z0-9._-]+) \| ([A-Za-z0-9. -]+) \|$", re.MULTILINE)
CLASSIFIERS = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Names of licences in the metadata of distributions without an SPDX expression."""


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def required(name: str, everywhere: bool) -> set[str]:
    """What a distribution requires, directly or not: on this machine, or on any machine (`everywhere`)."""
    names: set[str] = set()
    queue = [name]
    while queue:
        requirements = [Requirement(text) for text in (getattr(installed(queue.pop()), "requires", None) or ())]
        for requirement in requirements:
            marker, found = requirement.marker, name_of(requirement.name)
            is_needed = marker is None or ("extra" not in str(marker) and (everywhere or marker.evaluate()))
            if is_needed and found not in names:
                names.add(found)
                queue.append(found)
    return names


def licence_of(found: Distribution) -> str:
    metadata = found.metadata
    named = [row.rpartition(" :: ")[2] for row in metadata.get_all("Classifier") or [] if row.startswith("License ::")]
    known = [CLASSIFIERS[name] for name in named if name in CLASSIFIERS]
    return str((metadata.get_all("License-Expression") or known or metadata.get_all("License") or ["unknown"])[0])


def listed() -> dict[str, str]:
    """By distribution, its licence in the table."""
    return {name_of(name): licence for name, licence in ROW.findall(SECURITY.read_text(encoding="utf-8"))}


def test_every_dependency_is_listed_and_nothing_else() -> None:
    table = listed()
    assert required("mhv-tui", everywhere=False) - set(table) == set()
    assert set(table) - required("mhv-tui", everywhere=True) == set()


def test_each_licence_is_that_of_the_distribution() -> None:
    found = {name: distribution for name in listed() if (distribution := installed(name))}
    assert len(found) > 20
    assert {name: licence_of(row) for name, row in found.items()} == {name: listed()[name] for name in found}
