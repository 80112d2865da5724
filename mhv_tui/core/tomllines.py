"""Finds the line numbers of keys and tables in TOML text, because tomllib does not report them.

Raises no error. For text that is not valid TOML, a line number may be wrong.
"""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]
"""The path of a value: the names of its tables and its key; a row of a list of tables is a number from 0."""

_HEADER = r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?"
_KEY = r"^\s*([A-Za-z0-9_.\-\"']+)\s*="
_LONG_TEXT = r'(?s)""".*?"""|\'\'\'.*?\'\'\''
_TEXT = r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*'
_LONG_NUMBER = r"[0-9_]{4000,}"


def key_lines(text: str) -> dict[KeyPath, int]:
    """Key path -> number of the first line with this table, key or row."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    inside: KeyPath = ()
    for number, line in enumerate(re.sub(_LONG_TEXT, lambda m: "\n" * m[0].count("\n"), text).split("\n"), 1):
        if header := re.match(_HEADER, line):
            table = inside = _header(header[2], header[1] == "[[", counts)
            _mark(lines, table, 1, number)
        elif key := re.match(_KEY, line):
            inside = (*table, *(part.strip("\"'") for part in key[1].split(".")))
            _mark(lines, inside, len(table) + 1, number)
            _inline_rows(line[key.end() :], inside, counts, lines, number)
        elif inside not in (table, ()):
            _inline_rows(line, inside, counts, lines, number)
    return lines


def _header(name: str, row: bool, counts: dict[KeyPath, int]) -> KeyPath:
    """The key path of a header [name] or [[name]]; a table below a list of tables belongs to the last row."""
    path: KeyPath = ()
    parts = [part.strip("\"' ") for part in name.split(".")]
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, counts[path] - 1) if path in counts else path
    path = (*path, parts[-1])
    if row:
        counts[path] = counts.get(path, 0) + 1
    return (*path, counts[path] - 1) if path in counts else path


def _inline_rows(
    rest: str, inside: KeyPath, counts: dict[KeyPath, int], lines: dict[KeyPath, int], number: int
) -> None:
    for _ in range(without_texts(rest).count("{")):
        lines.setdefault((*inside, counts.get(inside, 0)), number)
        counts[inside] = counts.get(inside, 0) + 1


def _mark(lines: dict[KeyPath, int], path: KeyPath, least: int, number: int) -> None:
    for length in range(least, len(path) + 1):
        lines.setdefault(path[:length], number)


def deep_line(text: str, most: int = 50) -> int:
    """The number of the first line that is nested in more than `most` brackets; 1 if there is none."""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = without_texts(line)
        if depth + bare.count("[") + bare.count("{") > most:
            return number
        depth += sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")
    return 1


def without_texts(line: str) -> str:
    """A line without its comment and its texts in quotes, so that each bracket in it belongs to TOML."""
    return re.sub(_TEXT, "", line)


def long_number_line(text: str) -> int:
    """The number of the first line that has a number with too many digits for Python."""
    number = re.search(_LONG_NUMBER, text)
    return text.count("\n", 0, number.start()) + 1 if number else 1
