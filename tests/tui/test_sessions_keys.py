"""The keys of the screen of sessions: its filter, its help, and the keys that act only on a page."""

from __future__ import annotations

from textual.pilot import Pilot

from mhv_tui.tui.sessions_screen import SessionsScreen
from tests.tui.page_keys import last_line, press
from tests.tui.session_wizard import drive_sessions, stopped_session


def test_the_filter_keeps_matching_sessions_and_escape_removes_it() -> None:
    stopped_session("prod")
    stopped_session("demo")
    stopped_session("demo-untrusted-certificate", "untrusted-certificate")

    async def play(pilot: Pilot[int]) -> str:
        row = "✗ demo-untrusted-certificate stopped by a check   0        20"
        filtered = await press(pilot, "slash", *"prod")
        assert row in await press(pilot, *["backspace"] * 4) and f" ✗ prod {' ' * 22}stopped" in filtered
        filtered = await press(pilot, *"prod")
        assert " ✗ prod " in filtered and " ✗ demo " not in filtered and "\n filter: prod" in filtered
        assert ">✗ demo-untrusted" in await press(pilot, "escape"), "the cursor is where it was"
        assert ">✗ prod " in await press(pilot, "slash", *"prod", "enter", "escape"), "the row that was chosen"
        return await press(pilot, "slash")

    screen = drive_sessions(play)
    assert " ✗ demo " in screen and "filter: a part of name, target or state" in screen


def test_help_names_every_key_and_escape_stays_on_the_first_screen() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        shown = await press(pilot, "f1")
        await press(pilot, "escape")
        for key, reason in {
            "escape": "No session is open",
            "f4": "No session is open",
            "f3": "F3 acts on a page",
        }.items():
            assert reason in last_line(await press(pilot, key)) and isinstance(pilot.app.screen, SessionsScreen)
        return shown

    shown = drive_sessions(play)
    assert all(word in shown for word in ("open the session", "rename", "undo", "forget")) and "F4" not in shown


def test_a_filter_that_matches_nothing_takes_every_letter_and_escape_shows_all_sessions() -> None:
    stopped_session("prod")

    async def play(pilot: Pilot[int]) -> str:
        nothing = await press(pilot, "slash", *"zzz")
        assert last_line(nothing).split("  ") == [" Esc show all", "^Q quit"]
        assert "No session matches the filter: Esc shows all." in nothing
        assert "correct it, or Esc shows all" in await press(pilot, "enter")
        assert "filter: zzzn" in await press(pilot, "n") and isinstance(pilot.app.screen, SessionsScreen)
        matching = await press(pilot, "ctrl+u", *"pro", "enter")
        assert "Esc show all  d forget" in last_line(matching) or pilot.app.size.width < 80
        assert "Esc" not in last_line(await press(pilot, "escape")), "no session is open"
        await press(pilot, "enter")
        return last_line(await press(pilot, "f4"))

    for size in ((80, 24), (60, 20)):
        assert " Enter open  n new  r rename  Esc back" in drive_sessions(play, size=size)
