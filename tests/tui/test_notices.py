"""What the wizard says or shows after a key that is easily pressed in the wrong place, and where the focus goes."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from mhv_tui.cli.wizard import remember_theme, remembered_theme
from mhv_tui.core.answers import Accept
from mhv_tui.engine.last_seen import save_last_seen, saved_levels
from mhv_tui.engine.state import state_home
from mhv_tui.tui.dialogs import ConfirmDialog
from mhv_tui.tui.fields import Field
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.snapshots import demo_state, settled, text_of, wizard


def test_enter_in_a_question_says_which_keys_answer() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+g")
        await press(pilot, "ctrl+g")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert "press y for yes, n for no" in await press(pilot, "enter")
        assert isinstance(pilot.app.screen, ConfirmDialog)

    drive(demo_state(), "cloud", play)


def test_the_key_of_the_next_page_says_that_the_plan_is_the_last() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+g")
        assert "No page follows the plan: ^G makes the changes, Esc goes back." in last_line(
            await press(pilot, "ctrl+n")
        )

    drive(demo_state(), "cloud", play)


@pytest.mark.parametrize("screen", ["", "ctrl+g", "f5"])
def test_the_key_of_the_colours_names_the_theme(screen: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, *filter(None, [screen]))
        assert "Colours: light." in last_line(await press(pilot, "f9"))

    drive(demo_state(), "cloud", play)


def test_the_selected_theme_is_remembered() -> None:
    assert remembered_theme() == ""
    remember_theme("contrast")
    assert remembered_theme() == "contrast"
    (state_home() / "theme").chmod(0o666)
    assert remembered_theme() == "", "a file that other users can write"


def test_a_filter_shows_its_own_keys_and_says_if_nothing_matches() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2")
        shown = await press(pilot, "slash")
        assert last_line(shown) == " Enter to the list  Esc show all  ^Q quit"
        assert "No finding matches the filter" in await press(pilot, *"xyz")
        assert last_line(await press(pilot, "enter")).startswith(" Esc show all  ^N/^P page  ")
        assert "No finding matches the filter" in last_line(await press(pilot, "f"))
        shown = await press(pilot, "escape")
        assert "No finding matches" not in shown and "CL05" in shown and "f fix" in last_line(shown)

    drive(demo_state("drs-off"), "cluster", play)


def test_the_filter_of_the_answers_shows_its_own_keys() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f5")
        assert "to the list" in last_line(await press(pilot, "slash", *"host"))
        assert "Enter open  Esc back  d show defaults" in last_line(await press(pilot, "enter"))
        assert "Enter" not in last_line(await press(pilot, "slash", *"xyz", "enter"))

    drive(demo_state(), "cloud", play, (60, 20))


def test_escape_closes_what_is_open_and_never_makes_the_next_letter_a_part_of_an_answer() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        assert "↑ fields" in last_line(text_of(pilot))
        assert "Esc close" in last_line(await press(pilot, "enter", "down", "down")) and "OS06" in text_of(pilot)
        shown = await press(pilot, "escape")
        assert ">✓ 5 checks passed" in shown and "OS06" not in shown
        for key in ("escape", *"afn5"):
            assert not isinstance(pilot.app.focused, Field)
            shown = await press(pilot, key)
            assert key != "escape" or "Nothing is open: Shift+Tab goes to the fields" in last_line(shown)
        await press(pilot, "1", "shift+tab")
        assert pilot.app.focused is field(pilot, "release")

    answers = state.answers
    drive(state, "cloud", play, in_form=False)
    assert state.answers == answers


def test_a_page_that_opens_at_a_problem_shows_no_help_of_a_field() -> None:
    state = demo_state()
    state.give("node", "host", "nowhere")
    remedy = next(f.remedy for f in state.check("node").findings if f.code == "CN29")
    assert "name in node.host, and" in remedy and "register.controller" not in remedy

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "f2")
        shown = await press(pilot, "f2")
        assert ">✗ CN29  nowhere:22 does not answer" in shown
        assert "reserved_host_memory_mb" not in shown, "the help of a field without the focus"
        assert "The SSH host of a compute node" in await press(pilot, "up")
        shown = await press(pilot, "down")
        assert ">✗ CN29" in shown and "The SSH host of a compute node" not in shown

    drive(state, "cloud", play)


def test_a_copy_says_what_to_do_without_a_clipboard() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "clipboard, if the terminal has one" in last_line(await press(pilot, "ctrl+y"))
        assert "A secret is never copied." in last_line(await press(pilot, "down", "down", "ctrl+y"))

    drive(demo_state(), "vcenter", play)


def test_an_accepted_problem_is_a_warning_everywhere() -> None:
    state = demo_state("drs-off")
    state.accept("CL05", "a lab")

    async def play(pilot: Pilot[int]) -> None:
        shown = text_of(pilot)
        assert "3 cluster    !1" in shown and "! CL05" in shown and "✗" not in shown
        assert "\n ! warning or\n   accepted\n" in shown
        assert "accepted: a lab" in await press(pilot, "ctrl+g")

    drive(state, "cluster", play)
    save_last_seen(state.session, state.findings())
    assert saved_levels(state.session)["cluster"] == "warning"
    assert state.answers.accepts == (Accept("CL05", "a lab"),)


def test_the_last_page_has_no_tick_before_everything_is_proven() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "10 finish     ·" in await press(pilot, "f3")

    drive(demo_state(), "finish", play)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        *((("0", "x"), "x"), (("f2", "z"), "z"), (("ctrl+g", "k"), "k"), (("f7",), "F7")),
        *((("f2", "backspace"), "Backspace"), (("f2", "ctrl+x"), "^X"), (("f2", "shift+f2"), "Shift+F2")),
        *((("f2", "delete"), "Del"), (("f2", "ctrl+f7"), "Ctrl+F7")),
    ],
)
def test_a_key_that_does_nothing_is_answered(keys: tuple[str, ...], key: str) -> None:
    async def play(pilot: Pilot[int]) -> str:
        return last_line(await press(pilot, *keys))

    notice = drive(demo_state("drs-off"), "cluster", play, in_form="0" not in keys)
    assert notice.startswith(f" {key} does nothing here. ")


def test_a_notice_of_the_last_page_ends_with_the_next_key() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "There is no text to copy yet: the page says why." in last_line(await press(pilot, "y"))
        assert "^P back" in last_line(await press(pilot, "down"))

    drive(demo_state(), "finish", play)


@pytest.mark.parametrize("size", [(80, 40), (80, 24)])
def test_a_key_of_a_problem_is_not_cut_if_there_is_room(size: tuple[int, int]) -> None:
    async def go() -> str:
        async with wizard(demo_state("drs-off"), "cluster", size) as pilot:
            await pilot.press("f2")
            await settled(pilot)
            return " ".join(text_of(pilot).split())

    shown = asyncio.run(go())
    assert "f turn on fully automated DRS of the cluster" in shown and "DC0_…" not in shown


def test_the_next_key_ends_a_notice_also_if_it_opens_another_screen() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "No problem or warning on the pages" in last_line(await press(pilot, "f2"))
        await press(pilot, "f5")
        assert "No problem" not in last_line(await press(pilot, "escape"))
        assert "No problem or warning on the pages" in last_line(await press(pilot, "f2"))
        await press(pilot, "ctrl+g")
        assert "No problem" not in last_line(await press(pilot, "escape"))

    drive(demo_state(), "cloud", play)


def test_a_long_notice_is_whole_on_a_narrow_screen() -> None:
    async def play(pilot: Pilot[int]) -> None:
        before = text_of(pilot)
        shown = " ".join((await press(pilot, "escape")).split())
        assert shown.endswith(" Esc does not leave a page: ^P goes back, ^N goes on, ^Q quits.")
        assert await press(pilot, "shift+tab", "tab") == before

    drive(demo_state(), "vcenter", play, (60, 20))


@pytest.mark.parametrize(("page", "keys"), [("cloud", "^N goes on"), ("finish", "^P goes back, ^G shows the plan")])
def test_esc_names_no_page_that_does_not_exist(page: str, keys: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = last_line(await press(pilot, "escape"))
        assert shown == f" Esc does not leave a page: {keys}, ^Q quits."

    drive(demo_state(), page, play)


def test_a_planned_change_is_copied_and_says_why_it_is_neither_fixed_nor_accepted() -> None:
    async def play(pilot: Pilot[int]) -> None:
        pilot.app.screen.query_one("#findings").focus()
        shown = await press(pilot, "home", "down", "y")
        assert "The change is sent to the terminal's clipboard. If it is not" in shown
        assert "vmware-net" in pilot.app.clipboard and "vlanId 200" in pilot.app.clipboard
        for key, reason in (("f", "there is nothing to fix"), ("a", "there is nothing to accept")):
            said = f"The plan makes this change: {reason}; ^G shows the plan."
            assert said in last_line(await press(pilot, key))

    drive(demo_state(), "network", play)
