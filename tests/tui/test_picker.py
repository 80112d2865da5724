"""The list of choices of a field: what opens it, the filter, ticks, and keys that are typed ahead."""

from __future__ import annotations

from itertools import pairwise

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mhv_tui.tui.page import Page
from mhv_tui.tui.picker import ChoiceList, Picker
from tests.tui.page_keys import drive, field, last_line, press, press_at_once
from tests.tui.snapshots import demo_state, text_of


def test_enter_opens_a_list_unless_the_text_was_edited_and_is_valid() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "Enter choose" in last_line(text_of(pilot))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Picker)
        await press(pilot, "escape")
        assert "Enter next" in last_line(await press(pilot, "x"))
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Page) and pilot.app.focused is field(pilot, "kind")
        for keys in ((*"x",), ("ctrl+z",)):
            shown = await press(pilot, *keys)
            assert "Enter choose" in last_line(shown) and ("press Enter in the field" in shown) == (keys == ("x",))
            await press(pilot, "enter")
            assert isinstance(pilot.app.screen, Picker)
            await press(pilot, "escape")

    drive(demo_state(), "network", play)


def test_space_ticks_several_answers_and_only_enter_writes_them() -> None:
    state = demo_state("local-datastore")

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "enter")
        assert ">[x] ✗ local-esx1" in shown
        assert last_line(shown) == " Space tick or untick  Enter accept 1 tick  Esc cancel  ↑ ↓ move  ^Y copy"
        for leaving in ("escape", "f10", "ctrl+c"):
            shown = await press(pilot, "space")
            assert ">[ ] ✗ local-esx1" in shown and "Enter accept no tick" in last_line(shown)
            assert state.answers.tables["datastore"].names == ("local-esx1",), "an empty answer means all datastores"
            await press(pilot, leaving)
            assert field(pilot, "names").value == "local-esx1", leaving
            assert ">[x] ✗ local-esx1" in await press(pilot, "enter")
        shown = await press(pilot, "space", *"nfs", "space")
        assert isinstance(pilot.app.screen, Picker) and ">[x]   nfs-gold" in shown
        shown = await press(pilot, "enter")
        assert "Enter next" in last_line(shown)

    drive(state, "datastore", play)
    assert state.answers.tables["datastore"].names == ("nfs-gold",)


TWO = ("down", "space")
"""The keys that tick a second row."""


@pytest.mark.parametrize(
    ("keys", "does", "names"),
    [
        (("down",), "Enter only this one", ("vmfs-silver",)),
        ((*"silver",), "Enter only this one", ("vmfs-silver",)),
        ((*TWO, "up"), "Enter accept 2 ticks", ("nfs-gold", "vmfs-silver")),
        (("space", *"silver"), "Enter accept no tick", ()),
        (("space", *"silver", "space"), "Enter accept 1 tick", ("vmfs-silver",)),
        (("space",), "Enter accept no tick", ()),
        ((), "Enter accept 1 tick", ("nfs-gold",)),
        ((*"zzz",), "Enter writes your text", ("zzz",)),
        ((*TWO, *"zzz"), "Enter adds your text to the ticks", ("nfs-gold", "vmfs-silver", "zzz")),
    ],
)
def test_the_last_line_of_a_list_with_ticks_says_what_enter_writes(
    keys: tuple[str, ...], does: str, names: tuple[str, ...]
) -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "enter", *keys)
        assert f" {does}  Esc " in last_line(shown)
        shown = await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Page)

    drive(state, "datastore", play)
    assert state.answers.tables["datastore"].names == names


def test_enter_keeps_several_ticks_until_the_row_has_none() -> None:
    state = demo_state()
    assert state.give("datastore", "names", "nfs-gold, vmfs-silver").changed

    async def play(pilot: Pilot[int]) -> None:
        assert " Enter accept 2 ticks " in last_line(await press(pilot, "enter"))
        await press(pilot, "enter")
        assert field(pilot, "names").value == "nfs-gold, vmfs-silver"
        assert " Enter only this one " in last_line(await press(pilot, "ctrl+o", *"local"))
        await press(pilot, "enter")

    drive(state, "datastore", play)
    assert state.answers.tables["datastore"].names == ("local-esx1",)


