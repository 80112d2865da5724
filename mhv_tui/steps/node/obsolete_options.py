"""What stands in nova's files and is not to stand there: traps of the article, and options the answers have given up.

Leaves everything else as it is, and what says no more than nova's own default.
"""

from __future__ import annotations

from collections.abc import Iterable

from mhv_tui.changes.files import ConfOption
from mhv_tui.domain import nova
from mhv_tui.domain.releases import Release
from mhv_tui.steps.node.facts import values

OptionName = tuple[str, str]
"""Section and option."""

LIBVIRT_TRAPS = (("DEFAULT", "libvirt_type"), ("libvirt", "virt_type"))
"""The article sets the first to vmwareapi; libvirt's driver has no such type, and releases from Liberty refuse it."""

ANSWERED = (("vmware", "ca_file"), ("vmware", "insecure"), ("vmware", "host_port"), ("vmware", "datastore_regex"))
"""Options that an answer of today decides, also by saying nothing: left standing they would say where and how nova
connects, and what it uses, against the answers. A ca_file even has nova ignore `insecure`."""


def traps(text: str) -> tuple[OptionName, ...]:
    """libvirt options that were set to the article's `vmwareapi`."""
    return tuple(pair for pair in LIBVIRT_TRAPS if "vmwareapi" in values(text, *pair))


def given_up(text: str, wanted: Iterable[ConfOption], release: Release) -> tuple[OptionName, ...]:
    """Options that stand in the text though the answers no longer want them; a value that is nova's default may."""
    kept = {(row.section, row.option) for row in wanted}
    return tuple(place for place in ANSWERED if place not in kept and _matters(text, place, release))


def _matters(text: str, place: OptionName, release: Release) -> bool:
    option = nova.OPTIONS["/".join(place)]
    there = values(text, *place)
    return bool(there) and option.known_in(release) and not option.is_default(there[-1], release)
