"""Random steps in the wizard: the screen equals the one that Textual's own driver draws, cell by cell."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.tui.screens import TerminalScreen, differences
from tests.tui.terminals import ROOT, PtyProgram, terminal

RECORDED_WIZARD = [sys.executable, "-m", "tests.tui.recorded_wizard"]

KEYS = {
    "Tab": b"\t", "BackTab": b"\x1b[Z", "Enter": b"\r", "Esc": b"\x1b", "Up": b"\x1b[A", "Down": b"\x1b[B",
    "Left": b"\x1b[D", "Right": b"\x1b[C", "PageDown": b"\x1b[6~", "PageUp": b"\x1b[5~", "Home": b"\x1b[H",
    "End": b"\x1b[F", "F1": b"\x1bOP", "Ctrl+N": b"\x0e", "Ctrl+P": b"\x10", "Ctrl+G": b"\x07", "Ctrl+R": b"\x12",
    "Ctrl+U": b"\x15", "Backspace": b"\x7f", "a": b"a", "s": b"s", "x": b"x", "?": b"?", "space": b" ",
}  # fmt: skip
WEIGHTS = {"Tab": 4, "Down": 4, "Ctrl+N": 4, "Ctrl+U": 2, "Enter": 2, "Esc": 2}
FAMILY = "👨\u200d👩\u200d👧"
TEXTS = ["prod-1", "漢字テスト", "naïve", "e\u0301a\u0308", "👍🎉", FAMILY, "❤\ufe0f", "🇩🇪", "ﬁ—…", "한국"]
SIZES = [(80, 24), (60, 20), (120, 40), (20, 5), (79, 23), (100, 30), (80, 24)]


class ComparedWizard:
    """The wizard with the screen that Textual's own driver would draw from the same output."""

    def __init__(self, term: PtyProgram, record: Path) -> None:
        self.term = term
        self._record = record
        self._bytes_read = 0
        self._stock = TerminalScreen(80, 24)

    def resize(self, columns: int, rows: int) -> None:
        self._stock.resize_to(columns, rows)
        self.term.resize(columns, rows)

    def differences(self) -> list[str]:
        """The cells that differ as soon as the wizard writes nothing; the last ones if they differ for 10 s."""
        deadline = time.monotonic() + 10
        while True:
            self.term.read_until_quiet(0.08)
            recorded = self._record.read_bytes()
            self._stock.feed(recorded[self._bytes_read :])
            self._bytes_read = len(recorded)
            cells = differences(self.term.display, self._stock)
            if not cells or time.monotonic() > deadline:
                return cells


def random_step(generator: random.Random, wizard: ComparedWizard, unfinished_text: str) -> tuple[str, str]:
    """Does one random thing; returns its name and the text that it typed, which the next step erases."""
    if unfinished_text:
        wizard.term.press(b"\x7f" * len(unfinished_text))
        return "erase", ""
    kind = generator.choices(["press", "type", "resize"], weights=[80, 10, 10])[0]
    if kind == "press":
        name = generator.choices(list(KEYS), weights=[WEIGHTS.get(name, 1) for name in KEYS])[0]
        wizard.term.press(KEYS[name])
        return name, ""
    if kind == "type":
        text = generator.choice(TEXTS)
        wizard.term.press(text.encode())
        return text, text
    size = generator.choice(SIZES)
    wizard.resize(*size)
    return f"resize to {size}", ""


@pytest.mark.parametrize(
    ("seed", "steps"), [(1, 30), pytest.param(2, 300, marks=pytest.mark.slow)], ids=["30 steps", "300 steps"]
)
def test_the_screen_equals_the_one_of_the_stock_driver(seed: int, steps: int, tmp_path: Path) -> None:
    record = tmp_path / "record"
    generator = random.Random(seed)
    names: list[str] = []
    typed = ""
    # The keys may save a plan or a report in the current directory.
    places = {"RECORDED_OUTPUT": str(record), "PYTHONPATH": str(ROOT)}
    with terminal("--demo", "--fresh", in_child=lambda: os.chdir(tmp_path), program=RECORDED_WIZARD, **places) as term:
        term.wait_for(r"\S")
        wizard = ComparedWizard(term, record)
        for number in range(steps):
            name, typed = random_step(generator, wizard, typed)
            names.append(name)
            assert wizard.differences() == [], f"after step {number}: {names[-10:]}"
        assert not term.ended()
        assert len(term.raw) * 4 < record.stat().st_size
