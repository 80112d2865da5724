"""Glance properties of images for VMware: which to write, how to convert disks, and errors in existing properties.

Refuses properties that contradict the file's bytes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.openstack import Image
from mhv_tui.core.text import join_names
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.hypervisors import recognise, tag_for
from mhv_tui.domain.image_meta import (
    DEFAULT_ADAPTER,
    OVERRIDES,
    VMWARE,
    NovaImage,
    adapters,
    disk_types,
    name_read,
    nova_image,
)
from mhv_tui.domain.image_remedies import disk_type_remedy
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import read


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


def alike(adapter: str, other: str) -> bool:
    """Whether two adapter types, the first in any case, can drive the same disks."""
    descriptors = {name.lower(): row["descriptors"] for name, row in _rows("adapters")}
    return bool(descriptors.get(adapter.lower()) == descriptors[other.lower()])


def _rows(table: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    rows: dict[str, Mapping[str, Any]] = read("images")[table]
    return rows.items()


@cache
def correct_name(name: str) -> str:
    """Returns the right name for a misspelled property (`vmware-disktype`); empty if the name is right or unknown."""
    names: list[str] = read("images")["properties"]["known"]
    if name in names:
        return ""
    normalised = name.lower().replace("-", "_")
    if normalised in names:
        return normalised
    if not normalised.startswith(("vmware", "hypervisor")):
        return ""
    return next(iter(difflib.get_close_matches(normalised, names, n=1, cutoff=0.9)), "")


def for_vmware(properties: Mapping[str, str], release: Release) -> bool:
    """Returns whether an image claims to be for VMware: by its hypervisor_type, or by a property of nova's driver."""
    names = ((correct_name(name) or name) for name in properties)
    hypervisor = nova_image(properties, release).hypervisor
    return any(name.startswith("vmware") for name in names) or hypervisor_meant(hypervisor) == VMWARE


@cache
def hypervisor_meant(value: str) -> str:
    """Returns the name of nova that a value of hypervisor_type is, or that it nearly is; "" if it is none."""
    names: list[str] = read("image_values")["enumerations"]["img_hv_type"]["values"]
    name = value.lower()
    return name if name in names else next(iter(difflib.get_close_matches(name, names, n=1)), "")


def tag_of(image: Image, types: Iterable[str], release: Release) -> str:
    """Returns the tag for an untagged image in a cloud with hypervisors of these types; "" if several could boot it."""
    if for_vmware(image.properties, release):
        return VMWARE
    kinds = (recognise(name, release) for name in sorted(types))
    return tag_for(image.disk_format, {k.id: k for k in kinds if k and k.id != VMWARE}.values())


def lint(properties: Mapping[str, str], release: Release, disk: Disk | None = None, subject: str = "") -> list[Finding]:
    """Returns findings about wrong properties of an image for VMware. Give `disk` if its bytes are known."""
    case = _Case(properties, release, nova_image(properties, release), disk, subject)
    problems = (row for rule in (_names, _hypervisor, _disk_type, _adapter, _guest, _refused) for row in rule(case))
    return [finding(p.code, p.level, p.detail, subject=subject, remedy=p.remedy or None) for p in problems]


@dataclass(frozen=True)
class _Case:
    """The image that the rules judge."""

    properties: Mapping[str, str]
    release: Release
    reading: NovaImage
    disk: Disk | None
    name: str

    def refuses(self, *names: str) -> bool:
        return any(refusal.name in names for refusal in self.reading.refusals)


@dataclass(frozen=True)
class _Problem:
    code: str
    detail: str
    remedy: str = ""
    level: Level = "failure"


def _names(case: _Case) -> Iterator[_Problem]:
    meant = {name: right for name in case.properties if (right := correct_name(name))}
    if meant:
        renames = join_names((f"{name} to {right}" for name, right in meant.items()), most=len(meant))
        yield _Problem("IM01", f"no nova release reads {join_names(meant, most=len(meant))}", f"Rename {renames}.")


def _hypervisor(case: _Case) -> Iterator[_Problem]:
    if case.reading.hypervisor == VMWARE:
        return
    value = case.properties.get(name_read(case.properties, "hypervisor_type", case.release), "")
    meant = hypervisor_meant(value)
    hint = f"; the right name may be {meant}" if meant not in ("", value.lower()) else ""
    unset = "hypervisor_type is not set, so nova may boot the image on any host"
    yield _Problem("IM05", f"hypervisor_type is {value}{hint}" if value else unset)


