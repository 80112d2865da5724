"""The journal of a real run is damaged: undo names what it cannot undo, undoes the rest, and never ends as done."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.engine.records import seal

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with the session `demo`, which has made every change."""
    home = tmp_path_factory.mktemp("applied")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        assert cli.main(["apply", "--demo", "--yes", "--json"]) == 0
    return home


@pytest.fixture
def journal(applied: Path) -> Path:
    """The journal of a copy of the session."""
    home = Path(os.environ["XDG_STATE_HOME"])
    shutil.copytree(applied, home, dirs_exist_ok=True)
    return home / "mhv-tui" / "sessions" / "demo" / "journal.jsonl"


def intent_of(lines: list[bytes], kind: str) -> int:
    return next(n for n, line in enumerate(lines) if (row := json.loads(line)).get("kind") == kind and "before" in row)


def flipped(kind: str) -> Callable[[bytes], bytes]:
    """Another first byte of the intent of a kind."""

    def damage(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        number = intent_of(lines, kind)
        lines[number] = bytes([lines[number][0] ^ 1]) + lines[number][1:]
        return b"".join(lines)

    return damage


def without_intent(data: bytes) -> bytes:
    """As if the intent had never been, with new numbers and checksums: only its receipt proves the loss."""
    lines = data.splitlines(keepends=True)
    del lines[intent_of(lines, "AddDistributedPortGroup")]
    rows = [{k: v for k, v in json.loads(line).items() if k not in ("n", "crc")} for line in lines]
    return b"".join(seal(row, number) for number, row in enumerate(rows, 1))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    **{
        kind: flipped(kind)
        for kind in ("AddDistributedPortGroup", "InstallPackages", "EditConfig", "UploadImage", "TagImage")
    },
    "random bytes": lambda data: random.Random(7).randbytes(len(data)),
    "zeros": lambda data: bytes(len(data)),
    "emptied": lambda data: b"",
    "the first half": lambda data: data[: len(data) // 2],
    "the second half": lambda data: data[len(data) // 2 :],
    "backwards": lambda data: b"".join(reversed(data.splitlines(keepends=True))),
    "an intent that is not there": without_intent,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_undo_of_a_damaged_journal_is_not_done(name: str, journal: Path, capsys: Capture) -> None:
    journal.write_bytes(DAMAGES[name](journal.read_bytes()))
    assert cli.main(["sessions"]) == 0 and " damaged " in capsys.readouterr().out
    for _ in range(2):
        assert cli.main(["undo", "demo", "--yes", "--json"]) == 1
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert "WZ15" in [e["code"] for e in events if e["event"] == "failed"]
        assert events[-1]["outcome"] == "failed" and "the journal is damaged" in events[-1]["message"]


def test_a_port_group_whose_intent_is_lost_stays_and_is_named(journal: Path, capsys: Capture) -> None:
    journal.write_bytes(flipped("AddDistributedPortGroup")(journal.read_bytes()))
    assert cli.main(["undo", "demo", "--yes"]) == 1
    output = capsys.readouterr().out
    assert "can no longer be undone by mhv-tui: portgroup:" in output
    world = json.loads(journal.with_name("world.json").read_text())
    names = [network["name"] for network in world["vcenters"]["vc.example.org"]["networks"].values()]
    assert "vmware-net" in names
