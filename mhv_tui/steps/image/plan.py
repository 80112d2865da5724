"""The plan of the page `image`: the upload, or the repair of the existing image; its fixes correct other images."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.changes.images import OVA, UploadImage
from mhv_tui.core.changes import Change
from mhv_tui.core.paths import expanded
from mhv_tui.domain import disks, flavors
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.image.facts import ImageView, adopted_image, images_of_that_name, incomplete_images
from mhv_tui.steps.image.repairs import image_plan_of, own_repair, repair, repairs
from mhv_tui.steps.image.review import review_repairs


def plan(view: ImageView) -> Sequence[Change]:
    """Returns the change that uploads the image, or the one that repairs the existing image."""
    target, disk, image = image_plan_of(view), view.facts.disk, adopted_image(view)
    if target is None or target.problem or disk is None:
        return ()
    login = cloud_login(view.answers_of(CloudAnswers))
    if image is not None:
        edits = repairs(image, target)
        return (repair(view, image, edits),) if edits else ()
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
        qemu_img_because=target.qemu_img_because,
        adapter=target.adapter,
        packing=disk.packing or (OVA if disk.member else ""),
        incomplete=tuple(i.id for i in incomplete_images(view) if i.id in view.facts.begun),
    )
    return (upload,)


def fixes(view: ImageView) -> Sequence[Change]:
    """Returns the changes that correct the properties of the existing images for VMware."""
    own, _ = own_repair(view)
    return (*((own,) if own else ()), *review_repairs(view))
