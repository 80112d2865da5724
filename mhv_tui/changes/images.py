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
from mhv_tui.changes.sources import inspected
from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage, ids_of
from mhv_tui.core.ports import Cloud
from mhv_tui.core.text import as_lines, size
from mhv_tui.domain import disks
from mhv_tui.domain.catalogue import finding

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
        """Converts and uploads the file, then compares the sizes. Replaces an incomplete image of a killed run."""
        cloud = ctx.backend.cloud(self.cloud)
        existing = _image(cloud, before["image"])
        if existing is not None and existing.status == "active":
            return {"image": existing.id, "size": existing.size}
        if existing is not None:
            cloud.delete_image(existing.id)
        with ctx.backend.local.opened(Path(self.source)) as source:
            self._check_source(ctx, source)
            if not self.subformat:
                return self._upload(ctx, cloud, before["image"], source)
            with ctx.backend.local.scratch() as directory:
                target = directory / "disk.vmdk"
                ctx.backend.local.convert(
                    *(source, self.source_format, target, self.subformat, self.adapter),
                    partial(self._report_conversion, ctx),
                )
                return self._upload(ctx, cloud, before["image"], target)

    def _report_conversion(self, ctx: Context, percent: int, total: int) -> None:
        note = f"qemu-img converts {Path(self.source).name} to {self.subformat}"
        ctx.on_progress(self.size * percent // total, self.size, "bytes", note, CONVERTING)

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Deletes the uploaded image. Raises FindingError if the image was renamed."""
        cloud = ctx.backend.cloud(self.cloud)
        image = _image(cloud, receipt["image"])
        if image is None:
            return
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

    def _upload(self, ctx: Context, cloud: Cloud, image_id: str, file: Path) -> Receipt:
        ctx.stop()
        stat = ctx.backend.local.stat(file)
        if stat is None:
            raise FindingError(finding("IM07", "failure", "the converted file no longer exists", subject=self.name))
        properties = {p.name: p.value for p in self.properties if p.value is not None}
        new_image = NewImage(
            image_id, self.name, "vmdk", visibility=self.visibility, min_disk=self.min_disk, properties=properties
        )
        note = f"Glance receives {self.name}"
        phase = UPLOADING if self.phases else ""
        image = cloud.upload_image(
            new_image, file, lambda done, total: ctx.on_progress(done, total, "bytes", note, phase)
        )
        if image.status != "active" or image.size != stat[0]:
            cloud.delete_image(image.id)
            detail = f"the upload is incomplete: Glance has {image.size} bytes ({image.status}), the file has {stat[0]}"
            raise FindingError(finding("IM07", "failure", detail, subject=self.name))
        return {"image": image.id, "size": image.size, "checksum": image.hash_value or image.checksum}


def _image(cloud: Cloud, image_id: str) -> Image | None:
    """The image that an upload created under `image_id` or under one of the ids of its repetitions."""
    ids = ids_of(image_id)
    return next((i for i in cloud.images() if i.id in ids), None)
