"""The notes of the hand-over that apply to a cloud: the table handover.toml has each note with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Literal

from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

Readers = Literal["users", "operators"]
Esxi = Literal["old", "new", "unknown"]

NO_VNC_FROM = 7
"""The major version of ESXi that removed its own VNC server."""


@dataclass(frozen=True, kw_only=True)
class NoteFacts:
    """What decides which notes apply."""

    release: Release | None
    """None if the release is not known."""
    networking: str = ""
    """neutron or nova-network; empty if it is not known."""
    esxi: Esxi = "unknown"
    image: str = ""
    """The name of the image for the cloud's users, or its id; empty if it is not known."""
    visibility: str = ""
    """Who may use this image in Glance; empty if it is not known."""
    certificate_end: str = ""
    """The day on which vCenter's certificate ends (ISO 8601); empty if it is not known."""


def esxi_of(versions: Sequence[str]) -> Esxi:
    """Returns whether any host runs ESXi 7 or newer; unknown without a readable version."""
    majors = [int(major) for version in versions if (major := version.partition(".")[0]).isdecimal()]
    if not majors:
        return "unknown"
    return "new" if max(majors) >= NO_VNC_FROM else "old"


def notes(readers: Readers, facts: NoteFacts) -> tuple[str, ...]:
    """Returns the notes for these readers, in the order of the table."""
    rows = [row for row in read("handover")[readers] if _applies(row, facts)]
    return tuple(row["text"].format(certificate_end=facts.certificate_end, image=quote(facts.image)) for row in rows)


def _applies(row: dict[str, Any], facts: NoteFacts) -> bool:
    if "{certificate_end}" in row["text"] and not facts.certificate_end:
        return False
    conditions = {"esxi": facts.esxi, "networking": facts.networking, "visibility": facts.visibility}
    if any(row.get(key, value) != value for key, value in conditions.items()):
        return False
    if facts.release is None:
        return "since" not in row and "until" not in row
    since, until = row.get("since"), row.get("until")
    return not (since and facts.release < by_name(since)) and not (until and facts.release >= by_name(until))
