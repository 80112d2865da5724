"""Uploads to the lab's real Glance that are interrupted: one complete image afterwards, and none after undo."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.lab import cloud, tls
from mhv_tui.lab.lab import open_lab
from tests.faults.upload_proxy import LOST_ANSWER, UploadFault, UploadProxy, refusal, reset, stall, upload_proxy
from tests.lab.running_lab import IMAGE, RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.qemu_img, pytest.mark.timeout(2400)]

SIZE = 48 << 20
"""Bytes of random data in the image."""

GLANCE_PORT = 9292


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compressed qcow2 image with a boot sector and random data."""
    directory = tmp_path_factory.mktemp("source")
    raw, path = directory / "disk.raw", directory / "disk.qcow2"
    boot_sector = b"\xeb\xfe".ljust(510, b"\0") + b"\x55\xaa"
    raw.write_bytes(boot_sector + random.Random(1).randbytes(SIZE - 512))
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", str(raw), str(path)], check=True, timeout=300)
    return path


@pytest.fixture(scope="module")
def proxy(running_lab: RunningLab) -> Iterator[UploadProxy]:
    """A proxy before the lab's Glance."""
    with upload_proxy(open_lab(running_lab.name).address(cloud.CONTROLLER), GLANCE_PORT) as proxy:
        yield proxy


@pytest.fixture
def answers(
    running_lab: RunningLab, proxy: UploadProxy, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The lab's answers with this image, and with a cloud whose Glance is reached through the proxy."""
    lab = open_lab(running_lab.name)
    entry = {"auth": cloud.login(lab), "region_name": cloud.REGION, **tls.client_options(lab)}
    entry["image_endpoint_override"] = f"{proxy.url}/v2"
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"proxied": entry}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    login = dict.fromkeys(running_lab.document()["cloud"], "") | {"name": "proxied"}
    return str(running_lab.answers("upload", cloud=login, image={"source": str(source)}))


def images(lab: RunningLab) -> list[dict[str, Any]]:
    """The images of this name, as the openstack client lists them."""
    return [image for image in lab.openstack("image list") if image["Name"] == IMAGE]


def check_image(lab: RunningLab, source: Path, directory: Path) -> None:
    """Fails unless Glance has one image of this name, active, whose disk is the source's."""
    (image,) = images(lab)
    assert image["Status"] == "active"
    copy = directory / "downloaded.vmdk"
    lab.save_image(image["ID"], copy)
    compared = subprocess.run(["qemu-img", "compare", str(source), str(copy)], capture_output=True, timeout=300)
    assert compared.returncode == 0, compared.stdout
    copy.unlink()


@contextmanager
def session_of(lab: RunningLab, answers: str, name: str) -> Iterator[Callable[[], subprocess.CompletedProcess[str]]]:
    """Yields what applies the page `image` once. Undoes the session at the end; then the image must be gone."""
    try:
        yield lambda: lab.mhv("apply", answers, "--step", "image", "--session", name, "--yes", "--json")
    finally:
        undone = lab.mhv("undo", name, "--yes", "--json")
        assert undone.returncode == 0, lab.failures(undone)
        assert images(lab) == []


HEALING: dict[str, tuple[UploadFault, ...]] = {
    "two resets": (reset(0.5), reset(0.9)),
    "lost answer": (LOST_ANSWER,),
    "busy": (refusal(503, 0.5), refusal(429, Retry_After="1")),
    "conflict": (refusal(409),),
    "token ended": (refusal(401, 0.7),),
    **{f"reset at {number / 10:.0%}": (reset(number / 10),) for number in range(10)},
}
LASTING: dict[str, tuple[tuple[UploadFault, ...], str]] = {
    "413": ((refusal(413, 0.3),), "IM14"),
    "400": ((refusal(400),), "IM08"),
    "415": ((refusal(415),), "IM17"),
    "403": ((refusal(403),), "IM12"),
    "resets": ((reset(0.5),) * 9, "OS10"),
    "unavailable": ((refusal(503, Retry_After="3600"),), "OS10"),
    "stall": ((stall(0.5),), "OS10"),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "two resets" else pytest.mark.matrix) for name in HEALING]
)
def test_an_upload_is_completed_in_spite_of_a_fault(
    running_lab: RunningLab, proxy: UploadProxy, answers: str, source: Path, tmp_path: Path, name: str
) -> None:
    proxy.script(*HEALING[name])
    with session_of(running_lab, answers, f"upload-{name.replace(' ', '-').replace('%', '')}") as apply:
        done = apply()
        assert done.returncode == 0, running_lab.failures(done)
        assert proxy.faults == [] and len(proxy.uploads) == len(HEALING[name]) + (name != "lost answer")
        check_image(running_lab, source, tmp_path)
        assert running_lab.events(apply())[-1]["outcome"] == "nothing-to-do"


@pytest.mark.matrix
@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_stays_is_a_sentence_and_leaves_no_image(
    running_lab: RunningLab, proxy: UploadProxy, answers: str, source: Path, tmp_path: Path, name: str
) -> None:
    faults, code = LASTING[name]
    proxy.script(*faults)
    with session_of(running_lab, answers, f"upload-fails-{name}") as apply:
        failed = apply()
        findings = [event["code"] for event in running_lab.events(failed) if event["event"] == "failed"]
        assert failed.returncode and findings == [code], running_lab.failures(failed)
        assert images(running_lab) == []
        proxy.script()
        done = apply()
        assert done.returncode == 0, running_lab.failures(done)
        check_image(running_lab, source, tmp_path)


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(10))
def test_an_upload_that_was_killed_at_a_random_byte_is_completed(
    running_lab: RunningLab, proxy: UploadProxy, answers: str, source: Path, tmp_path: Path, seed: int
) -> None:
    session, process_ids = f"upload-killed-{seed}", list[int]()
    started = threading.Event()

    def kill(client: socket.socket, ended: threading.Event) -> None:
        started.wait(30)
        os.kill(process_ids[0], signal.SIGKILL)

    share = random.Random(seed).random()
    proxy.script(UploadFault(f"killed at {share:.1%}", kill, share, passed_on=True))
    with session_of(running_lab, answers, session) as apply:
        argv = [sys.executable, "-m", "mhv_tui", "apply", answers, "--step", "image", "--session", session, "--yes"]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            process_ids.append(process.pid)
            started.set()
            assert process.wait(300) == -signal.SIGKILL
        done = apply()
        assert done.returncode == 0, running_lab.failures(done)
        check_image(running_lab, source, tmp_path)
