"""The points at which a run is killed: each of its writes in each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.fork_server import PHASES

Point = tuple[int, str]
"""The number of a write, and the phase."""

STRIDE = 97
"""The usual run has every such point: a prime number, so that it has every phase."""

HOURS_LONG = pytest.mark.timeout(4 * 3600)


def points(writes: tuple[str, ...]) -> list[Point]:
    return [(number, phase) for number in range(1, len(writes) + 1) for phase in PHASES]


def check_points(
    name: str, writes: tuple[str, ...], stride: int, problems_at: Callable[[Point], Iterator[str]]
) -> None:
    """Kills at every point that the stride hits; fails with all problems."""
    chosen = points(writes)[1 % stride :: stride]  # the second is in the middle of the first write
    problems = [
        f"{name}: write {point[0]} ({writes[point[0] - 1]}), {point[1]}: {problem}"
        for point in chosen
        for problem in problems_at(point)
    ]
    print(f"{name}: {len(chosen)} points, {len(problems)} problems", *problems, sep="\n")
    assert problems == []
