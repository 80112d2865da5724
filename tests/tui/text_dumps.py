"""Screens as text in tests/tui/dumps. `MHV_SCREENSHOTS=write pytest tests/tui` writes them again."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.cells import cell_len
from textual.pilot import Pilot

from tests.tui.snapshots import settled, text_of

DUMPS = Path(__file__).parent / "dumps"
Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((80, 24), (120, 40), (60, 20))
"""Columns and rows of the terminals that a dump shows."""

SAME_TIME = "2026-11-26 09:12"
"""The time of the run in a dump."""


def check_dump(name: str, screen: str) -> None:
    """Compares a screen with its dump. The day and the time of the run are always SAME_TIME in a dump."""
    now = datetime.now(UTC)
    days = "|".join(f"{day:%Y-%m-%d}" for day in (now, now - timedelta(days=1)))
    text = re.sub(rf"\b({days})( \d\d:\d\d)?", lambda match: SAME_TIME[: len(match[0])], screen)
    path = DUMPS / f"{name}.txt"
    if os.environ.get("MHV_SCREENSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs from what the wizard shows"


def check_dumps(name: str, texts: dict[Size, str]) -> None:
    """Compares the screens of several sizes with their dumps; each must fill its terminal and not exceed it."""
    for (columns, rows), text in texts.items():
        lines = text.splitlines()
        assert len(lines) == rows and max(map(cell_len, lines)) <= columns
        check_dump(f"{name}-{columns}x{rows}", text)


async def texts_at_all_sizes(pilot: Pilot[int]) -> dict[Size, str]:
    """The screen at each of SIZES, when it is idle."""
    shown = {}
    for size in SIZES:
        await pilot.resize_terminal(*size)
        await pilot.pause(0.1)
        await settled(pilot)
        shown[size] = text_of(pilot)
    return shown
