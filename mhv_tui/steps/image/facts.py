"""The facts of the page `image`: the image file, qemu-img, and the images in Glance."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.changes.images import MARK, id_of_upload
from mhv_tui.changes.sources import inspected, untranscodable
from mhv_tui.core import openstack
from mhv_tui.core.context import Context
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.paths import expanded
from mhv_tui.core.steps import PageView
from mhv_tui.domain.disks import Disk
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.image.answers import ImageAnswers


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """The image file, qemu-img's version, free disk space, and the images in Glance."""

    disk: Disk | None
    """The disk in the file; None if there is no such file."""
    mark: str = ""
    """A mark that identifies the file later: its size and the hash of its beginning."""
    untranscodable: str = ""
    """Why the file cannot be converted during its upload; "" if it can."""
    qemu_img: str = ""
    free: int = 0
    """Free bytes in the directory where the conversion writes."""
    images: tuple[openstack.Image, ...] = ()
    begun: frozenset[str] = frozenset()
    """The ids of the images that interrupted uploads of this session may have left."""


ImageView = PageView[ImageAnswers, ImageFacts]


def probe(ctx: Context, answers: ImageAnswers) -> ImageFacts:
    """Reads the beginning of the source file, and lists the images in Glance again."""
    local = ctx.backend.local
    source = expanded(answers.source)
    login = cloud_login(ctx.answers_of(CloudAnswers))
    begun = ctx.begun.get(id_of_upload(login, answers.name), ())
    disk, mark = inspected(local, source) or (None, "")
    return ImageFacts(
        disk=disk,
        mark=mark,
        untranscodable=untranscodable(local, source, disk) if disk else "",
        qemu_img=local.qemu_img(),
        free=local.free_space(Path(tempfile.gettempdir())),
        images=ctx.backend.cloud(login).images(),
        begun=frozenset(id for before in begun if "image" in before for id in openstack.ids_of(before["image"])),
    )


def images_of_that_name(view: ImageView) -> list[openstack.Image]:
    """Returns the active images in Glance with the answered name."""
    return [i for i in view.facts.images if i.name == view.answers.name and i.status == "active"]


def incomplete_images(view: ImageView) -> list[openstack.Image]:
    """Returns the images in Glance with the answered name whose data Glance does not have."""
    return [i for i in view.facts.images if i.name == view.answers.name and i.status in openstack.INCOMPLETE]


def shown_name(view: ImageView, image: openstack.Image) -> str:
    """The name of an image, with its id if another image has the same name; the id of an image without a name."""
    is_unique = sum(other.name == image.name for other in view.facts.images) < 2
    return image.name if image.name and is_unique else f"{image.name} ({image.id})".strip()


def adopted_image(view: ImageView) -> openstack.Image | None:
    """Returns the existing image of this name to use: one with the file's mark, or a VMDK without mark. Else None."""
    images = images_of_that_name(view)
    ours = [i for i in images if i.properties.get(MARK) == view.facts.mark]
    foreign = [i for i in images if MARK not in i.properties and i.disk_format == "vmdk"]
    return next(iter([*ours, *foreign]), None)


def identities(view: ImageView) -> Iterator[ObjectIdentity]:
    """The image for vCenter by its id."""
    if image := adopted_image(view):
        place = cloud_login(view.answers_of(CloudAnswers)).system
        yield ObjectIdentity("image", image.name, place, image.id, is_replaceable=True)
