"""The page `image`: one image that VMware can boot, converted if need be and uploaded; the others are looked over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Step
from mhv_tui.domain import disks, images
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import by_name, version_key
from mhv_tui.domain.tables import read
from mhv_tui.steps.checks import all_checks, join_names
from mhv_tui.steps.image_facts import (
    GIB,
    ImageAnswers,
    ImageFacts,
    ImageView,
    adopted,
    fixes,
    image_plan_of,
    misspelt,
    plan,
    probe,
    properties_after,
    release_of,
    repair,
    repairs,
    same_name,
)

__all__ = ["STEP", "ImageAnswers", "ImageFacts"]

WRITES_VERSION_3 = (2, 5, 1)
"""qemu-img before this writes a streamOptimized header that ESXi takes for too old."""


def file_is_a_disk(view: ImageView) -> Iterator[Finding]:
    """IM19, IM08, IM07, IM10, IM13: the bytes decide; a name that says otherwise is told."""
    disk, source = view.facts.disk, view.asked.source
    if disk is None and same_name(view):
        yield finding("IM19", "skipped", "the file is gone; an image of that name is in Glance", subject=source)
        return
    if disk is None:
        remedy = "Give the path of the image on this machine, in image.source."
        yield finding("IM19", "failure", f"there is no file {source}", subject=source, remedy=remedy)
        return
    for code, sentence in disk.problems:
        yield finding(code, "failure", sentence, subject=source)
    if disk.usable:
        size = f"{disk.virtual_size / GIB:.1f} GiB inside" if disk.virtual_size else "of a size that its header keeps"
        said = f"{disk.format}{f' ({disk.subtype})' if disk.subtype else ''}, {size}, {disk.size / GIB:.1f} GiB of file"
        yield finding("IM08", "ok", said, subject=source)
    contradiction = disks.contradiction(disk, source)
    if contradiction and disk.usable:
        yield finding(
            "IM08", "warning", contradiction, subject=source, remedy="Go on if the bytes are right: they decide."
        )


def way_is_known(view: ImageView) -> Iterator[Finding]:
    """DS07, IM02, IM08, IM09: how the file becomes what the release and the datastore take."""
    wanted = image_plan_of(view)
    if wanted is None:
        return
    if wanted.problem:
        yield finding(wanted.code, "failure", wanted.problem, subject=view.asked.source)
        return
    how = f"converted to {wanted.subformat}" if wanted.subformat else "uploaded as it is"
    yield finding("IM09", "ok", f"{how}, vmware_disktype {wanted.disk_type}", subject=view.asked.source)


def tool_is_there(view: ImageView) -> Iterator[Finding]:
    """IM16: only where something is to be converted."""
    wanted, version = image_plan_of(view), view.facts.qemu_img
    if wanted is None or not wanted.subformat or adopted(view):
        return
    if not version:
        yield finding("IM16", "failure", "qemu-img is not installed here", subject="qemu-img")
    elif wanted.subformat == "streamOptimized" and version_key(version) < WRITES_VERSION_3:
        yield finding(
            "IM16", "failure", f"qemu-img {version} writes headers that ESXi takes for too old", subject="qemu-img"
        )
    else:
        yield finding("IM16", "ok", version, subject="qemu-img")


def room_is_enough(view: ImageView) -> Iterator[Finding]:
    """IM15: at least what the file holds; what it may unfold to is told."""
    wanted, disk = image_plan_of(view), view.facts.disk
    if wanted is None or disk is None or not wanted.subformat or adopted(view):
        return
    detail = f"{view.facts.free / GIB:.1f} GiB are free; the conversion needs up to {disk.virtual_size / GIB:.1f} GiB"
    remedy = "Set TMPDIR to a directory with room."
    if view.facts.free < min(disk.size, disk.virtual_size or disk.size):
        yield finding("IM15", "failure", detail, subject=view.asked.source, remedy=remedy)
    elif view.facts.free < disk.virtual_size:
        yield finding("IM15", "warning", detail, subject=view.asked.source, remedy=remedy)
    else:
        yield finding("IM15", "ok", detail, subject=view.asked.source)


def glance_takes_it(view: ImageView) -> Iterator[Finding]:
    """IM17: bare data as disk_format vmdk."""
    release, wanted, disk = release_of(view), image_plan_of(view), view.facts.disk
    if release is None or wanted is None or disk is None or wanted.subformat or disk.format != "raw":
        return
    since = by_name(read("images")["glance"]["checks_bytes_since"])
    if release >= since:
        detail = f"Glance of {release.title} checks the bytes and refuses this file as vmdk"
        yield finding("IM17", "failure", detail, subject=view.asked.source)
    else:
        yield finding("IM17", "ok", f"Glance of {release.title} takes it", subject=view.asked.source)


def name_is_free(view: ImageView) -> Iterator[Finding]:
    """IM18, IM11: no image of that name was made from another file, and none is stuck."""
    if same_name(view) and adopted(view) is None and view.facts.disk is not None:
        detail = f"the image {view.asked.name} in Glance was made from another file"
        remedy = "Choose another image.name, or delete that image."
        yield finding("IM18", "failure", detail, subject=view.asked.name, remedy=remedy)
    stuck = [i for i in view.facts.images if i.name == view.asked.name and i.status in ("queued", "saving", "killed")]
    if stuck:
        yield finding("IM11", "warning", f"the image {stuck[0].id} is {stuck[0].status}", subject=view.asked.name)


def others_are_right(view: ImageView) -> Iterator[Finding]:
    """IM01 to IM05 of the images that claim to be for VMware; the one of this page is a goal."""
    release, here = release_of(view), adopted(view)
    if release is None:
        return
    for image in view.facts.images:
        claims = any(images.correct_name(name) or name.startswith("vmware") for name in image.properties)
        ours = here is not None and image.id == here.id
        if ours or not (claims or images.effective(image.properties, "hypervisor_type", release) == images.VMWARE):
            continue
        for lint in images.lint(image.properties, release, subject=image.name):
            fix = repair(view, image).id if lint.code == "IM01" and misspelt(image) else None
            yield finding(lint.code, "warning", lint.detail, subject=image.name, remedy=lint.remedy, fix=fix)


def image_can_boot(view: ImageView) -> Iterator[Finding]:
    """IM01 to IM05 of this page's own image, as it is once it is uploaded or repaired: what nobody here sets right."""
    for row in _lint(view):
        # Without the source's file nothing can be repaired here, and a look must not stop the rest of the road.
        level = row.level if image_plan_of(view) else "warning"
        yield replace(row, level=level)


