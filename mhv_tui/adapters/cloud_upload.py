"""One image into Glance: made under an id that is known beforehand, sent in parts, compared with what Glance holds.

Refuses to leave half an image behind: whatever goes wrong, also a stop by the operator, deletes it.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

from mhv_tui.adapters import cloud_rows
from mhv_tui.adapters.cloud_session import CloudSession
from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import Image, NewImage, ids_of
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import OnProgress

PART = 1 << 20
STORED_TIMEOUT = 900.0
"""Seconds: Glance answers when its store has taken the last byte."""

#: Status of a refused upload -> the code that tells of it.
REFUSALS = {400: "IM08", 403: "IM12", 413: "IM14", 415: "IM17"}


class _Watched:
    """A file as requests sends it, in parts, counting and hashing what went out."""

    def __init__(self, path: Path, on_progress: OnProgress) -> None:
        self._file = path.open("rb")
        self._size = path.stat().st_size
        self._on_progress = on_progress
        self.done = 0
        self._told = 0
        self.hashes: dict[str, Any] = {
            "sha512": hashlib.sha512(),
            "md5": hashlib.md5(usedforsecurity=False),
        }

    def __len__(self) -> int:
        return self._size

    def read(self, count: int = PART) -> bytes:
        """The next part."""
        part = self._file.read(min(count, PART) if count and count > 0 else PART)
        for digest in self.hashes.values():
            digest.update(part)
        self.done += len(part)
        # http.client asks for 16 KiB at a time: a tick for each would be a flood.
        if not part or self.done - self._told >= PART or self.done == self._size:
            self._told = self.done
            self._on_progress(self.done, self._size)
        return part

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def upload(cloud: CloudSession, wanted: NewImage, source: Path, on_progress: OnProgress) -> Image:
    """Creates and fills the image; returns it as Glance holds it afterwards."""
    try:
        file = _Watched(expanded(source), on_progress)
    except OSError as error:
        raise failure("IM19", f"{source} cannot be read: {error.strerror or error}", subject=str(source)) from None
    with contextlib.closing(file):
        image_id = _create(cloud, wanted)
        try:
            _send(cloud, image_id, file)
            made = cloud_rows.image(cloud.request("image", "GET", f"/images/{image_id}", "show the image"))
            _compare(made, file)
        except BaseException:
            with contextlib.suppress(FindingError):
                cloud.request("image", "DELETE", f"/images/{image_id}", "delete the image", absent=404)
            raise
    return made


def _create(cloud: CloudSession, wanted: NewImage) -> str:
    """Makes the queued image, or finds the one that an interrupted upload left; its id, one of `ids_of` the wanted."""
    doing = f"create the image {wanted.name}"
    body = {
        "name": wanted.name,
        "disk_format": wanted.disk_format,
        "container_format": wanted.container_format,
        "visibility": wanted.visibility,
        "min_disk": wanted.min_disk,
        **wanted.properties,
    }
    for image_id in ids_of(wanted.id):
        left = cloud.request("image", "GET", f"/images/{image_id}", "show the image", absent=404)
        if left is not None and left.get("status") == "queued":
            return image_id
        if left is not None:
            raise failure(
                "IM11", f"the image {image_id} is there already and {left.get('status')}", subject=wanted.name
            )
        with _own_codes(cloud, doing):
            made = cloud.request("image", "POST", "/images", doing, json={"id": image_id, **body}, absent=409)
        if made is not None:
            return str(made["id"])
    raise failure("IM11", f"Glance takes none of the ids of {wanted.name}: all were used before", subject=wanted.name)


def _send(cloud: CloudSession, image_id: str, file: _Watched) -> None:
    doing = "take the image's file"
    with _own_codes(cloud, doing), _long(cloud):
        cloud.request(
            "image", "PUT", f"/images/{image_id}/file", doing, data=file,
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip


@contextlib.contextmanager
def _long(cloud: CloudSession) -> Any:
    before, cloud.session.timeout = cloud.session.timeout, STORED_TIMEOUT
    try:
        yield
    finally:
        cloud.session.timeout = before


@contextlib.contextmanager
def _own_codes(cloud: CloudSession, doing: str) -> Any:
    """An image's refusals have codes of their own."""
    try:
        yield
    except FindingError as refused:
        status = next((s for s in REFUSALS if f"({s})" in refused.message), 0)
        if not status:
            raise
        raise failure(REFUSALS[status], refused.message, subject=refused.finding.subject) from None


def _compare(made: Image, file: _Watched) -> None:
    if made.status != "active":
        raise failure("IM11", f"the image {made.name} is {made.status} after the upload", subject=made.name)
    own = file.hashes.get(made.hash_algo)
    held, sent = (made.hash_value, own.hexdigest()) if own else (made.checksum, file.hashes["md5"].hexdigest())
    if made.size != file.done or (held and held != sent):
        raise failure(
            "IM07", f"Glance holds {made.size} bytes ({held[:16]}...), sent were {file.done} ({sent[:16]}...)",
            subject=made.name,
        )  # fmt: skip
