"""How findings read on a screen: glyph, word and colour together, whole sentences with a hanging indent.

Knows nothing of steps; every line is fitted to the width it is given.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from textual.content import Content

from mhv_tui.core.findings import GLYPHS, LEVELS, Finding, Level

COLOURS: dict[Level, str] = {
    "ok": "$text-success",
    "skipped": "$text-muted",
    "missing": "$text-primary",
    "unknown": "$text-warning",
    "warning": "$text-warning",
    "failure": "$text-error",
}
INDENT = " " * 4
"""Of what stands below a finding's first line."""

SHORT = 2
"""Lines of detail that a finding may take that stops nothing; Enter shows the rest."""


def wrapped(text: str, width: int, indent: str = INDENT, most: int = 0) -> list[str]:
    """Lines of that width, each indented; `most` > 0 cuts them there with an ellipsis."""
    lines = textwrap.wrap(text, max(width, 30), initial_indent=indent, subsequent_indent=indent)
    if most and len(lines) > most:
        return [*lines[: most - 1], lines[most - 1][: max(width, 30) - 1] + "…"]
    return lines


def row(finding: Finding, width: int) -> Content:
    """A finding as it stands in a list: one line where all is well, whole where something is to be done."""
    word = "accepted" if finding.accepted else finding.level
    lead = f"{GLYPHS[finding.level]} {word:<8} "
    title = f"{finding.code} {finding.title}"
    colour = COLOURS["warning"] if finding.accepted else COLOURS[finding.level]
    if finding.level == "ok":
        return Content.assemble((lead, colour), _cut(title, width - len(lead)))
    first, *more = textwrap.wrap(title, max(width - len(lead), 20))
    if not finding.stops:
        first, more = _cut(title, width - len(lead)), []
    lines = [*(" " * len(lead) + line for line in more), *_said(finding, width)]
    return Content.assemble((lead, f"bold {colour}"), (first, "bold"), *(f"\n{line}" for line in lines))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _said(finding: Finding, width: int) -> Iterable[str]:
    stops = finding.level == "failure"
    if finding.detail:
        yield from wrapped(finding.detail, width, most=0 if stops else SHORT)
    if finding.accepted:
        yield from wrapped(f"accepted: {finding.accepted}", width)
    elif stops:
        yield from wrapped(f"remedy: {finding.remedy}", width)
    if finding.fix and finding.level in ("failure", "warning"):
        yield from wrapped("a fix is offered: Tab to this row, then f adds it to the plan", width)


def counted(found: Sequence[Finding]) -> str:
    """Such as "1 failure, 11 ok", the worst first."""
    counts: dict[str, int] = {}
    for finding in sorted(found, key=lambda f: -LEVELS.index(f.level)):
        word = "accepted" if finding.accepted else finding.level
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{n} {word}" for word, n in counts.items()) or "none"


def sentence(error: Exception) -> str:
    """What went wrong, each line of it, and what to do."""
    lines = [str(error), *getattr(error, "lines", ())]
    remedy = getattr(error, "remedy", "")
    return "\n".join([*lines, *([f"remedy: {remedy}"] if remedy else [])])


def rule(text: str) -> str:
    """A heading with a line to the right edge, wherever that is."""
    return f"─ {text} " + "─" * 200
