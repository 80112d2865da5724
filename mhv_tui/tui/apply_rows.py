"""Draws the rows of a run: glyph, step, summary and seconds; below it what a change waits for, or why it failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.cells import cell_len
from textual.content import Content

from mhv_tui.core.events import ACTIVE, Progress
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.meter import duration
from mhv_tui.core.text import count
from mhv_tui.tui.apply_model import OPEN_STATES, ApplyModel, ApplyRow, RowState
from mhv_tui.tui.marked_list import MARK
from mhv_tui.tui.render import COLOURS, bar, truncate, wrap_lines
from mhv_tui.tui.wording import in_wizard

STATE_GLYPHS: dict[RowState, str] = {
    "to do": "·",
    "running": "◐",
    "done": GLYPHS["ok"],
    "failed": GLYPHS["failure"],
}
STATE_COLOURS: dict[RowState, str] = {
    "to do": "$text-muted",
    "running": "$text-primary",
    "done": COLOURS["ok"],
    "failed": COLOURS["failure"],
}
STEP_COLUMNS = 11
"""The columns of a step's name, with the blank behind it."""

LEFT = 3 + STEP_COLUMNS
"""The columns before a row's summary: the mark of the current row, a glyph, a blank and the step."""

SECONDS_COLUMNS = 9
BAR_COLUMNS, MEASURE_COLUMNS = 20, 37
"""The columns of a transfer's bar, and of the measure with the blank before it."""

LEAST_BAR = 4
"""The columns of the shortest bar beside its measure; with less room, the measure has a line of its own."""


def row_lines(
    row: ApplyRow, width: int, now: float, last_log_line: str = "", *, is_whole: bool = False, is_current: bool = False
) -> list[Content]:
    """The lines of one row: the summary, whole if the row is running or failed or with `is_whole`; then its details.

    A note that repeats the last line of the log is left out. `is_current`: the row has the mark.
    """
    is_open = row.state in OPEN_STATES
    seconds = _seconds(row, now)
    columns = SECONDS_COLUMNS if is_open else len(seconds) + 1
    room = max(width - LEFT - columns, 20)
    summary = row.summary or (f"{row.finding.code}  {row.finding.headline}" if row.finding else "")
    first, *others = wrap(summary, room) if is_open or is_whole else [truncate(summary, room)]
    glyph, colour = STATE_GLYPHS[row.state], STATE_COLOURS[row.state]
    if row.state == "done" and row.finding:
        glyph, colour = GLYPHS[row.finding.level], COLOURS[row.finding.level]
    style = "bold" if is_open else "$text-muted" if row.state == "to do" else ""
    head = Content.assemble(
        (MARK if is_current else " ", f"bold {colour}"),
        (f"{glyph} ", f"bold {colour}"),
        (f"{row.step:<{STEP_COLUMNS}}", "$text-muted"),
        (pad(first, room), style),
        (f"{seconds:>{columns}}", "$text-muted"),
    )
    indent = " " * LEFT
    rest = [Content.assemble(indent, (line, style)) for line in others]
    details = _details(row, width - LEFT, now, last_log_line)
    return [head, *rest, *(Content.assemble(indent, line) for line in details)]


def _seconds(row: ApplyRow, now: float) -> str:
    if row.state == "running":
        return duration(now - row.began)
    if row.state == "to do" or (row.kind == "check" and row.finding):
        return ""
    if row.seconds >= 60:
        return duration(row.seconds)
    return f"{row.seconds:.1f} s" if row.seconds >= 0.05 else ""


