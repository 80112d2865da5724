"""What stays visible of a run: one bar for all phases of a transfer, and its progress above the help."""

from __future__ import annotations

import asyncio

import pytest

from mhv_tui.core.events import Applied, Applying, Failed, FindingReported, Finished, Planned, Progress
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


def test_a_small_screen_shows_the_bar_of_an_image_and_its_measure_also_beside_another_row() -> None:
    async def go() -> None:
        ids = [f"c{number}" for number in range(9)]
        async with apply_screen(demo_state(), frozenset({*ids, "i"}), (60, 20)) as player:
            await player.play([Planned("node", id, f"change {id}", "") for id in ids])
            await player.play([event for id in ids for event in (Applying("node", id), Applied("node", id, 1.0))])
            await player.play([Applying("image", "i", "upload ubuntu.qcow2 as ubuntu-vmware", phases=PHASES)])
            await player.play([Progress("image", "i", 103 << 20, 171 << 20, "bytes", phase="uploading")])
            lines = [line.rstrip() for line in text_of(player.pilot).splitlines()]
            bar = next(line for line in lines if line.endswith("░ uploading"))
            assert bar.count("█") == 16 and bar.count("░") == 4, lines
            measure = lines[lines.index(bar) + 1]
            assert measure.strip() == "103 of 171 MiB" and measure.index("103") == bar.index("█")
            for _ in range(3):
                await player.pilot.press("up", "up")
                assert " ◐ image      uploading 103 of 171 MiB" in text_of(player.pilot)
            await player.pilot.press(*["down"] * 6)
            await player.pilot.pause(0.2)
            shown = text_of(player.pilot)
            assert "◐ image      uploading" not in shown and "░ uploading" in shown

    asyncio.run(go())


def test_what_a_trial_has_shown_is_whole() -> None:
    detail = "a test port of vmware-net on novavmware1 was bound as dvs (dvs_port_group_name vmware-net)"

    async def go() -> str:
        ids = [f"c{number}" for number in range(20)]
        async with apply_screen(demo_state(), frozenset(ids)) as player:
            await player.play([Planned("node", id, f"change {id}", "") for id in ids])
            unknown = Finding("NW02", "unknown", "T", "it is not known yet")
            await player.play([FindingReported("network", unknown)])
            await player.play([FindingReported("network", Finding("NW02", "ok", "T", detail))])
            return text_of(player.pilot)

    assert f"✓ network NW02 {detail.capitalize()}".lower() in " ".join(asyncio.run(go()).split()).lower()
