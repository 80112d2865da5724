"""Renders findings for the screen: glyph, word and colour, then whole sentences with a hanging indent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from textual.content import Content

from mhv_tui.core.findings import GLYPHS, LEVELS, Finding, Level
from mhv_tui.core.redaction import shown

COLOURS: dict[Level, str] = {
    "ok": "$text-success",
    "skipped": "$text-muted",
    "missing": "$text-primary",
    "unknown": "$text-warning",
    "warning": "$text-warning",
    "failure": "$text-error",
}
INDENT = " " * 4
"""The indent of the remedy below a finding's headline."""

HEADLINE_LINES = 2
"""The maximum number of lines of a headline. Failures are shown whole; for other findings Enter shows the rest."""


def wrap_lines(text: str, width: int, indent: str = INDENT, limit: int = 0) -> list[str]:
    """Returns indented lines of at most `width` columns. If `limit` > 0, at most `limit` lines and an ellipsis."""
    columns = max(width, 30)
    lines = textwrap.wrap(shown(text), columns, initial_indent=indent, subsequent_indent=indent)
    if limit and len(lines) > limit:
        last_line = lines[limit - 1]
        return [*lines[: limit - 1], f"{last_line[: columns - 2]} …"]
    return lines


def truncate(text: str, width: int) -> str:
    """Returns the text, cut with an ellipsis if it has more than `width` columns."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def finding_row(finding: Finding, width: int) -> Content:
    """Returns a finding as a list row: one line if ok, whole if a failure, else HEADLINE_LINES lines and the remedy."""
    text = f"{finding.code} {finding.headline}"
    if finding.level == "ok":
        prefix = f"{GLYPHS['ok']} ok "
        return Content.assemble((prefix, COLOURS["ok"]), truncate(text, width - len(prefix)))
    prefix = f"{GLYPHS[finding.level]} {_word(finding):<8} "
    colour = COLOURS["warning"] if finding.accepted else COLOURS[finding.level]
    limit = 0 if finding.level == "failure" else HEADLINE_LINES
    first_line, *other_lines = wrap_lines(text, width, " " * len(prefix), limit)
    rest = (f"\n{line}" for line in [*other_lines, *_what_to_do(finding, width)])
    return Content.assemble((prefix, f"bold {colour}"), (first_line[len(prefix) :], "bold"), *rest)


def _word(finding: Finding) -> str:
    return "accepted" if finding.accepted else finding.level


def _what_to_do(finding: Finding, width: int) -> Iterable[str]:
    """Yields the lines below the headline: the reason of an acceptance, else the remedy and the fix."""
    if finding.accepted:
        yield from wrap_lines(f"accepted: {finding.accepted}", width)
        return
    if finding.level == "failure":
        yield from wrap_lines(f"remedy: {finding.remedy}", width)
    if finding.fix and finding.level in ("failure", "warning"):
        yield from wrap_lines("a fix is available: Tab to this row, then press f to plan it", width)


def level_counts(findings: Iterable[Finding]) -> str:
    """Returns the number of findings of each level, the worst level first, such as "1 failure, 11 ok"."""
    counts: dict[str, int] = {}
    for finding in sorted(findings, key=lambda f: -LEVELS.index(f.level)):
        counts[_word(finding)] = counts.get(_word(finding), 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items()) or "none"


def error_text(error: Exception) -> str:
    """Returns the message of an error, its other lines and its remedy."""
    lines: Sequence[str] = [str(error), *getattr(error, "lines", ())]
    remedy = getattr(error, "remedy", "")
    return "\n".join([*lines, *([f"remedy: {remedy}"] if remedy else [])])


def heading(text: str) -> str:
    """Returns a heading with a line after it that is longer than any screen is wide; the screen cuts the line."""
    return f"─ {text} " + "─" * 200
