"""An image that is replaced or overwritten after its check: the file that it names then is never opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters import confined
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.core.ports import OnProgress
from mhv_tui.domain import disks
from tests.adapters.hostile import IMAGES, SECRET, Witness, made, vmdk
from tests.adapters.hostile_names import ALL
from tests.adapters.hostile_uploads import applied, change

qemu_img = pytest.mark.qemu_img


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


class SwappedAfterCheck(ThisMachine):
    """Somebody changes the file between its check and its first use, with and without a conversion."""

    def __init__(self, swap: Callable[[], object]) -> None:
        self.swap = swap

    def tail(self, path: Path, count: int) -> bytes:
        content = super().tail(path, count)  # the last part that the check reads
        swap, self.swap = self.swap, bool
        swap()
        return content


def harmless(driver: str, directory: Path) -> tuple[str, bytes]:
    """A driver that mhv-tui uses, and a disk for it."""
    if driver == "vmdk":
        return driver, vmdk("monolithicSparse", 'RW 64 SPARSE "x.vmdk"')
    if driver == "raw":
        return driver, bytes(510) + b"\x55\xaa" + bytes(disks.HEAD)
    known = driver if driver in disks.DRIVERS.values() else "qcow2"
    return known, made(directory, "-f", known)


@qemu_img
@pytest.mark.slow
@pytest.mark.parametrize(
    ("subformat", "qemu_img"), [("streamOptimized", True), ("streamOptimized", False), ("", False)]
)
@pytest.mark.parametrize("name", ALL)
def test_no_image_that_takes_the_place_of_a_checked_one_is_followed(
    name: str, subformat: str, qemu_img: bool, canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    source, other = place / "image", place / "other"
    driver, good = harmless(ALL[name][0] if qemu_img or not subformat else "qcow2", tmp_path)
    hostile = ALL[name][1](tmp_path, canary)

    def linked(link: Callable[[], None]) -> None:
        source.unlink()
        link()

    swaps: dict[str, Callable[[], object]] = {
        "another file": lambda: other.replace(source),
        "a link": lambda: linked(lambda: source.symlink_to(other)),
        "the canary itself": lambda: linked(lambda: source.symlink_to(canary)),
        "a hard link": lambda: linked(lambda: source.hardlink_to(canary)),
        "overwritten": lambda: source.write_bytes(hostile),
    }
    for way, swap in swaps.items():
        source.unlink(missing_ok=True)
        source.write_bytes(good)
        other.write_bytes(hostile)
        upload = change(source, driver, subformat, qemu_img)
        witness.events()
        sent = applied(upload, tmp_path, SwappedAfterCheck(swap))
        assert witness.events() == 0 and not any(SECRET[:33] in content for content in sent), way
        assert way == "overwritten" or len(sent) == 1, way
        assert subformat or way == "overwritten" or sent == [good], way


@pytest.mark.parametrize("driver", ["qcow2", "raw"])
def test_another_file_than_the_one_that_was_checked_is_refused(driver: str, place: Path, tmp_path: Path) -> None:
    source = place / "image"
    source.write_bytes(bytes(510) + b"\x55\xaa" + bytes(disks.HEAD))
    upload = change(source, driver, "")
    source.write_bytes(bytes(509) + b"\1\x55\xaa" + bytes(disks.HEAD))
    assert applied(upload, tmp_path) == []
    assert applied(replace(change(source, driver, ""), source_format="raw"), tmp_path) == [source.read_bytes()]
