"""The change that uploads a disk image to Glance, converted first if needed.

The image's id is chosen before the upload, so that undo finds the image. A failed upload leaves no incomplete image.
The disk image is opened once and checked again right before it is read.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mhv_tui.changes.cloud import Property
from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage, ids_of
from mhv_tui.core.ports import Cloud, Local
from mhv_tui.core.streams import ByteStream
from mhv_tui.core.text import as_lines, size
from mhv_tui.domain import disks
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk

CONVERTING, UPLOADING = "converting", "uploading"
"""The names of the phases of an upload that converts the image first."""

MARK = "mhv_source"
"""The image property that identifies the source file of an uploaded image."""


@dataclass(frozen=True, kw_only=True)
class UploadImage(Change):
    """Uploads a disk image of this machine to Glance; converts the image first if `subformat` is set."""

    cloud: CloudLogin
    source: str
    source_format: str
    size: int
    """Size in bytes of the source file when it was checked; a file of another size is refused."""
    name: str
    visibility: str
    min_disk: int
    properties: tuple[Property, ...]
    subformat: str = ""
    """The VMDK subformat as qemu-img names it; if empty, the source file is uploaded unchanged."""
    adapter: str = ""
    """The value of qemu-img's option adapter_type."""

    @property
    def id(self) -> str:
        return change_id("image", self.cloud.system, self.name)

    @property
    def summary(self) -> str:
        action = f"convert to {self.subformat} VMDK and upload" if self.subformat else "upload"
        return f"{action} {Path(self.source).name} as {self.name}"

    @property
    def effect(self) -> Effect:
        return "create"

    @property
    def consequence(self) -> str:
        return f"Reads {size(self.size)} on this machine and uploads it to Glance."

    @property
    def phases(self) -> tuple[str, ...]:
        return (CONVERTING, UPLOADING) if self.subformat else ()

    def preview(self) -> str:
        """The command that converts the file, if any, and the new image with its properties."""
        convert = (
            f"qemu-img convert -f {self.source_format} -O vmdk -o subformat={self.subformat},"
            f"adapter_type={self.adapter} {self.source} (temporary)"
        )
        image = (
            f"image {self.name}: disk_format vmdk, container_format bare, {self.visibility}, "
            f"min_disk {self.min_disk} GiB"
        )
        properties = (f"  {p.name} = {p.value}" for p in self.properties)
        return as_lines(*([convert] if self.subformat else []), image, *properties)

    def before(self, ctx: Context) -> Receipt:
        """Chooses the id of the new image."""
        return {"image": str(uuid.uuid4())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Converts and uploads the file. Keeps the complete image of a killed run, and deletes its incomplete ones."""
        cloud = ctx.backend.cloud(self.cloud)
        images = _images(cloud, before["image"])
        for image in images:
            if image.status != "active":
                cloud.delete_image(image.id)
        for image in images:
            if image.status == "active":
                return {"image": image.id, "size": image.size}
        with ctx.backend.local.opened(Path(self.source)) as source:
            self._check_source(ctx, source)
            if not self.subformat:
                with ctx.backend.local.stream(source) as file:
                    return self._upload(ctx, cloud, before["image"], file)
            with ctx.backend.local.scratch() as directory:
                target = directory / "disk.vmdk"
                ctx.backend.local.convert(
                    *(source, self.source_format, target, self.subformat, self.adapter),
                    partial(self._report_conversion, ctx),
                )
                with ctx.backend.local.stream(target) as file:
                    return self._upload(ctx, cloud, before["image"], file)

    def _report_conversion(self, ctx: Context, percent: int, total: int) -> None:
        ctx.stop()
        note = f"qemu-img converts {Path(self.source).name} to {self.subformat}"
        ctx.on_progress(self.size * percent // total, self.size, "bytes", note, CONVERTING)

    def _report_upload(self, ctx: Context, done: int, total: int, reason: str) -> None:
        ctx.stop()
        note = f"Glance receives {self.name}" + (f" again: {reason}" if reason else "")
        ctx.on_progress(done, total, "bytes", note, UPLOADING if self.phases else "")

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Deletes the uploaded image. Raises FindingError if the image was renamed."""
        cloud = ctx.backend.cloud(self.cloud)
        for image in _images(cloud, receipt["image"]):
            if image.name != self.name:
                detail = f"the image {image.id} is kept, because its name is now {image.name}, not {self.name}"
                raise FindingError(
                    finding("IM07", "failure", detail, subject=self.name, remedy=f"delete the image {image.id} by hand")
                )
            cloud.delete_image(image.id)

    def _check_source(self, ctx: Context, source: Path) -> None:
        """Raises FindingError if the source file changed after its check, or if qemu-img must not read it."""
        disk, mark = inspected(ctx.backend.local, source) or (None, "")
        marks = {p.value for p in self.properties if p.name == MARK}
        if disk is None or disk.size != self.size or marks - {mark}:
            detail = f"the file {self.source} changed after it was checked"
            raise FindingError(
                finding(
                    "IM07",
                    "failure",
                    detail,
                    subject=self.name,
                    remedy=f"Check the file {self.source}, then apply again.",
                )
            )
        refusal = disks.refusal(disk, self.source_format)
        if refusal:
            raise FindingError(finding(refusal[0], "failure", f"{self.source}: {refusal[1]}", subject=self.name))

    def _upload(self, ctx: Context, cloud: Cloud, image_id: str, source: ByteStream) -> Receipt:
        properties = {p.name: p.value for p in self.properties if p.value is not None}
        new_image = NewImage(
            image_id, self.name, "vmdk", visibility=self.visibility, min_disk=self.min_disk, properties=properties
        )
        image = cloud.upload_image(new_image, source, partial(self._report_upload, ctx))
        return {"image": image.id, "size": image.size, "checksum": image.hash_value or image.checksum}


def inspected(local: Local, path: Path) -> tuple[Disk, str] | None:
    """The type of a disk image on this machine, and the mark that identifies the file; None if no file exists there."""
    stat = local.stat(path)
    if stat is None:
        return None
    head = local.head(path, disks.HEAD)
    return disks.inspect(head, stat[0], local.tail(path, disks.TAIL)), disks.mark(head, stat[0])


def _images(cloud: Cloud, image_id: str) -> list[Image]:
    """The images that an upload created under `image_id` or under the ids of its repetitions."""
    ids = ids_of(image_id)
    return [image for image in cloud.images() if image.id in ids]
