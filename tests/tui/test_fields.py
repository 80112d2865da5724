"""The fields of a page: texts that Ctrl+Z restores, and the hint of a secret."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot

from tests.tui.page_keys import drive, field, press
from tests.tui.snapshots import demo_state, settled, text_of


def test_ctrl_z_in_a_field_that_was_left_restores_its_text_of_when_the_page_was_opened() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "x", "down", "up", "ctrl+z")
        assert field(pilot, "host").value == state.answers.tables["vcenter"].host == "vc.example.org"
        await press(pilot, "ctrl+z")
        assert field(pilot, "host").value == "vc.example.orgx"

    drive(state, "vcenter", play)


def test_ctrl_z_says_that_there_is_nothing_to_restore() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "Nothing to restore" in await press(pilot, "ctrl+z")
        field(pilot, "password").focus()
        await press(pilot, "x", "down", "up")
        assert "An earlier secret cannot be restored" in await press(pilot, "ctrl+z")

    drive(demo_state(), "vcenter", play)


def test_the_hint_of_a_secret_follows_the_machine_to_which_it_belongs() -> None:
    state = demo_state()
    state.give("vcenter", "password", "S3cret-typed")

    async def play(pilot: Pilot[int]) -> None:
        assert "already set" in text_of(pilot)
        assert "type the secret again" in await press(pilot, "x")
        assert "already set" in await press(pilot, "backspace")
        assert "already set" in await press(pilot, "ctrl+n", "ctrl+p")

    drive(state, "vcenter", play)


def test_typing_in_a_secret_field_replaces_the_secret_that_is_not_visible() -> None:
    async def play(pilot: Pilot[int]) -> str:
        secret = field(pilot, "password")
        secret.focus()
        await press(pilot, *"first", "down", "up", *"second")
        return secret.value

    assert drive(demo_state("wrong-password"), "vcenter", play) == "second"


@pytest.mark.parametrize(("key", "after"), [("trust", "▾"), ("username", "")])
def test_a_field_without_the_focus_shows_both_ends_of_a_text_that_is_too_long(key: str, after: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        long = field(pilot, key)
        long.value = "sha256 " + ":".join(f"{number:02X}" for number in range(32))
        long.cursor_position = len(long.value)
        field(pilot, "host").focus()
        both_ends = rf"{key}\*? +sha256 00:01:02:03:.*….*:1C:1D:1E:1F *{after}\n"
        await settled(pilot)
        assert re.search(both_ends, text_of(pilot))
        long.focus()
        await settled(pilot)
        assert not re.search(both_ends, text_of(pilot)) and ":1D:1E:1F" in text_of(pilot)
        shown = await press(pilot, "home")
        assert re.search(rf"{key}\*? +sha256 00:01:02:03:[^…\n]*… *{after}\n", shown), "the rest is announced"

    drive(demo_state(), "vcenter", play)
