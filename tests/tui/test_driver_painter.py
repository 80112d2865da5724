"""Random frames: the painter's bytes draw the same screen as the frames themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.tui.terminal.capabilities import Capabilities
from mhv_tui.tui.terminal.grid import Grid
from mhv_tui.tui.terminal.painter import Painter
from tests.tui.screens import TerminalScreen, differences

COLUMNS, ROWS = 24, 4
STYLES = ["0", "1", "4", "7", "9", "38;5;200", "48;5;17", "48;5;18", "1;38;5;3;48;5;17", "2;3;31;42", "38;2;1;2;3"]
CLUSTERS = ["é", "e\u0301", "👍", "👨\u200d👩\u200d👧", "❤\ufe0f"]
WORDS = ["a", "of", "   ", " " * 10, " " * 24, "漢", "漢字", "│ x", "─────", *CLUSTERS]


def span(row: int, column: int, style: str, word: str) -> str:
    """A styled word as Textual writes it, cut at the right edge."""
    width = 0
    grid = Grid()
    grid.apply(word)
    width = len(grid.rows[0])
    if column + width > COLUMNS:
        column = max(COLUMNS - width, 0)
    return f"\x1b[{row + 1};{column + 1}H\x1b[{style}m{word}\x1b[0m"


SPANS = st.builds(
    span, st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), st.sampled_from(STYLES), st.sampled_from(WORDS)
)
FRAMES = st.lists(st.lists(SPANS, min_size=1, max_size=12), min_size=1, max_size=6)


@given(FRAMES, st.booleans())
def test_the_painted_screen_equals_the_frames(frames: list[list[str]], erases: bool) -> None:
    expected, painted = TerminalScreen(COLUMNS, ROWS), TerminalScreen(COLUMNS, ROWS)
    for screen in (expected, painted):
        screen.feed(b"\x1b[?7l")
    grid, painter = Grid(), Painter(Capabilities(erases))
    for frame in frames:
        output = "".join(frame)
        grid.apply(output)
        expected.feed(output.encode())
        painted.feed(painter.paint(grid.rows, (COLUMNS, ROWS), grid.cursor).encode())
        assert differences(painted, expected) == []
        assert painter.paint(grid.rows, (COLUMNS, ROWS), grid.cursor) == ""
