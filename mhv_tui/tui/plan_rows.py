"""The rows of the plan: problems, changes with their previews, accepted failures and warnings, wrapped to a width."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content

from mhv_tui.core.changes import EFFECT_GLYPHS, Change
from mhv_tui.core.findings import GLYPHS, Finding, Level
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.text import count, join_names
from mhv_tui.engine.plan_summary import PlanSummary, StepFinding
from mhv_tui.tui.plan_view import PlanView
from mhv_tui.tui.render import COLOURS, EFFECT_COLOURS, wrap_lines

BODY = 13
"""The column in which the texts of rows begin: after mark, glyph and the name of the page."""

PREVIEW = 6
"""The column in which the lines of a preview begin."""

DIFF_COLOURS = {"+": "$text-success", "-": "$text-error", "@": "$text-muted", "\\": "$text-muted"}
"""First character of a line of a diff -> colour."""

PROBLEM = "problem"
"""The first word of the keys of rows that block the changes."""

LINE = "preview"
"""The first word of the keys of rows that are lines of an open change."""

CLOSED, OPEN = "▸", "▾"


@dataclass(frozen=True)
class PlanRow:
    """A row of the plan. `key` is the same for the same row after another check."""

    key: str
    content: Content
    step: str = ""
    finding: Finding | None = None
    change: Change | None = None
    is_blank: bool = False

    @property
    def shown(self) -> Change | Finding | None:
        """What the row shows; None for a page."""
        return self.change or self.finding

    @property
    def is_problem(self) -> bool:
        """True if the row is a problem, or a page that lacks answers."""
        return self.key.startswith(f"{PROBLEM} ")

    @property
    def is_preview(self) -> bool:
        """True if the row is a line of an open change."""
        return self.key.startswith(f"{LINE} ")

    @property
    def is_warning(self) -> bool:
        """True if the row is a warning, which blocks nothing."""
        return self.finding is not None and self.finding.level == "warning"

    @property
    def is_unknown(self) -> bool:
        """True if the row is a check whose result is not known yet."""
        return self.finding is not None and self.finding.level == "unknown"


Preview = Callable[[Change], Sequence[str]]
"""A function that returns the lines of a change's preview, safe to show."""


def preview_lines(change: Change) -> Sequence[str]:
    """The lines of a change's preview, safe to show. A diff has no names of files, which the summary has."""
    lines = shown_lines(change.preview()).splitlines()
    if not change.previews_diff:
        return lines
    return [_spaced(line) for line in lines if not line.startswith(("--- ", "+++ ", "@@ -0,0 "))]


def _spaced(line: str) -> str:
    """A line of a diff with a blank after its sign."""
    return f"{line[0]} {line[1:]}".rstrip() if line[:1] in ("+", "-", " ") else line


def rows_of(view: PlanView, preview: Preview, width: int) -> list[PlanRow]:
    """All rows of the plan, for a list of `width` columns; groups of rows are separated by blank rows."""
    plan = view.summary
    problems, failed_tests, accepted, warnings = (
        [(step, view.in_wizard(step, finding)) for step, finding in rows]
        for rows in (plan.problems, plan.failed_tests, plan.accepted, plan.warnings)
    )
    groups = [
        [
            *(_problem(view, row, width) for row in problems),
            *(_unanswered(row, width) for row in plan.unanswered),
            *_waiting(plan, width),
        ],
        [row for step, change in plan.changes for row in _change(view, step, change, preview, width)],
        [
            *(_problem(view, row, width) for row in failed_tests),
            *(_accepted(view, row, width) for row in accepted),
            *(_warning(row, width) for row in warnings),
        ],
        [] if plan.changes or plan.is_blocked else [_page(*page, width) for page in view.pages],
    ]
    rows: list[PlanRow] = []
    for number, group in enumerate(filter(None, groups)):
        rows += [PlanRow(f"blank {number}", Content(" "), is_blank=True)] if number else []
        rows += group
    return rows


def _row_key(kind: str, step: str, finding: Finding) -> str:
    return f"{kind} {step} {finding.code} {finding.subject}"


def _problem(view: PlanView, row: StepFinding, width: int) -> PlanRow:
    step, finding = row
    lines = [_first("failure", step, f"{finding.code}  {finding.headline}", width, "bold")]
    lines += [_muted(line) for line in wrap_lines(finding.remedy, width, " " * BODY)]
    acceptance = view.acceptance(finding)
    if acceptance and acceptance.until:
        over = f"Accepted until {acceptance.until}, which is past: {acceptance.reason}"
        lines += [_muted(line) for line in wrap_lines(over, width, " " * BODY)]
    lines += _keys(view, step, finding, width)
    return PlanRow(_row_key(PROBLEM, step, finding), Content("\n").join(lines), step, finding)


def _keys(view: PlanView, step: str, finding: Finding, width: int) -> list[Content]:
    """The keys that solve a problem or go to its answer, in one line if there is room; empty if no key does."""
    fix = view.fixes.get(finding.fix or "", "")
    to_field = view.to_field(step, finding)
    keys = [("f", shown(fix))] if fix else [("f", to_field)] if to_field else []
    keys += [("a", "accept it")] if finding.can_be_accepted else []
    hints = [Content.assemble((key, "bold"), f" {does}") for key, does in keys]
    line = Content.assemble(" " * BODY, Content("   ").join(hints))
    if keys and line.cell_length <= width:
        return [line]
    texts = ("\n".join(wrap_lines(f"{key} {does}", width, " " * BODY)) for key, does in keys)
    return [Content(text).stylize("bold", BODY, BODY + 1) for text in texts]


