"""A session in a simulated world, its commands as real processes, and what must hold however it came about."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.engine.records import read_contents
from mhv_tui.engine.session import Session
from tests.engine.fork_server import Ended, Launch, Launcher
from tests.engine.worlds import NAME, World, applied_state, comparable, read_world, undone_state

FILES = frozenset({"answers.toml", "findings.json", "journal.jsonl", "lock", "mhv-tui.log", "world.json"})
"""All that a session in a simulated world consists of."""


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a kill comes to."""

    applied: object
    undone: object
    """The state after undo, which is that of the start."""
    ids: frozenset[str]
    """The ids of the changes that have an effect."""
    receipts: Counter[str]
    """How often each change is made: a service also starts again after the correction of its code."""
    apply_writes: tuple[str, ...]
    undo_writes: tuple[str, ...]


@dataclass(frozen=True)
class Simulated:
    """A session whose commands are processes of their own."""

    launcher: Launcher
    world: World
    state_home: Path

    @property
    def directory(self) -> Path:
        return self.state_home / "mhv-tui" / "sessions" / NAME

    @property
    def session(self) -> Session:
        return Session(NAME, self.directory)

    def start(self) -> None:
        """Begins with a new session, in which nothing is applied yet."""
        shutil.rmtree(self.state_home, ignore_errors=True)
        self.world.write(self.state_home)

    def run(self, command: str, kill: tuple[int, str] | None = None) -> Ended:
        return self.launcher.run(self.launch(command, kill))[0]

    def launch(self, command: str, kill: tuple[int, str] | None = None) -> Launch:
        argv = ("sessions", "--json") if command == "sessions" else self.world.command(command)
        return Launch(argv, str(self.state_home), kill)

    def copy(self, state_home: Path) -> Simulated:
        """A copy of the session in another state directory, which is replaced."""
        shutil.rmtree(state_home, ignore_errors=True)
        shutil.copytree(self.state_home, state_home)
        return Simulated(self.launcher, self.world, state_home)

    def digest(self) -> str:
        """Equal for two states on disk from which every command continues in the same way.

        Real times, random ids and abandoned temporary files differ; nothing depends on them.
        """
        data = (self.directory / "journal.jsonl").read_bytes() if self.session.journal.length() else b""
        contents = read_contents(data, "")
        records = [{k: v for k, v in r.items() if k not in ("time", "crc")} for r in contents.records]
        findings = [(key, str(finding)) for key, finding in self.session.findings()]
        answers = (self.directory / "answers.toml").read_text()
        rows = (comparable(read_world(self.directory), frozenset()), comparable(records), bool(contents.torn))
        return hashlib.sha256(repr((rows, findings, answers)).encode()).hexdigest()

    def undisturbed(self) -> Undisturbed:
        """Applies and undoes a new session without a kill."""
        self.start()
        start = undone_state(self.world, self.directory)
        applied = self.run("apply")
        assert applied.code == 0, (self.world.name, applied.events[-1], applied.err)
        state = applied_state(self.directory)
        ids, receipts = effective_ids(self.session), receipts_of(self.session)
        undone = self.run("undo")
        assert undone.code == 0, (self.world.name, undone.events[-1], undone.err)
        assert undone_state(self.world, self.directory) == start
        return Undisturbed(state, start, ids, receipts, applied.writes, undone.writes)


class AppliedWorlds:
    """Sessions in simulated worlds to which everything is applied, and what an undisturbed run comes to."""

    def __init__(self, server: Launcher, directory: Path) -> None:
        self._server = server
        self._directory = directory
        self._made: dict[str, tuple[Simulated, Undisturbed]] = {}

    def copy(self, world: World, state_home: Path) -> tuple[Simulated, Undisturbed]:
        """A copy of the applied session of this world, in this state directory, which is replaced."""
        if world.name not in self._made:
            simulated = Simulated(self._server, world, self._directory / world.name)
            expected = simulated.undisturbed()
            simulated.start()
            assert simulated.run("apply").code == 0
            self._made[world.name] = simulated, expected
        source, expected = self._made[world.name]
        return source.copy(state_home), expected


def effective_ids(session: Session) -> frozenset[str]:
    """The ids of the changes that are not undone, without edits of files that changed no byte.

    Such an edit is planned before a package brings the file, and not if the package has brought it already.
    """
    entries = session.journal.not_undone()
    return frozenset(e.id for e in entries if e.kind != "EditConfig" or e.receipt["sha256"] != e.receipt["wrote"])


def receipts_of(session: Session) -> Counter[str]:
    """How often each change that is not undone was made, without smoke tests."""
    return Counter(e.id for e in session.journal.not_undone() if e.complete and not e.smoke_test)


def problems_of_ended(ended: Ended) -> Iterator[str]:
    """A command must end with 0, without a word on stderr."""
    if ended.code or ended.err:
        last = ended.events[-1] if ended.events else {}
        yield f"exit {ended.code}: {last.get('message')} {ended.err}"


def problems_of_applied(simulated: Simulated, expected: Undisturbed) -> Iterator[str]:
    """Of a session that must be as after an undisturbed apply."""
    if (state := applied_state(simulated.directory)) != expected.applied:
        yield f"another world: {differences(state, expected.applied)}"
    yield from problems_of_files(simulated)
    if any(r["what"] == "started" and r["command"] == "undo" for r in simulated.session.journal.records()):
        return  # what an interrupted undo left is adopted, or made once more
    if repeated := [id for id, n in receipts_of(simulated.session).items() if n > max(1, expected.receipts[id])]:
        yield f"more receipts than usual: {repeated}"
    if others := effective_ids(simulated.session) ^ expected.ids:
        yield f"other changes: {sorted(others)}"


def problems_of_plan(plan: Ended) -> Iterator[str]:
    """After apply nothing must be missing."""
    yield from problems_of_ended(plan)
    if planned := [event["id"] for event in plan.events if event["event"] == "planned"]:
        yield f"still planned: {planned}"


def problems_of_undone(simulated: Simulated, expected: Undisturbed) -> Iterator[str]:
    """Of a session that must be as after an undisturbed undo."""
    if (state := undone_state(simulated.world, simulated.directory)) != expected.undone:
        yield f"not the world of the start: {differences(state, expected.undone)}"
    if left := [e.id for e in simulated.session.journal.not_undone() if not e.smoke_test or not e.complete]:
        yield f"not undone: {left}"
    yield from problems_of_files(simulated)


def problems_of_repeated(simulated: Simulated) -> Iterator[str]:
    """After a kill in a state that was met before: only its temporary files are new."""
    with simulated.session.locked():
        pass
    yield from (f"left: {path.name}" for path in simulated.directory.glob(".*"))


def problems_of_files(simulated: Simulated) -> Iterator[str]:
    """No temporary file, no crash log, no held lock, no damage."""
    names = {path.name for path in simulated.directory.iterdir()}
    others = {path.name for path in simulated.directory.parents[1].iterdir()}
    if strange := [*(names - FILES), *(FILES - {"findings.json"} - names), *(others - {"sessions"})]:
        yield f"files: {strange}"
    if holder := simulated.session.holder():
        yield f"still locked by {holder}"
    yield from simulated.session.damage()


def differences(one: object, other: object, path: str = "") -> list[str]:
    """The paths at which two states differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [d for key in keys for d in differences(one.get(key), other.get(key), f"{path}/{key}")]
    return [] if one == other else [f"{path}: {str(one)[:200]} instead of {str(other)[:200]}"]
