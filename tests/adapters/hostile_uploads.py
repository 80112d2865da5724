"""Uploads of files of this machine to a simulated Glance that keeps their content."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.cloud import Property
from mhv_tui.changes.images import MARK, UploadImage
from mhv_tui.changes.sources import inspected
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage
from mhv_tui.core.ports import OnUpload
from mhv_tui.core.streams import ByteStream
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.cloud import DemoCloud


class Glance(DemoCloud):
    """Takes real files."""

    def __init__(self, world: DemoBackend) -> None:
        super().__init__(world.store)
        self.content: list[bytes] = []

    def upload_image(self, image: NewImage, source: ByteStream, on_upload: OnUpload) -> Image:
        self.content.append(b"".join(source.chunks()))
        return Image(image.id, image.name, "active", image.disk_format, size=len(self.content[-1]))


class Mixed(DemoBackend):
    """The simulated world with this machine's files."""

    def __init__(self, path: Path, local: ThisMachine) -> None:
        super().__init__(path)
        self.local = local
        self.glance = Glance(self)

    def cloud(self, login: CloudLogin) -> Glance:
        return self.glance


def change(source: Path, driver: str, subformat: str = "streamOptimized", qemu_img: bool = True) -> UploadImage:
    """The upload of a file as it is now, planned without a check of the file."""
    disk, mark = inspected(ThisMachine(), source) or (None, "")
    assert disk is not None
    properties = (Property("hypervisor_type", "vmware"), Property(MARK, mark))
    return UploadImage(
        cloud=CloudLogin("prod"),
        source=str(source),
        source_format=driver,
        size=disk.size,
        name="one",
        visibility="private",
        min_disk=1,
        properties=properties,
        subformat=subformat,
        qemu_img_because="the test asks for it" if qemu_img else "",
        adapter="lsilogic",
    )


def applied(upload: UploadImage, tmp_path: Path, local: ThisMachine | None = None) -> list[bytes]:
    """What reaches Glance; nothing if the change is refused by a finding of the page `image`."""
    world = Mixed(tmp_path / "world.json", local or ThisMachine())
    ctx = Context(world, Target("", Answers(MappingProxyType({}))), "s1")
    try:
        upload.apply(ctx, upload.before(ctx))
    except FindingError as refused:
        assert refused.finding.code in ("IM07", "IM08", "IM10", "IM13", "IM19", "IM21"), refused.message
    finally:
        world.close()
    return world.glance.content
