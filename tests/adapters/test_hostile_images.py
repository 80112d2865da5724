"""Images that name another file: that file is never opened, with and without conversion, also after a swap."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from mhv_tui.adapters import confined
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.cloud import Property
from mhv_tui.changes.images import MARK, UploadImage, inspected
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, Image, NewImage
from mhv_tui.core.ports import OnProgress
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.cloud import DemoCloud
from mhv_tui.domain import disks
from tests.adapters.hostile import HARMLESS, IMAGES, SECRET, Witness, made, vmdk, watched

qemu_img = pytest.mark.qemu_img


def silent(done: int, total: int) -> None:
    """A on_progress that has no reader."""


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that only the operator may read."""
    path = tmp_path / "private" / "canary"
    path.parent.mkdir()
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def witness(canary: Path) -> Iterator[Witness]:
    with watched(canary) as watching:
        yield watching


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the image is."""
    directory = tmp_path / "images"
    directory.mkdir()
    return directory


class Glance(DemoCloud):
    """Takes real files."""

    def __init__(self, world: DemoBackend) -> None:
        super().__init__(world.store)
        self.content: list[bytes] = []

    def upload_image(self, image: NewImage, source: Path, on_progress: OnProgress) -> Image:
        self.content.append(source.read_bytes())
        return Image(image.id, image.name, "active", image.disk_format, size=len(self.content[-1]))


class Mixed(DemoBackend):
    """The simulated world with this machine's files."""

    def __init__(self, path: Path, local: ThisMachine) -> None:
        super().__init__(path)
        self.local = local
        self.glance = Glance(self)

    def cloud(self, login: CloudLogin) -> Glance:
        return self.glance


def change(source: Path, driver: str, subformat: str = "streamOptimized") -> UploadImage:
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
        adapter="lsilogic",
    )


def applied(upload: UploadImage, tmp_path: Path, local: ThisMachine | None = None) -> list[bytes]:
    """What reaches Glance; nothing if the change is refused by a finding of the page `image`."""
    world = Mixed(tmp_path / "world.json", local or ThisMachine())
    ctx = Context(world, Target("", Answers(MappingProxyType({}))), "s1")
    try:
        upload.apply(ctx, upload.before(ctx))
    except FindingError as refused:
        assert refused.finding.code in ("IM07", "IM08", "IM10", "IM19"), refused.message
    finally:
        world.close()
    return world.glance.content


