"""The page `image`: how the file is converted, by qemu-img or during the upload, and what each way needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mhv_tui.changes.images import UploadImage
from mhv_tui.core.context import Context
from tests.steps.walked_world import page, put, state

Begin = Callable[..., Context]
BY_QEMU_IMG = {"image": {"conversion": "qemu-img"}}


def upload_of(ctx: Context) -> UploadImage:
    (change,) = page(ctx, "image").plan
    assert isinstance(change, UploadImage)
    return change


def test_without_qemu_img_and_free_space_the_file_is_converted_during_its_upload(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "local > qemu_img", "")
    put(ctx, "local > free", 1000)
    result = page(ctx, "image")
    details = {f.code: f.detail for f in result.findings if f.code in ("IM15", "IM16") and f.level == "skipped"}
    assert not result.stops and set(details) == {"IM15", "IM16"}
    assert all("without qemu-img and without a temporary file" in detail for detail in details.values())
    assert "during its upload" in upload_of(ctx).preview()


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (BY_QEMU_IMG, "image.conversion is qemu-img"),
        ({"image": {"disk_type": "sparse"}}, "only qemu-img writes the subformat monolithicSparse"),
    ],
)
def test_the_preview_and_the_page_say_why_qemu_img_is_used(
    world_of: Begin, answers: dict[str, Any], reason: str
) -> None:
    ctx = world_of(answers=answers)
    assert reason in upload_of(ctx).preview()
    assert reason in next(f.detail for f in page(ctx, "image").findings if f.code == "IM09")


@pytest.mark.parametrize(("first", "then"), [({}, BY_QEMU_IMG), (BY_QEMU_IMG, {})])
def test_an_image_that_was_uploaded_in_one_way_is_adopted_in_the_other(
    world_of: Begin, first: dict[str, Any], then: dict[str, Any]
) -> None:
    ctx = world_of(answers=first)
    change = upload_of(ctx)
    change.apply(ctx, change.before(ctx))
    images = dict(state(ctx)["cloud"]["images"])
    again = world_of(answers=then)
    put(again, "cloud > images", images)
    assert not page(again, "image").plan
