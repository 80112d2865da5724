"""Random keys, faster than the pages open, while checks take random times: no key and no timer ends the wizard.

Prints its seed; `MHV_SEED=17` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.snapshots import demo_state, wizard

KEYS = (
    *["ctrl+n"] * 6,
    *["ctrl+p"] * 3,
    *[
        "tab",
        "shift+tab",
        "down",
        "up",
        "enter",
        "f1",
        "f2",
        "f3",
        "f4",
        "f5",
        "escape",
        "a",
        "1",
        "5",
        "0",
        "n",
        "g",
        "x",
        "f",
        "y",
        "slash",
        "space",
    ],
    *["ctrl+r", "ctrl+t", "ctrl+o", "ctrl+g", "ctrl+u", "ctrl+z", "backspace"],
)
SCENES = ("article", "drs-off", "local-datastore", "untrusted-certificate", "half-configured")
DELAYS = (0, 0.01, 0.05, 0.1, 0.3, 0.7)
"""Seconds of a check, and between two groups of keys."""


class SlowState(WizardState):
    """The checks of a page take a random time, as those of a busy vCenter."""

    random = random.Random()

    def check(self, step_id: str) -> StepResult:
        result = super().check(step_id)
        time.sleep(self.random.choice(DELAYS))
        return result


async def press_random_keys(rnd: random.Random, groups: int) -> None:
    async with wizard(demo_state(rnd.choice(SCENES), SlowState)) as pilot:
        for _ in range(groups):
            for key in rnd.choices(KEYS, k=rnd.choice((1, 1, 2, 3))):
                pilot.app.simulate_key(key)
            await asyncio.sleep(rnd.choice(DELAYS) / 4)


@pytest.mark.parametrize("groups", [pytest.param(60, id="short"), pytest.param(800, id="long", marks=pytest.mark.slow)])
def test_random_keys_never_end_the_wizard(groups: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the keys may save a plan or a report
    seed = int(os.environ.get("MHV_SEED") or random.randrange(10**6))
    print(f"MHV_SEED={seed}")
    SlowState.random = rnd = random.Random(seed)
    asyncio.run(press_random_keys(rnd, groups))
