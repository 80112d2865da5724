"""How nova reads the hw_ properties of an image: the disk's adapter, the network adapter, and values that it refuses.

Sources: nova/objects/image_meta.py and fields.py, nova/virt/vmwareapi/images.py and vm_util.py, 2013.2 to 34.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mhv_tui.core.text import join_names
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

DEFAULT_ADAPTER = "lsiLogic"


def adapters(release: Release) -> tuple[str, ...]:
    """The values of vmware_adaptertype that nova of `release` knows."""
    rows: Mapping[str, Mapping[str, Any]] = read("images")["adapters"]
    return tuple(name for name, row in rows.items() if by_name(row["since"]) <= release)


def adapter_used(properties: Mapping[str, str], release: Release) -> str:
    """The disk adapter that nova takes, as vmware_adaptertype spells it; "" if it finds none or refuses the value.

    From Liberty on vmware_adaptertype only sets hw_disk_bus and hw_scsi_model, if the image does not set them itself.
    Without either, and for a bus other than ide and scsi, nova takes lsiLogic.
    """
    value = properties.get("vmware_adaptertype", "")
    scsi = read("images")["scsi"]
    if release < by_name(scsi["since"]):
        name = value or DEFAULT_ADAPTER
        return name if name in adapters(release) else ""
    bus = properties.get("hw_disk_bus", "ide" if value == "ide" else "scsi" if value else "")
    model = properties.get("hw_scsi_model", "" if value == "ide" else value)
    if bus == "ide":
        return "ide"
    return str(scsi["models"].get(model.lower(), "")) if bus == "scsi" else DEFAULT_ADAPTER


def adapter_overridden(properties: Mapping[str, str], release: Release) -> str:
    """The hw_ property that makes nova take another adapter than vmware_adaptertype states; "" if none does."""
    value, used = properties.get("vmware_adaptertype", ""), adapter_used(properties, release)
    if not value or used.lower() == value.lower():
        return ""
    return next((name for name in ("hw_disk_bus", "hw_scsi_model") if name in properties), "")


def refused(properties: Mapping[str, str], release: Release) -> Iterator[tuple[str, str]]:
    """Name of each property whose value nova refuses, and the values that it takes as part of a sentence.

    With any of them no server of the image boots.
    """
    models = network_adapters(release)
    value = properties.get("hw_vif_model", "")
    folded = {name.lower() for name in models} if release >= by_name("liberty") else set()
    if value and value not in models and value.lower() not in folded:
        yield "hw_vif_model", join_names((name for name in models if not name.startswith("Virtual")), most=9)
    for name, row in read("images")["enumerations"].items():
        value = properties.get(name, "")
        value = value.lower() if row.get("any_case") else value
        if value and by_name(row["since"]) <= release and value not in row["values"]:
            yield name, join_names(row["values"], most=len(row["values"]))
    for name, since in read("images")["integers"].items():
        value = properties.get(name, "").strip()
        if value and by_name(since) <= release and not value.removeprefix("-").isdecimal():
            yield name, "whole numbers"


def network_adapters(release: Release) -> tuple[str, ...]:
    """The values of hw_vif_model that nova of `release` gives to vSphere."""
    rows: Mapping[str, Mapping[str, Any]] = read("images")["network_adapters"]
    known = ((name, row) for name, row in rows.items() if by_name(row["since"]) <= release)
    return tuple(name for name, row in known if release.name not in row.get("not_in", ()))
