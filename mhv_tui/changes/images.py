"""Converts an image if needed and uploads it. Its id is chosen before the upload, so that undo finds it.

Leaves no incomplete image behind and deletes only the image that it created. Reads only the file that was checked: it
opens the file once and checks it again right before it reads it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.changes.cloud import Property
from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage, ids_of
from mhv_tui.core.ports import Cloud, Local
from mhv_tui.core.text import as_lines
from mhv_tui.domain import disks
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk

MARK = "mhv_source"
"""The property that identifies an uploaded image: a mark of its source."""


@dataclass(frozen=True, kw_only=True)
class UploadImage(Change):
    """Uploads a disk image of this machine to Glance; converts it first if a subformat is given."""

    cloud: CloudLogin
    source: str
    source_format: str
    size: int
    """Bytes of the source when it was checked; a file of another size is refused."""
    name: str
    visibility: str
    min_disk: int
    properties: tuple[Property, ...]
    subformat: str = ""
    """The subformat as qemu-img names it; if empty, the file is uploaded unchanged."""
    adapter: str = ""
    """qemu-img's adapter_type."""

    @property
    def id(self) -> str:
        return change_id("image", self.cloud.system, self.name)

    @property
    def summary(self) -> str:
        action = f"convert to {self.subformat} VMDK and upload" if self.subformat else "upload"
        return f"{action} {Path(self.source).name} as {self.name}"

    def preview(self) -> str:
        """The conversion and the image with its properties."""
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
        """Chooses the id."""
        return {"image": str(uuid.uuid4())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Converts, uploads and compares sizes. Replaces an incomplete image of a killed run, under the same id."""
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
                    lambda done, total: ctx.on_progress(done, total, "percent", f"converting to {self.subformat}"),
                )
                return self._upload(ctx, cloud, before["image"], target)

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Deletes the image of that id, if it still has this name."""
        cloud = ctx.backend.cloud(self.cloud)
        image = _image(cloud, receipt["image"])
        if image is None:
            return
        if image.name != self.name:
            detail = f"the image {image.id} is called {image.name} now, not {self.name}, so it is kept"
            raise FindingError(finding("IM07", "failure", detail, subject=self.name, remedy="delete it by hand"))
        cloud.delete_image(image.id)

    def _check_source(self, ctx: Context, source: Path) -> None:
        """Raises FindingError if the file is not the one that was checked, or if qemu-img must not read it."""
        disk, mark = inspected(ctx.backend.local, source) or (None, "")
        marks = {p.value for p in self.properties if p.name == MARK}
        if disk is None or disk.size != self.size or marks - {mark}:
            detail = f"{self.source} is no longer the file that was checked"
            raise FindingError(
                finding("IM07", "failure", detail, subject=self.name, remedy="Check the file, then apply again.")
            )
        refusal = disks.refusal(disk, self.source_format)
        if refusal:
            raise FindingError(finding(refusal[0], "failure", f"{self.source}: {refusal[1]}", subject=self.name))

    def _upload(self, ctx: Context, cloud: Cloud, image_id: str, file: Path) -> Receipt:
        ctx.stop()
        stat = ctx.backend.local.stat(file)
        if stat is None:
            raise FindingError(finding("IM07", "failure", "the converted file is gone", subject=self.name))
        properties = {p.name: p.value for p in self.properties if p.value is not None}
        new_image = NewImage(
            image_id, self.name, "vmdk", visibility=self.visibility, min_disk=self.min_disk, properties=properties
        )
        image = cloud.upload_image(
            new_image, file, lambda done, total: ctx.on_progress(done, total, "bytes", "uploading")
        )
        if image.status != "active" or image.size != stat[0]:
            cloud.delete_image(image.id)
            detail = f"Glance has {image.size} bytes ({image.status}), the file {stat[0]}"
            raise FindingError(finding("IM07", "failure", detail, subject=self.name))
        return {"image": image.id, "size": image.size, "checksum": image.hash_value or image.checksum}


def inspected(local: Local, path: Path) -> tuple[Disk, str] | None:
    """The type of a disk image on this machine, and the mark that identifies it; None if there is no such file."""
    stat = local.stat(path)
    if stat is None:
        return None
    head = local.head(path, disks.HEAD)
    return disks.inspect(head, stat[0], local.tail(path, disks.TAIL)), disks.mark(head, stat[0])


def _image(cloud: Cloud, image_id: str) -> Image | None:
    """The image with that id, or with the id that a repeated upload got instead."""
    ids = ids_of(image_id)
    return next((i for i in cloud.images() if i.id in ids), None)
