"""Properties of existing images that nova does not read as intended, and the changes that correct them."""

from __future__ import annotations

from mhv_tui.changes.cloud import Property, TagImage
from mhv_tui.changes.images import MARK
from mhv_tui.core import openstack
from mhv_tui.core.findings import Finding
from mhv_tui.domain import images
from mhv_tui.domain.image_meta import VMWARE
from mhv_tui.domain.image_repairs import Edits, corrections, edited, renamed, repaired
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.image.conversion import ImagePlan
from mhv_tui.steps.image.facts import ImageView, adopted_image, images_of_that_name


def repairs(image: openstack.Image, plan: ImagePlan | None) -> Edits:
    """Returns the properties to correct on the existing image; none if there is no plan.

    If mhv-tui did not upload the image, it corrects only the tag and misspelled names, as the source is not known.
    """
    if plan is None or plan.problem:
        return {}
    if MARK in image.properties:
        return corrections(image.properties, _values(plan), plan.release)
    return {**corrections(image.properties, {"hypervisor_type": VMWARE}, plan.release), **renamed(image.properties)}


def properties_after(view: ImageView) -> dict[str, str]:
    """Returns the properties that this page's image has after its repair or upload; empty if neither is possible."""
    plan = image_plan_of(view)
    image = adopted_image(view)
    if image is None:
        return {} if plan is None or plan.problem or images_of_that_name(view) else _values(plan)
    return edited(image.properties, repairs(image, plan))


def _values(plan: ImagePlan) -> dict[str, str]:
    return {p.name: p.value for p in plan.properties if p.value is not None}


def image_plan_of(view: ImageView) -> ImagePlan | None:
    """Returns the image plan of the page; None if there is none yet."""
    return view.inputs if isinstance(view.inputs, ImagePlan) else None


def lint_of(view: ImageView) -> list[Finding]:
    """Returns the findings IM01 to IM05 and IM20 about this page's image as it is after its repair or upload."""
    release, properties = release_of(view.earlier), properties_after(view)
    return images.lint(properties, release, subject=view.answers.name) if release and properties else []


def own_repair(view: ImageView) -> tuple[TagImage | None, frozenset[str]]:
    """Returns the change that corrects this page's image beyond what the plan does, and the codes that it leaves.

    None if there is none, or if the plan already corrects the image.
    """
    release, image = release_of(view.earlier), adopted_image(view)
    if release is None or image is None or repairs(image, image_plan_of(view)):
        return None, frozenset()
    edits = repaired(image.properties, release)
    return repair(view, image, edits) if edits else None, codes_after(image, edits, release)


def codes_after(image: openstack.Image, edits: Edits, release: Release) -> frozenset[str]:
    """The codes of the problems that an image still has after the edits of its properties."""
    return frozenset(p.code for p in images.lint(edited(image.properties, edits), release))


def repair(view: ImageView, image: openstack.Image, edits: Edits) -> TagImage:
    """Returns the change that corrects properties of an existing image."""
    login, rows = cloud_login(view.answers_of(CloudAnswers)), tuple(Property(*edit) for edit in edits.items())
    return TagImage(cloud=login, image_id=image.id, image=image.name, properties=rows, verb="repair")
