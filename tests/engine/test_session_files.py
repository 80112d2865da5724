"""Damaged, unreadable, foreign and full: whatever happens to the files of a session, each command ends with a sentence.

No command crashes, none that lost something is silent, and once the files are as before, the session continues.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mhv_tui.engine.records import seal
from tests.engine.fork_server import Ended, Launch
from tests.engine.journals import HEADER
from tests.engine.simulated_sessions import (
    AppliedWorlds,
    Simulated,
    problems_of_applied,
    problems_of_ended,
    problems_of_plan,
    problems_of_undone,
)
from tests.engine.worlds import NAME, WORLDS

pytestmark = pytest.mark.slow

COMMANDS = ("sessions", "check", "plan", "apply", "undo", "report", "answers")
Damage = Callable[[Path], object]


def text(name: str, content: str) -> Damage:
    return lambda directory: (directory / name).write_text(content)


def mode(name: str, bits: int) -> Damage:
    return lambda directory: (directory / name).chmod(bits)


def link(name: str, target: str = "") -> Damage:
    """A link instead of the file: to the file itself, which is moved, or to another target."""

    def damage(directory: Path) -> None:
        moved = directory.parents[1] / "moved"
        (directory / name).rename(moved)
        (directory / name).symlink_to(target or moved)

    return damage


def made_a_directory(name: str) -> Damage:
    def damage(directory: Path) -> None:
        (directory / name).unlink()
        (directory / name).mkdir()

    return damage


def edited(name: str, old: str, new: str) -> Damage:
    def damage(directory: Path) -> None:
        content = (directory / name).read_text()
        assert old in content
        (directory / name).write_text(content.replace(old, new, 1))

    return damage


def newer_journal(directory: Path) -> None:
    (directory / "journal.jsonl").write_bytes(seal({**HEADER, "format": 3}, 1))


def foreign(name: str) -> Damage:
    """Of another user; only root can do that."""
    return lambda directory: os.chown(directory / name, 4242, 4242)


OWNERS: dict[str, tuple[Damage, str]] = {
    "the journal of another user": (foreign("journal.jsonl"), "belongs to user id 4242"),
    "the directory of another user": (foreign("."), "belongs to user id 4242"),
}
DAMAGES: dict[str, tuple[Damage, str]] = {
    "no journal": (lambda directory: (directory / "journal.jsonl").unlink(), "missing"),
    "an empty journal": (text("journal.jsonl", ""), "missing"),
    "a journal of random text": (text("journal.jsonl", "\0\xff{]\n" * 9), "is not JSON"),
    "a journal of a later version": (newer_journal, "has format 3"),
    "a journal with other line ends": (edited("journal.jsonl", "}\n", "}\r\n"), "was changed after mhv-tui wrote it"),
    "an edited intent": (edited("journal.jsonl", '"vlan_id": 200', '"vlan_id": 201'), "was changed after"),
    "a linked journal": (link("journal.jsonl"), "is a symbolic link"),
    "a journal that others may write": (mode("journal.jsonl", 0o666), "other users may write to it"),
    "a directory as journal": (made_a_directory("journal.jsonl"), "not a regular file"),
    "a session that others may write": (mode(".", 0o777), "other users may write to it"),
    "answers of random text": (text("answers.toml", "\0[[["), "answers.toml"),
    "answers of a later version": (edited("answers.toml", "mhv_answers = 1", "mhv_answers = 2"), "answers.toml"),
    "linked answers": (link("answers.toml", "/dev/zero"), "answers.toml"),
    "findings of random text": (text("findings.json", "{"), "findings.json"),
    "findings of a later version": (edited("findings.json", '"format": 2', '"format": 3'), "format 3"),
    "linked findings": (link("findings.json", "/dev/zero"), "findings.json"),
    "a world of random text": (text("world.json", "{"), "world.json"),
    "a directory as lock": (made_a_directory("lock"), "lock"),
    "a linked lock": (link("lock"), "lock"),
    "a linked log": (link("mhv-tui.log"), "mhv-tui.log"),
    **(OWNERS if os.geteuid() == 0 else {}),
}
"""What happens to an applied session, and a part of the sentence about it."""


def run(simulated: Simulated, command: str) -> Ended:
    if command in ("report", "answers"):
        launch = Launch(("export", NAME, "--to", command), str(simulated.state_home))
        return simulated.launcher.run(launch)[0]
    return simulated.run(command)


def check_end(ended: Ended, command: str) -> None:
    """An exit code of the contract, and a sentence if it is not 0."""
    output = ended.out + ended.err
    assert ended.code in (0, 1, 2, 3, 4), (command, ended)
    assert "Traceback" not in output and "has a defect" not in output, (command, output)
    assert ended.code == 0 or ended.err or '"event": "finished"' in ended.out, (command, ended)


@pytest.mark.parametrize("name", DAMAGES)
def test_each_command_ends_with_a_sentence(name: str, applied: AppliedWorlds, tmp_path: Path) -> None:
    damage, sentence = DAMAGES[name]
    reports = 0
    for command in COMMANDS:
        simulated, _ = applied.copy(WORLDS[0], tmp_path / "state")
        (tmp_path / "state" / "mhv-tui" / "moved").unlink(missing_ok=True)
        damage(simulated.directory)
        ended = run(simulated, command)
        check_end(ended, command)
        reports += sentence in ended.out + ended.err
    assert reports, f"no command says anything about {name}"


@pytest.mark.parametrize("name", ["no journal", "an empty journal", "a journal of random text", "an edited intent"])
def test_what_a_journal_lost_is_never_called_undone(name: str, applied: AppliedWorlds, tmp_path: Path) -> None:
    for command, code in (("apply", 3), ("undo", 1), ("undo", 1)):
        simulated, _ = applied.copy(WORLDS[0], tmp_path / "state")
        DAMAGES[name][0](simulated.directory)
        ended = simulated.run(command)
        assert ended.code == code and "WZ15" in ended.out, (command, ended.events[-1])


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB of its own, if this user may mount one."""
    mount_point = tmp_path / "small"
    mount_point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount_point)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield mount_point
    if is_mounted:
        subprocess.run(["umount", str(mount_point)], check=True)