def _details(row: ApplyRow, width: int, now: float, last_log_line: str) -> Iterator[Content]:
    """The lines below the summary: phases, what a running row waits for, and why a row failed."""
    if row.state == "running" and row.phases:
        yield from phase_lines(row, width)
    if row.state == "running" and row.progress:
        note = "" if row.progress.note == last_log_line else row.progress.note
        yield from progress_lines(row, replace(row.progress, note=note), width, now)
    if row.finding and row.summary:
        problem = f"{row.finding.code}  {row.finding.sentence}"
        yield from (Content.styled(line, STATE_COLOURS[row.state]) for line in wrap(problem, width))
    if row.finding and row.finding.remedy:
        yield from (Content(line) for line in wrap(in_wizard(row.finding.remedy), width))


def progress_lines(row: ApplyRow, progress: Progress, width: int, now: float) -> Iterator[Content]:
    """How far a running row is, with one bar for all phases of a transfer; then what it does or waits for."""
    measure = row.meter.text(now)
    if progress.unit in ("bytes", "percent") and progress.total:
        phases = row.phases if progress.phase in row.phases else (progress.phase,)
        word = f" {progress.phase}".rstrip()
        columns = min(BAR_COLUMNS, width - MEASURE_COLUMNS - len(word))
        done = phases.index(progress.phase) * progress.total + progress.done
        if columns < LEAST_BAR:
            yield bar(min(BAR_COLUMNS, width - len(word)), done, len(phases) * progress.total) + word
            yield Content(measure)
        else:
            yield bar(columns, done, len(phases) * progress.total) + f"{word} {measure}"
        measure = ""
    text = f"{progress.note}: {measure}" if measure else progress.note
    yield from (Content.styled(line, "$text-primary") for line in wrap(text, width) if line)


def progress_head(model: ApplyModel, current: ApplyRow | None, width: int, now: float) -> Content:
    """The first lines during a run: the bar of all changes; then how far each running row is that is not the current.

    The list of the rows may have scrolled away from a running row if the operator has chosen another one.
    """
    lines = [total_bar(model, width, now)]
    for row in (row for row in model.rows(now) if row.state == "running" and row is not current and row.progress):
        phase = row.progress.phase if row.progress else ""
        if measure := row.meter.text(now):
            text = truncate(f"{row.step:<{STEP_COLUMNS}}{phase} {measure}", width - 2)
            lines.append(Content.assemble((f"{STATE_GLYPHS['running']} ", STATE_COLOURS["running"]), text))
    return Content("\n").join(lines)


def phase_lines(row: ApplyRow, width: int) -> list[Content]:
    """The phases of a running row, with a glyph for each: before the present phase they are done, or failed."""
    present = row.progress.phase if row.progress else ""
    position = row.phases.index(present) if present in row.phases else -1
    lines, line = [], Content("")
    for number, name in enumerate(row.phases):
        passed: RowState = "failed" if name == ACTIVE and not row.is_active else "done"
        state = passed if number < position else "running" if number == position else "to do"
        colour = f"bold {STATE_COLOURS[state]}" if state == "running" else STATE_COLOURS[state]
        word = Content.styled(f"{STATE_GLYPHS[state]} {name}", colour)
        if line and line.cell_length + 2 + word.cell_length > width:
            lines.append(line)
            line = Content("")
        line = Content.assemble(line, "  ", word) if line else word
    return [*lines, line]


def total_bar(model: ApplyModel, width: int, now: float) -> Content:
    """The bar with the number of changes made and the elapsed time; without changes only the time."""
    elapsed = f"{clock(model.elapsed(now))} elapsed"
    if not model.total:
        return Content.assemble(("test servers", "bold"), f"   {elapsed}")
    tests = ", test servers" if model.is_proving else ""
    label = f"  {model.done} of {count(model.total, 'change')}{tests}   {elapsed}"
    return Content.assemble(bar(max(width - len(label), 4), model.share_done(), 1), label)


def clock(seconds: float) -> str:
    """The elapsed time as `0:06` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, at least one line."""
    return wrap_lines(text, width, "") or [""]


def pad(text: str, columns: int) -> str:
    """The text, cut or filled with blanks to exactly so many columns."""
    line = truncate(text, columns)
    return line + " " * (columns - cell_len(line))
