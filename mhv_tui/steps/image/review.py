"""The review of the cloud's existing images: what nova makes of each, and the repair of its properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mhv_tui.changes.cloud import TagImage
from mhv_tui.core import openstack
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.text import capitalised, join_names
from mhv_tui.domain import images
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.hypervisors import HYPERVISORS, HypervisorKind, recognise
from mhv_tui.domain.image_meta import NovaImage, nova_image
from mhv_tui.domain.image_remedies import format_remedy, tag_remedy
from mhv_tui.domain.image_repairs import edited, renamed, repaired
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.image.facts import ImageView, adopted_image, shown_name
from mhv_tui.steps.image.repairs import codes_after, repair
from mhv_tui.steps.register.answers import RegisterAnswers


def others(view: ImageView) -> list[openstack.Image]:
    """The cloud's active images except this page's own."""
    own = adopted_image(view)
    return [i for i in view.facts.images if i.status == "active" and (own is None or i.id != own.id)]


def vmware_images(view: ImageView, release: Release) -> list[openstack.Image]:
    """The other images that claim to be for VMware."""
    return [image for image in others(view) if images.for_vmware(image.properties, release)]


def untagged_images(view: ImageView, release: Release) -> list[openstack.Image]:
    """The other images without hypervisor_type that claim nothing."""
    untagged = [image for image in others(view) if not nova_image(image.properties, release).hypervisor]
    return [image for image in untagged if not images.for_vmware(image.properties, release)]


def reviewed(view: ImageView, image: openstack.Image, release: Release) -> Finding:
    """One row: what nova makes of an image for VMware, what is wrong, and the repair if the properties decide it.

    Its code is that of the first problem that the repair solves, else of the first problem.
    """
    name = shown_name(view, image)
    reading, edits = nova_image(image.properties, release), repaired(image.properties, release)
    remaining = codes_after(image, edits, release)
    problems = sorted(_problems(image, release), key=lambda p: p.code in remaining)
    problems += _format_problem(image, [kind for kind in _kinds(view, release).values() if kind])
    if not problems:
        return finding("IM22", "ok", f"{name}: {_reading(reading)}", subject=name)
    is_refused = reading.refusals or problems[-1].code == "IM24"
    effect = "no server boots from it" if is_refused else f"nova uses {_reading(reading)}"
    detail = f"image {name}: {'; '.join(p.detail for p in problems)}; {effect}"
    remedies = dict.fromkeys(capitalised(p.remedy.rstrip(".")) for p in problems)
    code, remedy = problems[0].code, f"{'. '.join(remedies)}."
    if code in (*remaining, "IM24"):
        return finding(code, "warning", detail, subject=name, remedy=remedy)
    # IM05 is the code of what the plan repairs on this page's own image.
    code, fix = "IM22" if code == "IM05" else code, repair(view, image, edits).id
    return finding(code, "warning", detail, subject=name, remedy=remedy, fix=fix)


def landing(view: ImageView, image: openstack.Image, release: Release) -> Finding:
    """One row: on which hypervisors nova may place an image without hypervisor_type, and which of them boot it."""
    kinds, name = _kinds(view, release), shown_name(view, image)
    types = sorted(kinds)
    able = {name: kind for name, kind in kinds.items() if kind and image.disk_format in kind.formats}
    which = "each" if len(able) == len(types) else f"only {join_names(able)}" if able else "none"
    detail = f"nova can place a server from image {name} on {join_names(types)}; {which} accepts {image.disk_format}"
    tag = images.tag_of(image, types, release)
    if tag and view.answers_of(RegisterAnswers).tag_images:
        return finding("IM23", "skipped", f"{detail}; the page register tags it {tag}", subject=name)
    level: Level = "ok" if len(types) == 1 and able else "warning"
    known = [kind for kind in kinds.values() if kind]
    return finding("IM23", level, detail, subject=name, remedy=tag_remedy(image, able, known))


def _kinds(view: ImageView, release: Release) -> dict[str, HypervisorKind | None]:
    """The type of each hypervisor of the cloud and of vCenter -> its kind; None if the type is not known."""
    cloud = view.facts_of(CloudFacts)
    existing = {h.type for h in cloud.hypervisors} if cloud else set()
    return {name: recognise(name, release) for name in sorted(existing | set(HYPERVISORS["vmware"].shown))}


def review_repairs(view: ImageView) -> Iterator[TagImage]:
    """The repairs of the other images for VMware."""
    release = release_of(view.earlier)
    if release is None:
        return
    for image in vmware_images(view, release):
        if edits := repaired(image.properties, release):
            yield repair(view, image, edits)


def _reading(image: NovaImage) -> str:
    linked = {None: "", True: ", linked clone", False: ", full clone"}[image.linked_clone]
    adapter = f"adapter {image.adapter}" if image.adapter else "no disk adapter"
    return f"disk type {image.disk_type}, {adapter}, network card {image.nic}, guest {image.guest}{linked}"


def _problems(image: openstack.Image, release: Release) -> list[Finding]:
    """The problems of the properties; what follows only from a misspelled name is no problem of its own."""
    names = [p for p in images.lint(image.properties, release, subject=image.name) if p.code == "IM01"]
    return [*names, *images.lint(edited(image.properties, renamed(image.properties)), release, subject=image.name)]


def _format_problem(image: openstack.Image, kinds: Sequence[HypervisorKind]) -> Iterator[Finding]:
    formats = HYPERVISORS["vmware"].formats
    if image.disk_format not in formats:
        detail = f"vCenter boots {join_names(formats)}, but its disk_format is {image.disk_format or 'not set'}"
        yield finding("IM24", "warning", detail, subject=image.name, remedy=format_remedy(image, kinds))
