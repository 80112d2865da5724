"""Glance properties of images for VMware: which to write, how to convert disks, and errors in existing properties.

Refuses properties that contradict the file's bytes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mhv_tui.core.findings import Finding
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.image_meta import DEFAULT_ADAPTER, adapter_overridden, adapter_used, adapters, refused
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read

VMWARE = "vmware"
DEFAULT_DISK_TYPE = "preallocated"


@dataclass(frozen=True)
class ImageTarget:
    """The format of a converted disk, and the image properties for it."""

    disk_type: str
    """The value of vmware_disktype."""
    subformat: str
    """The value of qemu-img's option subformat."""
    adapter: str
    """The value of vmware_adaptertype."""
    qemu_adapter: str
    """The value of qemu-img's option adapter_type."""


def disk_types(release: Release) -> tuple[str, ...]:
    """Returns the values of vmware_disktype that nova of `release` knows."""
    return tuple(name for name, row in _rows("disk_types") if by_name(row["since"]) <= release)


def datastore_types(release: Release) -> tuple[str, ...]:
    """Returns the datastore types, as vCenter spells them, on which nova of `release` places servers."""
    return tuple(name for name, since in read("images")["datastores"].items() if by_name(since) <= release)


def target(
    release: Release, datastores: Iterable[str] = (), disk_type: str = "auto", adapter: str = DEFAULT_ADAPTER
) -> ImageTarget:
    """Returns the target of a conversion. `auto` means streamOptimized if a datastore is vSAN, else sparse.

    Raises ValueError if the release does not know the disk type or adapter, or vSAN does not accept the disk type.
    """
    on_vsan = any(kind.lower() == "vsan" for kind in datastores)
    chosen = disk_type if disk_type != "auto" else ("streamOptimized" if on_vsan else "sparse")
    if chosen not in disk_types(release):
        raise ValueError(f"nova {release.title} does not know the disk type {chosen}")
    if adapter not in adapters(release):
        raise ValueError(f"nova {release.title} does not know the adapter type {adapter}")
    if on_vsan and chosen != "streamOptimized":
        raise ValueError(f"vSAN accepts only streamOptimized images, not {chosen}")
    tables = read("images")
    return ImageTarget(chosen, tables["subformats"][chosen], adapter, tables["adapters"][adapter]["qemu"])


def image_properties(disk: Disk, release: Release, disk_type: str = "auto", adapter: str = "auto") -> dict[str, str]:
    """Returns hypervisor_type, vmware_disktype and vmware_adaptertype for a file that is not converted.

    `auto` takes the value from the file's bytes. Raises ValueError for a file that needs conversion, or if a value
    contradicts the bytes.
    """
    kind = _kind(disk)
    possible = [name for name, row in _rows("disk_types") if kind in row["subtypes"] and name in disk_types(release)]
    if not disk.usable or not possible:
        raise ValueError(f"nova {release.title} cannot boot a {kind} {disk.format} file on VMware without conversion")
    if disk_type not in ("auto", *possible):
        raise ValueError(f"vmware_disktype must be {' or '.join(possible)} for a {kind} file, not {disk_type}")
    driving = [name for name in adapters(release) if _drives(name, disk.adapter)]
    if adapter not in ("auto", *driving):
        raise ValueError(f"vmware_adaptertype must be {' or '.join(driving)} for this disk, made for {disk.adapter}")
    return {
        "hypervisor_type": VMWARE,
        "vmware_disktype": possible[0] if disk_type == "auto" else disk_type,
        "vmware_adaptertype": (driving or [DEFAULT_ADAPTER])[0] if adapter == "auto" else adapter,
    }


def _kind(disk: Disk) -> str:
    return disk.subtype if disk.format == "vmdk" else disk.format


def _drives(adapter: str, descriptor: str) -> bool:
    """Returns True if the adapter type suits a disk with this adapter in its descriptor, or with none."""
    return not descriptor or descriptor.lower() in read("images")["adapters"][adapter]["descriptors"]


def _alike(adapter: str, other: str) -> bool:
    """Whether two adapter types, the first in any case, can drive the same disks."""
    descriptors = {name.lower(): row["descriptors"] for name, row in _rows("adapters")}
    return bool(descriptors.get(adapter.lower()) == descriptors[other.lower()])


