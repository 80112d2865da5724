"""Known causes in a nova-compute log or in a server's fault: lines that name a code of the catalogue.

Refuses to interpret: a line that fits no pattern is left out, and what is shown of a line holds no secret.
"""

from __future__ import annotations

import re
from functools import cache

from mhv_tui.domain.tables import read

EXCERPT = 200
"""Characters of a line that are shown, around what was recognised."""

_SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',&]+|(://[^:/\s]+:)[^@\s]+(?=@)"
)
_STAMP = re.compile(r"^\S*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*\s+|^[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ ")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Code and pattern, most telling first."""
    return tuple((row["code"], re.compile(row["pattern"])) for row in read("signatures")["signature"])


def recognise(text: str) -> list[tuple[int, str, str]]:
    """Line number (from 1), code and excerpt of every line that tells a cause, in the order of the text.

    A line that repeats the line before it (the same code and words) is told once.
    """
    seen: set[tuple[str, str]] = set()
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        hit = _first(line)
        if hit and hit not in seen:
            seen.add(hit)
            found.append((number, *hit))
    return found


def _first(line: str) -> tuple[str, str] | None:
    for code, pattern in patterns():
        match = pattern.search(line)
        if match:
            return code, _excerpt(line, match.start())
    return None


def _excerpt(line: str, at: int) -> str:
    """The line without its time stamp and secrets; a long one from a little before what was recognised."""
    stamp = _STAMP.match(line)
    start = stamp.end() if stamp else 0
    if len(line) - start > EXCERPT and at - start > EXCERPT // 2:
        start = at - EXCERPT // 2
    kept = line[start : start + EXCERPT].strip()
    return _SECRET.sub(lambda m: f"{m[1] or m[2]}***", kept)
