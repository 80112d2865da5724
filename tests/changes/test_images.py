"""An image that goes up, in the simulated world: under its own id, once, and away again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mhv_tui.changes.cloud import Property
from mhv_tui.changes.images import UploadImage
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.core.openstack import ids_of
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.store import read
from tests.changes.helpers import IMAGE, LOGIN, Begin, again, made, rows
from tests.steps.walked_world import put, state

UPLOAD = UploadImage(
    cloud=LOGIN,
    source="ubuntu.qcow2",
    source_format="qcow2",
    size=681574400,
    name="two",
    visibility="private",
    min_disk=3,
    properties=(Property("hypervisor_type", "vmware"), Property("vmware_disktype", "streamOptimized")),
    subformat="streamOptimized",
    adapter="lsilogic",
)


BY_QEMU_IMG = replace(UPLOAD, qemu_img_because="image.conversion is qemu-img")


@pytest.mark.parametrize(("change", "first"), [(UPLOAD, "reading"), (BY_QEMU_IMG, "converting")])
def test_an_image_is_uploaded_and_deleted_by_its_own_id(begin: Begin, change: UploadImage, first: str) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))
    heard: list[str] = []
    loud = replace(ctx, on_progress=lambda *progress: heard.append(progress[4]))
    receipt = made(loud, change)
    (image,) = [i for i in ctx.backend.cloud(LOGIN).images() if i.id == receipt["image"]]
    assert (image.name, image.min_disk, image.properties["hypervisor_type"]) == ("two", 3, "vmware")
    assert (heard[0], heard[-1]) == (first, "uploading") == (change.phases[0], change.phases[-1])
    again(change).undo(ctx, receipt)
    assert set(rows(ctx, "images")) == there
    again(change).undo(ctx, receipt)


def test_the_preview_says_how_the_file_is_converted() -> None:
    assert "during its upload, without a temporary file" in UPLOAD.preview()
    assert "qemu-img" not in UPLOAD.preview()
    assert "qemu-img is used, because image.conversion is qemu-img" in BY_QEMU_IMG.preview()
    assert "subformat=" not in replace(UPLOAD, subformat="").preview()


@pytest.mark.parametrize("change", [UPLOAD, BY_QEMU_IMG, replace(UPLOAD, subformat="")])
def test_a_stop_ends_an_upload_at_once(begin: Begin, change: UploadImage) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        made(replace(ctx, stop=stop), change)
    assert set(rows(ctx, "images")) == there and not state(ctx)["local"].get("temporary")
    assert isinstance(ctx.backend, DemoBackend)
    assert set(read(ctx.backend.store.path)["cloud"]["images"]) == there, "the next start finds no incomplete image"


def test_undo_also_deletes_the_incomplete_image_of_an_earlier_try(begin: Begin) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))
    before = UPLOAD.before(ctx)
    for image_id, status in zip(ids_of(before["image"]), ("saving", "active"), strict=False):
        put(ctx, f"cloud > images > {image_id}", {**IMAGE, "name": "two", "status": status, "properties": {}})
    again(UPLOAD).undo(ctx, before)
    assert set(rows(ctx, "images")) == there


def test_a_killed_upload_is_repeated_or_undone(begin: Begin) -> None:
    ctx = begin()
    before = UPLOAD.before(ctx)
    put(ctx, f"cloud > images > {before['image']}", {**IMAGE, "name": "two", "status": "saving", "properties": {}})
    UPLOAD.apply(ctx, before)
    assert rows(ctx, "images")[before["image"]]["status"] == "active"
    rows(ctx, "images")[before["image"]]["status"] = "saving"
    again(UPLOAD).undo(ctx, before)
    assert before["image"] not in rows(ctx, "images")


def test_a_repeated_upload_is_found_by_its_other_id(begin: Begin) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))
    before = UPLOAD.before(ctx)
    second = ids_of(before["image"])[1]
    put(ctx, f"cloud > images > {second}", {"name": "two", "status": "active", "size": 7, "disk_format": "vmdk"})
    assert UPLOAD.apply(ctx, before) == {"image": second, "size": 7}
    again(UPLOAD).undo(ctx, before)
    assert set(rows(ctx, "images")) == there


def test_an_existing_image_is_not_uploaded_twice(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, UPLOAD)
    state(ctx)["faults"] = {"cloud.upload_image": "IM07"}
    UPLOAD.apply(ctx, receipt)


def test_an_image_that_was_renamed_is_kept(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, UPLOAD)
    rows(ctx, "images")[receipt["image"]]["name"] = "precious"
    with pytest.raises(FindingError):
        UPLOAD.undo(ctx, receipt)


def test_a_source_that_became_another_file_is_refused(begin: Begin) -> None:
    with pytest.raises(FindingError):
        made(begin(), replace(UPLOAD, subformat="", size=1))
