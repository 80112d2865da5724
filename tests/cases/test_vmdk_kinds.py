"""Every kind of VMDK: whether mhv-tui takes it, and else the sentence that says which file to give."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import TypedDict

import pytest

from mhv_tui.domain import disks

HERE = Path(__file__).parent


class Kind(TypedDict, total=False):
    name: str
    made: str
    part: str
    file: str
    start: str
    descriptor: str
    extents: list[str]
    parent: str
    code: str
    words: str


KINDS: list[Kind] = tomllib.loads((HERE / "vmdk_kinds.toml").read_text("utf-8"))["kind"]


def written(kind: Kind, directory: Path) -> Path:
    """The file of this kind."""
    path = directory / "disk.vmdk"
    if "made" in kind:
        argv = ["qemu-img", "create", "-q", "-f", "vmdk", "-o", f"subformat={kind['made']}", str(path), "5G"]
        subprocess.run(argv, check=True, timeout=60)
        return directory / kind.get("part", path.name)
    if "file" in kind:
        return HERE / "field" / kind["file"]
    if "start" in kind:
        path.write_bytes(bytes.fromhex(kind["start"]).ljust(4096, b"\0"))
        return path
    parent = [f'parentFileNameHint="{kind["parent"]}"', "parentCID=1234abcd"] if "parent" in kind else []
    lines = ["# Disk DescriptorFile", "version=1", *parent, f'createType="{kind["descriptor"]}"', *kind["extents"]]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.qemu_img
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind["name"])
def test_each_kind_of_vmdk_has_its_way_or_its_sentence(kind: Kind, tmp_path: Path) -> None:
    path = written(kind, tmp_path)
    data, size = path.read_bytes()[: disks.HEAD], path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - disks.TAIL))
        disk = disks.inspect(data, size, file.read())
    assert disk.format == "vmdk"
    code, sentence = disk.problems[0] if disk.problems else ("", "")
    assert code == kind["code"] and kind.get("words", "") in sentence, disk.problems
