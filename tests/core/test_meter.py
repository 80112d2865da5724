"""How far a change is, in words: transfers with rate and time left, waits with their limit."""

from __future__ import annotations

import pytest

from mhv_tui.core.events import Progress
from mhv_tui.core.meter import GIB, MIB, Meter, duration


def upload(done: int, total: int = 700 * MIB, phase: str = "uploading") -> Progress:
    return Progress("image", "x", done, total, phase=phase)


def test_a_transfer_has_a_size_and_after_two_seconds_a_rate_and_the_time_left() -> None:
    meter = Meter()
    meter.hear(upload(0), 100.0)
    meter.hear(upload(10 * MIB), 100.5)
    assert meter.text(100.5) == "10 of 700 MiB" and meter.is_new
    meter.hear(upload(20 * MIB), 101.0)
    assert meter.text(101.0) == "20 of 700 MiB, 20 MiB/s, 34 s left" and not meter.is_new
    meter.hear(upload(100 * MIB), 105.0)
    assert meter.text(105.0) == "100 of 700 MiB, 20 MiB/s, 30 s left"
    meter.hear(upload(700 * MIB), 110.0)
    assert meter.text(110.0) == "700 of 700 MiB, 70 MiB/s"


def test_the_rate_is_that_of_the_last_seconds() -> None:
    meter = Meter()
    for second in range(60):
        meter.hear(upload(second * MIB, 100 * GIB), float(second))
    meter.hear(upload(2109 * MIB, 100 * GIB), 70.0)
    assert meter.text(70.0) == "2.1 of 100.0 GiB, 186 MiB/s, 8:58 left"


def test_a_new_phase_is_a_new_transfer() -> None:
    meter = Meter()
    meter.hear(upload(0, phase="converting"), 0.0)
    meter.hear(upload(700 * MIB, phase="converting"), 10.0)
    meter.hear(upload(10 * MIB), 13.0)
    assert meter.text(13.0) == "10 of 700 MiB"


def test_a_stalled_transfer_has_no_time_left() -> None:
    meter = Meter()
    meter.hear(upload(MIB), 0.0)
    meter.hear(upload(MIB), 5.0)
    assert meter.text(5.0) == "1 of 700 MiB"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Progress("node", "x", 6, 120, "seconds"), "8 of at most 120 s"),
        (Progress("node", "x", 119, 120, "seconds"), "120 of at most 120 s"),
        (Progress("node", "x", 40, 100, "percent"), "40 %"),
        (Progress("node", "x", 2, 3, "names"), "2 of 3 names"),
        (Progress("node", "x", 0, 0, "", "a note"), ""),
    ],
)
def test_other_units(event: Progress, text: str) -> None:
    meter = Meter()
    assert meter.text(50.0) == ""
    meter.hear(event, 50.0)
    assert meter.text(52.5) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.9, "0 s"), (59.9, "59 s"), (102, "1:42"), (3723, "1:02:03")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_upload_that_begins_again_gets_a_new_rate() -> None:
    meter = Meter()
    for second in range(4):
        meter.hear(upload(100 * second * MIB), float(second))
    meter.hear(upload(0), 4.0)
    assert meter.text(4.0) == "0 of 700 MiB"
    meter.hear(upload(30 * MIB), 5.0)
    assert meter.text(5.0) == "30 of 700 MiB, 30 MiB/s, 22 s left"