def fill(directory: Path, room: int) -> Path | None:
    """Fills the file system up to `room` bytes; returns the file to remove, None if it is not a small one."""
    free = shutil.disk_usage(directory).free
    if free > 2 << 20:
        return None
    filler = directory / "filler"
    filler.write_bytes(bytes(max(free - room, 0) // 4096 * 4096))
    return filler


@pytest.mark.parametrize("room", [0, 4096, 16384, 40960, 65536, 98304])
@pytest.mark.parametrize("command", ["apply", "undo"])
def test_a_full_disk_ends_a_run_with_a_sentence(command: str, room: int, applied: AppliedWorlds, small: Path) -> None:
    simulated, expected = applied.copy(WORLDS[0], small / "state")
    if command == "apply":
        simulated.start()
    filler = fill(small, room)
    ended = simulated.run(command)
    check_end(ended, command)
    assert filler is None or ended.code != 2
    assert ended.code == 0 or f"no space left on {small}" in ended.out + ended.err, ended
    if filler:
        filler.unlink()
    assert list(problems_of_ended(simulated.run("apply"))) == []
    assert list(problems_of_applied(simulated, expected)) == []
    assert list(problems_of_ended(simulated.run("undo"))) == []
    assert list(problems_of_undone(simulated, expected)) == []


def test_a_read_only_home_is_reported_and_can_be_read(applied: AppliedWorlds, small: Path) -> None:
    simulated, expected = applied.copy(WORLDS[0], small / "state")
    is_mounted = small.is_mount()
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    else:
        simulated.directory.chmod(0o500)
    for command in COMMANDS:
        ended = run(simulated, command)
        check_end(ended, command)
        assert (ended.code == 0) == (command in ("sessions", "report", "answers")), (command, ended)
        assert ended.code == 0 or str(small) in ended.err, ended
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    else:
        simulated.directory.chmod(0o700)
    assert list(problems_of_plan(simulated.run("plan"))) == []
    assert list(problems_of_applied(simulated, expected)) == []


LONG = 10_000
PATIENCE = 60.0
"""Seconds that a command may need for a journal of that many lines, on a busy machine."""


def test_a_journal_of_10_000_lines(applied: AppliedWorlds, tmp_path: Path) -> None:
    simulated, expected = applied.copy(WORLDS[0], tmp_path / "state")
    path = simulated.directory / "journal.jsonl"
    rows = [{k: v for k, v in r.items() if k not in ("n", "crc")} for r in simulated.session.journal.records()]
    notes = [{"time": "2026-01-01T00:00:00+00:00", "what": "started", "command": "check"}] * (LONG - len(rows))
    path.write_bytes(b"".join(seal(row, number) for number, row in enumerate([*rows[:1], *notes, *rows[1:]], 1)))
    for command in ("sessions", "plan", "apply", "report", "undo"):
        began = time.monotonic()
        ended = run(simulated, command)
        assert (ended.code, ended.err) == (0, ""), (command, ended)
        assert time.monotonic() - began < PATIENCE, command
    assert len(path.read_bytes().splitlines()) > LONG
    assert list(problems_of_undone(simulated, expected)) == []
    assert json.loads(path.read_bytes().splitlines()[-1])["outcome"] == "done"
