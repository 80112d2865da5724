"""The checks of the page `image`: the file, its conversion with qemu-img, and the images in Glance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check
from mhv_tui.core.text import join_names, size
from mhv_tui.domain import disks
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import by_name, version_key
from mhv_tui.domain.tables import read
from mhv_tui.steps.checks import check, check_with, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.image.conversion import ImagePlan
from mhv_tui.steps.image.facts import (
    ImageFacts,
    ImageView,
    adopted_image,
    images_of_that_name,
    incomplete_images,
    shown_name,
)
from mhv_tui.steps.image.repairs import image_plan_of, lint_of, own_repair, properties_after, repairs
from mhv_tui.steps.image.review import landing, reviewed, untagged_images, vmware_images

CHECKS: list[Check[ImageAnswers, ImageFacts]] = []
POSTCONDITIONS: list[Check[ImageAnswers, ImageFacts]] = []

NO_RELEASE = "the cloud's release is not known yet"
NO_PLAN = "the cloud's release is not known yet, or the image file is not a disk"
UPLOADED_AS_IT_IS = "the file is not converted"
CONVERTED_DURING_UPLOAD = "the file is converted during its upload, without qemu-img and without a temporary file"
UPLOADED = "the image is in Glance already"
REPLACED = "No action needed: apply deletes this image and uploads it again."
UPLOADED_BY_OTHERS = (
    "If another run uploads this image at present, wait for its end. Else delete the image, because it does not become "
    "active."
)

WRITES_VERSION_3 = (2, 5, 1)
"""The first qemu-img version that writes a streamOptimized header which is new enough for ESXi."""


@check(CHECKS, "IM19", "IM08", "IM07", "IM10", "IM13", "IM21")
def file_is_a_disk(view: ImageView) -> Iterator[Finding]:
    """IM19, IM08, IM07, IM10, IM13, IM21: the content is a usable disk; a doubt or another file name is a warning."""
    disk, source = view.facts.disk, view.answers.source
    if disk is None and images_of_that_name(view):
        yield finding(
            "IM19", "skipped", "the image file does not exist, but Glance has an image of this name", subject=source
        )
        return
    if disk is None:
        remedy = "Give the path of the image on this machine, in image.source."
        yield finding("IM19", "failure", f"there is no file {source}", subject=source, remedy=remedy)
        return
    for code, sentence in disk.problems:
        yield finding(code, "failure", sentence, subject=source)
    if disk.usable:
        yield finding("IM08", "ok", f"the file is {_described(disk)}", subject=source)
    if disk.doubt and disk.usable:
        remedy = "Continue if the file is a disk without a partition table; else give the right file."
        yield finding("IM08", "warning", disk.doubt, subject=source, remedy=remedy)
    contradiction = disks.contradiction(disk, source)
    if contradiction and disk.usable:
        remedy = "Continue if this format is right: mhv-tui uses the content, not the name."
        yield finding("IM08", "warning", contradiction, subject=source, remedy=remedy)


def _described(disk: disks.Disk) -> str:
    subtype = f" ({disk.subtype})" if disk.subtype else ""
    around = f"{disk.packing} around " if disk.packing else ""
    around += f"an OVA archive with {disk.member}: " if disk.member else ""
    inside = f"{size(disk.virtual_size)} inside" if disk.virtual_size else "its header has no size"
    return f"{around}{disk.format}{subtype}, {inside}, {size(disk.size)} of file"


@check(CHECKS, "IM09", "DS07", "IM02", "IM08")
def conversion_is_possible(view: ImageView) -> Iterator[Finding]:
    """IM09, DS07, IM02, IM08: the file can become an image that the release and the datastore accept."""
    plan, source = image_plan_of(view), view.answers.source
    if release_of(view.earlier) is None:
        yield finding("IM09", "unknown", NO_RELEASE, subject=source)
    elif plan is None:
        yield skipped("IM09", "there is no file to convert", source)
    elif plan.problem:
        yield finding(plan.code, "failure", plan.problem, subject=source)
    else:
        yield finding("IM09", "ok", f"{_way(plan)}, with vmware_disktype {plan.disk_type}", subject=source)


def _way(plan: ImagePlan) -> str:
    if not plan.subformat:
        return "the file is uploaded as it is"
    way = f"by qemu-img ({plan.qemu_img_because})" if plan.qemu_img_because else "during the upload"
    return f"the file is converted to {plan.subformat} {way}"


def _no_qemu_img(view: ImageView, plan: ImagePlan) -> str:
    """Returns why qemu-img is not used; "" if it is."""
    if adopted_image(view):
        return UPLOADED
    if not plan.subformat:
        return UPLOADED_AS_IT_IS
    return "" if plan.qemu_img_because else CONVERTED_DURING_UPLOAD


@check_with(ImagePlan, CHECKS, "IM16", otherwise=NO_PLAN)
def tool_is_installed(view: ImageView, plan: ImagePlan) -> Iterator[Finding]:
    """IM16: if qemu-img converts the file, it is installed and new enough."""
    version = view.facts.qemu_img
    if reason := _no_qemu_img(view, plan):
        yield skipped("IM16", reason, "qemu-img")
    elif not version:
        yield finding("IM16", "failure", "qemu-img is not installed on this machine", subject="qemu-img")
    elif plan.subformat == "streamOptimized" and version_key(version) < WRITES_VERSION_3:
        detail = f"qemu-img {version} writes VMDK headers that are too old for ESXi"
        yield finding("IM16", "failure", detail, subject="qemu-img")
    else:
        yield finding("IM16", "ok", f"qemu-img {version} is installed", subject="qemu-img")


@check_with(ImagePlan, CHECKS, "IM15", otherwise=NO_PLAN)
def room_is_enough(view: ImageView, plan: ImagePlan) -> Iterator[Finding]:
    """IM15: this machine has space for the unpacked file and qemu-img's output; a warning if it may be too small."""
    disk, free = view.facts.disk, view.facts.free
    reason = _no_qemu_img(view, plan)
    unpacked = _unpacked_bytes(disk, plan) if disk and reason != UPLOADED else 0
    if disk is None or (reason and not unpacked):
        yield skipped("IM15", reason or NO_PLAN, view.answers.source)
        return
    needs = [f"the unpacked file needs {size(unpacked)}"] if unpacked else []
    least = most = unpacked
    if not reason:
        needs.append(f"the conversion needs up to {size(disk.virtual_size)}")
        least, most = least + min(disk.size, disk.virtual_size or disk.size), most + disk.virtual_size
    detail = f"{size(free)} are free on this machine; {join_names(needs)}"
    if free < least:
        yield finding("IM15", "failure", detail, subject=view.answers.source)
    elif free < most:
        yield finding("IM15", "warning", detail, subject=view.answers.source)
    else:
        yield finding("IM15", "ok", detail, subject=view.answers.source)


