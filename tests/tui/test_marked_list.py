"""The rows of the plan on a small screen: which one is the first visible one, and how far a key goes."""

from __future__ import annotations

from textual.pilot import Pilot

from mhv_tui.tui.plan_list import PlanList
from tests.tui.page_keys import drive, press
from tests.tui.snapshots import demo_state, text_of

NOVA_CONF = (*["down"] * 3, "enter")
"""The keys that open the change of nova.conf, which is longer than the screen."""


async def at_once(pilot: Pilot[int], key: str) -> str:
    """The screen after a key that starts no check."""
    await pilot.press(key)
    await pilot.pause()
    return text_of(pilot)


def test_a_scrolled_plan_begins_with_a_whole_row() -> None:
    async def play(pilot: Pilot[int]) -> None:
        tops = [(await press(pilot, key)).splitlines()[6] for key in ["ctrl+g", *["down"] * 12]]
        assert len(set(tops)) > 3 and not any(top.startswith((" " * 13, "↑")) for top in tops), tops

    drive(demo_state("drs-off"), "finish", play)


def test_page_down_and_page_up_move_by_what_is_visible() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+g", "o", "home")
        plan = pilot.app.screen.query_one(PlanList)
        tops = [0]
        for key, direction in (("pagedown", 1), ("pageup", -1)):
            while tops[-1] != (plan.max_scroll_y if direction > 0 else 0):
                await at_once(pilot, key)
                tops.append(top := plan.scroll_offset.y)
                assert 0 < (top - tops[-2]) * direction <= plan.size.height
                assert top in (0, plan.max_scroll_y) or plan.size.height - abs(top - tops[-2]) < 3
                assert plan._line_of_row(top) == 0, "the first row is whole"
        assert len(tops) > 10
        assert "? network   NW02" in (await press(pilot, *["pagedown"] * len(tops))).split("\n>")[1]

    drive(demo_state(), "finish", play, (60, 20))


def test_down_passes_what_is_visible_of_an_open_change_and_shows_each_line_of_a_long_one() -> None:
    async def play(pilot: Pilot[int]) -> None:
        screen = await press(pilot, "ctrl+g", *NOVA_CONF)
        plan = pilot.app.screen.query_one(PlanList)
        seen, hidden = screen, 0
        while ">~ node      set 1 option" not in (screen := await at_once(pilot, "down")):
            seen, hidden = seen + screen, hidden + 1
        lines = sum(row.is_preview for row in plan._rows)
        assert lines - plan.size.height <= hidden < lines - plan.size.height // 2
        assert "compute_driver = " in seen and "host_password = " in seen
        while ">~ node      set 46 options" not in await at_once(pilot, "up"):
            hidden -= 1
        assert -3 < hidden < 3, "back, as many keys"

    drive(demo_state(), "finish", play)
