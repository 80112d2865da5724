"""The points at which a run is killed: each of its writes in each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.fork_server import PHASES, Ended
from tests.engine.simulated_sessions import Simulated, problems_of_repeated

Point = tuple[int, str]
"""The number of a write, and the phase."""

Problems = Callable[[Simulated], Iterator[str]]
"""Continues a killed session and yields what is wrong with it."""

STRIDE = 97
"""The usual run has every such point: a prime number, so that it has every phase."""

HOURS_LONG = pytest.mark.timeout(4 * 3600)


def points(writes: tuple[str, ...]) -> list[Point]:
    return [(number, phase) for number in range(1, len(writes) + 1) for phase in PHASES]


def check_points(
    simulated: Simulated, writes: tuple[str, ...], stride: int, kill: Callable[[Point], Ended], then: Problems
) -> None:
    """Kills at every point that the stride hits, and checks how the session continues; fails with all problems.

    A state on disk that was met before is not continued again: most kills before or in the middle of a write leave
    the state after the write before, and a temporary file.
    """
    name, digests, problems = simulated.world.name, set[str](), []
    chosen = points(writes)[1 % stride :: stride]  # the second is in the middle of the first write
    for point in chosen:
        ended = kill(point)
        digest = simulated.digest()
        found = [] if ended.code == -9 else [f"not killed: exit {ended.code}"]
        found += (problems_of_repeated if digest in digests else then)(simulated)
        digests.add(digest)
        problems += [f"{name}: write {point[0]} ({writes[point[0] - 1]}), {point[1]}: {problem}" for problem in found]
    totals = f"{len(chosen)} points, {len(digests)} different states, {len(problems)} problems"
    print(f"{name}: {totals}", *problems, sep="\n", flush=True)
    assert problems == []
