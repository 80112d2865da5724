"""The first line of a scrolled list: that of a row, else it has a sign."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.tui.page_keys import drive, press
from tests.tui.snapshots import demo_state


def test_a_scrolled_plan_begins_with_a_whole_row_or_says_that_its_first_row_begins_above() -> None:
    async def play(pilot: Pilot[int]) -> None:
        tops = [(await press(pilot, key)).splitlines()[6] for key in ["ctrl+g", *["down"] * 12]]
        assert any(top.startswith("↑            binding") for top in tops), tops
        assert not any(top.startswith(" " * 13) and top.strip() for top in tops)

    drive(demo_state("drs-off"), "finish", play)
