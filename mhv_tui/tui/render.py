"""Renders findings for the screen: glyph, code and sentence, then remedy and keys with a hanging indent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content

from mhv_tui.core.changes import EFFECT_GLYPHS, Change, Effect
from mhv_tui.core.findings import GLYPHS, LEVEL_WORDS, Finding, Level, counted, tally
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.text import capitalised, count, imperative
from mhv_tui.core.wrapping import with_command_lines, wrap
from mhv_tui.tui.wording import in_wizard

COLOURS: dict[Level, str] = {
    "ok": "$text-success",
    "skipped": "$text-muted",
    "missing": "$text-primary",
    "unknown": "$text-warning",
    "warning": "$text-warning",
    "failure": "$text-error",
}
EFFECT_COLOURS: dict[Effect, str] = {"create": "$text-primary", "edit": "$text-warning", "delete": "$text-error"}
PASSED = "passed"
"""The word for the level ok on a screen."""
SCREEN_WORDS: Mapping[Level, str] = {"ok": PASSED, "missing": "planned"}
"""Level -> its word on a screen, if that is not the one of LEVEL_WORDS."""

INDENT = " " * 4
"""The indent of lines below a first line."""
BODY = 9
"""The column in which the texts of findings begin: after mark, glyph and code."""

TITLE = 50
"""The columns for the title of a check."""
SHORT_EVIDENCE = 20
"""The smallest number of columns in which the evidence of a passed check is shown."""

ACTIONABLE: tuple[Level, ...] = ("failure", "warning")
"""The levels of findings that a person can do something about."""
UNKNOWN: tuple[Level, ...] = ("unknown",)
PROBLEMS: tuple[Level, ...] = (*ACTIONABLE, *UNKNOWN)
"""The levels of findings that a person has to read."""


@dataclass(frozen=True)
class KeyHint:
    """A key that acts on a row, and what it does there."""

    key: str
    does: str


def wrap_lines(text: str, width: int, indent: str = INDENT, limit: int = 0) -> list[str]:
    """Returns indented lines of at most `width` columns. If `limit` > 0, at most `limit` lines and an ellipsis."""
    columns = max(width, 30)
    lines = wrap(shown(text), columns, indent)
    if limit and len(lines) > limit:
        last_line = lines[limit - 1]
        whole = last_line if len(last_line) <= columns - 2 else last_line[: columns - 1].rpartition(" ")[0]
        return [*lines[: limit - 1], f"{whole or last_line[: columns - 2]} …"]
    return lines


def bar(columns: int, done: float, total: float) -> Content:
    """A bar of so many columns, filled by the share of `done` in `total`; empty if `total` is 0."""
    filled = int(columns * min(done, total) / total) if total else 0
    return Content.assemble(("█" * filled, "$text-primary"), ("░" * (columns - filled), "$text-muted"))


def truncate(text: str, width: int) -> str:
    """Returns the text, cut with an ellipsis if it has more than `width` columns."""
    return text if cell_len(text) <= width else Content(text).truncate(max(width, 1), ellipsis=True).plain


def shorten(text: str, width: int) -> str:
    """Returns the text; if it has more than `width` columns, its beginning and its end with an ellipsis between them.

    Two long texts can differ at either end, such as names of sessions, paths and fingerprints.
    """
    if cell_len(text) <= width:
        return text
    end = text[len(text) - max((width - 1) // 2, 0) :]
    while cell_len(end) > (width - 1) // 2:
        end = end[1:]
    return f"{truncate(text, max(width - cell_len(end), 1))}{end}"


def passed_row(finding: Finding, width: int, is_repeated: bool, is_current: bool = False) -> Content:
    """Returns a passed check as one line: its title, and its evidence if there is room.

    `is_repeated`: the check has several findings, which only the evidence distinguishes. `is_current`: the title, and
    below it the whole evidence.
    """
    head = (f" {GLYPHS['ok']} {finding.code:<6}", COLOURS["ok"])
    if is_current:
        lines = "\n".join(wrap_lines(finding.headline, width, " " * BODY))[BODY:]
        rest = "".join(f"\n{line}" for line in wrap_lines(capitalised(finding.subline), width, " " * BODY))
        return Content.assemble(head, lines, (rest, "$text-muted"))
    title = capitalised(finding.subline) if is_repeated and finding.subline else finding.headline
    room = width - BODY - TITLE - 2
    evidence = truncate(finding.subline, room) if room >= SHORT_EVIDENCE and not is_repeated else ""
    text = f"{title:<{TITLE + 2}}" if evidence else truncate(title, width - BODY)
    return Content.assemble(head, text, (evidence, "$text-muted"))


def finding_row(finding: Finding, width: int, remedy_lines: int = 0, keys: Sequence[KeyHint] = ()) -> Content:
    """Returns a finding as a list row: its sentence, its remedy and the keys that act on it.

    `remedy_lines` limits the lines of the remedy if it is not 0.
    """
    head = f" {GLYPHS[finding.shown_level]} {finding.code:<6}"
    colour = COLOURS[finding.shown_level]
    limit = 2 if remedy_lines and finding.level != "failure" else 0
    first_line, *other_lines = wrap_lines(finding.headline, width, " " * BODY, limit)
    strong = "bold" if finding.level in PROBLEMS else ""
    lines = [Content(line) for line in other_lines]
    lines += _with_keys(wrap_lines(what_to_do(finding), width, " " * BODY, remedy_lines), keys, width, remedy_lines)
    first = Content.assemble((head, f"bold {colour}"), (first_line[BODY:], strong))
    return Content("\n").join([first, *lines])


def level_word(level: Level) -> str:
    """Returns the word for a level on a screen."""
    return SCREEN_WORDS.get(level) or LEVEL_WORDS.get(level, level)


def result_word(finding: Finding) -> str:
    """Returns the word for the result of a check: that of its level, and whether the finding is accepted."""
    return f"{'accepted ' if finding.accepted else ''}{level_word(finding.level)}"


COPIED, CHANGE = "{name} is sent to the terminal's clipboard.", "The change"
"""What `y` says with the code of a finding, or about a planned change."""

SHOWN = "If it is not there: x shows it."
"""What `y` says then, because a terminal can refuse the text."""


def copied_text(row: Finding | Change) -> str:
    """Returns a finding with its remedy, or a planned change with its preview, as the key `y` copies it."""
    if isinstance(row, Change):
        return shown_lines("\n".join(filter(None, (row.summary, *row.consequences, row.preview()))))
    finding = row
    head = f"{finding.code} {result_word(finding)}: {finding.headline}"
    texts = (head, finding.subline, with_command_lines(finding.remedy))
    return "\n".join(text for text in texts if text)


def change_row(change: Change, width: int) -> Content:
    """Returns a planned change as a list row, with the glyph of its effect."""
    glyph, colour = EFFECT_GLYPHS[change.effect], EFFECT_COLOURS[change.effect]
    first_line, *other_lines = wrap_lines(change.summary, width, " " * 3)
    rest = "".join(f"\n{line}" for line in other_lines)
    return Content.assemble((f" {glyph} ", f"bold {colour}"), first_line[3:], rest)


def what_to_do(finding: Finding) -> str:
    """Returns the reason of an acceptance, else the remedy; "" if the plan makes the change."""
    if finding.accepted:
        return f"Accepted: {finding.accepted}"
    return in_wizard(finding.remedy) if finding.level in PROBLEMS else ""


def _with_keys(lines: Sequence[str], keys: Sequence[KeyHint], width: int, limit: int) -> list[Content]:
    """Returns muted lines with the keys at the right end of the last one; below the text without one, or without room.

    If `limit` > 0, a key has one line, which is cut.
    """
    muted = [Content.styled(line, "$text-muted") for line in lines]
    if not keys:
        return muted
    hints = [Content.assemble((hint.key, "bold"), f" {hint.does}") for hint in keys]
    hint = Content("  ").join(hints)
    last = lines[-1] if lines else ""
    room = width - cell_len(last) - hint.cell_length
    if last and room >= 2:
        return [*muted[:-1], Content.assemble((last, "$text-muted"), " " * room, hint)]
    room = width - BODY
    rows = [hint] if hint.cell_length <= room else hints
    lines_of = [[row.truncate(room, ellipsis=True)] if limit else row.wrap(room) for row in rows]
    return [*muted, *(Content.assemble(" " * BODY, line) for lines in lines_of for line in lines)]


def line_count(content: Content) -> int:
    """Returns the number of lines of a row."""
    return content.plain.count("\n") + 1


def level_counts(findings: Iterable[Finding], changes: int = 0) -> str:
    """Returns the number of findings of each level, the worst level first, such as "1 problem · 11 passed".

    `changes`: the number of planned changes, which are counted instead of the findings that wait for them.
    """
    numbers = tally(findings)
    passed = numbers.pop("ok")
    rows = [(word, number) for word, number in reversed(numbers.items()) if word not in ("skipped", "missing")]
    parts = [counted(word, number) for word, number in rows if number]
    parts += [f"{count(changes, 'change')} planned"] if changes else []
    return " · ".join([*parts, *([f"{passed} {PASSED}"] if passed else [])])


def error_text(error: Exception) -> str:
    """Returns the message of an error, its other lines and its remedy, the message and the remedy as sentences."""
    lines: Sequence[str] = [capitalised(str(error)), *getattr(error, "lines", ())]
    return "\n".join([*lines, *filter(None, [imperative(getattr(error, "remedy", ""))])])


def heading(text: str, width: int, right: str = "") -> str:
    """Returns a heading of `width` columns with a line around the text, and `right` at its right end."""
    end = f" {right} ──" if right else ""
    start = f"── {truncate(text, max(width - cell_len(end) - 6, 10))} "
    return start + "─" * max(width - cell_len(start) - cell_len(end), 0) + end