def _unanswered(row: StepFinding, width: int) -> PlanRow:
    step, finding = row
    return PlanRow(_row_key(PROBLEM, step, finding), _first("skipped", step, finding.headline, width), step, finding)


def _waiting(plan: PlanSummary, width: int) -> list[PlanRow]:
    """One row for all pages that wait for other pages; Enter opens the first of them."""
    steps, done = plan.waiting, "solved" if plan.problems else "answered"
    text = f"not checked before the rows above are {done}: {join_names(steps, len(steps))}"
    return [PlanRow("waiting", _first("skipped", count(len(steps), "page"), text, width), steps[0])] if steps else []


def _change(view: PlanView, step: str, change: Change, preview: Preview, width: int) -> Iterator[PlanRow]:
    is_open = change.id in view.opened
    notes = [f"fixes {view.requested[change.id].code}"] if change.id in view.requested else []
    notes += ["begun by an earlier run"] if change.id in view.begun else []
    text = shown(change.summary) + (f" ({', '.join(notes)})" if notes else "")
    glyph, colour = EFFECT_GLYPHS[change.effect], EFFECT_COLOURS[change.effect]
    content = _with_mark(_head(glyph, colour, step, text, width - 2), OPEN if is_open else CLOSED, width)
    yield PlanRow(f"change {change.id}", content, step, change=change)
    if is_open:
        for number, line in enumerate(opened_lines(change, preview, width - PREVIEW)):
            indented = Content("\n").join(Content.assemble(" " * PREVIEW, part) for part in line.split("\n"))
            yield PlanRow(f"{LINE} {change.id} {number}", indented, step, change=change)


def opened_lines(change: Change, preview: Preview, width: int) -> Iterator[Content]:
    """The consequences and the preview of a change, one Content a line, each wrapped to `width` columns."""
    for sentence in change.consequences:
        yield Content("\n".join(wrap_lines(sentence, width, ""))).stylize("$text-warning")
    for line in preview(change):
        colour = DIFF_COLOURS.get(line[:1], "") if change.previews_diff else ""
        yield Content("\n".join(_wrapped(line, width))).stylize(colour or "$text-muted")


def _accepted(view: PlanView, row: StepFinding, width: int) -> PlanRow:
    step, finding = row
    acceptance = view.acceptance(finding)
    until = f" until {acceptance.until}" if acceptance and acceptance.until else ""
    head = _first("warning", step, f"{finding.code}  {finding.headline}", width)
    lines = [head, *(_muted(line) for line in wrap_lines(f"accepted{until}: {finding.accepted}", width, " " * BODY))]
    return PlanRow(_row_key("accepted", step, finding), Content("\n").join(lines), step, finding)


def _warning(row: StepFinding, width: int) -> PlanRow:
    step, finding = row
    content = _first(finding.level, step, f"{finding.code}  {finding.headline}", width)
    return PlanRow(_row_key("warning", step, finding), content, step, finding)


def _page(step: str, level: Level, counts: str, width: int) -> PlanRow:
    return PlanRow(f"page {step}", _first(level, step, counts, width), step)


def _first(level: Level, step: str, text: str, width: int, style: str = "") -> Content:
    return _head(GLYPHS[level], COLOURS[level], step, text, width, style)


def _head(glyph: str, colour: str, step: str, text: str, width: int, style: str = "") -> Content:
    """The first lines of a row: a column for the mark, the glyph, the page, and the wrapped text."""
    first, *others = wrap_lines(text, width, " " * BODY) or [" " * BODY]
    name = f" {step:<{BODY - 4}} "
    rest = "".join(f"\n{line}" for line in others)
    return Content.assemble(" ", (glyph, f"bold {colour}"), (name, "$text-muted"), (first[BODY:] + rest, style))


def _with_mark(head: Content, mark: str, width: int) -> Content:
    """The content with a mark at the right end of its first line."""
    first, *others = head.split("\n")
    padding = " " * max(width - first.cell_length - 1, 1)
    return Content("\n").join([Content.assemble(first, padding, (mark, "$text-muted")), *others])


def _muted(line: str) -> Content:
    return Content.styled(line, "$text-muted")


def _wrapped(line: str, width: int) -> list[str]:
    """A line of a preview in pieces of at most `width` columns; the pieces after the first are indented."""
    indent = " " * (len(line) - len(line.lstrip(" +-")) + 2)
    return textwrap.wrap(line, max(width, 20), subsequent_indent=indent, drop_whitespace=False) or [""]


def detail_of(change: Change, preview: Preview, width: int) -> Content:
    """The summary, the consequences and the preview of a change, for a pane of `width` columns."""
    glyph, colour = EFFECT_GLYPHS[change.effect], EFFECT_COLOURS[change.effect]
    summary = "\n".join(wrap_lines(change.summary, width, "  "))
    head = Content.assemble((glyph, f"bold {colour}"), " ", (summary[2:], "bold"))
    return Content("\n").join([head, Content(""), *opened_lines(change, preview, width)])
