"""The table of dependencies in SECURITY.md: what an installation and its extras bring, with the licences."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

SECURITY = Path(__file__).parent.parent / ".github" / "SECURITY.md"
ROW = re.compile(r"^\| ([A-Za-z0-9._-]+) \| ([A-Za-z0-9. -]+) \|$", re.MULTILINE)
EXTRAS = ("fast", "zstd")
"""The extras for operators; `test` and `lab` are for contributors."""

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


def is_needed(requirement: Requirement, extras: tuple[str, ...], everywhere: bool) -> bool:
    """Whether a distribution with these extras has the requirement on this machine, or on any (`everywhere`)."""
    marker = requirement.marker
    if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
        return True
    return everywhere and ("extra" not in str(marker) or any(f'extra == "{extra}"' in str(marker) for extra in extras))


def required(name: str, everywhere: bool) -> set[str]:
    """What a distribution and its EXTRAS require, directly or not: on this machine, or on any (`everywhere`)."""
    names: set[str] = set()
    queue: list[tuple[str, tuple[str, ...]]] = [(name, EXTRAS)]
    while queue:
        parent, extras = queue.pop()
        requirements = [Requirement(text) for text in (getattr(installed(parent), "requires", None) or ())]
        for requirement in requirements:
            child = name_of(requirement.name)
            if is_needed(requirement, extras, everywhere) and child not in names:
                names.add(child)
                queue.append((child, ()))
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
