"""The plan as text at three sizes. `MHV_SCREENSHOTS=write pytest tests/tui` writes the texts again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from mhv_tui.core.changes import Change
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.snapshots import demo_state, settled, wizard
from tests.tui.text_dumps import Size, check_dumps, texts_at_all_sizes


def applied(most: int = 99) -> WizardState:
    """A session that has made its first changes, at most `most`."""
    state = demo_state()

    def approve(plan: Sequence[tuple[str, Change]]) -> frozenset[str]:
        return frozenset(change.id for _, change in plan[:most])

    state.apply(lambda event: None, approve)
    return state


def half_made() -> WizardState:
    """A session that has made its first changes and was killed during the next one."""
    state = applied(most=3)
    change = state.check("node").plan[0]
    state.session.journal.intend(("", "node"), change, {"sha256": "", "wrote": "", "backup": ""})
    return state


def accepted() -> WizardState:
    """A blocked plan whose problem is accepted until a day."""
    state = demo_state("drs-off")
    state.accept("CL05", "one host is in maintenance", date(2999, 3, 1))
    return state


def unanswered() -> WizardState:
    """A plan with pages that are not answered."""
    state = demo_state()
    state.give("node", "host", "")
    return state


@dataclass(frozen=True)
class Scene:
    """A session, and the keys pressed on its plan."""

    begin: Callable[[], WizardState]
    keys: tuple[str, ...] = ()


SCENES = {
    "healthy": Scene(demo_state),
    "opened": Scene(demo_state, ("down", "down", "down", "enter", "down", "down")),
    "question": Scene(demo_state, ("ctrl+g",)),
    "drs-off": Scene(lambda: demo_state("drs-off")),
    "drs-off-fixed": Scene(lambda: demo_state("drs-off"), ("f",)),
    "accepting": Scene(lambda: demo_state("drs-off"), ("a", *"shared", "enter", *"soon", "enter")),
    "accepted": Scene(accepted, ("end", "up")),
    "no-archive": Scene(lambda: demo_state("no-archive")),
    "not-an-image": Scene(lambda: demo_state("not-an-image")),
    "port-group-vlan": Scene(lambda: demo_state("port-group-vlan")),
    "half-configured": Scene(lambda: demo_state("half-configured")),
    "wrong-password": Scene(lambda: demo_state("wrong-password")),
    "unanswered": Scene(unanswered),
    "half-made": Scene(half_made),
    "nothing-to-do": Scene(applied),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_text_of_the_plan(name: str) -> None:
    scene = SCENES[name]

    async def texts() -> dict[Size, str]:
        async with wizard(scene.begin(), "finish") as pilot:
            await pilot.press("ctrl+g")
            await settled(pilot)
            for key in scene.keys:
                await pilot.press(key)
            return await texts_at_all_sizes(pilot)

    check_dumps(f"plan-{name}", asyncio.run(texts()))
