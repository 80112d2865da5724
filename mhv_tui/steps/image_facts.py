"""What the page `image` asks, sees and plans: a file of this machine, what its bytes are, and what Glance has already.

Refuses to judge a file by its name, and to write a property that contradicts its bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mhv_tui.changes.cloud import Property, TagImage
from mhv_tui.changes.images import MARK, UploadImage, inspected
from mhv_tui.core import openstack
from mhv_tui.core.answers import answer_field
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.paths import expanded
from mhv_tui.core.steps import PageView
from mhv_tui.domain import disks, images
from mhv_tui.domain.disks import Disk
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.steps import cloud
from mhv_tui.steps.checks import seen
from mhv_tui.steps.datastore_facts import DatastoreFacts
from mhv_tui.steps.node_facts import NodeFacts
from mhv_tui.steps.node_reach import transfers_hang

DISK_TYPES = ("auto", "sparse", "streamOptimized", "preallocated", "thin", "thick", "eagerZeroedThick")
VISIBILITIES = ("private", "shared", "community", "public")
GIB = 1 << 30


@dataclass(frozen=True)
class ImageAnswers:
    """The table [image] of the answer file."""

    source: str = answer_field(
        "The image on this machine: qcow2, raw, vmdk, vhd, vhdx or vdi; what it is is read from its bytes.",
        kind="path",
        required=True,
        example="ubuntu.qcow2",
    )
    name: str = answer_field("Its name in Glance.", required=True, example="ubuntu-vmware")
    disk_type: str = answer_field(
        "What it is uploaded as (vmware_disktype); auto: from the release, the datastore and the node.",
        "auto",
        kind="choice",
        choices=DISK_TYPES,
    )
    visibility: str = answer_field("Who may use it.", "private", kind="choice", choices=VISIBILITIES)
    vmware_ostype: str = answer_field(
        "The guest's vSphere guestId (vmware_ostype); empty: otherGuest, which boots everything.",
        example="ubuntu64Guest",
        advanced=True,
    )


@dataclass(frozen=True)
class ImageFacts:
    """The source file, the tool that converts it, and Glance's images."""

    disk: Disk | None
    """What its bytes are; None where there is no such file."""
    mark: str = ""
    """What it is known again by: its size and the hash of its beginning."""
    qemu_img: str = ""
    free: int = 0
    """Bytes free where it is converted."""
    images: tuple[openstack.Image, ...] = ()


ImageView = PageView[ImageAnswers, ImageFacts]


def probe(ctx: Context, asked: ImageAnswers) -> ImageFacts:
    """The beginning of the file, and the cloud's images afresh."""
    local = ctx.backend.local
    disk, mark = inspected(local, expanded(asked.source)) or (None, "")
    there = ctx.backend.cloud(cloud.login_of(ctx.answers.of("cloud", cloud.CloudAnswers)))
    return ImageFacts(
        disk,
        mark,
        local.qemu_img(),
        local.free_space(Path(tempfile.gettempdir())),
        there.images(),
    )


@dataclass(frozen=True)
class ImagePlan:
    """What is to be in Glance, and how the file becomes it. `problem` says why there is no way, `code` names it."""

    properties: tuple[Property, ...] = ()
    disk_type: str = ""
    subformat: str = ""
    """qemu-img's; empty: the file goes up as it is."""
    adapter: str = ""
    problem: str = ""
    code: str = ""


FLAT = "monolithicFlat"
"""The subformat of two files: it is not made here, as a raw disk is its second file."""


@lru_cache(maxsize=32)
def image_plan(
    release: Release, datastores: tuple[str, ...], disk: Disk, disk_type: str, guest: str, mark: str, hangs: bool
) -> ImagePlan:
    """As it is where the file fits, else converted. The release, the datastores and the node decide what auto means."""
    on_vsan = any(kind.lower() == "vsan" for kind in datastores)
    chosen = automatic(release, disk, on_vsan, hangs) if disk_type == "auto" else disk_type
    extra = (*((Property("vmware_ostype", guest),) if guest else ()), Property(MARK, mark))
    try:
        target = images.target(release, datastores, chosen)
    except ValueError as error:
        return ImagePlan(problem=str(error), code="DS07" if on_vsan else "IM02")
    given = as_it_is(disk, release, chosen)
    if given is not None:
        return ImagePlan((*_rows(given), *extra), chosen)
    if disk.format == "iso":
        return ImagePlan(
            problem="the file is a CD image: it boots on VMware as disk_format iso, and installs onto a volume",
            code="IM08",
        )
    if target.subformat == FLAT:
        return ImagePlan(
            problem=f"the disk type {chosen} needs a raw file; convert {disk.format} to raw first, or use auto",
            code="IM02",
        )
    given = {
        "hypervisor_type": images.VMWARE,
        "vmware_disktype": target.disk_type,
        "vmware_adaptertype": target.adapter,
    }
    return ImagePlan((*_rows(given), *extra), target.disk_type, target.subformat, target.qemu_adapter)


def as_it_is(disk: Disk, release: Release, disk_type: str) -> dict[str, str] | None:
    """The properties of a file that is of that type already; None for one that has to be converted."""
    try:
        return images.image_properties(disk, release, disk_type)
    except ValueError:
        return None


def _rows(given: dict[str, str]) -> tuple[Property, ...]:
    return tuple(Property(name, value) for name, value in given.items())


def automatic(release: Release, disk: Disk, on_vsan: bool, hangs: bool) -> str:
    """A usable VMDK as it is; else streamOptimized from Kilo on, half the bytes and the only one for vSAN.

    Sparse before Kilo, and where the node's oslo.vmware hangs in the transfer that streamOptimized needs (VC18).
    """
    kind = {"monolithicSparse": "sparse", "streamOptimized": "streamOptimized"}.get(disk.subtype, "")
    if disk.format == "vmdk" and kind and not (on_vsan and kind == "sparse"):
        return kind
    if on_vsan or (release >= by_name("kilo") and not hangs):
        return "streamOptimized"
    return "sparse"


