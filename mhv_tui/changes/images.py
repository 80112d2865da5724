"""The change that uploads a disk image to Glance, converted first if needed.

The image's id is chosen before the upload, so that undo finds the image. A failed upload leaves no incomplete image.
The disk image is opened once and checked again right before it is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

from mhv_tui.changes import sources
from mhv_tui.changes.cloud import Property
from mhv_tui.changes.sources import inspected
from mhv_tui.core.changes import NOT_JOURNALLED, Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage, ids_of
from mhv_tui.core.ports import Cloud
from mhv_tui.core.streams import ByteStream
from mhv_tui.core.text import as_lines, size
from mhv_tui.domain import disks, flavors
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk

UNPACKING, READING, CONVERTING, UPLOADING = "unpacking", "reading", "converting", "uploading"
"""The names of the phases of an upload that unpacks or converts the image."""

OVA = "OVA"

MARK = "mhv_source"
"""The image property that identifies the source file of an uploaded image."""


def id_of_upload(cloud: CloudLogin, name: str) -> str:
    """The id of the change that uploads the image with this name."""
    return change_id("image", cloud.system, name)


@dataclass(frozen=True, kw_only=True)
class UploadImage(Change):
    """Uploads a disk image of this machine to Glance; converts the image if `subformat` is set."""

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
    qemu_img_because: str = ""
    """Why qemu-img converts the file before the upload; if empty, the file is converted during its upload."""
    adapter: str = ""
    """The value of qemu-img's option adapter_type."""
    packing: str = ""
    """gzip, xz, bzip2 or zstd if the source file is packed; OVA if it is an archive with the disk."""
    incomplete: tuple[str, ...] = field(default=(), compare=False, metadata=NOT_JOURNALLED)
    """The ids of incomplete images of this name that interrupted uploads of this session left: deleted first."""
    undoes: ClassVar[str] = "delete image {name} from Glance"

    @property
    def id(self) -> str:
        return id_of_upload(self.cloud, self.name)

    @property
    def shared(self) -> str:
        return self.id

    @property
    def summary(self) -> str:
        action = f"convert to {self.subformat} VMDK and upload" if self.subformat else "upload"
        action = f"unpack, {action}" if self.packing and self.subformat else action
        return f"{action} {Path(self.source).name} as {self.name}"

    @property
    def effect(self) -> Effect:
        return "create"

    @property
    def consequence(self) -> str:
        return f"Reads {size(self.size)} on this machine and uploads it to Glance."

    @property
    def deletes(self) -> str:
        return f"the incomplete image {self.name} of an interrupted upload" if self.incomplete else ""

    @property
    def phases(self) -> tuple[str, ...]:
        unpacking = [UNPACKING] if self._unpacks else []
        converting = [CONVERTING if self.qemu_img_because else READING] if self.subformat else []
        return (*unpacking, *converting, UPLOADING) if unpacking or converting else ()

    @property
    def _unpacks(self) -> bool:
        """True if a temporary file is written first. The disk of an archive is uploaded out of the archive."""
        return bool(self.packing) and (self.packing != OVA or bool(self.subformat))

    def preview(self) -> str:
        """How the file is converted, if it is, and the new image with its properties."""
        image = (
            f"image {self.name}: disk_format vmdk, container_format bare, {self.visibility}, "
            f"min_disk {self.min_disk} GiB"
        )
        properties = (f"  {p.name} = {p.value}" for p in self.properties)
        unpack = (f"unpack {self.packing}: {self.source} (temporary)",) if self._unpacks else ()
        return as_lines(*unpack, *self._conversion(), image, *properties)

    def _conversion(self) -> tuple[str, ...]:
        if not self.subformat:
            return ()
        options = f"subformat={self.subformat},adapter_type={self.adapter}"
        if self.qemu_img_because:
            command = f"qemu-img convert -f {self.source_format} -O vmdk -o {options} {self.source} (temporary)"
            return command, f"  qemu-img is used, because {self.qemu_img_because}"
        way = f"convert {self.source} during its upload, without a temporary file, to vmdk with {options}"
        return (way,)

    def before(self, ctx: Context) -> Receipt:
        """Chooses the id of the new image."""
        return {"image": str(uuid.uuid4())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Converts and uploads the file. Keeps the complete image of a killed run, and deletes its incomplete ones."""
        cloud = ctx.backend.cloud(self.cloud)
        for image in cloud.images():
            if image.status != "active" and image.id in (*ids_of(before["image"]), *self.incomplete):
                cloud.delete_image(image.id)
        for image in _images(cloud, before["image"]):
            if image.status == "active":
                return {"image": image.id, "size": image.size}
        local, report = ctx.backend.local, partial(self._report_unpacking, ctx)
        with (
            local.opened(Path(self.source)) as source,
            sources.unpacked(local, source, self._checked(ctx, source), self.source_format, report) as (file, disk),
        ):
            new = self._new_image(before["image"], disk)
            if not self.subformat:
                with local.stream(file, disk.at, disk.unpacked) as stream:
                    return self._upload(ctx, cloud, new, stream)
            with sources.extracted(local, file, disk, report) as inner, self._converted(ctx, inner) as stream:
                return self._upload(ctx, cloud, new, stream)

    @contextmanager
    def _converted(self, ctx: Context, source: Path) -> Iterator[ByteStream]:
        """Yields the VMDK: made during its upload, or before by qemu-img in a temporary directory.

        What was packed can be known only now, and then qemu-img converts what cannot be converted during the upload.
        """
        local = ctx.backend.local
        unreadable = bool(self.packing) and local.untranscodable(source, self.source_format)
        if not self.qemu_img_because and not unreadable:
            with local.transcoded(source, self.source_format, self.adapter, partial(self._report_reading, ctx)) as vmdk:
                yield vmdk
            return
        with local.scratch() as directory:
            target, report = directory / "disk.vmdk", partial(self._report_conversion, ctx)
            local.convert(source, self.source_format, target, self.subformat, self.adapter, report)
            with local.stream(target) as stream:
                yield stream

    def _new_image(self, image_id: str, disk: Disk) -> NewImage:
        """The image to create. A packed file may state a wrong size, so the size of the unpacked disk counts too."""
        properties = {p.name: p.value for p in self.properties if p.value is not None}
        min_disk = max(self.min_disk, flavors.min_disk(disk.virtual_size))
        return NewImage(
            image_id, self.name, "vmdk", visibility=self.visibility, min_disk=min_disk, properties=properties
        )

    def _report_unpacking(self, ctx: Context, done: int, total: int) -> None:
        ctx.stop()
        note = f"mhv-tui unpacks {Path(self.source).name}"
        ctx.on_progress(done, total, "bytes", note, UNPACKING)

    def _report_reading(self, ctx: Context, done: int, total: int) -> None:
        ctx.stop()
        ctx.on_progress(done, total, "bytes", f"reads {Path(self.source).name} to plan its conversion", READING)

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

    def _checked(self, ctx: Context, source: Path) -> Disk:
        """Returns the disk in the source file.

        Raises FindingError if the file changed after its check, or if qemu-img must not read it.
        """
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
        return disk

    def _upload(self, ctx: Context, cloud: Cloud, new: NewImage, source: ByteStream) -> Receipt:
        image = cloud.upload_image(new, source, partial(self._report_upload, ctx))
        return {"image": image.id, "size": image.size, "checksum": image.hash_value or image.checksum}


def _images(cloud: Cloud, image_id: str) -> list[Image]:
    """The images that an upload created under `image_id` or under the ids of its repetitions."""
    ids = ids_of(image_id)
    return [image for image in cloud.images() if image.id in ids]