def _unpacked_bytes(disk: disks.Disk, plan: ImagePlan) -> int:
    """The size of the unpacked file: as stated, else that of the disk inside; 0 if nothing is unpacked."""
    if disk.packing or (disk.member and plan.subformat):
        return disk.unpacked or max(disk.virtual_size, disk.size)
    return 0


@check_with(ImagePlan, CHECKS, "IM17", otherwise=NO_PLAN)
def glance_takes_it(view: ImageView, plan: ImagePlan) -> Iterator[Finding]:
    """IM17: Glance accepts the file; newer releases refuse raw data with disk_format vmdk."""
    if plan.subformat or view.facts.disk is None or view.facts.disk.format != "raw":
        yield skipped("IM17", "no raw data is uploaded as vmdk", view.answers.source)
        return
    since = by_name(read("images")["glance"]["checks_bytes_since"])
    if plan.release >= since:
        detail = f"Glance of {plan.release.title} checks the content and refuses raw data as vmdk"
        yield finding("IM17", "failure", detail, subject=view.answers.source)
    else:
        yield finding(
            "IM17", "ok", f"Glance of {plan.release.title} accepts raw data as vmdk", subject=view.answers.source
        )


@check(CHECKS, "IM18")
def name_is_free(view: ImageView) -> Iterator[Finding]:
    """IM18: Glance has no image of this name that was made from another file."""
    name = view.answers.name
    if images_of_that_name(view) and adopted_image(view) is None and view.facts.disk is not None:
        detail = f"the image {name} in Glance was made from another file"
        remedy = "Set image.name to another name, or delete that image."
        yield finding("IM18", "failure", detail, subject=name, remedy=remedy)
    elif images_of_that_name(view):
        yield skipped("IM18", f"Glance has the image {name}, and mhv-tui uses it", name)
    else:
        yield skipped("IM18", f"Glance has no image with the name {name}", name)


