"""Uploads that a fault interrupts at any byte: tried again if that helps, else a sentence; no image is left behind."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import Limit, Limits
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage, ids_of
from mhv_tui.core.ports import OnUpload
from mhv_tui.core.secret import Revealed
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.domain.catalogue import finding
from tests.adapters.servers import HOST
from tests.faults.api_cloud import PASSWORD, PROJECT, REGION, USER, ApiCloud, call_name
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.faults.upload_proxy import LOST_ANSWER, UploadFault, UploadProxy, refusal, reset, stall, upload_proxy

pytestmark = pytest.mark.slow

CONTENT = bytes(range(256)) * 16_000
NEW = NewImage("11111111-aaaa-4bbb-8ccc-222222222222", "trial", "vmdk")
LIMITS = Limits(stall=Limit(2.0), stored=Limit(2.0), repeats=Limit(8.0), call=Limit(3.0))
CUTS = [tenth / 9 for tenth in range(10)]
"""Ten positions in a body."""


@dataclass(frozen=True)
class Bytes:
    """A ByteStream. Raises `error` after the bytes, if there is one."""

    content: bytes = CONTENT
    size: int = len(CONTENT)
    error: FindingError | None = None

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), 1 << 20):
            yield self.content[at : at + (1 << 20)]
        if self.error:
            raise self.error


@dataclass
class Front:
    """The simulated cloud behind both proxies."""

    api: ApiCloud
    calls: FaultProxy
    proxy: UploadProxy

    def image(self) -> Image | None:
        """The trial's only image, if there is one. Fails if there are more."""
        ids = ids_of(NEW.id)
        images = [image for image in self.api.cloud.images() if image.id in ids]
        assert len(images) < 2
        return images[0] if images else None

    def leave(self, status: str) -> Callable[[str], None]:
        """Returns what gives an image a status, as Glance does if an upload breaks off."""

        def set_status(image_id: str) -> None:
            self.api.store.state["cloud"]["images"][image_id]["status"] = status

        return set_status

    def upload(self, source: Bytes, on_upload: OnUpload, new: NewImage = NEW) -> Image:
        """Logs in and uploads."""
        login = CloudLogin(
            auth_url=f"{self.proxy.url}/identity/v3", username=USER, project_name=PROJECT, region_name=REGION
        )
        cloud = SdkCloud(login, Revealed(PASSWORD), LIMITS)
        try:
            return cloud.upload_image(new, source, on_upload)
        finally:
            cloud.close()


@contextmanager
def front_of(directory: Path) -> Iterator[Front]:
    api = ApiCloud(DemoBackend(directory / "world.json"))
    with fault_proxy(HOST, api, call_name) as server, upload_proxy(HOST, server.port) as proxy:
        api.url = proxy.url
        yield Front(api, server, proxy)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with front_of(tmp_path) as front:
        yield front


def ignore(done: int, total: int, reason: str) -> None:
    """Ignores progress."""


def refused(front: Front, source: Bytes = Bytes(), new: NewImage = NEW) -> tuple[str, str]:
    """The code and the sentence of an upload that fails. No image is left."""
    with pytest.raises(FindingError) as error:
        front.upload(source, ignore, new)
    assert front.image() is None and error.value.remedy
    return error.value.finding.code, error.value.message


def completed(front: Front, on_upload: OnUpload = ignore) -> Image:
    """The image of an upload that succeeds: the only one, active, with all bytes."""
    image = front.upload(Bytes(), on_upload)
    assert image == front.image() and (image.status, image.size) == ("active", len(CONTENT))
    assert image.hash_value == hashlib.sha512(CONTENT).hexdigest()
    return image


ONCE = [refusal(status, share) for status in (408, 429, 500, 502, 503, 504) for share in (0.0, 1.0)]
QUICK = ("status 503 at 100%", "status 429 at 0%")


