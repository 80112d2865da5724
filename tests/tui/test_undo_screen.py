"""The undo of a session on a screen: its question, a secret that it asks for, what failed, and a stop."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from mhv_tui.cli import finish_tools
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.core.events import Applying, Failed, Finished, Listener, Planned
from mhv_tui.core.findings import Finding
from mhv_tui.core.secret import AskSecret
from mhv_tui.domain import catalogue
from mhv_tui.engine.stop import Stop
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.summary import facts_line
from tests.tui.page_keys import last_line, press
from tests.tui.session_wizard import applied_session, session_wizard
from tests.tui.snapshots import TOOLS, demo_state, settled, text_of


class AskingStore(OpenSessions):
    """Sessions whose undo needs a password, fails for one change and then runs until it is stopped."""

    password: str | None = None

    def undo(self, name: str, listener: Listener, stop: Stop, ask: AskSecret) -> Finished:
        listener(Planned("node", "put:a", "restore the earlier file", ""))
        self.password = ask("vcenter.password")
        listener(Applying("node", "put:a", "restore the earlier file"))
        listener(Failed("node", "put:a", 0.2, Finding("CN24", "failure", "A title", "It was edited.", "Compare it.")))
        listener(Applying("node", "put:b", "restore another file"))
        while not stop.requested:
            time.sleep(0.02)
        return Finished("cancelled", 130, message="stopped after a completed undo")


def test_an_undo_asks_for_a_secret_shows_what_failed_and_is_stopped_after_a_change() -> None:
    applied_session("demo", "network")

    async def go() -> tuple[list[str], str | None]:
        store = AskingStore(WizardOptions(demo=True, session="demo"))
        app, texts = Wizard(store.open(""), catalogue.explain_finding, tools=TOOLS, sessions=store), []
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            await press(pilot, "f4", "u", "y")
            texts.append(await press(pilot, "ctrl+c"))
            await press(pilot, "n")
            assert "for a secret with which the undo logs in" in await press(pilot, "f1")
            await press(pilot, "escape")
            texts.append(await press(pilot, *"S3cret"))
            texts.append(await press(pilot, "enter"))
            assert "0 of 1 change " in texts[-1]
            texts.append(await press(pilot, "f1"))
            assert "0 of 1 change " in texts[-1] and "The undo goes on: node restore another file" in texts[-1]
            await press(pilot, "escape")
            texts.append(await press(pilot, "ctrl+c"))
            await press(pilot, "y")
        store.close()
        assert app.return_value == 130
        return texts, store.password

    (waiting, prompt, failed, help, question), password = asyncio.run(go())
    assert "The undo needs vcenter.password" in prompt and "S3cret" not in prompt and password == "S3cret"
    assert "✗ node" in failed and "CN24 It was edited." in failed and "Compare it." in failed
    assert "The undo changes nothing at present. Stop and quit?" in waiting
    assert "A change is being undone. Stop after this change and quit?" in question
    assert "session continues." in question and "the undo of the current change is" in help


class LongStore(OpenSessions):
    """Sessions with more changes than a screen has lines."""

    rows_of_undo = 40

    def undo_rows(self, name: str) -> list[tuple[str, str, str]]:
        rest = " with a name longer than a line" if self.rows_of_undo > 20 else ""
        return [("~", "node", f"set option {number} in a file{rest}") for number in reversed(range(self.rows_of_undo))]


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)])
def test_the_question_of_a_long_undo_shows_how_to_answer(size: tuple[int, int]) -> None:
    applied_session("demo", "network")

    async def go() -> tuple[str, str, str]:
        store = LongStore(WizardOptions(demo=True, session="demo"))
        app = Wizard(store.open(""), catalogue.explain_finding, tools=TOOLS, sessions=store)
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            text = await press(pilot, "f4", "u")
            end = await press(pilot, *["pagedown"] * 12)
            help = await press(pilot, "f1")
        store.close()
        return text, end, help

    shown, end, help = asyncio.run(go())
    assert "Undo these 40 changes" in shown and last_line(shown) == " y yes  n, Esc no  ↑ ↓ scroll"
    assert "~ node    set option 39 " in shown and "set option 0 " not in shown
    assert "set option 0 " in end and last_line(end).startswith(" y yes  n, Esc no")
    assert "╭" in help and "╰" in help and "↑ ↓ scroll;" in " ".join(help.split())


def test_the_help_about_an_undo_says_how_to_scroll_if_it_leaves_no_room_for_the_last_rows() -> None:
    applied_session("demo", "network")

    async def go() -> None:
        store = LongStore(WizardOptions(demo=True, session="demo"))
        store.rows_of_undo = 16
        app = Wizard(store.open(""), catalogue.explain_finding, tools=TOOLS, sessions=store)
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            shown = await press(pilot, "f4", "u")
            assert "set option 0 " in shown and "scroll" not in last_line(shown)
            help = await press(pilot, "f1")
            assert "set option 0 " not in help and "╰" in help and "▆" in help and "↑ ↓ scroll;" in help
            shown = await press(pilot, "down")
            assert "set option 0 " in shown and "scroll" not in last_line(shown)
        store.close()

    asyncio.run(go())


def test_a_change_that_undo_keeps_is_not_counted_as_undone() -> None:
    change = {"step": "node", "time": "T1"}
    ids = [("intent", "a"), ("receipt", "a"), ("intent", "b"), ("receipt", "b"), ("undone", "b")]
    records = [{**change, "what": what, "id": id} for what, id in ids]
    records.append({**change, "what": "undone", "id": "a", "kept": "yes"})
    source = replace(finish_tools.collect(demo_state()), records=records)
    assert facts_line(source).startswith("1 change undone · 1 kept · not tested")


async def text_with(pilot: Pilot[int], part: str) -> str:
    """The screen as soon as it contains a text."""
    for _ in range(400):
        await pilot.pause(0.05)
        if part in text_of(pilot):
            return text_of(pilot)
    raise AssertionError(f"{part} is missing:\n{text_of(pilot)}")


def test_u_undoes_the_session_and_the_page_shows_it() -> None:
    applied_session("demo")

    async def run() -> list[str]:
        async with session_wizard(WizardOptions(demo=True, session="demo")) as pilot:
            assert isinstance(pilot.app, Wizard)
            screens = [text_of(pilot)]
            await pilot.press("u")
            screens.append(await text_with(pilot, "in this order?"))
            await pilot.press("y")
            screens.append(await text_with(pilot, "the undo is complete"))
            await press(pilot, "enter")
            return [*screens, await text_with(pilot, "10 changes undone")]

    done, question, ended, after = asyncio.run(run())
    assert "✓ Done." in done and "Undo these 10 changes of session demo, in this order?" in question
    assert re.search(r" - register +remove novavmware1 from availability zone vmware", question)
    assert re.search(r" ~ register +restore the earlier properties of image cirros", question)
    assert "The session is simulated" in question
    assert "10 of 10" in ended and "delete image ubuntu-vmware from Glance" in ended
    assert "Undone: 10 changes are undone; apply would make 10 changes." in after
    assert " 10 changes undone · not tested" in after
    assert "Done on " in done and "Done on " not in after, "what the session had done before is hidden"
