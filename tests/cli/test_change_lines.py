"""The lines about the changes of a run: one name for each change, its number, and progress without a flood of lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

from mhv_tui.cli.change_lines import ChangeLines
from mhv_tui.core.events import Applied, Applying, Event, Failed, Planned, Progress, Undone
from mhv_tui.core.findings import Finding


def lines_of(*events: tuple[float, Event], has_pages: bool = False) -> list[str]:
    """The lines for events at these seconds; lines on stderr begin with "2"."""
    printed: list[str] = []

    def say(text: str, stream: TextIO | None) -> None:
        printed.append(f"{'2' if stream is sys.stderr else ''}{text}")

    clock: Iterator[float] = iter([])
    lines = ChangeLines(say, lambda: next(clock), has_pages=has_pages)
    for seconds, event in events:
        clock = iter([seconds] * 3)
        lines.hear(event)
    return printed


def wait(done: int, phase: str) -> Progress:
    return Progress("prove", "a", done, 300, "seconds", f"nova does {phase}", phase=phase)


def test_a_change_has_one_name_and_a_number() -> None:
    finding = Finding("RG04", "failure", "In the zone", "it is not in the zone", "put it there")
    assert lines_of(
        (0.0, Planned("node", "a", "do a", "")),
        (0.0, Planned("node", "b", "do b", "")),
        (1.0, Applying("node", "a", "do a")),
        (2.0, Applied("node", "a", 1.0)),
        (2.0, Applying("node", "b", "do b")),
        (3.0, Failed("node", "b", 1.0, finding)),
    ) == [
        "  > doing  do a",
        "  ✓ done   do a (1.0 s; 1 of 2)",
        "  > doing  do b",
        "  ✗ failed do b\n      RG04  it is not in the zone\n"
        "      remedy: Put it there\n      see: mhv-tui explain RG04",
    ]


def test_an_undo_says_what_it_does_and_on_which_page() -> None:
    finding = Finding("WZ13", "failure", "All is undone", "b is kept", "undo it")
    rows = lines_of(
        (1.0, Applying("node", "a", "delete a")),
        (2.0, Undone("node", "a", 1.0)),
        (2.0, Failed("image", "b", 0.0, finding)),
        has_pages=True,
    )
    assert rows[:2] == ["  > doing  node      delete a", "  ✓ done   node      delete a (1.0 s)"]
    assert rows[2].startswith("  ✗ failed image     b\n      WZ13  b is kept\n")


def test_a_time_of_zero_is_not_printed() -> None:
    rows = lines_of(
        (0.0, Planned("node", "a", "do a", "")),
        (0.0, Applied("node", "a", 0.049)),
        (0.0, Applied("prove", "b", 0.049)),
        (0.0, Undone("node", "a", 0.05)),
    )
    assert rows == ["  ✓ done   a (1 of 1)", "  ✓ done   b", "  ✓ done   a (0.1 s)"]


def test_progress_is_printed_when_its_phase_changes_and_every_five_seconds() -> None:
    rows = lines_of(
        (10.0, Applying("prove", "a", "boot a")),
        *((10.0 + second, wait(second, "scheduling" if second < 3 else "spawning")) for second in range(12)),
    )
    assert rows[1:] == [
        "2    ... scheduling: nova does scheduling: 0 of at most 300 s",
        "2    ... spawning: nova does spawning: 3 of at most 300 s",
        "2    ... spawning: nova does spawning: 8 of at most 300 s",
    ]


def test_an_upload_shows_its_rate_after_one_second_and_then_every_five_seconds() -> None:
    mib = 1 << 20
    rows = lines_of(
        (10.0, Applying("image", "a", "upload a")),
        *(
            (10.0 + tenth / 10, Progress("image", "a", tenth * mib, 700 * mib, "bytes", "Glance receives a"))
            for tenth in range(70)
        ),
    )
    assert rows[1:] == [
        "2    ... Glance receives a: 0 of 700 MiB",
        "2    ... Glance receives a: 10 of 700 MiB, 10 MiB/s, 1:09 left",
        "2    ... Glance receives a: 60 of 700 MiB, 10 MiB/s, 1:04 left",
    ]


def test_a_run_says_how_long_it_took() -> None:
    clock = iter([5.0, 5.9, 156.0])
    lines = ChangeLines(lambda text, stream: None, lambda: next(clock))
    assert lines.elapsed() == ""
    lines.hear(Applying("node", "a", "do a"))
    assert lines.elapsed() == ""  # not "took 0 s"
    assert lines.elapsed() == "took 2:31"
