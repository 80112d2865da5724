"""Properties of existing images that nova does not read as intended, and the changes that correct them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.cloud import Property, TagImage
from mhv_tui.changes.images import MARK
from mhv_tui.core import openstack
from mhv_tui.core.findings import Finding
from mhv_tui.domain import images
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.image.conversion import ImagePlan
from mhv_tui.steps.image.facts import ImageView, adopted_image, images_of_that_name


def wrong_properties(image: openstack.Image, intended: Iterable[Property], release: Release) -> tuple[Property, ...]:
    """Returns the intended properties of which nova reads another value, under the names that nova reads."""
    current = image.properties
    wrong = [p for p in intended if p.name != MARK and images.effective(current, p.name, release) != p.value]
    return tuple(Property(images.name_read(current, p.name, release), p.value) for p in wrong)


def repairs(image: openstack.Image, plan: ImagePlan | None) -> tuple[Property, ...]:
    """Returns the properties to correct on the existing image; none if there is no plan.

    If mhv-tui did not upload the image, it corrects only the tag and misspelled names, as the source is not known.
    """
    if plan is None or plan.problem:
        return ()
    if MARK in image.properties:
        return wrong_properties(image, plan.properties, plan.release)
    tag = Property("hypervisor_type", images.VMWARE)
    return (*wrong_properties(image, (tag,), plan.release), *misspelled_properties(image))


def properties_after(view: ImageView) -> dict[str, str]:
    """Returns the properties that this page's image has after its repair or upload; empty if neither is possible."""
    plan = image_plan_of(view)
    image = adopted_image(view)
    if image is None:
        rows = () if plan is None or plan.problem or images_of_that_name(view) else plan.properties
        return {p.name: p.value for p in rows if p.value is not None}
    changed = {p.name: p.value for p in repairs(image, plan)}
    return {name: value for name, value in {**image.properties, **changed}.items() if value is not None}


def image_plan_of(view: ImageView) -> ImagePlan | None:
    """Returns the image plan of the page; None if there is none yet."""
    return view.inputs if isinstance(view.inputs, ImagePlan) else None


def lint_of(view: ImageView) -> list[Finding]:
    """Returns the findings IM01 to IM05 about this page's image as it is after its repair or upload."""
    release, properties = release_of(view.earlier), properties_after(view)
    return images.lint(properties, release, subject=view.answers.name) if release and properties else []


def misspelled_properties(image: openstack.Image) -> tuple[Property, ...]:
    """Returns the corrections for IM01: each value under the correct name, and each misspelled name removed."""
    return tuple(_renamed(image))


def _renamed(image: openstack.Image) -> Iterator[Property]:
    for name, value in image.properties.items():
        right_name = images.correct_name(name)
        if right_name:
            if right_name not in image.properties:
                yield Property(right_name, value)
            yield Property(name, None)


def repair(view: ImageView, image: openstack.Image) -> TagImage:
    """Returns the change that fixes IM01: it renames the image's misspelled properties."""
    login, properties = cloud_login(view.answers_of(CloudAnswers)), misspelled_properties(image)
    return TagImage(cloud=login, image_id=image.id, image=image.name, properties=properties, verb="repair")
