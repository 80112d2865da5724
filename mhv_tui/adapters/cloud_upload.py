"""Uploads an image to Glance: creates it under a known id, sends its bytes, then compares size and hash.

Tries again after a failure that may pass. Deletes the image if the upload fails or the operator stops it.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator

from mhv_tui.adapters import cloud_rows
from mhv_tui.adapters.cloud_errors import CallFailed
from mhv_tui.adapters.cloud_session import CloudSession
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.limits import budget
from mhv_tui.core.changes import Json
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import INCOMPLETE, Image, NewImage, ids_of
from mhv_tui.core.ports import OnUpload
from mhv_tui.core.streams import ByteStream

PIECE = 1 << 18
"""Bytes that are given to the connection at once."""

REPORT = 0.1
"""Seconds between two reports of progress."""

#: HTTP status of a refused upload -> finding code.
STATUS_CODES = {400: "IM08", 410: "IM11", 413: "IM14", 415: "IM17"}

PASSING = frozenset((0, 408, 409, 429, 500, 502, 503, 504))
"""Statuses after which a new try may succeed; 0: the connection broke. keystoneauth itself handles an ended token."""

INTERNAL_ERROR = 500
"""A status that passes at most once: if Glance answers it twice in a row, it answers it to each try."""

PAUSES = (0.5, 2.0, 5.0, 10.0)
"""Seconds before the second and each further try."""

DELETIONS = 3
"""How often an image is deleted at most, if that fails."""


class Body:
    """The bytes of an image in the form that the library requests sends, also several times: counted and hashed."""

    def __init__(self, cloud: CloudSession, source: ByteStream, on_upload: OnUpload) -> None:
        self._limits = cloud.limits
        self._source = source
        self._on_upload = on_upload
        self._reported = 0.0
        self.size = source.size
        self.done = 0
        self.algorithm = "sha512"
        self.digest = ""
        """The hash of all bytes; "" before they are sent."""
        self.reason = ""
        """Why the upload began again."""

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[memoryview]:
        """Yields the bytes in small pieces. Raises FindingError if the source has more or fewer bytes than its size."""
        self.done, self.digest = 0, ""
        digest = hashlib.new(self.algorithm, usedforsecurity=False)
        self.report(due=True)
        for chunk in self._source.chunks():
            digest.update(chunk)
            for at in range(0, len(chunk), PIECE):
                piece = memoryview(chunk)[at : at + PIECE]
                self._require(self.done + len(piece) <= self.size)
                ended = self.done + len(piece) == self.size
                budget().extend((self._limits.stored if ended else self._limits.stall).seconds)
                if ended:
                    self.digest = digest.hexdigest()
                yield piece
                self.done += len(piece)
                self.report(due=ended)
        self._require(self.done == self.size)

    def _require(self, same_size: bool) -> None:
        if not same_size:
            raise failure("IM07", f"the image is not {self.size} bytes long any more, so its upload is broken off")

    def report(self, due: bool = False) -> None:
        """Reports the progress if the last report is old enough, or in any case. Raises what the callback raises."""
        now = time.monotonic()
        if due or now - self._reported >= REPORT:
            self._reported = now
            self._on_upload(self.done, self.size, self.reason)

    def pause(self, seconds: float) -> None:
        """Waits. Raises what the callback raises."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.report()
            time.sleep(min(left, REPORT))

    def digest_by(self, algorithm: str) -> str:
        """Returns the hash of all bytes by any algorithm of hashlib."""
        if algorithm == self.algorithm:
            return self.digest
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for chunk in self._source.chunks():
            digest.update(chunk)
        return digest.hexdigest()


def upload(cloud: CloudSession, new: NewImage, source: ByteStream, on_upload: OnUpload) -> Image:
    """Creates an image in Glance and uploads its bytes. Returns the image that Glance shows after the upload."""
    _check_quota(cloud)
    body = Body(cloud, source, on_upload)
    left, pauses = cloud.limits.repeats.seconds, iter(PAUSES)
    created: list[str] = []
    last_status = 0
    try:
        while True:
            try:
                return _try(cloud, new, body, created)
            except CallFailed as error:
                pause = max(next(pauses, left + 1), error.retry_after)
                if error.status not in PASSING or pause > left or error.status == last_status == INTERNAL_ERROR:
                    raise _image_error(error, new) from None
                if error.status == INTERNAL_ERROR and created:
                    # Glance may keep the data under this id, and then refuses new data.
                    _delete(cloud, created[-1])
                left -= pause
                last_status, body.reason = error.status, error.message
            body.pause(pause)
    except BaseException:
        for image_id in created:
            _delete(cloud, image_id)
        raise


