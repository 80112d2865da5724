"""The screen of sessions: the list, and opening, creating, renaming, undoing and forgetting a session with keys."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

import pytest
from textual.pilot import Pilot

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.engine.session import all_sessions, open_session
from mhv_tui.steps import FLOW
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.sessions_screen import SessionsScreen
from mhv_tui.tui.undo_screen import UndoScreen
from tests.engine.toy_steps import Put
from tests.tui.page_keys import last_line, press
from tests.tui.session_wizard import applied_session, drive_sessions, stopped_session
from tests.tui.snapshots import text_of
from tests.tui.text_dumps import check_dump


async def undone(pilot: Pilot[int]) -> str:
    """The screen after an undo has ended."""
    for _ in range(400):
        await pilot.pause(0.05)
        if isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.finished:
            return text_of(pilot)
    raise AssertionError(f"the undo has not ended:\n{text_of(pilot)}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_list_and_the_details_as_text(size: tuple[int, int]) -> None:
    applied_session("site-b", "network")
    stopped_session("prod")

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot) + await press(pilot, "down")

    name = f"sessions-{size[0]}x{size[1]}"
    check_dump(name, drive_sessions(play, size=size))


def test_a_session_opens_on_the_page_that_stopped_it_with_a_line_about_what_it_has_done() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        opened = await press(pilot, "enter")
        filtered = await press(pilot, "slash", *"drs", "enter")
        assert "Esc show all" in filtered and "nothing is changed. CL05" in filtered
        unfiltered = await press(pilot, "escape")
        assert "Esc show all" not in unfiltered and "nothing is changed. CL05" in unfiltered
        hidden = await press(pilot, "escape")
        assert "nothing is changed. CL05" in opened and "nothing is changed" not in hidden
        return opened

    shown = drive_sessions(play)
    assert f"3 of {len(FLOW)}  Cluster" in shown and "Stopped by a check of page cluster on " in shown
    assert "^G plan, Esc hides this" in shown


def test_the_line_about_an_interrupted_session_is_whole() -> None:
    session = applied_session("demo", "network")
    assert cli.main(["plan", "--demo"]) == 0
    for what, fields in (("started", {"command": "apply"}), ("approved", {"total": 10})):
        session.journal.note(what, **fields)

    async def play(pilot: Pilot[int]) -> str:
        return " ".join(text_of(pilot).partition("Esc hides this")[0].split())

    shown = drive_sessions(play, WizardOptions(demo=True, session="demo"))
    assert shown.endswith("the plan shows what is left. Opened at node: its changes are not made yet. ^G plan,"), shown


def test_the_line_about_a_demo_in_the_real_wizard_names_no_key_of_the_open_session() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    line = drive_sessions(play, WizardOptions()).splitlines()[1]
    assert line.startswith(" mhv-tui --demo lists the unfinished demo session demo.")
    assert "^G" not in line


def test_the_first_line_of_a_fresh_wizard_says_which_changes_are_discarded() -> None:
    applied_session("demo", "network")

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    shown = drive_sessions(play, WizardOptions(demo=True, fresh=True))
    line = " Session demo starts over: its earlier simulated world, with 1 change, is"
    assert shown.splitlines()[1].startswith(line) and shown.splitlines()[2].startswith(" discarded.")
    assert "starts over" not in drive_sessions(play, WizardOptions(demo=True, session="demo"))


def test_a_session_named_on_the_command_line_is_resumed_in_the_same_way() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    shown = drive_sessions(play, WizardOptions(demo=True, scene="drs-off", session="demo"))
    assert f"3 of {len(FLOW)}  Cluster" in shown and "nothing is changed. CL05" in shown


def test_the_pages_that_are_not_checked_yet_have_their_last_state() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        return await press(pilot, "enter")

    lines = drive_sessions(play).splitlines()
    assert [line[16] for line in lines if line.startswith("   8 image      ")] == ["+"], "image is not checked yet"


def test_a_half_made_session_says_what_it_made_and_what_is_to_do() -> None:
    session = applied_session("demo", "network")
    session.journal.note("approved", total=10)
    session.journal.note("started", command="apply")

    async def play(pilot: Pilot[int]) -> str:
        return await press(pilot, "enter")

    shown = " ".join(drive_sessions(play, WizardOptions(demo=True)).split())
    assert "Interrupted at page network on 20" in shown and ": 1 of 10 changes made; the plan shows what" in shown


def test_a_new_session_gets_the_typed_name_and_the_other_session_is_kept() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        return await press(pilot, "n", *"second", "enter")

    assert f"mhv-tui  second  {' ' * 10}" in drive_sessions(play) and {s.name for s in all_sessions()} == {
        "demo",
        "second",
    }


def test_a_name_that_is_refused_stays_in_the_dialog_with_the_reason() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        taken = await press(pilot, "n", *"demo", "enter")
        assert "✗ there is a session demo already" in taken and "Name of the new session:" in taken
        wrong = await press(pilot, *"!", "enter")
        assert "│ demo! " in wrong and '✗ "demo!" is not a session name; write a name of letters' in wrong
        return await press(pilot, "backspace")

    assert "✗ 'demo" not in drive_sessions(play)


def test_a_session_is_renamed_also_while_it_is_open() -> None:
    stopped_session("other")
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "r", "ctrl+u", *"first", "enter")
        assert {s.name for s in all_sessions()} == {"first", "other"}
        await press(pilot, "enter")
        await press(pilot, "f4", "r", "ctrl+u", *"prod-1", "enter")
        renamed = text_of(pilot)
        assert "mhv-tui  prod-1 " in await press(pilot, "escape")
        taken = await press(pilot, "f4", "r", *"other", "enter")
        assert "there is a session other already" in taken and "mhv-tui  prod-1 " in taken
        return renamed

    assert "prod-1" in drive_sessions(play) and {s.name for s in all_sessions()} == {"prod-1", "other"}
    assert open_session("prod-1").findings()


def test_a_session_with_changes_is_kept_until_they_are_undone() -> None:
    applied_session("site-b", "network")
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        kept = last_line(await press(pilot, "down"))
        assert kept.split("  ") == [" Enter open", "n new", "u undo", "/ filter", "F1 help", "^Q quit"]
        assert "Session site-b keeps its name" in await press(pilot, "r")
        refused = await press(pilot, "escape", "d")
        assert "Session site-b is kept" in refused and "Press Esc, then u, to undo them first." in refused
        assert "Undo this change of session site-b?" in await press(pilot, "escape", "u")
        await pilot.press("y")
        ended = await undone(pilot)
        assert "1 of 1" in ended and "the undo is complete" in ended
        assert "remove distributed port group vmware-net from DVS0" in ended
        await pilot.pause(1.2)
        assert text_of(pilot) == ended  # the clock stands still
        assert "undone" in await press(pilot, "enter") and "n new  r rename  d forget" in last_line(text_of(pilot))
        assert "Forget session site-b?" in await press(pilot, "d")
        return await press(pilot, "y")

    assert "site-b" not in drive_sessions(play) and [s.name for s in all_sessions()] == ["demo"]


def test_an_undo_of_the_open_session_checks_its_pages_again() -> None:
    applied_session("demo", "network")

    async def play(pilot: Pilot[int]) -> str:
        assert isinstance(pilot.app, Wizard) and "network" in pilot.app.last_seen
        await press(pilot, "f4", "u")
        await pilot.press("y")
        await undone(pilot)
        assert "network" not in pilot.app.last_seen
        await press(pilot, "enter", "escape")
        return await press(pilot, "ctrl+g")

    assert " 10 changes: " in drive_sessions(play, WizardOptions(demo=True, session="demo"))


def test_the_last_page_undoes_the_open_session() -> None:
    session = applied_session("demo", "network")

    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "f3", "0")
        assert "Undo this change of session demo?" in await press(pilot, "u")
        await pilot.press("y")
        return await undone(pilot)

    assert "the undo is complete" in drive_sessions(play, WizardOptions(demo=True, session="demo"))
    assert session.journal.completed_ids() == frozenset()


def test_a_session_in_use_is_not_forgotten() -> None:
    session = stopped_session("busy")
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        with open_session("demo").opened():
            used = await press(pilot, "ctrl+r")
        assert "; quit that wizard, or press n for a new session" in " ".join(used.split())
        assert last_line(used).split() == ["n", "new", "/", "filter", "F1", "help", "^Q", "quit"]
        return await press(pilot, "ctrl+r", "down", "d")

    with ExitStack() as other_run:
        other_run.enter_context(session.locked())
        assert "session busy is in use by process" in " ".join(drive_sessions(play).split())


def test_the_list_follows_a_run_in_another_terminal() -> None:
    session = stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        assert "running" not in text_of(pilot)
        session.journal.note("started", command="apply")
        session.journal.intend(("", "network"), Put("a"), {"there": False})
        with session.locked(), session.opened():
            await pilot.pause(2.5)
            followed = text_of(pilot)
        assert "running" not in await press(pilot, "ctrl+r")
        assert "the program ended before a change of the page network was complete" in " ".join(text_of(pilot).split())
        return followed

    words = " ".join(drive_sessions(play).split())
    assert f"running in process {os.getpid()}" in words and "the program ended" not in words
    assert f"in use by process {os.getpid()} on {socket.gethostname()}; wait until its run ends, or press n" in words
    assert "now network: " in words


def test_the_open_session_is_forgotten_also_if_it_is_the_only_one() -> None:
    stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "enter")
        assert ">✗ demo       open  " in await press(pilot, "f4")
        assert "It is the open session" in await press(pilot, "d")
        empty = await press(pilot, "y")
        assert "No session exists. n creates one." in empty and all_sessions() == []
        assert last_line(empty).split() == ["n", "new", "F1", "help", "^Q", "quit"]
        await press(pilot, "escape", "f5", "ctrl+g")
        assert isinstance(pilot.app.screen, SessionsScreen)
        await press(pilot, "n", "ctrl+u", *"second", "enter")
        return await press(pilot, "f4")

    shown = drive_sessions(play)
    assert "mhv-tui  second " in shown and "open, nothing applied yet" in shown
    assert [s.name for s in all_sessions()] == ["second"]


def test_an_open_session_that_a_run_uses_meanwhile_stays_open() -> None:
    session = stopped_session()

    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "enter")
        await press(pilot, "f4", "d")
        with session.locked():
            refused = await press(pilot, "y")
        assert "Session demo is kept" in refused
        return await press(pilot, "escape", "escape")

    assert "mhv-tui  demo " in drive_sessions(play) and [s.name for s in all_sessions()] == ["demo"]
