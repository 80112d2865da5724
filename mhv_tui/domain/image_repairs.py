"""The properties to change on an existing image so that nova reads them as intended. Its bytes are not known.

Changes nothing that only the bytes decide, such as a missing vmware_disktype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mhv_tui.domain.image_meta import (
    OVERRIDES,
    VMWARE,
    NovaImage,
    adapters,
    name_read,
    nova_image,
)
from mhv_tui.domain.images import alike, correct_name, hypervisor_meant
from mhv_tui.domain.releases import Release
from mhv_tui.domain.tables import read

Properties = Mapping[str, str]
Edits = Mapping[str, str | None]
"""Name of a property -> its new value; None removes it."""

FIELDS: Mapping[str, Callable[[NovaImage], str]] = {
    "hypervisor_type": lambda image: image.hypervisor,
    "vmware_disktype": lambda image: image.disk_type,
    "vmware_adaptertype": lambda image: image.adapter,
    "vmware_ostype": lambda image: image.guest,
}
"""The properties that mhv-tui writes -> what nova reads from them."""


def edited(properties: Properties, edits: Edits) -> dict[str, str]:
    """Returns the properties after the edits."""
    return {name: value for name, value in {**properties, **edits}.items() if value is not None}


def corrections(properties: Properties, intended: Properties, release: Release) -> Edits:
    """Returns the edits after which nova reads the intended value of each property of FIELDS.

    An adapter that drives the same disks as the intended one stays.
    """
    current, target = nova_image(properties, release), nova_image(intended, release)
    wrong = [name for name, field in FIELDS.items() if name in intended and field(current) != field(target)]
    if "vmware_adaptertype" in wrong and current.adapter and alike(current.adapter, target.adapter):
        wrong.remove("vmware_adaptertype")
    edits: dict[str, str | None] = {name_read(properties, name, release): intended[name] for name in wrong}
    if "vmware_adaptertype" in wrong:
        edits.update(dict.fromkeys(name for name in OVERRIDES if name in properties))
    return {name: value for name, value in edits.items() if properties.get(name) != value}


def renamed(properties: Properties) -> Edits:
    """Returns each value under the correct name of its property, and the misspelled names as removed."""
    meant = {name: correct for name in properties if (correct := correct_name(name))}
    new = {correct: properties[name] for name, correct in meant.items() if correct not in properties}
    return {**new, **dict.fromkeys(meant)}


def repaired(properties: Properties, release: Release) -> Edits:
    """Returns the edits that are sure to be right for an image that claims to be for VMware; none for another tag."""
    if hypervisor_meant(nova_image(properties, release).hypervisor) not in ("", VMWARE):
        return {}
    edits: dict[str, str | None] = dict(renamed(properties))
    for rule in (_tag, _spellings, _overrides, _guest):
        edits.update(rule(edited(properties, edits), release))
    return edits


def _tag(properties: Properties, release: Release) -> Edits:
    intended = {"hypervisor_type": VMWARE}
    return corrections(properties, intended, release)


def _spellings(properties: Properties, release: Release) -> Edits:
    """Each refused value in the right case; without the property if nova can do without it on vSphere."""
    edits: dict[str, str | None] = {}
    image, adapter = nova_image(properties, release), properties.get("vmware_adaptertype", "")
    right_adapter = _in_any_case(adapter, adapters(release))
    needed = (name_read(properties, "vmware_disktype", release), "vmware_adaptertype", "hw_firmware_type")
    for refusal in image.refusals:
        right = _in_any_case(refusal.value, refusal.accepted)
        if refusal.name in OVERRIDES and right_adapter:
            edits[refusal.name] = None
        elif right or refusal.name not in (*needed, *OVERRIDES):
            edits[refusal.name] = right or None
    if not image.adapter and right_adapter not in ("", adapter):
        edits["vmware_adaptertype"] = right_adapter
    return edits


def _overrides(properties: Properties, release: Release) -> Edits:
    """Without the values of KVM that make nova take another adapter than vmware_adaptertype states."""
    image, value = nova_image(properties, release), properties.get("vmware_adaptertype", "")
    tables = read("image_values")["enumerations"]
    foreign = dict.fromkeys(
        name for name in OVERRIDES if name in properties and properties[name].lower() not in tables[name]["vmware"]
    )
    if not image.override or (image.adapter and alike(value, image.adapter)):
        return {}
    after = nova_image(edited(properties, foreign), release)
    return foreign if after.adapter.lower() == value.lower() else {}


def _guest(properties: Properties, release: Release) -> Edits:
    """A guest type that vSphere cannot know is replaced by vmware_ostype, or removed: otherGuest suits every system."""
    guests = read("images")["guests"]
    sent = nova_image(properties, release).guest
    right = _in_any_case(sent, guests["known"])
    if sent == right or (not right and sent.endswith(tuple(guests["endings"]))):
        return {}
    edits: dict[str, str | None] = {name_read(properties, "vmware_ostype", release): right or None}
    return {**edits, **_guest(edited(properties, edits), release)}


def _in_any_case(value: str, values: Iterable[str]) -> str:
    return next((v for v in values if v.lower() == value.lower()), "")