def test_a_choice_of_the_present_text_goes_on_with_the_next_enter() -> None:
    async def play(pilot: Pilot[int]) -> None:
        kind = field(pilot, "kind")
        kind.focus()
        await pilot.pause()
        shown = await press(pilot, "enter", "enter")
        assert pilot.app.focused is kind and "Enter next" in last_line(shown)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Page) and pilot.app.focused is not kind

    drive(demo_state(), "network", play)


def test_a_new_problem_is_visible_also_if_the_findings_were_left_at_their_end() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "enter", *"silver", "enter")
        assert "! DS15" in await press(pilot, "f2", "end")
        field(pilot, "names").focus()
        shown = (await press(pilot, "enter", *"local-esx1", "enter")).splitlines()
        assert "  ✗ DS04" in next(after for line, after in pairwise(shown) if "1 problem ·" in line)

    drive(demo_state(), "datastore", play)


def test_a_list_finds_letters_in_their_order() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "enter", *"vsil")
        assert "vmfs-silver" in shown and "[x]   nfs-gold" not in shown

    drive(demo_state(), "datastore", play)


def test_home_and_end_move_in_the_list_while_its_filter_is_empty() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "empty: all, or those of datastore_regex" in await press(pilot, "ctrl+u")
        assert "may use; if empty, all of the cluster" in await press(pilot, "ctrl+o", "end")
        picker = pilot.app.screen
        assert isinstance(picker, Picker) and picker.query_one(ChoiceList).highlighted == 3
        await press(pilot, "home")
        assert picker.query_one(ChoiceList).highlighted == 0
        await press(pilot, *"ocal", "home", "l")
        assert picker.query_one(Input).value == "local", "the filter has a text to edit"

    drive(demo_state(), "datastore", play)


def test_enter_takes_a_typed_text_that_the_list_does_not_have() -> None:
    state = demo_state("port-group-vlan")

    async def play(pilot: Pilot[int]) -> str:
        field(pilot, "port_group").focus()
        await pilot.pause()
        shown = await press(pilot, "ctrl+o", *"br200")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, Page)
        return shown

    assert "No entry matches: Enter writes your text" in drive(state, "network", play)
    assert state.answers.tables["network"].port_group == "br200"


def test_a_list_of_all_possible_answers_takes_no_other_text() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "kind").focus()
        await pilot.pause()
        shown = await press(pilot, "ctrl+o", *"zzz", "enter")
        assert last_line(shown) == " No entry matches: change the text  Esc back"
        assert isinstance(pilot.app.screen, Picker)

    drive(demo_state(), "network", play)


def test_a_text_that_is_like_a_choice_and_the_list_are_two_sentences() -> None:
    async def play(pilot: Pilot[int]) -> str:
        field(pilot, "release").focus()
        return await press(pilot, "ctrl+u", *"autofg")

    shown = " ".join(line[19:].strip() for line in drive(demo_state(), "cloud", play).splitlines())
    assert 'release: the value "autofg" is not known; the saved value is still auto. ' in shown
    assert "Did you mean auto? Or press Enter in the field and choose. " in shown


def test_keys_typed_ahead_in_a_list_act_in_their_order() -> None:
    """The second key that closes the list does not close the page."""
    state = demo_state("untrusted-certificate")

    async def play(pilot: Pilot[int]) -> None:
        page = pilot.app.screen
        field(pilot, "trust").focus()
        await pilot.pause()
        await press(pilot, "ctrl+o", *"pin", "enter", "escape", "f10")
        assert pilot.app.screen is page and "7 passed" in text_of(pilot)

    drive(state, "vcenter", play)
    assert state.answers.tables["vcenter"].trust.kind == "sha256"


def test_keys_that_arrive_together_act_on_the_row_to_which_the_first_one_moves() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "enter")
        assert ">[ ]   nfs-gold" in await press_at_once(pilot, "down", "space", "up", "space")
        await press(pilot, "enter")
        assert state.answers.tables["datastore"].names == ("vmfs-silver",)

    drive(state, "datastore", play)


def test_a_choice_that_arrives_with_a_move_is_that_of_the_new_row() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "kind").focus()
        await pilot.pause()
        await press(pilot, "enter")
        await press_at_once(pilot, "up", "enter")
        assert state.answers.tables["network"].kind == "standard"

    drive(state, "network", play)
