"""How findings read on a screen: glyph, word and colour together, whole sentences with a hanging indent.

Knows nothing of steps; every line is fitted to the width it is given.
"""

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

SHORT = 2
"""Lines of headline for a finding that stops nothing; Enter shows the rest."""


def wrapped(text: str, width: int, indent: str = INDENT, most: int = 0) -> list[str]:
    """Lines of that width, each indented; `most` > 0 cuts them there with an ellipsis."""
    room = max(width, 30)
    lines = textwrap.wrap(shown(text), room, initial_indent=indent, subsequent_indent=indent)
    if most and len(lines) > most:
        last = lines[most - 1]
        return [*lines[: most - 1], f"{last[: room - 2]} …"]
    return lines


def row(finding: Finding, width: int) -> Content:
    """A finding in a list: one line if ok, whole if it is a failure, else at most SHORT lines."""
    word = "accepted" if finding.accepted else finding.level
    lead = f"{GLYPHS[finding.level]} {word:<8} " if finding.level != "ok" else f"{GLYPHS['ok']} ok "
    colour = COLOURS["warning"] if finding.accepted else COLOURS[finding.level]
    text = f"{finding.code} {finding.headline}"
    if finding.level == "ok":
        return Content.assemble((lead, colour), cut(text, width - len(lead)))
    first, *more = wrapped(text, width, " " * len(lead), 0 if finding.level == "failure" else SHORT)
    lines = [*more, *_below(finding, width)]
    return Content.assemble((lead, f"bold {colour}"), (first[len(lead) :], "bold"), *(f"\n{line}" for line in lines))


def cut(text: str, room: int) -> str:
    """The text, with an ellipsis if it is longer than the room."""
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def _below(finding: Finding, width: int) -> Iterable[str]:
    """What follows a headline that is not ok: the reason of its acceptance, else its remedy and its fix."""
    if finding.accepted:
        yield from wrapped(f"accepted: {finding.accepted}", width)
        return
    if finding.level == "failure":
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
