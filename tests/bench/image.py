"""Measures the upload of a disk image to a lab's Glance: two commands, qemu-img and the client's library, and mhv-tui.

Run `python -m tests.bench.image LAB [ROUNDS] [COPIES]` as root from the root of the repository, with the lab running.
The image has the packages of the lab's controller as data, COPIES times. The runs are interleaved; figures are medians.
The two commands are `qemu-img convert -O vmdk`, and `openstack image create` or, if that is missing, openstacksdk.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, Popen
from types import MappingProxyType
from typing import Any

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.changes.images import UploadImage
from mhv_tui.changes.sources import inspected
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.targets import Target
from mhv_tui.lab import cloud, images, tls
from mhv_tui.lab.host import run
from mhv_tui.lab.lab import Lab, existing_lab

MIB = 1 << 20
PROMPT = SecretRef("prompt", key="cloud", label="cloud.password")
CLIENT = shutil.which("openstack")
BY_LIBRARY = """
import sys, openstack
openstack.connect(cloud="lab").create_image(
    sys.argv[1], filename=sys.argv[2], disk_format="vmdk", container_format="bare", wait=True, allow_duplicates=True
)
"""
LINKS = {"unlimited": (), "1 Gbit/s": ("rate", "1gbit", "burst", "512k", "latency", "50ms")}
"""Name of the link -> the parameters of tc's token bucket filter."""


@dataclass(frozen=True)
class Figures:
    """Of one run: seconds until the image is active, MiB sent, MiB of temporary files, MiB of the largest process."""

    seconds: float
    sent: float
    disk: float
    memory: float


def commands(source: Path, name: str, scratch: Path) -> list[list[str]]:
    """The two commands of a user without mhv-tui."""
    target = str(scratch / "disk.vmdk")
    convert = ["qemu-img", "convert", "-O", "vmdk", str(source), target]
    options = ["--disk-format", "vmdk", "--container-format", "bare", "--file", target]
    by_client = ["openstack", "--os-cloud", "lab", "image", "create", *options, name]
    return [convert, by_client if CLIENT else [sys.executable, "-c", BY_LIBRARY, name, target]]


