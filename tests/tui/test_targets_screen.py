"""The screen of several targets: the matrix, the pages of a target, new and removed targets, and one run of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import TypeVar

import pytest
from textual.pilot import Pilot

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_all
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.cli.setup import schema
from mhv_tui.core.events import CheckFinished, Event
from mhv_tui.core.targets import targets_of
from mhv_tui.engine.session import open_session
from mhv_tui.engine.session_status import status_of
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.targets_screen import TargetsScreen
from tests.tui.page_keys import last_line, press
from tests.tui.session_wizard import applied_session, session_wizard
from tests.tui.snapshots import settled, svg_of, text_of
from tests.tui.test_snapshots import compare
from tests.tui.text_dumps import check_dumps, texts_at_all_sizes

FLEET = WizardOptions(demo=True, scene="fleet", session="fleet")
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHV_DEMO_PACE", "0")


def drive(play: Callable[[Pilot[int]], Awaitable[T]], size: tuple[int, int] = (80, 24)) -> T:
    async def go() -> T:
        async with session_wizard(FLEET, size) as pilot:
            await opened(pilot)
            return await play(pilot)

    return asyncio.run(go())


async def opened(pilot: Pilot[int]) -> str:
    """The screen of the targets after its first check."""
    for _ in range(200):
        await pilot.pause(0.02)
        if isinstance(pilot.app.screen, TargetsScreen):
            await settled(pilot)
            return text_of(pilot)
    raise AssertionError(text_of(pilot))


def answers() -> list[tuple[str, str, str]]:
    """Target, node and cluster of each target in the saved answers."""
    saved = open_session("fleet").answers(schema())
    assert saved is not None
    tables = [(target.id, target.answers.tables) for target in targets_of(saved)]
    return [(id, table["node"].host, table["cluster"].path) for id, table in tables]


def test_the_targets_as_text() -> None:
    check_dumps("targets", drive(texts_at_all_sizes))


def test_the_picture_of_the_targets() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "down", "down")
        return svg_of(pilot)

    compare("targets", drive(play))


def test_a_cell_opens_the_page_of_its_target_and_f6_comes_back() -> None:
    async def play(pilot: Pilot[int]) -> None:
        page = await press(pilot, "down", "down", "ctrl+home", "down", "home", "enter")
        assert isinstance(pilot.app.screen, Page)
        assert "fleet/silver" in page.splitlines()[0] and "vCenter" in page.splitlines()[0]
        for leave in ("escape", "f6"):
            targets = await press(pilot, "escape", "f6")
            assert isinstance(pilot.app.screen, TargetsScreen) and ">silver" in targets
            assert "Esc back" in last_line(targets)
            page = await press(pilot, leave)
            assert isinstance(pilot.app.screen, Page) and "fleet/silver" in page.splitlines()[0]
        await press(pilot, "ctrl+g", "f6", "escape")
        assert isinstance(pilot.app.screen, PlanScreen), "the targets close to the plan, too"

    drive(play)


def test_an_answer_is_changed_for_one_target_only() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "down", "down", "home", *["right"] * 4, "enter")
        page = await press(pilot, "tab")
        assert "fleet/berlin" in page.splitlines()[0] and "novavmware3" in page
        await press(pilot, "end", "x")

    drive(play)
    assert answers() == [
        ("novavmware1", "novavmware1", "/DC0/host/DC0_C0"),
        ("silver", "novavmware2", "/DC0/host/DC0_C2"),
        ("berlin", "novavmware3x", "/DC5/host/DC5_C0"),
    ]


def test_a_target_is_copied_and_removed() -> None:
    async def play(pilot: Pilot[int]) -> None:
        question = await press(pilot, "down", "c")
        assert "Name of the copy of silver:" in question
        page = await press(pilot, "ctrl+u", *"gold", "enter")
        assert "fleet/gold" in page.splitlines()[0] and isinstance(pilot.app.screen, Page)
        assert answers()[-1] == ("gold", "", "/DC0/host/DC0_C2")
        targets = await press(pilot, "escape", "f6")
        assert ">gold" in targets
        refused = await press(pilot, "n", *"berlin", "enter")
        assert "✗ two targets have the name berlin" in refused and "Name of the new target" in refused
        await press(pilot, "escape")
        assert "x does nothing here." in last_line(await press(pilot, "x"))
        assert "Remove target gold?" in await press(pilot, "d")
        others = await press(pilot, "y")
        assert "gold" not in others and "── novavmware1 ─" in others
        assert "d remove" not in last_line(await press(pilot, "ctrl+home"))
        kept = await press(pilot, "d")
        assert "novavmware1 is the target of the answer file's own tables" in kept

    drive(play)
    assert [id for id, *_ in answers()] == ["novavmware1", "silver", "berlin"]


def test_after_a_removal_the_targets_are_checked_again_and_the_next_row_is_shown() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+home", "down", "home", *["right"] * 4, "enter", "tab", "end", "backspace", *"1")
        twice = await press(pilot, "escape", "f6", "ctrl+r")
        assert ">silver" in twice and twice.count("✗ 1") == 2, twice
        await press(pilot, "ctrl+home", "enter", "escape", "f6")
        removed = await press(pilot, "down", "d", "y")
        assert "── berlin ─" in removed and ">berlin" in removed and "✗" not in removed

    drive(play)


def test_one_question_and_one_run_for_all_targets() -> None:
    async def play(pilot: Pilot[int]) -> str:
        question = await press(pilot, "ctrl+g")
        assert "Make these 25 changes now?" in question
        assert "First, apply creates a test port and deletes it (NW02)." in question
        await pilot.press("y", "ctrl+q")
        await pilot.pause()
        assert "The runs of all targets are in progress." in text_of(pilot)
        done = await press(pilot, "n")
        assert "✓ done: 3 of 3 targets done" in done
        return done

    done = drive(play)
    rows = [line for line in done.splitlines() if line[2:].startswith(("novavmware1 ", "silver", "berlin"))]
    assert [row.count("ok ") for row in rows] == [7, 7, 7], done
    assert cli.main(["plan", "--demo", "--session", "fleet"]) == 0


def test_the_table_follows_a_run() -> None:
    counts = []

    def listen(event: Event) -> None:
        if isinstance(event, CheckFinished):
            counts.append(sum(cell.word == "ok" for row in fleet.matrix().rows for cell in row.cells))

    with closing(OpenSessions(FLEET)) as sessions:
        state = sessions.open("")
        assert state.fleet
        fleet = state.fleet
        fleet.check(lambda event: None)
        assert fleet.apply(listen, approve_all).exit == 0
    assert counts[0] < counts[-1] and len(set(counts)) > 3


def test_one_target_alone_is_applied_from_its_pages() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "ctrl+home", "down", "enter", "escape")
        plan = await press(pilot, "ctrl+g")
        assert "fleet/silver" in plan.splitlines()[0]
        assert "novavmware3" not in plan
        await press(pilot, "ctrl+g", "y")

    drive(play)
    status = status_of(open_session("fleet"))
    assert (status.outcome, status.changes) == ("done", 10)
    assert cli.main(["sessions"]) == 0


def test_a_session_gets_a_second_target() -> None:
    options = WizardOptions(demo=True, scene="article", session="fleet")

    async def go() -> None:
        async with session_wizard(options) as pilot:
            lines = (await press(pilot, "f6")).splitlines()
            asked = " ".join(" ".join(line.split("│")[1] for line in lines if "│" in line).split())
            assert asked.startswith("Add a second target This session has one target: ")
            assert "until you change them. Name of the second target:" in asked
            assert "2 vcenter" in await press(pilot, "ctrl+c"), "closes the dialog only"
            await press(pilot, "f6")
            assert "✗ A name is needed. Esc goes back" in await press(pilot, "enter")
            assert '✗ "go/ld" cannot be the name of a target' in await press(pilot, *"go/ld", "enter")
            await press(pilot, "ctrl+u", *"gold", "enter")
            targets = await opened(pilot)
            assert "2 targets" in targets.splitlines()[0] and "gold" in targets

    asyncio.run(go())
    assert answers() == [
        ("novavmware1", "novavmware1", "/DC0/host/DC0_C0"),
        ("gold", "", "/DC0/host/DC0_C0"),
    ]


def test_a_session_gets_a_second_target_only_without_changes_in_place() -> None:
    applied_session("fleet")
    options = WizardOptions(demo=True, scene="article", session="fleet")

    async def go() -> str:
        async with session_wizard(options) as pilot:
            return await press(pilot, "escape", "escape", "f6", *"gold", "enter")

    text = asyncio.run(go())
    assert "No target is added" in text and "changes of this session are in place" in " ".join(text.split())
    assert cli.main(["undo", "--demo", "fleet", "--yes"]) == 0
    asyncio.run(go())
    assert [target for target, *_ in answers()] == ["novavmware1", "gold"]


@pytest.mark.parametrize("key", ["ctrl+r", "f1", "question_mark"])
def test_the_other_keys_act(key: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, key)
        assert ("Targets: help" in shown) == (key != "ctrl+r")

    drive(play)