def _rows(table: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    rows: dict[str, Mapping[str, Any]] = read("images")[table]
    return rows.items()


def correct_name(name: str) -> str:
    """Returns the right name for a misspelled property (`vmware-disktype`); empty if the name is right or unknown."""
    names: list[str] = read("images")["properties"]["known"]
    if name in names:
        return ""
    normalised = name.lower().replace("-", "_")
    if normalised in names:
        return normalised
    near = difflib.get_close_matches(normalised, names, n=1, cutoff=0.9)
    return near[0] if near and normalised.startswith(("vmware", "hypervisor")) else ""


def lint(properties: Mapping[str, str], release: Release, disk: Disk | None = None, subject: str = "") -> list[Finding]:
    """Returns findings about wrong properties of an image for VMware. Give `disk` if its bytes are known."""
    rules = (_names, _hypervisor, _disk_type, _adapter, _guest, _hardware)
    return [finding for rule in rules for finding in rule(properties, release, disk, subject)]


def effective(properties: Mapping[str, str], name: str, release: Release) -> str:
    """Returns the value that nova of `release` uses for an image property; a newer name wins if it reads it."""
    return properties.get(name_read(properties, name, release), "")


def name_read(properties: Mapping[str, str], name: str, release: Release) -> str:
    """Returns the name by which nova of `release` reads a property of this image: the newer one if it is set."""
    newer = read("images")["newer"].get(name)
    if newer and by_name(newer["since"]) <= release and newer["name"] in properties:
        return str(newer["name"])
    return name


def _names(properties: Mapping[str, str], _: Release, __: Disk | None, subject: str) -> Iterator[Finding]:
    for name in properties:
        meant = correct_name(name)
        if meant:
            detail = f"no nova release reads the property {name}; the right name is {meant}"
            yield finding("IM01", "failure", detail, subject=subject, remedy=f"rename the property {name} to {meant}")


def _hypervisor(properties: Mapping[str, str], release: Release, _: Disk | None, subject: str) -> Iterator[Finding]:
    value = effective(properties, "hypervisor_type", release)
    names: list[str] = read("images")["hypervisor_types"]["known"]
    # Havana and Icehouse compare the text with its case.
    if (value.lower() if release >= by_name("juno") else value) == VMWARE:
        return
    near = difflib.get_close_matches(value.lower(), names, n=1) if value.lower() not in names else []
    hint = f"; the right name may be {near[0]}" if near else ""
    detail = (
        f"hypervisor_type is {value}{hint}"
        if value
        else "hypervisor_type is not set, so nova may boot the image on any host"
    )
    yield finding("IM05", "failure", detail, subject=subject)


def _disk_type(properties: Mapping[str, str], release: Release, disk: Disk | None, subject: str) -> Iterator[Finding]:
    value = effective(properties, "vmware_disktype", release)
    if value and value not in disk_types(release):
        yield finding("IM02", "failure", f"nova {release.title} does not know the disk type {value}", subject=subject)
    elif disk is None:
        if not value:
            detail = f"vmware_disktype is not set: nova reads the file as {DEFAULT_DISK_TYPE}"
            yield finding("IM02", "warning", detail, subject=subject)
    elif _kind(disk) not in read("images")["disk_types"][value or DEFAULT_DISK_TYPE]["subtypes"]:
        shown = value or f"{DEFAULT_DISK_TYPE} (the default)"
        yield finding("IM02", "failure", f"the file is {_kind(disk)}, but vmware_disktype is {shown}", subject=subject)


def _adapter(properties: Mapping[str, str], release: Release, disk: Disk | None, subject: str) -> Iterator[Finding]:
    value, used = properties.get("vmware_adaptertype", ""), adapter_used(properties, release)
    override = adapter_overridden(properties, release)
    stated = f"but vmware_adaptertype is {value or f'{DEFAULT_ADAPTER} (the default)'}"
    if not used and value and not override:
        detail = f"nova {release.title} does not know the adapter type {value}"
        yield finding("IM03", "failure", detail, subject=subject)
    elif not used:
        detail = "hw_disk_bus is scsi, but hw_scsi_model is no adapter of VMware"
        yield finding("IM03", "failure", detail, subject=subject)
    elif override and not (_alike(value, used) if disk is None else _drives(used, disk.adapter)):
        detail = f"{override}={properties[override]} overrides vmware_adaptertype={value}: nova uses {used}"
        remedy = f"Remove {override}, or set vmware_adaptertype to the same adapter."
        yield finding("IM03", "warning" if disk is None else "failure", detail, subject=subject, remedy=remedy)
    elif disk is not None and not _drives(used, disk.adapter):
        used_instead = stated if used == (value or DEFAULT_ADAPTER) else f"but nova uses {used}"
        yield finding("IM03", "failure", f"the disk was made for {disk.adapter}, {used_instead}", subject=subject)


def _hardware(properties: Mapping[str, str], release: Release, _: Disk | None, subject: str) -> Iterator[Finding]:
    for name, accepted in refused(properties, release):
        detail = f"{name} is {properties[name]}, which nova {release.title} refuses on VMware"
        remedy = f"remove {name} from the image, or set it to one of these: {accepted}"
        yield finding("IM20", "failure", detail, subject=subject, remedy=remedy)


def _guest(properties: Mapping[str, str], release: Release, _: Disk | None, subject: str) -> Iterator[Finding]:
    sent, guest = effective(properties, "vmware_ostype", release), properties.get("vmware_ostype", "")
    guests = read("images")["guests"]
    if not sent or sent in guests["known"]:
        return
    # KVM clouds write names such as ubuntu into os_distro, which are no guestId. A value that ends like a guestId may
    # be newer than nova's list.
    newer = sent.endswith(tuple(guests["endings"]))
    name = "vmware_ostype" if sent == guest else "os_distro"
    detail = f"nova sends {name}={sent} to vSphere as the guest type"
    detail += f" instead of {guest}" if guest and guest != sent else ""
    if newer:
        detail += "; nova does not know this type, but a newer vSphere may know it"
    right = guest if guest in guests["known"] else "otherGuest"
    remedy = f"remove os_distro, or set it to {right}" if name == "os_distro" else f"set vmware_ostype to {right}"
    yield finding("IM04", "warning" if newer else "failure", detail, subject=subject, remedy=remedy)
