"""Screens as text in tests/tui/dumps. `MHV_SCREENSHOTS=write pytest tests/tui` writes them again."""

from __future__ import annotations

import os
import re
from pathlib import Path

DUMPS = Path(__file__).parent / "dumps"
TIME = re.compile(r"\b20\d\d-\d\d-\d\d( \d\d:\d\d)?")


def check_dump(name: str, screen: str) -> None:
    """Compares a screen with its dump. Days and times are always the same in a dump."""
    text = TIME.sub(lambda match: "2026-11-26 09:12"[: len(match[0])], screen)
    path = DUMPS / f"{name}.txt"
    if os.environ.get("MHV_SCREENSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs from what the wizard shows"