def image_plan_of(view: ImageView) -> ImagePlan | None:
    """What is wanted; None where the release or the file is not known."""
    facts = seen(view.earlier, "cloud", cloud.CloudFacts)
    if facts is None or facts.release is None or view.facts.disk is None or not view.facts.disk.usable:
        return None
    of_datastore, node = seen(view.earlier, "datastore", DatastoreFacts), seen(view.earlier, "node", NodeFacts)
    return image_plan(
        facts.release,
        tuple(sorted({d.type for d in of_datastore.chosen})) if of_datastore else (),
        view.facts.disk,
        view.asked.disk_type,
        view.asked.vmware_ostype,
        view.facts.mark,
        bool(node and transfers_hang(node.offers)),
    )


def release_of(view: ImageView) -> Release | None:
    """The cloud's release, where it is settled."""
    facts = seen(view.earlier, "cloud", cloud.CloudFacts)
    return facts.release if facts else None


def same_name(view: ImageView) -> list[openstack.Image]:
    """The active images of the wanted name."""
    return [i for i in view.facts.images if i.name == view.asked.name and i.status == "active"]


def wrong_properties(image: openstack.Image, wanted: ImagePlan, release: Release) -> tuple[Property, ...]:
    """Those of an image that nova does not read as they have to be, under the names that it reads.

    Our mark is put on none that came from elsewhere.
    """
    held = image.properties
    rows = [p for p in wanted.properties if p.name != MARK and images.effective(held, p.name, release) != p.value]
    return tuple(Property(images.name_read(held, p.name, release), p.value) for p in rows)


def repairs(view: ImageView, image: openstack.Image) -> tuple[Property, ...]:
    """What makes the adopted image as it has to be; nothing where that is not known."""
    wanted, release = image_plan_of(view), release_of(view)
    if wanted is None or wanted.problem or release is None:
        return ()
    return wrong_properties(image, wanted, release) if MARK in image.properties else strangers_wrongs(image, release)


def properties_after(view: ImageView) -> dict[str, str]:
    """What the image of this page says of itself once it is repaired or uploaded; nothing where neither can be."""
    there, wanted = adopted(view), image_plan_of(view)
    if there is None:
        rows = () if wanted is None or wanted.problem or same_name(view) else wanted.properties
        return {p.name: p.value for p in rows if p.value is not None}
    changed = {p.name: p.value for p in repairs(view, there)}
    return {name: value for name, value in {**there.properties, **changed}.items() if value is not None}


def adopted(view: ImageView) -> openstack.Image | None:
    """The image of that name that is the source's, or that nobody marked and is a VMDK: it is kept, not made twice."""
    ours = [i for i in same_name(view) if i.properties.get(MARK) == view.facts.mark]
    strange = [i for i in same_name(view) if MARK not in i.properties and i.disk_format == "vmdk"]
    return next(iter([*ours, *strange]), None)


def min_disk(view: ImageView) -> int:
    """GiB that a flavor's root disk needs."""
    size = view.facts.disk.virtual_size if view.facts.disk else 0
    return -(-size // GIB)


def plan(view: ImageView) -> Sequence[Change]:
    """The upload, or the repair of the image that is there."""
    wanted = image_plan_of(view)
    if wanted is None or wanted.problem or view.facts.disk is None:
        return ()
    there = adopted(view)
    login = cloud.login_of(view.answers.of("cloud", cloud.CloudAnswers))
    if there is not None:
        wrong = repairs(view, there)
        return (
            (TagImage(cloud=login, image_id=there.id, image=there.name, properties=wrong, verb="repair"),)
            if wrong
            else ()
        )
    if same_name(view):
        return ()
    source = str(expanded(view.asked.source))
    return (
        UploadImage(
            cloud=login,
            source=source,
            source_format=disks.DRIVERS[view.facts.disk.format],
            size=view.facts.disk.size,
            name=view.asked.name,
            visibility=view.asked.visibility,
            min_disk=min_disk(view),
            properties=wanted.properties,
            subformat=wanted.subformat,
            adapter=wanted.adapter,
        ),
    )


def strangers_wrongs(image: openstack.Image, release: Release) -> tuple[Property, ...]:
    """Of an image that somebody else made: the tag and misspelt names; what its file is nobody here knows."""
    tag = Property("hypervisor_type", images.VMWARE)
    return (*wrong_properties(image, ImagePlan((tag,)), release), *misspelt(image))


def misspelt(image: openstack.Image) -> tuple[Property, ...]:
    """IM01: the right names with the values of the wrong ones, and the wrong ones gone."""
    return tuple(_renamed(image))


def _renamed(image: openstack.Image) -> Iterator[Property]:
    for name, value in image.properties.items():
        meant = images.correct_name(name)
        if meant:
            if meant not in image.properties:
                yield Property(meant, value)
            yield Property(name, None)


def fixes(view: ImageView) -> Sequence[Change]:
    """Misspelt properties of the other images, renamed."""
    here = adopted(view)
    return [repair(view, i) for i in view.facts.images if (here is None or i.id != here.id) and misspelt(i)]


def repair(view: ImageView, image: openstack.Image) -> TagImage:
    """The fix of IM01."""
    login = cloud.login_of(view.answers.of("cloud", cloud.CloudAnswers))
    return TagImage(cloud=login, image_id=image.id, image=image.name, properties=misspelt(image), verb="repair")
