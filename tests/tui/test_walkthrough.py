"""The README's animation and the recording of the whole path show what the wizard shows now.

`MHV_SCREENSHOTS=write pytest tests/tui/test_walkthrough.py` writes both again.
"""

from __future__ import annotations

import asyncio
import os
from xml.etree import ElementTree

import pytest

from tests.tui.snapshots import screenshots
from tests.tui.test_snapshots import compare
from tests.tui.walkthrough import AFTER, BEFORE, DONE, QUIT, animation, cast, pictures, screens_of

LARGEST = 400_000
"""Bytes: an animation that a README can load."""


def test_the_animation_shows_the_whole_path() -> None:
    svg = animation(asyncio.run(pictures()))
    assert len(svg.encode()) < LARGEST and 8 <= len(list(ElementTree.fromstring(svg))) - 1 <= 12
    compare("walkthrough", svg)


@pytest.mark.slow
def test_the_recording_shows_the_whole_path() -> None:
    path = screenshots() / "walkthrough.cast"
    is_written = os.environ.get("MHV_SCREENSHOTS") == "write"
    recorded = cast({} if is_written else screens_of(path.read_text(encoding="utf-8")))
    if is_written:
        path.write_text(recorded, encoding="utf-8")
    kept = screens_of(path.read_text(encoding="utf-8"))
    assert list(kept) == [stop.name for stop in (*BEFORE, DONE, AFTER, QUIT)]
    assert screens_of(recorded) == kept, "walkthrough.cast differs from what the wizard shows"
