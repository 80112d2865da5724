"""Kinds of terminals and locales: the wizard works or shows simpler characters, and leaves the terminal as it was."""

from __future__ import annotations

import re

import pytest

from tests.tui.terminals import terminal

FIRST_PAGE = "OpenStack cloud"
SIMPLE = ("vt100", "linux")
"""Terminal types without a second screen."""


@pytest.mark.parametrize("term_type", ["vt100", "linux", "screen", "screen-256color", "xterm", "no-such-terminal"])
def test_the_wizard_works_on_a_terminal_type(term_type: str) -> None:
    with terminal("--demo", "--fresh", TERM=term_type) as term:
        term.wait_for(FIRST_PAGE)
        term.go_to_form()
        term.press(b"\x15prod-2")
        term.wait_for("prod-2")
        term.press(b"\x11")
        assert term.exit_code(10) == 0
        assert term.has_line_mode()
        assert term.raw.count(b"\x1b[?25l") == term.raw.count(b"\x1b[?25h") == 1
        sequences = rb"\x1b\[\?1049[hl]|\x1b\[\?\d+\$p|\x1b\[[<>]\d*u"
        assert len(re.findall(sequences, term.raw)) == (0 if term_type in SIMPLE else 6)
        if term_type in SIMPLE:
            assert "^Q" not in term.screen()


@pytest.mark.parametrize(
    ("locale", "encoding", "typed", "expected"),
    [
        ({"LC_ALL": "C"}, "ascii", "é".encode(), "e"),
        ({"LC_ALL": "POSIX"}, "ascii", b"x", "x"),
        ({"LANG": "C"}, "ascii", b"x", "x"),
        ({"PYTHONIOENCODING": "latin-1"}, "latin-1", b"\xe9", "é"),
    ],
)
def test_a_terminal_without_utf_8_gets_only_characters_that_it_has(
    locale: dict[str, str], encoding: str, typed: bytes, expected: str
) -> None:
    with terminal("--demo", "--fresh", in_child=None, **locale) as term:
        term.wait_for(FIRST_PAGE)
        term.wait_until_idle()
        term.go_to_form()
        term.press(b"\x15a" + typed)
        term.wait_until_idle()
        text = term.raw.decode(encoding)
        assert "\\u" not in text
        assert re.search(rf"a{expected}|\x08(\x1b\[[\d;]*m)*{expected}", text)
        assert re.search(r"-(-|\x1b\[\d+b)", text), "no line is drawn"
        term.press(b"\x11")
        assert term.exit_code(10) == 0


@pytest.mark.parametrize(("columns", "rows"), [(60, 20), (20, 5)])
def test_a_small_terminal_shows_a_page_or_a_sentence(columns: int, rows: int) -> None:
    with terminal("--demo", "--fresh") as term:
        term.resize(columns, rows)
        term.wait_for(r"needs 60\s+columns" if columns < 60 else FIRST_PAGE)
        term.resize(80, 24)
        term.wait_for(FIRST_PAGE)
        term.press(b"\x11")
        assert term.exit_code(10) == 0
