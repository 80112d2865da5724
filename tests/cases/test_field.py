"""Cases from the field: logs, worlds and image files as operators meet them, each with what mhv-tui must report."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import TypedDict

import pytest

from mhv_tui import cli
from mhv_tui.domain import disks, signatures
from mhv_tui.engine.state import sessions_home

FIELD = Path(__file__).parent / "field"


class Log(TypedDict, total=False):
    file: str
    text: str
    codes: list[str]


class World(TypedDict, total=False):
    name: str
    page: str
    levels: dict[str, str]
    detail: str
    exit: int


class ImageFile(TypedDict, total=False):
    file: str
    start: str
    size: int
    format: str
    problem: str
    contradiction: bool
    doubt: bool


LOGS: list[Log] = tomllib.loads((FIELD / "logs.toml").read_text("utf-8"))["log"]
WORLDS: list[World] = tomllib.loads((FIELD / "worlds.toml").read_text("utf-8"))["world"]
IMAGES: list[ImageFile] = tomllib.loads((FIELD / "images.toml").read_text("utf-8"))["image"]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.get("file") or log["text"].strip()[20:90])
def test_a_log_gives_the_code_of_each_event(log: Log) -> None:
    text = log["text"] if "text" in log else (FIELD / log["file"]).read_text("utf-8")
    assert [code for _, code, _ in signatures.recognise(text)] == log["codes"]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world["name"])
def test_a_world_gives_the_levels_of_its_page(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    name = world["name"]
    session = sessions_home() / "demo"
    session.mkdir(mode=0o700)
    shutil.copyfile(FIELD / f"{name}.world.json", session / "world.json")
    code = cli.main(["check", str(FIELD / f"{name}.toml"), "--demo", "--step", world["page"], "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    findings = [event for event in events if event["event"] == "found" and event["step"] == world["page"]]
    for wanted, level in world.get("levels", {}).items():
        assert {f["level"] for f in findings if f["code"] == wanted} - {"skipped"} == {level}, wanted
    assert world.get("detail", "") in " ".join(f["detail"] for f in findings)
    if "exit" in world:
        assert code == world["exit"]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.get("file") or image["start"][:16])
def test_an_image_file_is_what_its_bytes_are(image: ImageFile) -> None:
    name = image.get("file", "")
    start = (FIELD / name).read_bytes() if name else bytes.fromhex(image["start"])
    data = start.ljust(image["size"], b"\0")
    disk = disks.inspect(data[: disks.HEAD], len(data), data[-disks.TAIL :])
    assert disk.format == image["format"]
    assert [code for code, _ in disk.problems] == ([image["problem"]] if "problem" in image else [])
    assert bool(disk.doubt) == image.get("doubt", False)
    assert bool(disks.contradiction(disk, name)) == image.get("contradiction", disk.format == "text")
