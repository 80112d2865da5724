"""Known causes in a nova-compute log or in a server's fault: lines that match a code of the catalogue.

A line that matches no pattern is left out. The excerpt of a line contains no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from mhv_tui.domain.tables import read

EXCERPT = 200
"""Characters of a line that are shown, around the match."""

MAX_ROWS = 1000
"""Lines that are returned at most."""

CUT = "..."
"""Marks the place where a line is cut."""

_SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',&]+|(://[^:/\s]+:)[^@\s]+(?=@)"
)
_STAMP = re.compile(r"^\S*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*\s+|^[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ ")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Code and pattern, the most specific first."""
    return tuple((row["code"], re.compile(row["pattern"])) for row in read("signatures")["signature"])


def recognise(text: str) -> list[tuple[int, str, str]]:
    """As `recognise_lines`, from a text."""
    return recognise_lines(text.splitlines())


def recognise_lines(lines: Iterable[str]) -> list[tuple[int, str, str]]:
    """Line number (from 1), code and excerpt of every line with a known cause, in their order.

    Lines with the same code and excerpt are returned once, and at most MAX_ROWS lines.
    """
    shown: set[tuple[str, str]] = set()
    rows: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines, 1):
        hit = _first(line)
        if hit and hit not in shown:
            shown.add(hit)
            rows.append((number, *hit))
            if len(rows) == MAX_ROWS:
                break
    return rows


def _first(line: str) -> tuple[str, str] | None:
    for code, pattern in patterns():
        if pattern.search(line):
            clean = _SECRET.sub(lambda m: f"{m[1] or m[2]}***", line)  # before it is cut, within a secret perhaps
            match = pattern.search(clean)
            return code, _excerpt(clean, *(match.span() if match else (0, 0)))
    return None


def _excerpt(line: str, at: int, end: int) -> str:
    """The line without its time stamp; of a long one, whole words around the match."""
    stamp = _STAMP.match(line)
    start, stop = stamp.end() if stamp else 0, len(line)
    room = EXCERPT - 2 * len(CUT)
    head = tail = ""
    if stop - start > EXCERPT and at - start > EXCERPT // 2:
        blank = line.find(" ", at - EXCERPT // 2, at)
        start, head = (blank + 1 if blank >= 0 else at), CUT
    if stop - start > EXCERPT:
        blank = line.rfind(" ", end, start + room)
        stop, tail = (blank if blank >= 0 else start + room), CUT
    return head + line[start:stop].strip() + tail
