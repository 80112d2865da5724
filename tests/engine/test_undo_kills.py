"""Undo of a session that was killed at any write, and undo that is itself killed at any write and then continued.

The whole matrices have every write of every world in three phases; the usual run a few of each world.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.kill_points import HOURS_LONG, STRIDE, Point, check_points
from tests.engine.simulated_sessions import (
    AppliedWorlds,
    Simulated,
    Undisturbed,
    problems_of_ended,
    problems_of_undone,
)
from tests.engine.worlds import WORLDS, World


def undo_after_killed_apply(simulated: Simulated, expected: Undisturbed, point: Point) -> Iterator[str]:
    """The problems of an undo after a kill of apply at this point."""
    simulated.start()
    if (code := simulated.run("apply", point).code) != -9:
        yield f"not killed: exit {code}"
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def undo_after_killed_undo(simulated: Simulated, expected: Undisturbed, point: Point) -> Iterator[str]:
    """The problems of an undo after a kill of undo at this point."""
    if (code := simulated.run("undo", point).code) != -9:
        yield f"not killed: exit {code}"
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def kill_apply(simulated: Simulated, stride: int) -> None:
    expected = simulated.undisturbed()
    name, writes = simulated.world.name, expected.apply_writes
    check_points(name, writes, stride, lambda point: undo_after_killed_apply(simulated, expected, point))


def kill_undo(applied: AppliedWorlds, world: World, state_home: Path, stride: int) -> None:
    _, expected = applied.copy(world, state_home)

    def kill(point: Point) -> Iterator[str]:
        return undo_after_killed_undo(applied.copy(world, state_home)[0], expected, point)

    check_points(world.name, expected.undo_writes, stride, kill)


@pytest.mark.slow
def test_a_half_done_session_is_undone(simulated: Simulated) -> None:
    kill_apply(simulated, STRIDE)


@pytest.mark.matrix
@HOURS_LONG
def test_a_session_half_done_at_every_write_is_undone(simulated: Simulated) -> None:
    kill_apply(simulated, 1)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_killed_undo_is_continued(world: World, applied: AppliedWorlds, tmp_path: Path) -> None:
    kill_undo(applied, world, tmp_path / "state", STRIDE // 4)


@pytest.mark.matrix
@HOURS_LONG
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_undo_killed_at_every_write_is_continued(world: World, applied: AppliedWorlds, tmp_path: Path) -> None:
    kill_undo(applied, world, tmp_path / "state", 1)
