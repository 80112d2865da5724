"""Measures whether something ends in time, also on a machine that runs other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

ATTEMPTS = 3
"""Other programs can only lengthen a measurement, so the best of a few counts."""


def assert_quick(measure: Callable[[], float], limit: float) -> None:
    """Fails if `measure` returns more than `limit` seconds in each attempt. The limit grows on a busy machine."""
    results = []
    for _ in range(ATTEMPTS):
        seconds, allowed = measure(), limit * slowness()
        if seconds <= allowed:
            return
        results.append(f"{seconds:.2f} s of {allowed:.2f} s")
    raise AssertionError(", ".join(results))


def slowness() -> float:
    """How many times longer a plain interpreter runs at present than it needs the processor; 1 on a quiet machine."""
    began, before = time.monotonic(), os.times()
    subprocess.run([sys.executable, "-I", "-c", "pass"], check=True, timeout=60)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return max(1.0, (time.monotonic() - began) / max(used, 0.01))
