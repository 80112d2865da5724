"""The screen of a run: what it keeps visible, which keys act, how few cells change, and nothing after the end."""

from __future__ import annotations

import asyncio
import re
import statistics
import threading
from collections.abc import Awaitable, Callable

import pytest

from mhv_tui.core.events import Applied, Applying, Event, Failed, FindingReported, Finished, Logged, Planned, Progress
from mhv_tui.core.findings import Finding, Level
from mhv_tui.tui.apply_list import top_line
from mhv_tui.tui.apply_log import CELLS_A_SECOND, LogPane, LogViewer
from mhv_tui.tui.dialogs import StopDialog
from mhv_tui.tui.messages import EngineEvent
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from tests.tui.apply_runs import Player, apply_screen
from tests.tui.snapshots import demo_state, settled, text_of
from tests.tui.terminals import PtyProgram, terminal

IDS = [f"c{number:02}" for number in range(1, 31)]
PLAN: list[Event] = [Planned("node", id, f"change {id}", "") for id in IDS]


def made(*ids: str) -> list[Event]:
    return [event for id in ids for event in (Applying("node", id, f"change {id}"), Applied("node", id, 0.4))]


def drive(play: Callable[[Player], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> None:
    async def go() -> None:
        async with apply_screen(demo_state(), frozenset(IDS), size) as player:
            await player.play(PLAN)
            await play(player)

    asyncio.run(go())


def test_the_running_change_is_visible_among_thirty_changes() -> None:
    async def play(player: Player) -> None:
        assert "change c01" in text_of(player.pilot)
        for position in (5, 14, 22, 29):
            await player.play([*made(*IDS[:position]), Applying("node", IDS[position], f"change {IDS[position]}")])
            assert f">◐ node       change {IDS[position]}" in text_of(player.pilot)
            assert f"{position} of 30 changes" in text_of(player.pilot)

    drive(play)
    drive(play, (60, 20))


@pytest.mark.parametrize("height", [8, 9, 13])
def test_the_list_scrolls_seldom_and_the_current_lines_stay_visible(height: int) -> None:
    tops = []
    for line in range(30):
        tops.append(top_line(range(line, line + 2), height, 31))
        assert tops[-1] <= line and line + 2 <= tops[-1] + height and 0 <= tops[-1] <= 31 - height
    assert tops == sorted(tops) and len(set(tops)) <= 2 + 30 // (height // 2)


@pytest.mark.parametrize("size", [(60, 18), (60, 20), (80, 24)])
def test_after_a_failed_run_its_error_and_the_end_of_its_log_are_visible(size: tuple[int, int]) -> None:
    finding = Finding("CN25", "failure", "Installed", "a package is broken: " + "it has no file, " * 3, "repair it")
    lines = tuple(f"line {number} of a log with a text that one row of the screen cannot show" for number in range(50))
    failed: list[Event] = [
        *made(*IDS[:20]),
        Applying("node", "c21", "change c21"),
        Logged("node", "c21", "apt", lines),
        Failed("node", "c21", 1.0, finding),
        Finished("failed", 1, message="1 change failed; 20 made"),
    ]

    async def play(player: Player) -> None:
        await player.play(failed)
        shown = " ".join(re.sub("[▁-█]", "", text_of(player.pilot)).split())
        assert "✗ node change c21" in shown and "it has no file, Repair it" in shown
        assert "line 49 of a log with a text that one row of the screen cannot show Enter page node" in shown

    drive(play, size)


def test_a_resized_terminal_keeps_everything() -> None:
    async def play(player: Player) -> None:
        lines = tuple(f"line {number}" for number in range(50))
        await player.play(
            [*made(*IDS[:20]), Applying("node", "c21", "change c21"), Logged("node", "c21", "apt", lines)]
        )
        before = text_of(player.pilot)
        for size in ((120, 40), (60, 20), (30, 10), (80, 24)):
            await player.pilot.resize_terminal(*size)
            await player.pilot.pause()
            await player.pilot.pause()
            if size[0] >= 60:
                assert ">◐ node       change c21" in text_of(player.pilot) and "line 49" in text_of(player.pilot)
        assert text_of(player.pilot) == before

    drive(play)


def test_a_fast_log_changes_few_cells_each_second() -> None:
    async def play(player: Player) -> None:
        pane = player.screen.query_one(LogPane)
        await player.play([Applying("node", "c01", "change c01")])
        cells, shown = 0, text_of(player.pilot)
        for second in range(60):
            lines = tuple(f"{number} Setting up package {number % 7}" for number in range(second * 9, second * 9 + 9))
            player.screen._model.hear(Logged("node", "c01", "apt", lines), player.time)
            player.screen._model.hear(Progress("node", "c01", second, 100, "percent", lines[-1]), player.time)
            player.time += 1.0
            player.screen.paint()
            await player.pilot.pause()
            before, shown = shown, text_of(player.pilot)
            cells += sum(a != b for a, b in zip(before, shown, strict=False)) if second > 10 else 0
        assert 0 < cells / 49 <= CELLS_A_SECOND + 20
        pane.show(player.screen._model, player.screen._model.changes[0], at_once=True)
        await player.pilot.pause()
        assert "539 Setting up package" in text_of(player.pilot)

    drive(play)


def test_the_whole_log_opens_with_l_and_follows_the_run() -> None:
    async def play(player: Player) -> None:
        lines = tuple(f"line {number}" for number in range(100))
        await player.play([Applying("node", "c01", "change c01"), Logged("node", "c01", "apt", lines)])
        await player.pilot.press("l")
        await player.pilot.pause(0.1)
        viewer = player.pilot.app.screen
        assert isinstance(viewer, LogViewer) and "line 90" in text_of(player.pilot)
        framed = [line.strip() for line in text_of(player.pilot).splitlines()[:-1]]
        assert all(line[0] + line[-1] in ("╭╮", "││", "╰╯") for line in framed if line), "nothing else is visible"
        assert " ↑ ↓ PgUp PgDn Home End scroll  Esc back" in text_of(player.pilot)
        player.screen._model.hear(Logged("node", "c01", "apt", ("the newest line",)), 1.0)
        await player.pilot.pause(1.3)
        assert "the newest line" in text_of(player.pilot)
        await player.pilot.press("home")
        await player.pilot.pause(0.1)
        assert "── apt" in text_of(player.pilot) and "line 90" not in text_of(player.pilot)
        await player.pilot.press("escape")
        assert viewer not in player.pilot.app.screen_stack

    drive(play)


def test_the_keys_that_scroll_the_log_are_named_as_soon_as_it_is_longer_than_its_box() -> None:
    async def play(player: Player) -> None:
        await player.play([Applying("node", "c01", "change c01"), Logged("node", "c01", "apt", ("one line",))])
        await player.pilot.press("l")
        await player.pilot.pause(0.1)
        assert "scroll" not in text_of(player.pilot)
        player.screen._model.hear(Logged("node", "c01", "apt", ("more",) * 50), 1.0)
        await player.pilot.pause(1.5)
        assert " ↑ ↓ PgUp PgDn Home End scroll  Esc back" in text_of(player.pilot)

    drive(play)


def test_enter_opens_the_page_of_the_failed_change_and_nothing_before_the_end() -> None:
    finding = Finding("RG04", "failure", "In the zone", "it is not in the zone", "put it there")
    failed: list[Event] = [Applying("node", "c01", "change c01"), Failed("node", "c01", 1.0, finding)]

    async def play(player: Player) -> None:
        await player.play(failed)
        await player.pilot.press("enter", "escape")
        assert player.pilot.app.screen is player.screen and "The run has not ended" in text_of(player.pilot)
        await player.play([Finished("failed", 1, message="1 change failed; 0 made")])
        text = text_of(player.pilot)
        assert "✗ a change failed" in text and "Put it there" in text
        assert "Enter opens the page node" in text and "Undo" not in text
        await player.pilot.press("enter")
        await settled(player.pilot)
        assert isinstance(player.pilot.app.screen, Page) and "6 of 10  Compute node" in text_of(player.pilot)

    drive(play)


def test_ctrl_g_opens_the_plan_after_the_run_and_nothing_before_the_end() -> None:
    async def play(player: Player) -> None:
        await player.pilot.press("ctrl+g")
        assert player.pilot.app.screen is player.screen and "The run has not ended" in text_of(player.pilot)
        await player.play([Finished("failed", 1, message="1 change failed; 0 made")])
        assert "^G plan" in text_of(player.pilot)
        await player.pilot.press("f1")
        await player.pilot.pause()
        assert "Enter, Esc " in text_of(player.pilot) and "stop after" not in text_of(player.pilot)
        await player.pilot.press("escape", "ctrl+g")
        await settled(player.pilot)
        assert isinstance(player.pilot.app.screen, PlanScreen)

    drive(play)


def test_after_a_good_end_enter_opens_the_last_page() -> None:
    async def play(player: Player) -> None:
        await player.play([*made(*IDS), Finished("done", 0, message="30 changes made and checked again")])
        assert "✓ done: all changes are made" in text_of(player.pilot)
        assert "Enter opens the page finish" in text_of(player.pilot)
        for key in ("f4", "f5", "f6"):
            await player.pilot.press(key)
            await player.pilot.pause()
            assert "F4, F5 and F6 act on a page and on the plan: go there first." in text_of(player.pilot)
        await player.pilot.press("enter")
        await settled(player.pilot)
        assert "10 of 10  Finish" in text_of(player.pilot)

    drive(play)


def test_the_question_whether_to_stop_follows_the_run() -> None:
    async def play(player: Player) -> None:
        await player.play([Applying("node", "c01", "change c01")])
        dialog = StopDialog(lambda: player.screen.stop_question)
        await player.pilot.app.push_screen(dialog)
        texts = []
        sending = Progress("node", "c01", 1, 2, note="Glance receives cirros")
        for event in (
            sending,
            Applied("node", "c01", 1.0),
            Applying("prove", "t1", "test"),
            Applied("prove", "t1", 1.0),
        ):
            await player.pilot.pause(0.7)
            texts.append(text_of(player.pilot))
            player.screen.on_engine_event(EngineEvent(event))
            await player.pilot.pause()
            assert ("A test is in progress" in text_of(player.pilot)) == (event == Applying("prove", "t1", "test"))
        await player.pilot.pause(0.7)
        assert "Stop after this change and quit?" in texts[0] and "In progress: change c01" in texts[0]
        assert "Stop this now and quit?" in texts[1]
        assert " ✓ node       change c01 " in texts[2] and "◐" not in texts[2]
        assert "Only a check runs at present." in texts[2] and "A test is in progress." in texts[3]
        assert "Only a check runs at present." in text_of(player.pilot)
        stop = player.screen.state.stop
        stop.on_hold = True
        threading.Thread(target=stop.raise_between_changes, daemon=True).start()
        await player.pilot.pause(0.7)
        assert "No change is in progress, and none begins until you answer." in text_of(player.pilot)
        stop.on_hold = False
        assert not stop.is_waiting, "the next change can begin as soon as the question is answered"

    drive(play)


def test_what_the_run_tries_out_before_its_first_change_has_a_row() -> None:
    levels: tuple[Level, Level] = ("unknown", "ok")
    unknown, bound = (Finding("NW02", level, "T", "the port is bound", "try it") for level in levels)

    async def play(player: Player) -> None:
        await player.play([FindingReported("network", unknown)])
        assert "NW02" not in text_of(player.pilot)
        await player.play([FindingReported("network", bound), *made("c01")])
        rows = text_of(player.pilot).partition("✓ network    NW02  The port is bound\n")
        assert rows[2].lstrip().startswith("✓ node       change c01") and "1 of 30 changes" in rows[0]

    drive(play)


def begin(term: PtyProgram) -> None:
    """Applies the plan from the first page."""
    term.wait_for("5 passed")
    term.press(b"\x07")
    term.wait_for("[0-9]+ changes?: [0-9]")
    term.press(b"\x07")
    term.wait_for("Make these")
    term.press(b"y")
    term.wait_for("changes   0:[0-9]+ elapsed")


def test_a_run_sends_few_bytes_each_second() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="1") as term:
        begin(term)
        counts = [len(term.read(1.0)) for _ in range(25)]
        assert 0 < statistics.median(counts) <= 150 and sum(counts) <= 25 * 400, counts
        assert re.search(r"([2-9]|10) of 10 changes", term.screen())


def test_what_is_said_after_a_stop_agrees_with_the_question() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="0.2") as term:
        begin(term)
        term.press(b"\x11")
        term.wait_for("No change is in progress", patience=60)
        term.press(b"y")
        assert term.exit_code(60) == 130
        said = re.findall(rb"mhv-tui ([a-z ]+); press Ctrl", term.raw)
        assert said in ([], [b"saves the session"]), "nothing is said if the run has ended already"


def test_a_run_that_has_ended_sends_nothing() -> None:
    with terminal("--demo", "--fresh", MHV_DEMO_PACE="0.05") as term:
        begin(term)
        term.wait_for("done: all changes are made and verified, and the test servers booted", patience=60)
        term.wait_until_idle()
        assert term.read(3.0) == b""
