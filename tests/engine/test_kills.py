"""A run that is killed at any write of its world or journal is finished by the next run, or undone by undo.

The whole matrix has every write of every world in three phases; the usual run a few of each world.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.changes import KINDS
from tests.engine.fork_server import Ended, Launcher
from tests.engine.kill_points import HOURS_LONG, STRIDE, Point, check_points
from tests.engine.simulated_sessions import (
    Simulated,
    Undisturbed,
    problems_of_applied,
    problems_of_ended,
    problems_of_plan,
    problems_of_undone,
)
from tests.engine.worlds import WORLDS


def continued(simulated: Simulated, expected: Undisturbed, undone: Path) -> Iterator[str]:
    """The problems of an undo, in a copy of the killed session, and of the next apply, a plan after it, and undo."""
    yield from problems_of_ended(simulated.run("sessions"))
    half_done = simulated.copy(undone)
    yield from (f"undone at once: {problem}" for problem in problems_of_ended(half_done.run("undo")))
    yield from (f"undone at once: {problem}" for problem in problems_of_undone(half_done, expected))
    yield from problems_of_ended(simulated.run("apply"))
    yield from problems_of_applied(simulated, expected)
    yield from problems_of_plan(simulated.run("plan"))
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def kill_apply(simulated: Simulated, stride: int, undone: Path) -> None:
    """Kills apply at every point that the stride hits, and continues each time."""
    expected = simulated.undisturbed()

    def kill(point: Point) -> Ended:
        simulated.start()
        return simulated.run("apply", point)

    check_points(simulated, expected.apply_writes, stride, kill, lambda killed: continued(killed, expected, undone))


@pytest.mark.slow
def test_a_killed_apply_is_finished_or_undone(simulated: Simulated, tmp_path: Path) -> None:
    kill_apply(simulated, STRIDE, tmp_path / "undone")


@pytest.mark.matrix
@HOURS_LONG
def test_apply_killed_at_every_write_is_finished_or_undone(simulated: Simulated, tmp_path: Path) -> None:
    kill_apply(simulated, 1, tmp_path / "undone")


def test_the_worlds_have_every_kind_of_change(server: Launcher, tmp_path: Path) -> None:
    """RefreshPackages is missing: an installation refreshes the lists as well, and undo leaves them."""
    kinds = set()
    for world in WORLDS:
        simulated = Simulated(server, world, tmp_path / world.name)
        simulated.start()
        assert simulated.run("apply").code == 0
        kinds |= {r["kind"] for r in simulated.session.journal.records() if r["what"] == "intent"}
    assert set(KINDS) - kinds == {"RefreshPackages"}, (
        "it has nothing to undo, and installing refreshes the lists as well"
    )
