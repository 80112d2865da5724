"""Images that name another file: that file is never opened, with and without conversion."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.local import ThisMachine
from mhv_tui.changes.sources import inspected
from mhv_tui.core.errors import FindingError
from mhv_tui.domain import disks
from tests.adapters.hostile import IMAGES, SECRET, Witness, made
from tests.adapters.hostile_names import ALL, BARE, NOT_OPENED
from tests.adapters.hostile_sources import ova
from tests.adapters.hostile_uploads import applied, change

qemu_img = pytest.mark.qemu_img


def silent(done: int, total: int) -> None:
    """A on_progress that has no reader."""


@qemu_img
@pytest.mark.parametrize("subformat", ["streamOptimized", "monolithicSparse", ""])
@pytest.mark.parametrize("name", ALL)
def test_what_an_image_names_is_never_opened(
    name: str, subformat: str, canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    driver, craft = ALL[name]
    source = place / "image"
    source.write_bytes(craft(tmp_path, canary))
    there = set(place.iterdir())
    witness.events()  # of the crafting
    sent = applied(change(source, driver, subformat), tmp_path)
    assert witness.events() == 0
    not_converted = name == "vdi with a parent" and not subformat
    assert name in BARE or bool(sent) == (name in NOT_OPENED or not_converted)
    assert not any(SECRET[:33] in content for content in sent)
    assert set(place.iterdir()) == there


@qemu_img
@pytest.mark.parametrize("name", [name for name in ALL if ALL[name][0] in ("qcow2", "raw")])
def test_nothing_that_an_image_names_is_opened_when_it_is_converted_during_its_upload(
    name: str, canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    driver, craft = ALL[name]
    source = place / "image"
    source.write_bytes(craft(tmp_path, canary))
    there = set(place.iterdir())
    witness.events()  # of the crafting
    sent = applied(change(source, driver, qemu_img=False), tmp_path)
    assert witness.events() == 0 and not any(SECRET[:33] in content for content in sent)
    assert set(place.iterdir()) == there


@qemu_img
def test_the_witness_sees_what_a_careless_qemu_img_opens(
    canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    source, target, followed = place / "image", place / "out", []
    for name, (driver, craft) in ALL.items():
        source.write_bytes(craft(tmp_path, canary))
        witness.events()
        argv = ["qemu-img", "convert", "-f", driver, "-O", "raw", str(source), str(target)]
        subprocess.run(argv, capture_output=True, timeout=60)
        if witness.events():
            followed.append(name)
    assert "vmdk monolithicFlat in one file" in followed and "qcow2 with a backing file" in followed
    assert "vmdk with a parent but no parentCID" in followed
    assert len(followed) >= 30, (len(followed), sorted(ALL.keys() - followed))


@qemu_img
def test_the_check_alone_lets_no_image_pass_that_opens_it(
    canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    """Without the limits of Linux, as on a machine that has none."""
    source, passed = place / "image", set()
    for name, (driver, craft) in ALL.items():
        source.write_bytes(craft(tmp_path, canary))
        disk, _ = inspected(ThisMachine(), source) or (None, "")
        assert disk is not None
        if disks.refusal(disk, driver):
            continue
        witness.events()
        node = {"driver": driver, "backing": None, "file": {"driver": "file", "filename": str(source)}}
        argv = ["qemu-img", "convert", "-O", "raw", f"json:{json.dumps(node)}", str(place / "out")]
        subprocess.run(argv, capture_output=True, timeout=60)
        assert witness.events() == 0, name
        passed.add(name)
    assert NOT_OPENED <= passed <= NOT_OPENED | BARE | {"vdi with a parent"}


@qemu_img
@pytest.mark.slow
@pytest.mark.parametrize("wrap", [gzip.compress, ova])
def test_what_a_packed_image_names_is_never_opened(
    wrap: Callable[[bytes], bytes], canary: Path, witness: Witness, place: Path, tmp_path: Path
) -> None:
    source = place / "image"
    for name, (driver, craft) in ALL.items():
        source.write_bytes(wrap(craft(tmp_path, canary)))
        before = set(place.iterdir())
        witness.events()
        sent = applied(change(source, driver), tmp_path)
        assert witness.events() == 0 and not any(SECRET[:33] in content for content in sent), name
        assert not sent or name in NOT_OPENED | BARE | {"vdi with a parent"}, name
        assert set(place.iterdir()) == before, name


@pytest.mark.parametrize("name", ["vmdk monolithicFlat in one file", "vmdk descriptor alone"])
def test_the_page_refuses_it(name: str, canary: Path, place: Path) -> None:
    source = place / "image"
    source.write_bytes(IMAGES[name][1](place, canary))
    disk, _ = inspected(ThisMachine(), source) or (None, "")
    assert disk is not None and disk.problems[0][0] == ("IM10" if "alone" in name else "IM08")


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
    for read in (here.head, here.tail):
        with pytest.raises(FindingError, match="not a regular file") as refused:
            read(pipe, 1)
        assert refused.value.finding.code == "IM19"
    with pytest.raises(FindingError, match="not a regular file"), here.opened(Path("/dev/null")):
        pass
    upload = replace(change(Path(__file__), "raw"), source=str(pipe))
    assert applied(upload, tmp_path) == []