@qemu_img
@pytest.mark.parametrize("subformat", ["streamOptimized", "monolithicSparse", ""])
@pytest.mark.parametrize("name", IMAGES)
def test_what_an_image_names_is_never_opened(
    name: str, subformat: str, canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    driver, craft = IMAGES[name]
    source = place / "image"
    source.write_bytes(craft(tmp_path, canary))
    witness.events()  # of the crafting
    sent = applied(change(source, driver, subformat), tmp_path)
    assert witness.events() == 0
    assert bool(sent) == (name in HARMLESS or (name == "vhdx with a parent" and not subformat))
    assert not any(SECRET[:33] in content for content in sent)
    assert list(place.iterdir()) == [source]


@qemu_img
def test_the_witness_sees_what_a_careless_qemu_img_opens(
    canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    source, target, followed = place / "image", place / "out", []
    for name, (driver, craft) in IMAGES.items():
        source.write_bytes(craft(tmp_path, canary))
        witness.events()
        argv = ["qemu-img", "convert", "-f", driver, "-O", "raw", str(source), str(target)]
        subprocess.run(argv, capture_output=True, timeout=60)
        if witness.events():
            followed.append(name)
    assert "vmdk monolithicFlat in one file" in followed and "qcow2 with a backing file" in followed
    assert "vmdk with a parent but no parentCID" in followed and len(followed) >= 12, followed


@pytest.mark.parametrize("name", ["vmdk monolithicFlat in one file", "vmdk descriptor alone"])
def test_the_page_refuses_it(name: str, canary: Path, place: Path) -> None:
    source = place / "image"
    source.write_bytes(IMAGES[name][1](place, canary))
    disk, _ = inspected(ThisMachine(), source) or (None, "")
    assert disk is not None and disk.problems[0][0] == ("IM10" if "alone" in name else "IM08")


class Attacked(ThisMachine):
    """Somebody changes the file at a moment of the conversion."""

    def __init__(self, before: Callable[[], object] = bool, during: Callable[[], object] = bool) -> None:
        self.before, self.during = before, during

    def convert(
        self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, on_progress: OnProgress
    ) -> None:
        def attacked(done: int, total: int) -> None:
            during, self.during = self.during, bool  # at the first on_progress qemu-img is just being started
            during()

        self.before()
        super().convert(source, source_format, target, subformat, adapter, attacked)


SWAPPED = ("qcow2 with a backing file", "qcow2 with a data file", "vmdk monolithicFlat in one file")


@qemu_img
@pytest.mark.parametrize("moment", ["before", "during"])
@pytest.mark.parametrize("way", ["another file", "a link", "overwritten"])
@pytest.mark.parametrize("name", SWAPPED)
def test_a_swap_after_the_check_changes_nothing_that_is_read(
    name: str, way: str, moment: str, canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    driver, craft = IMAGES[name]
    source, other = place / "image", place / "other"
    sectors = 'RW 64 SPARSE "x.vmdk"'
    source.write_bytes(vmdk("monolithicSparse", sectors) if driver == "vmdk" else made(tmp_path, "-f", "qcow2"))
    other.write_bytes(craft(tmp_path, canary).ljust(source.stat().st_size, b"\0"))
    if way == "overwritten":
        os.truncate(other, source.stat().st_size)

    def swap() -> None:
        if way == "overwritten":
            source.write_bytes(other.read_bytes())
        elif way == "a link":
            source.unlink()
            source.symlink_to(other)
        else:
            other.replace(source)

    upload = change(source, driver)
    witness.events()
    sent = applied(upload, tmp_path, Attacked(**{moment: swap}))
    assert bool(sent) == (moment == "before" and way != "overwritten")
    assert not any(SECRET[:33] in content for content in sent)
    if confined.version() or way != "overwritten" or moment == "before":
        assert witness.events() == 0


@pytest.mark.parametrize("driver", ["qcow2", "raw"])
def test_another_file_than_the_one_that_was_checked_is_refused(driver: str, place: Path, tmp_path: Path) -> None:
    source = place / "image"
    source.write_bytes(bytes(510) + b"\x55\xaa" + bytes(disks.HEAD))
    upload = change(source, driver, "")
    source.write_bytes(bytes(509) + b"\1\x55\xaa" + bytes(disks.HEAD))
    assert applied(upload, tmp_path) == []
    assert applied(replace(change(source, driver, ""), source_format="raw"), tmp_path) == [source.read_bytes()]


@qemu_img
def test_a_link_to_an_image_is_followed(place: Path, tmp_path: Path) -> None:
    (place / "image").write_bytes(made(tmp_path, "-f", "qcow2"))
    (place / "link").symlink_to("image")
    (content,) = applied(change(place / "link", "qcow2"), tmp_path)
    assert b"streamOptimized" in content[:2048]


@pytest.mark.timeout(20)
def test_a_pipe_is_refused_without_waiting(place: Path, tmp_path: Path) -> None:
    pipe = place / "pipe"
    os.mkfifo(pipe)
    here = ThisMachine()
    for use in (lambda: here.head(pipe, 1), lambda: here.tail(pipe, 1), lambda: here.sha256(pipe, silent)):
        with pytest.raises(FindingError, match="not a regular file") as refused:
            use()
        assert refused.value.finding.code == "IM19"
    with pytest.raises(FindingError, match="not a regular file"), here.opened(Path("/dev/null")):
        pass
    upload = replace(change(Path(__file__), "raw"), source=str(pipe))
    assert applied(upload, tmp_path) == []


def confined_run(source: Path, target: Path, *argv: str) -> subprocess.CompletedProcess[bytes]:
    with source.open("rb") as file:
        command = confined.command(file.fileno(), target, argv)
        return subprocess.run(command, pass_fds=(file.fileno(),), capture_output=True, timeout=20)


def test_a_confined_program_opens_its_two_files_alone(canary: Path, witness: Witness, place: Path) -> None:
    source, target = place / "image", place / "out"
    source.write_bytes(b"image")
    target.touch()
    shell = shutil.which("sh")
    assert shell
    run = confined_run(source, target, shell, "-c", f"cat {source} >{target}; cat {canary}; : >{place}/new")
    assert target.read_bytes() == b"image"
    if confined.version():
        assert (run.stdout, witness.events(), (place / "new").exists()) == (b"", 0, False)


def children(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def gone(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    return True


def within(seconds: float, true: Callable[[], object]) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


def test_qemu_img_ends_when_we_are_killed(place: Path) -> None:
    program, source = place / "qemu-img", place / "disk"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    source.write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 20))
    code = (
        "from pathlib import Path; from mhv_tui.adapters.local import ThisMachine; "
        f"ThisMachine().convert(Path({str(source)!r}), 'raw', Path({str(place / 'out')!r}), 'x', 'ide', print)"
    )
    path = {"PATH": f"{place}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **path}, stdout=subprocess.DEVNULL
    ) as parent:

        def sleeping() -> bool:
            return any("sleep" in Path(f"/proc/{pid}/cmdline").read_text() for pid in children(parent.pid))

        assert within(20, sleeping)
        (child,) = children(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
    assert within(5, lambda: gone(child))
