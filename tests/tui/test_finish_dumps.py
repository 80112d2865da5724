"""The last page as text at three sizes. `MHV_SCREENSHOTS=write pytest tests/tui` writes the texts again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from mhv_tui.core.changes import Change
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.snapshots import demo_state, text_of, wizard
from tests.tui.text_dumps import SIZES, Size, check_dumps


def applied(scene: str = "article", most: int = 99) -> WizardState:
    """A session that has made its first changes, at most `most`, and has booted the test servers if none is missing."""
    state = demo_state(scene)

    def approve(plan: Sequence[tuple[str, Change]]) -> frozenset[str]:
        return frozenset(change.id for _, change in plan[:most])

    state.apply(lambda event: None, approve)
    return state


SCENES: dict[str, Callable[[], WizardState]] = {
    "done": applied,
    "half": lambda: applied(most=2),
    "nova-network": lambda: applied("nova-network"),
    "before": demo_state,
    "blocked": lambda: demo_state("drs-off"),
}
"""The name of a dump -> the session that it shows."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_the_last_page(scene: str, size: Size) -> None:
    async def render() -> str:
        async with wizard(SCENES[scene](), "finish", size) as pilot:
            return text_of(pilot)

    check_dumps(f"finish-{scene}", {size: asyncio.run(render())})
