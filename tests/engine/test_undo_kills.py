"""An undo that is killed at any write of its world or journal is continued by the next undo.

The whole matrices have every write of every world in three phases; the usual run a few of each world.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.demo.store import DIE
from tests.engine.fork_server import Ended, Launcher
from tests.engine.kill_points import HOURS_LONG, STRIDE, Point, check_points
from tests.engine.simulated_sessions import (
    AppliedWorlds,
    Simulated,
    Undisturbed,
    problems_of_ended,
    problems_of_undone,
)
from tests.engine.worlds import NAME, WORLDS, World, read_world


def undone(simulated: Simulated, expected: Undisturbed) -> Iterator[str]:
    """The problems of undo."""
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def kill_undo(applied: AppliedWorlds, world: World, state_home: Path, stride: int) -> None:
    """Kills undo at every point that the stride hits, and continues it."""
    simulated, expected = applied.copy(world, state_home)

    def kill(point: Point) -> Ended:
        applied.copy(world, state_home)
        return simulated.run("undo", point)

    check_points(simulated, expected.undo_writes, stride, kill, lambda killed: undone(killed, expected))


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_killed_undo_is_continued(world: World, applied: AppliedWorlds, tmp_path: Path) -> None:
    kill_undo(applied, world, tmp_path / "state", STRIDE // 4)


@pytest.mark.matrix
@HOURS_LONG
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_undo_killed_at_every_write_is_continued(world: World, applied: AppliedWorlds, tmp_path: Path) -> None:
    kill_undo(applied, world, tmp_path / "state", 1)


@pytest.mark.parametrize("changes", [False, True])
def test_undo_deletes_the_trial_port_of_a_killed_apply(changes: bool, server: Launcher, tmp_path: Path) -> None:
    simulated = Simulated(server, WORLDS[0], tmp_path / "state")
    expected = simulated.undisturbed()
    simulated.start()
    if changes:
        assert simulated.run("apply", (70, "after")).code == -9
    state = read_world(simulated.directory)
    state["faults"] = {"cloud.create_port": DIE}
    (simulated.directory / "world.json").write_text(json.dumps(state))
    assert simulated.run("apply").code == 137
    ports = read_world(simulated.directory)["cloud"]["ports"].values()
    assert [port["name"] for port in ports] == [f"mhv-tui-trial-{NAME}"]
    assert list(undone(simulated, expected)) == []
