"""The plan of the page `image`: the upload, or the repair of the existing image; its fix repairs other images."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.changes.cloud import TagImage
from mhv_tui.changes.images import OVA, UploadImage
from mhv_tui.core.changes import Change
from mhv_tui.core.paths import expanded
from mhv_tui.domain import disks, flavors
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.image.facts import ImageView, adopted_image, images_of_that_name
from mhv_tui.steps.image.repairs import image_plan_of, misspelled_properties, repair, repairs


def plan(view: ImageView) -> Sequence[Change]:
    """Returns the change that uploads the image, or the one that repairs the existing image."""
    target, disk, image = image_plan_of(view), view.facts.disk, adopted_image(view)
    if target is None or target.problem or disk is None:
        return ()
    login = cloud_login(view.answers_of(CloudAnswers))
    if image is not None:
        wrong = repairs(image, target)
        tag = TagImage(cloud=login, image_id=image.id, image=image.name, properties=wrong, verb="repair")
        return (tag,) if wrong else ()
    if images_of_that_name(view):
        return ()
    upload = UploadImage(
        cloud=login,
        source=str(expanded(view.answers.source)),
        source_format=disks.DRIVERS[disk.format],
        size=disk.size,
        name=view.answers.name,
        visibility=view.answers.visibility,
        min_disk=flavors.min_disk(disk.virtual_size),
        properties=target.properties,
        subformat=target.subformat,
        adapter=target.adapter,
        packing=disk.packing or (OVA if disk.member else ""),
    )
    return (upload,)


def fixes(view: ImageView) -> Sequence[Change]:
    """Returns the changes that rename misspelled properties of other images."""
    ours = adopted_image(view)
    others = [i for i in view.facts.images if ours is None or i.id != ours.id]
    return [repair(view, image) for image in others if misspelled_properties(image)]
