"""A run that is killed at any write of its world or journal is finished by the next, and undone by undo.

The whole matrix has every write of every world in three phases; the usual run a few of each world.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.changes import KINDS
from tests.engine.fork_server import PHASES, Launcher, launcher
from tests.engine.simulated_sessions import (
    Simulated,
    Undisturbed,
    problems_of_applied,
    problems_of_ended,
    problems_of_plan,
    problems_of_undone,
)
from tests.engine.worlds import WORLDS, World

Point = tuple[int, str]
STRIDE = 97
"""The usual run has every such point: a prime number, so that it has every phase."""

HOURS_LONG = pytest.mark.timeout(4 * 3600)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    with launcher(tmp_path_factory.mktemp("outputs")) as running:
        yield running


@pytest.fixture(params=WORLDS, ids=lambda world: world.name)
def simulated(request: pytest.FixtureRequest, server: Launcher, tmp_path: Path) -> Simulated:
    world: World = request.param
    return Simulated(server, world, tmp_path / "state")


def points(writes: tuple[str, ...]) -> list[Point]:
    return [(number, phase) for number in range(1, len(writes) + 1) for phase in PHASES]


def killed_apply(simulated: Simulated, expected: Undisturbed, point: Point) -> Iterator[str]:
    """The problems after a kill of apply at this point."""
    simulated.start()
    if (code := simulated.run("apply", point).code) != -9:
        yield f"not killed: exit {code}"
    yield from problems_of_ended(simulated.run("sessions"))
    yield from problems_of_ended(simulated.run("apply"))
    yield from problems_of_applied(simulated, expected)
    yield from problems_of_plan(simulated.run("plan"))
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def kill_at(simulated: Simulated, stride: int) -> None:
    """Kills apply at every point that the stride hits; fails with all problems."""
    expected = simulated.undisturbed()
    chosen = points(expected.apply_writes)[stride - 1 :: stride]
    problems = [
        f"write {point[0]} ({expected.apply_writes[point[0] - 1]}), {point[1]}: {problem}"
        for point in chosen
        for problem in killed_apply(simulated, expected, point)
    ]
    print(f"{simulated.world.name}: {len(chosen)} points, {len(problems)} problems")
    assert problems == []


@pytest.mark.slow
def test_a_killed_apply_is_finished_and_undone(simulated: Simulated) -> None:
    kill_at(simulated, STRIDE)


@pytest.mark.matrix
@HOURS_LONG
def test_apply_killed_at_every_write_is_finished_and_undone(simulated: Simulated) -> None:
    kill_at(simulated, 1)


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