def measure(lab: Lab, argvs: Sequence[Sequence[str]], name: str, scratch: Path) -> Figures:
    """Runs the commands one after the other; deletes the image and the temporary files."""
    environment = {**os.environ, "TMPDIR": str(scratch), "OS_CLIENT_CONFIG_FILE": str(lab.state / "clouds.yaml")}
    memory = 0
    with largest_disk(scratch) as disk:
        began = time.monotonic()
        for argv in argvs:
            process = Popen(argv, env=environment, stdin=DEVNULL, stdout=DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0, argv
            memory = max(memory, usage.ru_maxrss)
        seconds = time.monotonic() - began
    for path in scratch.iterdir():
        path.unlink()
    return Figures(seconds, deleted(lab, name) / MIB, disk[0] / MIB, memory / 1024)


@contextlib.contextmanager
def largest_disk(directory: Path) -> Iterator[list[int]]:
    """Measures how many bytes the files of a directory take at most during the `with` block."""
    largest, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            with contextlib.suppress(OSError):
                blocks = sum(path.stat().st_blocks for path in directory.rglob("*") if path.is_file())
                largest[0] = max(largest[0], blocks * 512)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield largest
    finally:
        ended.set()
        watcher.join()


def deleted(lab: Lab, name: str) -> int:
    """Deletes the only image with this name, which is active; returns its size in bytes."""
    import openstack

    with openstack.connect(**cloud.login(lab), region_name=cloud.REGION, **tls.client_options(lab)) as connection:
        (image,) = (image for image in connection.image.images(name=name))
        assert image.status == "active", image
        connection.image.delete_image(image.id)
        return int(image.size)


def upload(lab: Lab, source: Path, name: str) -> None:
    """Uploads an image as the page `image` does. Runs in a process of its own."""
    vault = Vault()
    vault.put(PROMPT, cloud.ADMIN_PASSWORD)
    world = RealBackend(vault)
    disk, _ = inspected(world.local, source) or (None, "")
    assert disk is not None
    login = CloudLogin(auth_url=cloud.auth_url(lab), username="admin", project_name="admin", password=PROMPT)
    ca = tls.ca_file(lab)
    change = UploadImage(
        cloud=replace(login, ca_file=str(ca)) if ca else login,
        source=str(source),
        source_format=disk.format,
        size=disk.size,
        name=name,
        visibility="private",
        min_disk=0,
        properties=(),
        subformat="streamOptimized",
        qemu_img_because=world.local.untranscodable(source, disk.format),
        adapter="lsilogic",
    )
    ctx = Context(world, Target("", Answers(MappingProxyType({}))), "bench")
    change.apply(ctx, change.before(ctx))
    world.close()


@contextlib.contextmanager
def limited_link(lab: Lab, parameters: Sequence[str]) -> Iterator[None]:
    """Limits what this machine sends to the lab during the `with` block."""
    if not parameters:
        yield
        return
    run(["tc", "qdisc", "replace", "dev", lab.bridge, "root", "tbf", *parameters])
    try:
        yield
    finally:
        run(["tc", "qdisc", "del", "dev", lab.bridge, "root"])


def sources(lab: Lab, directory: Path, copies: int) -> dict[str, Path]:
    """Creates a compressed and an uncompressed qcow2 image with a Debian file system, so many times in a row."""
    layers = cloud.controller_root(lab, images.base_root()).directories
    largest = max(layers, key=lambda path: int(run(["du", "-s", str(path)]).stdout.split()[0]))
    part, raw = directory / "part.raw", directory / "disk.raw"
    run(["mke2fs", "-q", "-t", "ext4", "-d", str(largest), str(part), "3G"], timeout=600)
    for copy in range(copies):
        place = ["seek=" + str(copy * 3072), "bs=1M", "conv=sparse,notrunc", "status=none"]
        run(["dd", f"if={part}", f"of={raw}", *place], timeout=600)
    raw.touch()
    os.truncate(raw, copies * 3072 * MIB)
    paths = {}
    for kind, options in {"compressed": ["-c"], "uncompressed": []}.items():
        paths[kind] = directory / f"{kind}.qcow2"
        run(["qemu-img", "convert", *options, "-O", "qcow2", str(raw), str(paths[kind])], timeout=7200)
        print(f"{kind} qcow2: {paths[kind].stat().st_size / MIB:.0f} MiB, {copies * 3} GiB virtual", flush=True)
    part.unlink()
    raw.unlink()
    return paths


def bench(lab: Lab, rounds: int, copies: int) -> None:
    """Prints a row for each link, source and way; then the ratios of the medians."""
    print(f"the second command is {CLIENT or 'openstacksdk'}; isal is {'there' if find_spec('isal') else 'missing'}")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        scratch = Path(place) / "scratch"
        scratch.mkdir()
        paths = sources(lab, Path(place), copies)
        print(f"{'link':10}{'source':14}{'way':14}{'s':>8}{'MiB sent':>10}{'MiB disk':>10}{'MiB memory':>12}")
        for link, parameters in LINKS.items():
            with limited_link(lab, parameters):
                for kind, source in paths.items():
                    compare(lab, source, scratch, rounds, f"{link:10}{kind:14}")
    print(json.dumps({"load": os.getloadavg(), "cpus": len(os.sched_getaffinity(0))}))


def compare(lab: Lab, source: Path, scratch: Path, rounds: int, label: str) -> None:
    """Measures both ways in turn."""
    ways: dict[str, list[Figures]] = {"two commands": [], "mhv-tui": []}
    for _ in range(rounds):
        for way, figures in ways.items():
            name = f"bench-{uuid.uuid4()}"
            ours = [sys.executable, "-m", "tests.bench.image", "upload", lab.name, str(source), name]
            argvs = [ours] if way == "mhv-tui" else commands(source, name, scratch)
            figures.append(measure(lab, argvs, name, scratch))
    for way, figures in ways.items():
        cells: Any = [statistics.median(getattr(each, field) for each in figures) for field in Figures.__annotations__]
        every = " ".join(f"{each.seconds:.1f}" for each in figures)
        print(f"{label}{way:14}{cells[0]:8.1f}{cells[1]:10.0f}{cells[2]:10.0f}{cells[3]:12.0f}   {every}", flush=True)
    theirs, own = (statistics.median(each.seconds for each in figures) for figures in ways.values())
    print(f"{label}{'ratio':14}{own / theirs:8.2f}", flush=True)


def main(arguments: Sequence[str]) -> None:
    """Runs the bench, or the one upload of a child process."""
    if arguments[0] == "upload":
        upload(existing_lab(arguments[1]), Path(arguments[2]), arguments[3])
        return
    numbers = [int(text) for text in arguments[1:]]
    bench(existing_lab(arguments[0]), *(numbers + [5, 1][len(numbers) :]))


if __name__ == "__main__":
    main(sys.argv[1:])
