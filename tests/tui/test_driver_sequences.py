"""Styles, cursor moves, text of several characters, and replacements of glyphs: the sequences themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mhv_tui.core.glyphs import REPLACEMENTS
from mhv_tui.tui.terminal.capabilities import Capabilities
from mhv_tui.tui.terminal.glyphs import encodable, replace
from mhv_tui.tui.terminal.grid import Grid
from mhv_tui.tui.terminal.moves import move
from mhv_tui.tui.terminal.painter import Painter, usual_width
from mhv_tui.tui.terminal.styles import DEFAULT, apply_parameters, transition
from tests.tui.terminals import ROOT


@pytest.mark.parametrize(
    ("old", "new", "sequence"),
    [
        ("1;38;5;9", "1;38;5;9", ""),
        ("1;38;5;9", "0", "\x1b[m"),
        ("0", "1", "\x1b[1m"),
        ("1", "2", "\x1b[0;2m"),
        ("1;38;5;9;48;5;17", "38;5;9;48;5;17", "\x1b[22m"),
        ("1;2;38;5;9;48;5;17", "1;38;5;9;48;5;17", "\x1b[22;1m"),
        ("38;5;9", "48;5;9", "\x1b[0;48;5;9m"),
        ("38;2;1;2;3;48;5;17", "48;5;17", "\x1b[39m"),
        ("4;31;42", "31;42", "\x1b[24m"),
        ("91;102", "91", "\x1b[49m"),
    ],
)
def test_the_shortest_change_of_style(old: str, new: str, sequence: str) -> None:
    assert transition(apply_parameters(DEFAULT, old), apply_parameters(DEFAULT, new)) == sequence


def test_parameters_that_switch_off() -> None:
    bold = apply_parameters(DEFAULT, "1;4;7;31;42")
    assert apply_parameters(bold, "22;24;27;39;49") == DEFAULT
    assert apply_parameters(bold, "") == DEFAULT


@pytest.mark.parametrize(
    ("cursor", "row", "column", "sequence"),
    [
        ((3, 4), 3, 4, ""),
        ((None, None), 0, 0, "\x1b[H"),
        ((None, None), 4, 0, "\x1b[5H"),
        ((None, None), 4, 9, "\x1b[5;10H"),
        ((3, 4), 3, 0, "\r"),
        ((3, None), 3, 0, "\r"),
        ((3, 4), 3, 3, "\b"),
        ((3, 4), 3, 5, "\x1b[C"),
        ((3, 4), 3, 60, "\x1b[56C"),
        ((3, 4), 4, 4, "\x1b[B"),
        ((3, 4), 2, 4, "\x1b[A"),
        ((20, 40), 22, 41, "\x1b[2B\x1b[C"),
        ((20, 40), 10, 55, "\x1b[11;56H"),
    ],
)
def test_the_shortest_move(cursor: tuple[int | None, int | None], row: int, column: int, sequence: str) -> None:
    assert move(cursor, row, column) == sequence


def cells(output: str) -> list[str]:
    grid = Grid()
    grid.apply(output)
    return [text for text, _ in grid.rows[0]]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("漢a", ["漢", "", "a"]),
        ("e\u0301a", ["e\u0301", "a"]),
        ("e\x1b[1m\u0301a", ["e\u0301", "a"]),
        ("👨\u200d👩\u200d👧a", ["👨\u200d👩\u200d👧", "", "a"]),
        ("❤\ufe0fa", ["❤\ufe0f", "", "a"]),
        ("❤\x1b[7m\ufe0fa", ["❤", "a"]),
        ("🇩🇪a", ["🇩🇪", "", "a"]),
        ("漢字\x1b[;2Hx", [" ", "x", "字", ""]),
        ("漢字\x1b[;3Hx", ["漢", "", "x", " "]),
        ("a\x00\x08\x9bb", ["a", "b"]),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", ["l", "i", "n", "k"]),
    ],
)
def test_cells_of_text(output: str, expected: list[str]) -> None:
    assert cells(output) == expected


def test_controls_are_separated_from_frames() -> None:
    grid = Grid()
    assert grid.apply("\x1b[?1049h\x07a\x1b]52;c;eA==\x07b\x1b[?2026$p") == [
        "\x1b[?1049h", "\x07", "\x1b]52;c;eA==\x07", "\x1b[?2026$p"
    ]  # fmt: skip
    assert [text for text, _ in grid.rows[0]] == ["a", "b"]


def painted(output: str, capabilities: Capabilities, columns: int = 20) -> str:
    grid, painter = Grid(), Painter(capabilities)
    grid.apply(output)
    return painter.paint(grid.rows, (columns, 1), (0, 0))


def test_after_text_of_uncertain_width_the_cursor_is_placed() -> None:
    """Older terminals draw a family as three people, six cells wide."""
    family = "👨\u200d👩\u200d👧"
    assert usual_width(family) == 6
    assert painted(f"{family}x", Capabilities()) == f"\x1b[2J\x1b[H{family}\x1b[;3Hx   \r"


def test_a_wide_character_that_does_not_fit_is_a_blank() -> None:
    assert painted("abc漢", Capabilities(), columns=4) == "\x1b[2J\x1b[Habc\r"


def test_glyphs_outside_the_encoding_are_replaced_by_ascii() -> None:
    output = painted("│✓ naïve 漢 ├─╮ ▁█ 👍🏽…", Capabilities(encoding="ascii"), columns=40)
    assert output.removeprefix("\x1b[2J\x1b[H").rstrip("\r") == "|v naive ?? +-+ -# ??~"
    assert replace("ï", "latin-1") == "ï" and replace("─", "latin-1") == "-"
    assert all(len(glyph) == 1 and replacement.isascii() for glyph, replacement in REPLACEMENTS.items())
    assert encodable([("漢", DEFAULT), ("", DEFAULT)], "euc-jp") == [("漢", DEFAULT), ("", DEFAULT)]


SHOW_CAPABILITIES = """
import sys
from mhv_tui.tui.terminal.capabilities import capabilities_of, terminfo_of
print(capabilities_of(sys.argv[1], 2), *terminfo_of(sys.argv[1], 2))
"""


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("xterm-256color", Capabilities(erases=True, alternate=True)),
        ("screen-256color", Capabilities(erases=False, alternate=True)),
        ("tmux-256color", Capabilities(erases=False, alternate=True)),
        ("linux", Capabilities(erases=True, alternate=False)),
        ("vt100", Capabilities(erases=False, alternate=False)),
        ("no-such-terminal", Capabilities()),
    ],
)
def test_capabilities_of_terminal_types(term: str, expected: Capabilities) -> None:
    """curses reads one terminal type in a process."""
    command = [sys.executable, "-c", SHOW_CAPABILITIES, term]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    assert done.stdout.strip() == f"{expected} {expected.erases} {expected.alternate}"
