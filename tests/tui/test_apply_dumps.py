"""The screen of a run as text, at three sizes. `MHV_SCREENSHOTS=write pytest` of this file writes the texts again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from mhv_tui.core.events import Event, Finished, Progress
from tests.tui.apply_runs import RecordedRun, apply_screen, recorded_run
from tests.tui.snapshots import svg_of, text_of
from tests.tui.test_snapshots import compare
from tests.tui.text_dumps import SIZES, Size, check_dumps

QUOTA = "IM14 the quota of the project is exceeded: 10 GiB are allowed and 9.8 GiB are used"


def is_progress(phase: str, done: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Progress) and event.phase == phase and event.done >= done


def is_note(text: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Progress) and text in event.note


MOMENTS: dict[str, tuple[dict[str, str], Callable[[Event], bool]]] = {
    "middle": ({}, is_note("Setting up nova-compute ")),
    "service": ({}, is_note("checking that it runs")),
    "upload": ({"source": "debian-12-generic-amd64.qcow2"}, is_progress("uploading", 100 << 20)),
    "proof": ({}, is_progress("spawning", 12)),
    "failed": ({"cloud__upload_image": QUOTA}, lambda event: isinstance(event, Finished)),
    "stopped": ({"cloud__create_server": "PR01 no server can be made"}, lambda event: isinstance(event, Finished)),
    "done": ({}, lambda event: isinstance(event, Finished)),
}
"""The faults of the simulated world or the image, and which event is the last one that the screen shows.

The image debian-12 is a disk of 3 GiB.
"""


async def settled_text(pilot: Pilot[int]) -> str:
    """The screen when it has not changed for five pauses."""
    texts = [""]
    while len(texts) < 5 or len(set(texts[-5:])) > 1:
        await pilot.pause(0.02)
        texts.append(text_of(pilot))
        assert len(texts) < 200, f"the screen does not stop changing:\n{texts[-1]}"
    return texts[-1]


async def screen_texts(run: RecordedRun, is_last: Callable[[Event], bool]) -> dict[Size, str]:
    """The screen at each of the SIZES, to which the terminal is resized."""
    texts = {}
    async with apply_screen(run.state, run.approved, SIZES[0]) as player:
        await player.play(run.until(is_last))
        for size in SIZES:
            await player.pilot.resize_terminal(*size)
            texts[size] = await settled_text(player.pilot)
    return texts


@pytest.mark.parametrize(("name", "moment"), [("apply", "proof"), ("upload", "upload")])
def test_the_picture_of_a_run(name: str, moment: str) -> None:
    faults, is_last = MOMENTS[moment]

    async def render() -> str:
        run = recorded_run(**faults)
        async with apply_screen(run.state, run.approved, SIZES[0]) as player:
            await player.play(run.until(is_last))
            await settled_text(player.pilot)
            return svg_of(player.pilot)

    compare(name, asyncio.run(render()))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_screen_shows_the_run(moment: str) -> None:
    faults, is_last = MOMENTS[moment]
    texts = asyncio.run(screen_texts(recorded_run(**faults), is_last))
    check_dumps(f"apply-{moment}", texts)