def _disk_type(case: _Case) -> Iterator[_Problem]:
    name, value = name_read(case.properties, "vmware_disktype", case.release), case.reading.disk_type
    remedy = disk_type_remedy(case.name, name, case.release)
    if case.refuses(name):
        yield _Problem("IM02", f"nova {case.release.title} does not know the disk type {value}", remedy)
    elif case.disk is None:
        if name not in case.properties:
            yield _Problem("IM02", f"vmware_disktype is not set: nova reads the file as {value}", remedy, "warning")
    elif _kind(case.disk) not in read("images")["disk_types"][value]["subtypes"]:
        shown = value if name in case.properties else f"{value} (the default)"
        yield _Problem("IM02", f"the file is {_kind(case.disk)}, but vmware_disktype is {shown}")


def _adapter(case: _Case) -> Iterator[_Problem]:
    used, value = case.reading.adapter, case.properties.get("vmware_adaptertype", "")
    if case.refuses(*OVERRIDES):
        return
    if case.refuses("vmware_adaptertype") or (not used and not case.reading.override and value):
        yield _Problem("IM03", f"nova {case.release.title} does not know the adapter type {value}")
    elif not used:
        model = case.properties.get("hw_scsi_model")
        detail = f"hw_scsi_model={model} is no adapter of VMware" if model else "hw_disk_bus=scsi needs hw_scsi_model"
        remedy = f"Remove {'hw_scsi_model' if model else 'hw_disk_bus'}, or set hw_scsi_model to an adapter of VMware."
        yield _Problem("IM03", f"{detail}, so nova finds no disk adapter", remedy)
    elif case.reading.override:
        yield from _overridden(case, case.reading.override, value)
    elif case.disk is not None and not _drives(used, case.disk.adapter):
        stated = f"but vmware_adaptertype is {value or f'{DEFAULT_ADAPTER} (the default)'}"
        used_instead = stated if used == (value or DEFAULT_ADAPTER) else f"but nova uses {used}"
        yield _Problem("IM03", f"the disk was made for {case.disk.adapter}, {used_instead}")


def _overridden(case: _Case, override: str, value: str) -> Iterator[_Problem]:
    used = case.reading.adapter
    if not (alike(value, used) if case.disk is None else _drives(used, case.disk.adapter)):
        detail = f"{override}={case.properties[override]} overrides vmware_adaptertype={value}: nova uses {used}"
        remedy = f"Remove {override}, or set vmware_adaptertype to the same adapter."
        yield _Problem("IM03", detail, remedy, "warning" if case.disk is None else "failure")


def _guest(case: _Case) -> Iterator[_Problem]:
    sent, guest = case.reading.guest, case.properties.get("vmware_ostype", "")
    guests = read("images")["guests"]
    if sent in guests["known"]:
        return
    # KVM clouds write names such as ubuntu into os_distro, which are no guestId. A value that ends like a guestId may
    # be newer than nova's list.
    newer = sent.endswith(tuple(guests["endings"]))
    name = name_read(case.properties, "vmware_ostype", case.release)
    detail = f"nova sends {name}={sent} to vSphere as the guest type"
    detail += f" instead of {guest}" if guest and guest != sent else ""
    if newer:
        detail += "; nova does not know this type, but a newer vSphere may know it"
    right = guest if guest in guests["known"] else "otherGuest"
    remedy = f"remove os_distro, or set it to {right}" if name == "os_distro" else f"set vmware_ostype to {right}"
    yield _Problem("IM04", detail, remedy, "warning" if newer else "failure")


def _refused(case: _Case) -> Iterator[_Problem]:
    """IM20: the values that nova refuses and that no other rule reports."""
    others = {name_read(case.properties, name, case.release) for name in ("vmware_disktype", "hypervisor_type")}
    for refusal in case.reading.refusals:
        if refusal.name in (*others, "vmware_adaptertype"):
            continue
        accepted = join_names(refusal.accepted, most=len(refusal.accepted)) if refusal.accepted else "whole numbers"
        detail = f"{refusal.name} is {refusal.value}, which nova {case.release.title} refuses on VMware"
        yield _Problem("IM20", detail, f"remove {refusal.name} from the image, or set it to one of these: {accepted}")
