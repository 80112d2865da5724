"""What stays visible of a run: one bar for all phases of a transfer, and its progress above the help."""

from __future__ import annotations

import asyncio

import pytest

from mhv_tui.core.events import Applied, Applying, Failed, Finished, Planned, Progress
from mhv_tui.core.findings import Finding
from mhv_tui.tui.apply_model import ApplyRow
from mhv_tui.tui.apply_rows import BAR_COLUMNS, progress_lines
from tests.tui.apply_runs import apply_screen
from tests.tui.page_keys import press
from tests.tui.snapshots import demo_state, text_of

PHASES = ("reading", "uploading")


def shown(phase: str, done: int, total: int, width: int = 63) -> str:
    """The line of a transfer with its bar, at the given number of MiB."""
    row = ApplyRow("image", "i", "upload", "running", phases=PHASES if phase else ())
    row.meter.hear(Progress("image", "i", done << 20, total << 20, phase=phase), 0.0)
    assert row.progress
    return next(progress_lines(row, row.progress, width, 0.0)).plain


@pytest.mark.parametrize(
    ("phase", "done", "total", "text"),
    [
        ("reading", 300, 600, " reading 300 of 600 MiB"),
        ("reading", 600, 600, " reading 600 of 600 MiB"),
        ("uploading", 0, 171, " uploading 0 of 171 MiB"),
        ("uploading", 171, 171, " uploading 171 of 171 MiB"),
        ("", 171, 171, " 171 of 171 MiB"),
    ],
)
def test_the_bar_spans_all_phases_and_names_the_present_one(phase: str, done: int, total: int, text: str) -> None:
    line = shown(phase, done, total)
    assert line.endswith(text) and len(line) <= 63
    columns = line.count("█") + line.count("░")
    share = (PHASES.index(phase) + done / total) / 2 if phase else 1
    assert columns <= BAR_COLUMNS and abs(line.count("█") - share * columns) <= 1


def test_the_help_leaves_the_present_progress_of_the_run_visible() -> None:
    async def go(size: tuple[int, int]) -> None:
        async with apply_screen(demo_state(), frozenset({"c1", "c2"}), size) as player:
            await player.play([Planned("node", id, f"change {id}", "") for id in ("c1", "c2")])
            await player.play([Applying("node", "c1", "change c1")])
            shown = await press(player.pilot, "f1")
            assert "  0 of 2 changes   0:00 elapsed\n The run goes on: node: change c1\n" in shown
            assert "│Keys while changes are made" in shown.replace("│ ", "│") and "╰" in shown
            await player.play([Applied("node", "c1", 1.0), Applying("node", "c2", "change c2")])
            await player.pilot.pause(1.2)
            shown = text_of(player.pilot)
            assert "1 of 2 changes" in shown and "The run goes on: node: change c2" in shown
            await player.play(
                [Failed("node", "c2", 1.0, Finding("CN25", "failure", "T", remedy="repair it")), Finished("failed", 1)]
            )
            await player.pilot.pause(1.2)
            assert " ✗ a change failed; Esc shows it" in text_of(player.pilot)

    for size in ((80, 24), (60, 20)):
        asyncio.run(go(size))
