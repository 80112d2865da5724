"""Decides whether the image file is converted for vCenter, and which properties the image gets.

Release, datastores and node decide which disk type `auto` is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mhv_tui.changes.cloud import Property
from mhv_tui.changes.images import MARK
from mhv_tui.domain import images
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.image_meta import VMWARE
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.datastore.facts import DatastoreFacts
from mhv_tui.steps.image.facts import ImageView
from mhv_tui.steps.node.connectivity import transfers_hang
from mhv_tui.steps.node.facts import NodeFacts

FLAT = "monolithicFlat"
"""A VMDK subformat of two files. mhv-tui does not create it, because the second file is only a raw disk."""


@dataclass(frozen=True, kw_only=True)
class ImagePlan:
    """The image to create in Glance, and how to convert the file. `problem` is the reason if that is impossible."""

    release: Release
    properties: tuple[Property, ...] = ()
    disk_type: str = ""
    subformat: str = ""
    """qemu-img's VMDK subformat; empty if the file is uploaded without conversion."""
    adapter: str = ""
    qemu_img_because: str = ""
    """Why qemu-img converts the file; "" if the file is converted during its upload, or not at all."""
    problem: str = ""
    code: str = ""
    """The code of the finding that reports `problem`."""


def resolve(view: ImageView) -> ImagePlan | None:
    """Returns the image plan; None if the cloud's release is not known or the file is not a disk."""
    release, disk = release_of(view.earlier), view.facts.disk
    if release is None or disk is None or not disk.usable:
        return None
    datastore, node = view.facts_of(DatastoreFacts), view.facts_of(NodeFacts)
    plan = image_plan(
        release=release,
        datastores=tuple(sorted({d.type for d in datastore.matching})) if datastore else (),
        disk=disk,
        disk_type=view.answers.disk_type,
        guest=view.answers.vmware_ostype,
        mark=view.facts.mark,
        hangs=bool(node and transfers_hang(node.offers)),
    )
    return replace(plan, qemu_img_because=_qemu_img_because(plan, view)) if plan.subformat else plan


def _qemu_img_because(plan: ImagePlan, view: ImageView) -> str:
    if view.answers.conversion == "qemu-img":
        return "image.conversion is qemu-img"
    if plan.subformat != "streamOptimized":
        return f"only qemu-img writes the subformat {plan.subformat}"
    return view.facts.untranscodable


def image_plan(
    *, release: Release, datastores: tuple[str, ...], disk: Disk, disk_type: str, guest: str, mark: str, hangs: bool
) -> ImagePlan:
    """Plans an unchanged upload if the file fits, else a conversion. `hangs`: the node's NFC transfers hang."""
    on_vsan = any(kind.lower() == "vsan" for kind in datastores)
    chosen = automatic(release, disk, on_vsan, hangs) if disk_type == "auto" else disk_type
    try:
        target = images.target(release, datastores, chosen)
    except ValueError as error:
        return ImagePlan(release=release, problem=str(error), code="DS07" if on_vsan else "IM02")
    extra = {**({"vmware_ostype": guest} if guest else {}), MARK: mark}
    properties = properties_as_it_is(disk, release, chosen)
    if properties is not None:
        return ImagePlan(release=release, properties=_rows({**properties, **extra}), disk_type=chosen)
    if disk.format == "iso":
        problem = "the file is a CD image; VMware boots it with disk_format iso, to install onto a volume"
        return ImagePlan(release=release, problem=problem, code="IM08")
    if target.subformat == FLAT:
        problem = f"the disk type {chosen} needs a raw file; convert {disk.format} to raw, or use the type auto"
        return ImagePlan(release=release, problem=problem, code="IM02")
    properties = {
        "hypervisor_type": VMWARE,
        "vmware_disktype": target.disk_type,
        "vmware_adaptertype": target.adapter,
    }
    return ImagePlan(
        release=release,
        properties=_rows({**properties, **extra}),
        disk_type=target.disk_type,
        subformat=target.subformat,
        adapter=target.qemu_adapter,
    )


def properties_as_it_is(disk: Disk, release: Release, disk_type: str) -> dict[str, str] | None:
    """Returns the properties of a file that already has this disk type; None if it must be converted."""
    try:
        return images.image_properties(disk, release, disk_type)
    except ValueError:
        return None


def _rows(properties: Mapping[str, str]) -> tuple[Property, ...]:
    return tuple(Property(name, value) for name, value in properties.items())


def automatic(release: Release, disk: Disk, on_vsan: bool, hangs: bool) -> str:
    """Returns the disk type for `auto`: a usable VMDK's own type, else streamOptimized, which is small and suits vSAN.

    Before Kilo, or if streamOptimized transfers hang on the node (VC18), the type is sparse, except on vSAN.
    """
    kind = {"monolithicSparse": "sparse", "streamOptimized": "streamOptimized"}.get(disk.subtype, "")
    if disk.format == "vmdk" and kind and not (on_vsan and kind == "sparse"):
        return kind
    if on_vsan or (release >= by_name("kilo") and not hangs):
        return "streamOptimized"
    return "sparse"
