"""Hostile input: every parser returns a short result or raises an error of its own, and ends in time.

The normal run gives each target the same hundred inputs. `pytest -m matrix tests/fuzz` gives each new ones for
$MHV_FUZZ_SECONDS (60) and prints how many, and how much of the code ran.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.lines import Coverage
from tests.fuzz.targets import TARGETS, Target

SECONDS = float(os.environ.get("MHV_FUZZ_SECONDS", "60"))
LONGEST = 2.0
"""Seconds of CPU time for one input."""
BATCH = 500
"""Inputs between two glances at the clock."""
SETTINGS = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink)
)


@pytest.fixture(autouse=True)
def _no_log() -> Iterator[None]:
    """A record can have any characters, which pytest cannot send to another process."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def survives(target: Target, value: Any) -> None:
    """The property: only errors of its own, a bounded output, and a bounded time."""
    start = time.process_time()
    try:
        result = target.run(value)
    except target.errors as error:
        result = error
    assert time.process_time() - start < LONGEST
    assert len(repr(result)) < 20_000 + target.growth * len(repr(value))


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input_is_refused_in_order(name: str) -> None:
    target = TARGETS[name]
    for example in target.examples:
        survives(target, example)

    @settings(SETTINGS, max_examples=100, derandomize=True)
    @given(target.inputs)
    def check(value: Any) -> None:
        survives(target, value)

    check()


@pytest.mark.matrix
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input_for_a_long_time(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    target, executions, end = TARGETS[name], 0, time.monotonic() + SECONDS
    coverage = Coverage(target.code())
    batch = 0

    @settings(SETTINGS, max_examples=BATCH)
    @given(target.inputs)
    def check(value: Any) -> None:
        nonlocal executions
        executions += 1
        if executions % 5:
            survives(target, value)
            return
        with coverage.tracing():  # which makes it slow
            survives(target, value)

    while time.monotonic() < end:
        batch += 1
        seed(batch)(check)()
    with capsys.disabled():
        print(f"\n{name}: {executions} executions, {coverage.percent:.0f} % of the lines")
    assert executions
