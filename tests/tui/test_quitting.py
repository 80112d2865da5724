"""The questions whether to quit, although a text or a typed password of the page would be lost."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.tui.page_keys import drive, field, press
from tests.tui.snapshots import demo_state


def test_the_end_of_the_wizard_drops_no_text_that_is_not_saved_without_a_question() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "vlan_id").focus()
        shown = await press(pilot, "ctrl+u", *"abc", "ctrl+q")
        assert "Quit, although this page has text that is not saved?" in shown
        assert 'vlan_id: "abc" is not a number;' in shown
        assert "although" not in await press(pilot, "n") and field(pilot, "vlan_id").value == "abc"
        assert "although" in await press(pilot, "f1", "ctrl+q"), "also from a dialog above the page"
        await pilot.press("ctrl+q")
        assert pilot.app.return_value == 0

    drive(demo_state(), "network", play)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
def test_the_end_of_the_wizard_loses_no_typed_password_without_a_question(key: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "password").focus()
        shown = await press(pilot, *"S3cret", "tab", key)
        assert "The typed password is not saved. Quit?" in shown and "S3cret" not in shown
        assert "A typed password is kept in memory only." in " ".join((await press(pilot, "f1")).split())
        assert "is not saved. Quit?" not in await press(pilot, "n")
        assert "is not saved. Quit?" in await press(pilot, "f1", "ctrl+q")
        shown = await press(pilot, "escape", "escape", key, "ctrl+c")
        assert "is not saved. Quit?" not in shown and field(pilot, "password").value == "S3cret"
        await press(pilot, key, "ctrl+q")
        assert pilot.app.return_value == 0

    drive(demo_state(), "vcenter", play)


def test_a_password_that_was_typed_on_another_page_needs_no_question() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "password").focus()
        await press(pilot, *"S3cret", "enter", "ctrl+n", "ctrl+q")
        assert pilot.app.return_value == 0

    drive(demo_state(), "vcenter", play)