@check(CHECKS, "IM11")
def no_image_is_incomplete(view: ImageView) -> Iterator[Finding]:
    """IM11: Glance has no image of this name without its data. Apply deletes what this session's uploads have left."""
    name, images = view.answers.name, incomplete_images(view)
    if not images:
        yield skipped("IM11", f"Glance has no incomplete image {name}", name)
        return
    others = [image for image in images if image.id not in view.facts.begun or images_of_that_name(view)]
    image = (others or images)[0]
    what = "the image is not complete" if others else "an upload of this session was interrupted"
    detail = f"{what}: {shown_name(view, image)} has the status {image.status}"
    yield finding("IM11", "warning", detail, subject=name, remedy=UPLOADED_BY_OTHERS if others else REPLACED)


@check(CHECKS, "IM22", "IM01", "IM02", "IM03", "IM04", "IM05", "IM20", "IM24")
def existing_images_are_right(view: ImageView) -> Iterator[Finding]:
    """IM22, IM01 to IM05, IM20, IM24: a row for each other image for VMware, with the code of its first problem."""
    release = release_of(view.earlier)
    if release is None:
        yield finding("IM22", "unknown", NO_RELEASE, subject="images")
        return
    rows = [reviewed(view, image, release) for image in vmware_images(view, release)]
    yield from rows or [skipped("IM22", "no other image is for VMware", "images")]


@check(CHECKS, "IM23")
def untagged_images_land_well(view: ImageView) -> Iterator[Finding]:
    """IM23: a row for each image without hypervisor_type: where nova may place it, and which hypervisors boot it."""
    release = release_of(view.earlier)
    if release is None:
        yield finding("IM23", "unknown", NO_RELEASE, subject="images")
        return
    rows = [landing(view, image, release) for image in untagged_images(view, release)]
    yield from rows or [skipped("IM23", "every other image has hypervisor_type", "images")]


@check(CHECKS, "IM02", "IM01", "IM03", "IM04", "IM05", "IM20")
def image_can_boot(view: ImageView) -> Iterator[Finding]:
    """IM01 to IM05 and IM20: this page's image can boot after its upload or repair."""
    rows, (repair, remaining) = lint_of(view), own_repair(view)
    for row in rows:
        # Without the source file nothing is repaired here, and a finding must not stop the later pages.
        level = row.level if image_plan_of(view) else "warning"
        yield replace(row, level=level, fix=repair.id if repair and row.code not in (*remaining, "IM05") else None)
    if not rows and (properties := properties_after(view)):
        yield finding(
            "IM02", "ok", f"vmware_disktype is {properties.get('vmware_disktype')}", subject=view.answers.name
        )
    elif not rows:
        yield skipped("IM02", "the image's properties are not known yet", view.answers.name)


@check_with(ImagePlan, POSTCONDITIONS, "IM18", "IM05", otherwise=NO_PLAN)
def image_is_uploaded(view: ImageView, plan: ImagePlan) -> Iterator[Finding]:
    """IM18, IM05: the image is active in Glance, and its properties fit its content."""
    image = adopted_image(view)
    if plan.problem:
        yield skipped("IM18", "the image file cannot be converted for VMware", view.answers.name)
        return
    if image is None:
        detail = f"the image {view.answers.name} is not in Glance yet"
        yield finding("IM18", "failure", detail, subject=view.answers.name)
        return
    wrong = sorted(repairs(image, plan))
    if wrong:
        yield finding(
            "IM05", "failure", f"the image {image.name} has wrong values of {join_names(wrong)}", subject=image.name
        )
    elif not any(f.stops for f in lint_of(view)):
        rows = (f"{k}={v}" for k, v in sorted(image.properties.items()) if k.startswith(("vmware", "hypervisor")))
        yield finding("IM18", "ok", f"{shown_name(view, image)} is active, with {join_names(rows)}", subject=image.name)
    else:
        yield skipped("IM18", f"the properties of the image {image.name} must be corrected first", image.name)
