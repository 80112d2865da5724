"""The text of the last page: verdict, map of the cloud, what was made and tested, notes for users and operators.

What is not known is named; the key that leads on is named with the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from textual.content import Content

from mhv_tui.core.answers import with_last_day
from mhv_tui.core.findings import GLYPHS, Finding, Level, urgency
from mhv_tui.core.handover import FOR_OPERATORS, Handover, map_lines, wrapped_command
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import at_step, count
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.engine.verdict import Verdict, VerdictState
from mhv_tui.tui.render import COLOURS, heading, wrap_lines

NEXT: Mapping[VerdictState, str] = {
    "done": "",
    "blocked": "Enter opens the page {step}.",
    "incomplete": "Enter shows the plan, to continue.",
    "outdated": "^R checks all pages.",
    "unchecked": "Enter opens the page {step}.",
    "missing": "Enter shows the plan.",
    "test failed": "Enter opens the page {step}; ^G there leads to the plan, which tests again.",
    "unproven": "Enter shows the plan; ^G there boots the test servers.",
}
"""State -> the key that leads on."""

REAL_CLOCK = " (real clock)"
"""What the page says about a day in the simulated world, where the logs of a run have the days of another clock."""

INDENT = "  "
WIDEST = 110
"""The columns of the longest line of text; longer ones are hard to read."""


def render_summary(source: ReportInput, width: int) -> Content:
    """Returns the text of the last page for a width in columns."""
    columns = min(width - 1, WIDEST)
    sections = [
        _verdict(source.verdict, columns),
        _map(source.handover, columns),
        [Content(line) for line in wrap_lines(facts_line(source), columns, INDENT)],
        _for_users(source.handover, columns),
        _problems(source, columns),
        _made(source, columns),
        _proven(source, columns),
        _for_operators(source.handover, columns),
    ]
    return Content("\n\n").join(Content("\n").join(lines) for lines in map(list, sections) if lines)


def next_key(verdict: Verdict) -> str:
    """A sentence with the key that leads on; "" if everything is done."""
    return NEXT[verdict.state].format(step=verdict.step)


def _verdict(verdict: Verdict, width: int) -> Iterator[Content]:
    first, *others = wrap_lines(verdict.sentence, width, " " * 4)
    style = f"bold {COLOURS[verdict.level]}"
    yield Content.assemble((f"{INDENT}{GLYPHS[verdict.level]} ", style), (first[4:], "bold"))
    yield from (Content.styled(line, "bold") for line in others)
    yield from (Content(line) for line in wrap_lines(next_key(verdict), width, " " * 4))


def _map(handover: Handover | None, width: int) -> Iterator[Content]:
    if handover is None:
        yield Content(f"{INDENT}The cloud is not known yet.")
        return
    for row, line in map_lines(handover.rows, width - len(INDENT)):
        mark, style = (GLYPHS[row.level], COLOURS[row.level]) if row.level != "ok" else (" ", "")
        yield Content.assemble((f"{mark} ", style), (line, style))


def facts_line(source: ReportInput) -> str:
    """What was made, tested and accepted, and the numbers of problems, warnings and unknown results, in one line."""
    completed = sum(row.state == "made" for row in source.changes)
    undone = sum(row.state == "undone" and not row.is_kept for row in source.changes)
    kept = sum(row.is_kept for row in source.changes)
    levels = [f.level for _, f in source.findings if not f.accepted]
    problems = sum(f.stops for _, f in source.findings)
    days = _last_days(source)
    accepted = dict.fromkeys(f.code for _, f in source.findings if f.accepted)
    parts = [
        f"{count(completed, 'change')} {'in place' if undone or kept else 'made'}" if completed else "",
        f"{count(undone, 'change')} undone" if undone else "",
        f"{kept} kept" if kept else "",
        "" if completed or undone or kept else "no change made",
        _test_words(source),
        *(f"{code} accepted{f' until {days[code]}' if days.get(code) else ', no last day'}" for code in accepted),
        count(problems, "problem") if problems else "",
        count(levels.count("warning"), "warning") if "warning" in levels else "",
        f"{levels.count('unknown')} unknown" if "unknown" in levels else "",
    ]
    return " · ".join(part for part in parts if part)


def _test_words(source: ReportInput) -> str:
    clock = "" if source.scene is None else REAL_CLOCK
    if source.failed_tests:
        return f"test failed on {source.failed_tests[-1].day}{clock}"
    proof = source.proofs[-1] if source.proofs else None
    return f"tested on {proof.time[:10]}{clock}" if proof and proof.holds else "not tested"


def _last_days(source: ReportInput) -> dict[str, date | None]:
    """Code -> the last day on which its findings are accepted; None: always."""
    return {accept.code: accept.until for accept in source.accepts}


def _for_users(handover: Handover | None, width: int) -> Iterator[Content]:
    if handover is None:
        return
    if not handover.command:
        yield _heading("For the cloud's users: not ready yet", width)
        yield from _bullets(handover.command_missing, width)
        return
    yield _heading("For the cloud's users", width, "y copies this")
    yield from (Content.styled(line, "bold") for line in wrapped_command(shown(handover.command), width))
    yield from _bullets(handover.users, width)


def _for_operators(handover: Handover | None, width: int) -> Iterator[Content]:
    if handover and handover.operators:
        yield _heading(FOR_OPERATORS, width)
        yield from _bullets(handover.operators, width)


def _problems(source: ReportInput, width: int) -> Iterator[Content]:
    rows = [(step, f) for (_, step), f in source.findings if f.level in ("failure", "warning", "unknown")]
    if rows:
        yield _heading("Problems, warnings, unknown and accepted findings", width)
    days = _last_days(source)
    for step, finding in sorted(rows, key=lambda row: (bool(row[1].accepted), urgency(row[1]))):
        yield from _problem(step, finding, days.get(finding.code), width)


def _problem(step: str, finding: Finding, until: date | None, width: int) -> Iterator[Content]:
    level = finding.shown_level
    head = f"{INDENT}{GLYPHS[level]} {finding.code}  "
    first, *others = wrap_lines(at_step(step, finding.headline), width, " " * len(head))
    yield Content.assemble((head, COLOURS[level]), first[len(head) :])
    yield from (Content(line) for line in others)
    if finding.accepted:
        yield from _muted(f"Accepted: {with_last_day(finding.accepted, until)}", width, " " * len(head))


def _made(source: ReportInput, width: int) -> Iterator[Content]:
    rows = [row for row in source.changes if row.state != "undone"]
    if rows:
        yield _heading("Made", width)
    for row in rows:
        level: Level = "ok" if row.state == "made" else "failure"
        head = f"{INDENT}{GLYPHS[level]} {row.step:<10}"
        text = source.summaries.get(row.id) or row.id
        first, *others = wrap_lines(text if level == "ok" else f"{text} ({row.state})", width, " " * len(head))
        yield Content.assemble((head, COLOURS[level]), first[len(head) :])
        yield from (Content(line) for line in others)


def _proven(source: ReportInput, width: int) -> Iterator[Content]:
    if source.failed_tests:
        yield _heading("Failed tests", width)
        yield from _bullets((source.failed(test) for test in source.failed_tests), width)
    proof = source.proofs[-1] if source.proofs else None
    if proof is None:
        return
    yield _heading("Tested" if proof.holds else "Tested before the last change", width)
    yield from _bullets((source.booted(server) for server in proof.servers), width)
    if proof.left:
        yield from _bullets([f"not tested: {proof.left}"], width)


def _heading(text: str, width: int, right: str = "") -> Content:
    return Content.styled(f"{INDENT}{heading(text, width - len(INDENT), right)}", "$text-muted")


def _bullets(items: Iterable[str], width: int) -> Iterator[Content]:
    for item in items:
        first, *others = wrap_lines(item, width, " " * 4)
        yield Content(f"{INDENT}- {first[4:]}")
        yield from (Content(line) for line in others)


def _muted(text: str, width: int, indent: str) -> Iterator[Content]:
    return (Content.styled(line, "$text-muted") for line in wrap_lines(text, width, indent))
