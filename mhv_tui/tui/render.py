"""Findings as text on a screen: glyph, word and colour, then whole sentences with a hanging indent."""

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
"""Of the remedy below a finding's headline."""

HEADLINE_LINES = 2
"""Most lines of a headline, except of a failure, which is shown whole; Enter shows the rest."""


def wrap_lines(text: str, width: int, indent: str = INDENT, limit: int = 0) -> list[str]:
    """Lines of at most `width` columns, each indented; if `limit` > 0, that many, the last one with an ellipsis."""
    columns = max(width, 30)
    lines = textwrap.wrap(shown(text), columns, initial_indent=indent, subsequent_indent=indent)
    if limit and len(lines) > limit:
        last_line = lines[limit - 1]
        return [*lines[: limit - 1], f"{last_line[: columns - 2]} …"]
    return lines


def truncate(text: str, width: int) -> str:
    """The text, cut with an ellipsis if it has more than `width` columns."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def finding_row(finding: Finding, width: int) -> Content:
    """A finding in a list: one line if ok, whole if it is a failure, else at most HEADLINE_LINES and what to do."""
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
    """The lines below the headline: the reason of an acceptance, else the remedy and the fix."""
    if finding.accepted:
        yield from wrap_lines(f"accepted: {finding.accepted}", width)
        return
    if finding.level == "failure":
        yield from wrap_lines(f"remedy: {finding.remedy}", width)
    if finding.fix and finding.level in ("failure", "warning"):
        yield from wrap_lines("a fix is available: Tab to this row, then f adds it to the plan", width)


def level_counts(findings: Iterable[Finding]) -> str:
    """Such as "1 failure, 11 ok", the worst level first."""
    counts: dict[str, int] = {}
    for finding in sorted(findings, key=lambda f: -LEVELS.index(f.level)):
        counts[_word(finding)] = counts.get(_word(finding), 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items()) or "none"


def error_text(error: Exception) -> str:
    """The message of an error, its further lines and its remedy."""
    lines: Sequence[str] = [str(error), *getattr(error, "lines", ())]
    remedy = getattr(error, "remedy", "")
    return "\n".join([*lines, *([f"remedy: {remedy}"] if remedy else [])])


def heading(text: str) -> str:
    """A heading in a line that reaches beyond the right edge of any screen, which cuts it."""
    return f"─ {text} " + "─" * 200