@pytest.mark.parametrize(
    "fault", [pytest.param(f, id=f.name, marks=() if f.name in QUICK else pytest.mark.matrix) for f in ONCE]
)
def test_a_busy_glance_gets_the_image_again(front: Front, fault: UploadFault) -> None:
    reasons: list[str] = []
    front.proxy.script(fault)
    completed(front, lambda done, total, reason: reasons.append(reason))
    assert front.proxy.uploads == [NEW.id] * 2
    assert reasons[0] == "" and fault.name.split()[1] in reasons[-1]


@pytest.mark.parametrize("left", ["queued", "saving", "killed"])
@pytest.mark.parametrize(
    "share", [pytest.param(share, marks=() if share == CUTS[4] else pytest.mark.matrix) for share in CUTS]
)
def test_a_reset_at_any_byte_is_followed_by_one_complete_image(front: Front, share: float, left: str) -> None:
    front.proxy.script(reset(share), on_fault=front.leave(left))
    image = completed(front)
    if share < 1:  # after the last byte, the image may be complete in spite of the reset
        assert image.id == ids_of(NEW.id)[0 if left == "queued" else 1]
        assert front.proxy.uploads == [NEW.id, image.id]


def test_a_lost_answer_is_no_reason_to_send_the_image_again(front: Front) -> None:
    front.proxy.script(LOST_ANSWER)
    completed(front)
    assert front.proxy.uploads == [NEW.id]


def test_a_conflict_that_heals_gets_the_image_again(front: Front) -> None:
    front.proxy.script(refusal(409), on_fault=front.leave("saving"))
    assert completed(front).id == ids_of(NEW.id)[1]


def test_the_wait_is_as_long_as_glance_asks_for(front: Front) -> None:
    front.proxy.script(refusal(503, Retry_After="2"))
    began = time.monotonic()
    completed(front)
    assert 2 < time.monotonic() - began < 6


def test_a_wait_that_is_too_long_fails_at_once(front: Front) -> None:
    front.proxy.script(refusal(503, Retry_After="3600"))
    began = time.monotonic()
    assert refused(front)[0] == "OS10" and len(front.proxy.uploads) == 1
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("fault", [refusal(503), reset(0.5)], ids=lambda fault: fault.name)
def test_a_fault_that_stays_ends_with_a_sentence(front: Front, fault: UploadFault) -> None:
    front.proxy.script(*[fault] * 9, on_fault=front.leave("saving"))
    code, sentence = refused(front)
    assert code == "OS10" and "image" in sentence
    assert len(front.proxy.uploads) == 4  # a fourth pause would exceed the limit of all pauses


@pytest.mark.parametrize(("disk_type", "expected"), [("sparse", "OS10"), ("streamOptimized", "IM17")])
def test_an_internal_error_that_repeats_ends_the_upload(front: Front, disk_type: str, expected: str) -> None:
    new = replace(NEW, properties={"vmware_disktype": disk_type})
    front.proxy.script(*[refusal(500, 1.0)] * 2)
    with pytest.raises(FindingError) as error:
        front.upload(Bytes(), ignore, new)
    assert error.value.finding.code == expected and "(500)" in error.value.message
    assert ("2052291" in error.value.remedy, front.image(), len(front.proxy.uploads)) == (expected == "IM17", None, 2)


CODES = {400: "IM08", 403: "OS07", 410: "IM11", 413: "IM14", 415: "IM17", 404: "OS10"}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("status", CODES)
def test_a_refusal_is_a_sentence_with_its_code(front: Front, status: int, share: float) -> None:
    front.proxy.script(refusal(status, share))
    code, sentence = refused(front)
    assert code == CODES[status] and f"({status})" in sentence and "refused by the test" in sentence
    assert len(front.proxy.uploads) == 1