def _lint(view: ImageView) -> list[Finding]:
    release, after = release_of(view), properties_after(view)
    return images.lint(after, release, subject=view.asked.name) if release and after else []


def image_is_there(view: ImageView) -> Iterator[Finding]:
    """IM18, IM05: active, and tagged as its bytes are."""
    wanted, there = image_plan_of(view), adopted(view)
    if wanted is None or wanted.problem:
        return
    if there is None:
        yield finding("IM18", "failure", f"the image {view.asked.name} is not in Glance yet", subject=view.asked.name)
        return
    wrong = {p.name for p in repairs(view, there)}
    if wrong:
        yield finding(
            "IM05",
            "failure",
            f"these properties of {there.name} do not fit: {join_names(sorted(wrong))}",
            subject=there.name,
        )
    elif not any(f.stops for f in _lint(view)):
        rows = (f"{k}={v}" for k, v in sorted(there.properties.items()) if k.startswith(("vmware", "hypervisor")))
        yield finding("IM18", "ok", f"{there.id}: {join_names(rows)}", subject=there.name)


STEP: Step[ImageAnswers, ImageFacts] = Step(
    id="image",
    title="Image",
    intro="VMware boots VMDK images that say so. A cloud image is converted, tagged and uploaded.",
    answers=ImageAnswers,
    probe=probe,
    preconditions=all_checks(
        file_is_a_disk,
        way_is_known,
        tool_is_there,
        room_is_enough,
        glance_takes_it,
        name_is_free,
        others_are_right,
        image_can_boot,
    ),
    postconditions=all_checks(image_is_there),
    plan=plan,
    fixes=fixes,
    requires=("cloud", "datastore"),
    uses=("node",),
)
