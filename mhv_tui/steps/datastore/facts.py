"""What the page of the datastores asks and what it sees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import answer_field


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        return f"{value!r} is no regular expression: {error}; write Python's, such as nfs-.*"
    return ""


@dataclass(frozen=True)
class DatastoreAnswers:
    """The table [datastore]."""

    names: tuple[str, ...] = answer_field(
        "The datastores that nova may use; datastore_regex is made from these, anchored and escaped.",
        (),
        kind="list",
        example="nfs-gold",
    )
    datastore_regex: str = answer_field(
        "nova's expression itself, where names will not do; Python's re.match, not a shell pattern.",
        rule=_expression,
        example="nfs-.*",
        advanced=True,
    )


@dataclass(frozen=True)
class DatastoreFacts:
    """The datastores of the cluster and those that nova's expression matches."""

    inventory: vsphere.Inventory
    cluster: vsphere.Cluster
    chosen: tuple[vsphere.Datastore, ...]
    """Those whose name the expression matches, usable or not, by name."""
    regex: str
    """What will stand in nova.conf (before $ is doubled); empty = every usable datastore."""
    image_bytes: int = 0
    """The largest image known to be meant for this vCenter; 0 where there is none yet."""
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Datastore id -> privilege ids that the login lacks there."""