def test_a_policy_against_public_images_is_named(front: Front) -> None:
    front.proxy.script(refusal(403))
    assert refused(front, new=replace(NEW, visibility="public"))[0] == "IM12"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_token_that_ended_is_renewed_once(front: Front, share: float) -> None:
    front.proxy.script(refusal(401, share))
    completed(front)
    logins = front.api.logins
    front.api.cloud.delete_image(NEW.id)
    front.proxy.script(*[refusal(401, share)] * 2)
    assert "(401)" in refused(front)[1]
    assert len(front.proxy.uploads) == 2 and front.api.logins > logins


QUOTAS = {
    "image_count_total": ({"limit": 3, "usage": 3}, "3 of 3 images"),
    "image_size_total": ({"limit": 1000, "usage": 1001}, "1001 of 1000 MiB"),
}


@pytest.mark.parametrize("name", QUOTAS)
def test_a_quota_that_is_used_up_is_found_before_anything_is_sent(front: Front, name: str) -> None:
    row, text = QUOTAS[name]
    front.api.usage = {name: row}
    code, sentence = refused(front)
    assert code == "IM14" and text in sentence and front.proxy.uploads == []
    assert "POST /image/v2/images" not in front.calls.calls


@pytest.mark.parametrize(
    "usage", [{}, [], {"image_count_total": {"limit": -1, "usage": 9}}, {"image_size_total": {"limit": "7"}}]
)
def test_other_answers_about_the_quota_do_not_stop_an_upload(front: Front, usage: object) -> None:
    front.api.usage = usage
    completed(front)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_glance_that_stalls_is_a_sentence_in_time(front: Front, share: float) -> None:
    front.proxy.script(stall(share), on_fault=front.leave("saving"))
    began = time.monotonic()
    code, sentence = refused(front)
    assert code == "OS10" and "did not answer in 2 s" in sentence
    assert time.monotonic() - began < 8 and len(front.proxy.uploads) == 1


@pytest.mark.parametrize("when", ["between two tries", "during the second try"])
def test_a_stop_ends_an_upload_and_its_tries(front: Front, when: str) -> None:
    class Stopped(Cancelled):
        pass

    def stop(done: int, total: int, reason: str) -> None:
        if reason and (when == "between two tries" or len(front.proxy.uploads) == 2):
            raise Stopped

    front.proxy.script(reset(0.5))
    with pytest.raises(Stopped):
        front.upload(Bytes(), stop)
    assert front.image() is None and len(front.proxy.uploads) == (1 if when == "between two tries" else 2)


DAMAGED = FindingError(finding("IM19", "failure", "the image is damaged", subject="disk"))
BAD_SOURCES = {
    "raises an error": (Bytes(CONTENT[:-1], error=DAMAGED), "IM19"),
    "is too short": (Bytes(CONTENT[:-1]), "IM07"),
    "is too long": (Bytes(CONTENT + b"x"), "IM07"),
}


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_a_source_that_fails_breaks_the_upload_off(front: Front, name: str) -> None:
    source, expected = BAD_SOURCES[name]
    front.proxy.script()
    assert refused(front, source)[0] == expected
    assert front.proxy.received < len(CONTENT)


def test_an_image_with_other_bytes_is_deleted(front: Front) -> None:
    front.proxy.script(LOST_ANSWER, on_fault=lambda image_id: images()[image_id].update(hash_value="0" * 128))

    def images() -> dict[str, dict[str, str]]:
        rows: dict[str, dict[str, str]] = front.api.store.state["cloud"]["images"]
        return rows

    assert refused(front)[0] == "IM07"


def test_an_image_that_has_data_already_is_kept(front: Front) -> None:
    front.proxy.script()
    completed(front)
    for status in ("active", "deactivated"):
        front.leave(status)(NEW.id)
        with pytest.raises(FindingError) as error:
            front.upload(Bytes(), ignore)
        assert error.value.finding.code == "IM11" and status in error.value.message
        image = front.image()
        assert image is not None and (image.id, image.status) == (NEW.id, status)