def _try(cloud: CloudSession, new: NewImage, body: Body, created: list[str]) -> Image:
    """Sends the image once, or adopts the image that an earlier try completed. Adds the ids that it uses to `created`.

    Tries the ids of `ids_of` in turn, because Glance refuses the id of a deleted image. Raises CallFailed.
    """
    for image_id in ids_of(new.id):
        row = _settled(cloud, image_id, body)
        status = row.get("status") if row else ""
        if row and status == "active" and image_id in created and body.digest:
            return _compared(cloud_rows.image(row), body)
        if row and status not in INCOMPLETE:
            raise failure("IM11", f"the image {image_id} exists already with the status {status}", subject=new.name)
        created += [image_id] * (image_id not in created)
        if row and status != "queued":
            _delete(cloud, image_id)
            continue
        row = row or _create(cloud, image_id, new)
        if row is not None:
            _send(cloud, image_id, row, body)
            return _compared(cloud_rows.image(_settled(cloud, image_id, body) or row), body)
    detail = f"Glance refuses every id for the image {new.name}: deleted images have used all of them"
    raise failure("IM11", detail, subject=new.name)


def _settled(cloud: CloudSession, image_id: str, body: Body) -> Json | None:
    """Returns the row of an image; None if there is none. If all of it was sent, waits while Glance still stores it."""
    end = time.monotonic() + cloud.limits.call.seconds
    while True:
        row: Json = cloud.request("image", "GET", f"/images/{image_id}", "show the image", absent=404)
        if not row or row.get("status") != "saving" or not body.digest or time.monotonic() > end:
            return row
        body.pause(1.0)


def _create(cloud: CloudSession, image_id: str, new: NewImage) -> Json | None:
    """Creates an image without data (status queued); returns its row, None if Glance refuses the id."""
    row = {
        "id": image_id,
        "name": new.name,
        "disk_format": new.disk_format,
        "container_format": new.container_format,
        "visibility": new.visibility,
        "min_disk": new.min_disk,
        **new.properties,
    }
    return cloud.request("image", "POST", "/images", f"create the image {new.name}", json=row, absent=409)


def _send(cloud: CloudSession, image_id: str, row: Json, body: Body) -> None:
    # Glance has the hash sha512 from Rocky on, and only the checksum, which is md5, before.
    body.algorithm = "sha512" if "os_hash_algo" in row else "md5"
    headers = {"Content-Type": "application/octet-stream"}
    path, action = f"/images/{image_id}/file", "accept the image's file"
    cloud.request("image", "PUT", path, action, data=body, headers=headers, limit=cloud.limits.stall)


def _delete(cloud: CloudSession, image_id: str) -> None:
    """Deletes an image that is not complete; tries again if that fails."""
    for pause in (*PAUSES[: DELETIONS - 1], 0.0):
        try:
            cloud.request("image", "DELETE", f"/images/{image_id}", "delete the image", absent=404)
            return
        except CallFailed as error:
            if error.status not in PASSING:
                return
        except FindingError:
            return
        time.sleep(pause)


def _image_error(error: CallFailed, new: NewImage) -> FindingError:
    """Returns the error with the image code for its HTTP status instead of the general code."""
    if error.status == INTERNAL_ERROR and new.properties.get("vmware_disktype") == "streamOptimized":
        return failure("IM17", error.message, subject=new.name)
    codes = {**STATUS_CODES, **({403: "IM12"} if new.visibility in ("public", "community") else {})}
    code = codes.get(error.status)
    return failure(code, error.message, subject=new.name) if code else error


def _compared(image: Image, body: Body) -> Image:
    """Returns the image if Glance has the bytes that were sent. Raises FindingError otherwise."""
    if image.status != "active":
        detail = f"the image {image.name} has the status {image.status} after the upload"
        raise failure("IM11", detail, subject=image.name)
    known = image.hash_algo in hashlib.algorithms_available
    stored, sent = (
        (image.hash_value, body.digest_by(image.hash_algo)) if known else (image.checksum, body.digest_by("md5"))
    )
    if image.size != body.size or (stored and stored != sent):
        detail = (
            f"Glance stored {image.size} bytes (hash {stored[:16]}...), but {body.size} bytes were sent "
            f"(hash {sent[:16]}...)"
        )
        raise failure("IM07", detail, subject=image.name)
    return image


def _check_quota(cloud: CloudSession) -> None:
    """Raises FindingError if the project's quota is used up. Glance shows it from Xena on (api-ref, /v2/info/usage)."""
    answer: Json = None
    with contextlib.suppress(FindingError):
        limit = cloud.limits.first_contact
        answer = cloud.request("image", "GET", "/info/usage", "show the usage of the quota", limit=limit)
    for name, unit, more in (("image_count_total", "images", 1), ("image_size_total", "MiB of images", 0)):
        row = _table(_table(answer, "usage"), name)
        most, used = row.get("limit"), row.get("usage")
        if isinstance(most, int) and isinstance(used, int) and 0 <= most < used + more:
            detail = f"Glance's quota of this project is used up: {used} of {most} {unit}"
            remedy = "Delete images that are not used, or raise the quota."
            raise failure("IM14", detail, subject="quota", remedy=remedy)


def _table(document: Json, key: str) -> Json:
    """Returns a table in a document; an empty one if it is not there."""
    table = document.get(key) if isinstance(document, dict) else None
    return table if isinstance(table, dict) else {}
