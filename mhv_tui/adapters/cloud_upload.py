"""Uploads an image to Glance: creates it under a known id, sends the file, then compares size and hash.

Deletes the image if the upload fails or the operator stops it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mhv_tui.adapters import cloud_rows
from mhv_tui.adapters.cloud_session import CloudSession
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.limits import Limits, budget
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import Image, NewImage, ids_of
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import OnProgress

CHUNK = 1 << 20

#: HTTP status of a refused upload -> finding code.
STATUS_CODES = {400: "IM08", 403: "IM12", 413: "IM14", 415: "IM17"}


class _HashingFile:
    """A file that the library requests sends in chunks. Counts and hashes the bytes that were read."""

    def __init__(self, path: Path, on_progress: OnProgress, limits: Limits) -> None:
        self._limits = limits
        self._file = path.open("rb")
        self._size = path.stat().st_size
        self._on_progress = on_progress
        self.done = 0
        self._reported = 0
        self.hashes: dict[str, Any] = {
            "sha512": hashlib.sha512(),
            "md5": hashlib.md5(usedforsecurity=False),
        }

    def __len__(self) -> int:
        return self._size

    def read(self, count: int = CHUNK) -> bytes:
        chunk = self._file.read(min(count, CHUNK) if count and count > 0 else CHUNK)
        for digest in self.hashes.values():
            digest.update(chunk)
        self.done += len(chunk)
        # http.client reads 16 KiB at a time; reporting each of them would cost too much.
        if not chunk or self.done - self._reported >= CHUNK or self.done == self._size:
            self._reported = self.done
            ended = not chunk or self.done == self._size
            budget().extend((self._limits.stored if ended else self._limits.stall).seconds)
            self._on_progress(self.done, self._size)
        return chunk

    def close(self) -> None:
        self._file.close()


def upload(cloud: CloudSession, new: NewImage, source: Path, on_progress: OnProgress) -> Image:
    """Creates an image in Glance and uploads its file. Returns the image that Glance shows after the upload."""
    try:
        file = _HashingFile(expanded(source), on_progress, cloud.limits)
    except OSError as error:
        raise failure("IM19", f"{source} cannot be read: {error.strerror or error}", subject=str(source)) from None
    with contextlib.closing(file):
        image_id = _create(cloud, new)
        try:
            _send(cloud, image_id, file)
            image = cloud_rows.image(cloud.request("image", "GET", f"/images/{image_id}", "show the image"))
            _compare(image, file)
        except BaseException:
            with contextlib.suppress(FindingError):
                cloud.request("image", "DELETE", f"/images/{image_id}", "delete the image", absent=404)
            raise
    return image


def _create(cloud: CloudSession, new: NewImage) -> str:
    """Creates an image without data (status queued) and returns its id; reuses the image of an interrupted upload.

    Tries the ids of `ids_of` in turn, because Glance refuses the id of a deleted image.
    """
    action = f"create the image {new.name}"
    body = {
        "name": new.name,
        "disk_format": new.disk_format,
        "container_format": new.container_format,
        "visibility": new.visibility,
        "min_disk": new.min_disk,
        **new.properties,
    }
    for image_id in ids_of(new.id):
        existing = cloud.request("image", "GET", f"/images/{image_id}", "show the image", absent=404)
        if existing is not None and existing.get("status") == "queued":
            return image_id
        if existing is not None:
            detail = f"the image {image_id} exists already with the status {existing.get('status')}"
            raise failure("IM11", detail, subject=new.name)
        with _image_codes():
            created = cloud.request("image", "POST", "/images", action, json={"id": image_id, **body}, absent=409)
        if created is not None:
            return str(created["id"])
    detail = f"Glance refuses every id for the image {new.name}: deleted images have used all of them"
    raise failure("IM11", detail, subject=new.name)


def _send(cloud: CloudSession, image_id: str, file: _HashingFile) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    path, action = f"/images/{image_id}/file", "accept the image's file"
    with _image_codes():
        cloud.request("image", "PUT", path, action, data=file, headers=headers, limit=cloud.limits.stall)


@contextlib.contextmanager
def _image_codes() -> Iterator[None]:
    """Replaces the general finding code of an error by the image code for the error's HTTP status."""
    try:
        yield
    except FindingError as error:
        status = next((s for s in STATUS_CODES if f"({s})" in error.message), 0)
        if not status:
            raise
        raise failure(STATUS_CODES[status], error.message, subject=error.finding.subject) from None


def _compare(image: Image, file: _HashingFile) -> None:
    if image.status != "active":
        detail = f"the image {image.name} has the status {image.status} after the upload"
        raise failure("IM11", detail, subject=image.name)
    digest = file.hashes.get(image.hash_algo)
    stored, sent = (
        (image.hash_value, digest.hexdigest()) if digest else (image.checksum, file.hashes["md5"].hexdigest())
    )
    if image.size != file.done or (stored and stored != sent):
        detail = (
            f"Glance stored {image.size} bytes (hash {stored[:16]}...), but {file.done} bytes were sent "
            f"(hash {sent[:16]}...)"
        )
        raise failure("IM07", detail, subject=image.name)
