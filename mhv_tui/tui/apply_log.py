"""The logs of remote programs on the screen of a run: the last lines in a pane, all lines in a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mhv_tui.tui.apply_model import ApplyModel, ApplyRow, LogLine
from mhv_tui.tui.dialogs import TextViewer
from mhv_tui.tui.render import heading, truncate, wrap_lines
from mhv_tui.tui.timers import every

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

CELLS_A_SECOND = 80
"""The cells of the pane that may change each second on average, so that a fast log does not fill a slow line."""

MOST_CELLS = 800
"""The cells that may change at once, after a time without a change."""


SIMULATED = "simulated clock"
"""What a log says about its times in the simulated world."""

ROWS_FOR_SEVERAL = 9
"""The rows from which the pane shows several logs."""


class LogPane(Static):
    """The source and the last lines of a change's log. `show` is called once a second."""

    def __init__(self) -> None:
        super().__init__("", id="log")
        self._model: ApplyModel | None = None
        self._row: ApplyRow | None = None
        self._rows: list[str] = []
        self._allowance = MOST_CELLS

    def on_resize(self, event: events.Resize) -> None:
        if self._model:
            self.show(self._model, self._row, at_once=True)

    def show(self, model: ApplyModel, row: ApplyRow | None, *, at_once: bool = False) -> None:
        """Shows the newest lines of a row, unless too many cells would change: then a later call shows them."""
        self._model, self._row = model, row
        self._allowance = min(self._allowance + CELLS_A_SECOND, MOST_CELLS)
        note = SIMULATED if cast("Wizard", self.app).is_simulated else ""
        rows = pane_rows(model, row, self.size.width, self.size.height, note)
        cells = changed_cells(self._rows, rows)
        if not cells or (cells > self._allowance and not at_once):
            return
        self._allowance, self._rows = max(self._allowance - cells, 0), rows
        styled = (Content.styled(row, "$text-primary" if is_heading(row) else "") for row in rows)
        self.update(Content("\n").join(styled))


def log_of(model: ApplyModel, row: ApplyRow | None) -> list[LogLine]:
    """The lines of a row's log; without a row, those of all logs."""
    return [line for line in model.log if row is None or line.id == row.id]


def pane_rows(model: ApplyModel, row: ApplyRow | None, width: int, height: int, note: str = "") -> list[str]:
    """The last lines of a row's log with a heading for each source, in at most `height` rows; [] without any log.

    Without a row, the newest lines of all logs. A pane with few rows shows only the newest source. `note`: about the
    times, at the end of each heading. The lines of a row that has failed are whole: the error is at their end.
    """
    if not model.log:
        return []
    rows: list[str] = []
    source = ""
    log = log_of(model, row)
    if row and not log:
        return [heading(f"no log of this {row.kind}{' yet' if row.state == 'running' else ''}", width)]
    if height < 2:
        return []
    for line in reversed(log):
        if source and line.source != source:
            if height < ROWS_FOR_SEVERAL or len(rows) + 2 >= height:
                break
            rows.append(heading(source, width, note))
        elif len(rows) + 1 >= height:
            break
        source = line.source
        is_whole = row is not None and row.state == "failed"
        texts = wrap_lines(line.text, width, "") if is_whole else [truncate(line.text, width)]
        rows += texts[::-1][: height - 1 - len(rows)]
    return [heading(source, width, note), *reversed(rows)]


def is_heading(row: str) -> bool:
    """True for the heading of a source."""
    return row.startswith("── ") and row.endswith("─")


def changed_cells(before: list[str], after: list[str]) -> int:
    """The number of cells that differ between two texts of a pane, at least 1 if the texts differ."""
    count = 0
    for number in range(max(len(before), len(after))):
        old, new = (rows[number] if number < len(rows) else "" for rows in (before, after))
        columns = max(len(old), len(new))
        count += sum(a != b for a, b in zip(old.ljust(columns), new.ljust(columns), strict=True))
    return count


def log_text(log: list[LogLine]) -> str:
    """All lines of the logs, with a heading where the source changes."""
    texts: list[str] = []
    source = ""
    for line in log:
        if line.source != source:
            source = line.source
            texts += [*([""] if texts else []), f"── {source}"]
        texts.append(line.text)
    return "\n".join(texts) or "The changes of this run have no log yet."


class LogViewer(TextViewer):
    """A dialog with the whole log. It follows the log while its end is visible."""

    def __init__(self, model: ApplyModel, is_simulated: bool = False) -> None:
        super().__init__(f"Log of this run{f', {SIMULATED}' if is_simulated else ''}", log_text(list(model.log)))
        self._model = model
        self._lines = model.lines_logged

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).scroll_end(animate=False)
        every(self, 1.0, self._follow)

    def _follow(self) -> None:
        if self._lines == self._model.lines_logged:
            return
        self._lines = self._model.lines_logged
        scroll = self.query_one(VerticalScroll)
        is_at_end = scroll.is_vertical_scroll_end
        scroll.query_one(Static).update(Content(log_text(list(self._model.log))))
        if is_at_end:
            scroll.scroll_end(animate=False)
