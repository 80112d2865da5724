"""A wizard that runs for days: after thousands of checks it uses no more memory, threads and files than at first."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.tui.terminals import ROOT

GROWTH = {"objects": 16 << 10, "resident": 8 << 20, "threads": 0, "descriptors": 0}
"""The most that each may grow from the first measurement to the last."""
NOISE = 128
"""Bytes of objects that a check may add: a day of checks every two seconds is then 5 MiB."""


def measurements(*checks: int) -> list[dict[str, int]]:
    command = [sys.executable, "-m", "tests.demo.long_life", *map(str, checks)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=7200, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "checks",
    [
        pytest.param((100, 300), marks=pytest.mark.slow),
        pytest.param((1_000, 10_000), marks=[pytest.mark.matrix, pytest.mark.timeout(7200)]),
    ],
)
def test_nothing_grows(checks: tuple[int, ...], capsys: pytest.CaptureFixture[str]) -> None:
    first, last = measurements(*checks)
    with capsys.disabled():
        print(f"\n{first}\n{last}")
    grown = {name: last[name] - first[name] for name in GROWTH}
    grown["objects"] -= NOISE * (last["checks"] - first["checks"])
    assert {name: amount for name, amount in grown.items() if amount > GROWTH[name]} == {}
