"""The list of a page's findings, the worst first, and of its changes. Passed and skipped checks are one row each.

Many findings of one code are one row too, such as those about hundreds of images; failures never are.

The rows show as much as the list has room for: whole remedies and all rows on a tall screen, else the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets.option_list import Option

from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding, Level, urgency
from mhv_tui.core.matrix import QUIET
from mhv_tui.tui.folds import Fold, fold_row, split_folds
from mhv_tui.tui.keys import CHECK_AGAIN
from mhv_tui.tui.list_rows import ListRow, RowKey, finding_keys, grouped, needs_reading, next_fixable, row_key, searched
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.render import PROBLEMS, KeyHint, change_row, finding_row, line_count, passed_row
from mhv_tui.tui.wording import fill_in

TALL = 30
"""The number of rows of a screen from which the passed checks are listed if there is room for them."""

REMEDY_LINES = 2
"""The lines of a remedy if there is no room for all of them; Enter shows the rest."""

MANY = 5
"""The number of findings of one code and level from which they are one row."""


class FindingsList(MarkedList):
    """A page's findings. `fixes`: the id of a fix -> what it does."""

    class Left(Message):
        """The operator moved up from the first row."""

    class Passed(Message):
        """The operator moved down from the last row."""

    def __init__(self) -> None:
        super().__init__(id="findings")
        self._findings: list[Finding] = []
        self.fixes: Mapping[str, str] = {}
        self.answers: Mapping[RowKey, str] = {}
        """Row key -> the answer to which `f` goes, because the remedy names it and there is no fix."""
        self.focused_answer = ""
        """The answer whose field has the focus: `f` needs not go there."""
        self._changes: Sequence[Change] = ()
        self._rows: list[ListRow] = []
        self._limits: list[int] = []
        """The maximum number of lines of each row's remedy; 0 for all."""
        self._keyed: int | None = None
        """The index of the row that shows its keys if the list has the focus."""
        self._opened: dict[tuple[str, str], bool] = {}
        """Key of a row that counts findings -> whether the operator opened or closed it."""
        self._fixed: RowKey | None = None
        """The key of the row whose fix was requested last; None as soon as the result is shown."""
        self._is_next_problem = False
        """True if the current row is the next problem already, because the fix of the one before was requested."""
        self.filter = ""
        """Only findings that contain this text are shown; "" shows all."""
        self.is_stale = False
        """True while the findings are those of the previous check."""

    def show(self, findings: Sequence[Finding], fixes: Mapping[str, str], changes: Sequence[Change]) -> None:
        """Shows these findings and planned changes instead of the earlier ones; without focus from the first one."""
        self._findings = sorted(findings, key=lambda f: (urgency(f), f.code if f.level in QUIET else ""))
        self.fixes, self._changes, self.is_stale = fixes, changes, False
        is_fixed = self.current is not None and row_key(self.current) == self._fixed
        place = self.highlighted or 0
        following = next_fixable(self._rows, place, findings) if is_fixed else None
        self._fixed = None
        self.fit(following, 0 if not self.has_focus else place if is_fixed and following is None else None)
        row = self.current if is_fixed else None
        self._is_next_problem = isinstance(row, Finding | Fold) and needs_reading(row, PROBLEMS)

    def leave(self, fixed: Finding | Fold) -> None:
        """Makes the next row with a fix, if any, current with the result, so that `f` does not cancel this one."""
        self._fixed = row_key(fixed)

    def show_stale(self) -> None:
        """Dims the findings, because a check is running."""
        if not self.is_stale:
            self.is_stale = True
            self.fit()

    def fit(self, following: Finding | Fold | None = None, place: int | None = None) -> None:
        """Draws the rows for the present size. The same row stays current, unless a row or its place is given."""
        current = following or self.current
        for is_open in (True, False):
            self._rows = list(self._visible_rows(is_open and self.app.size.height >= TALL))
            self._limits = [0] * len(self._rows)
            index = self._index_of(current) if place is None else min(place, len(self._rows) - 1)
            self._keyed = index if self._rows else None
            contents = list(map(self._content, range(len(self._rows))))
            if sum(map(line_count, contents)) <= self.size.height:
                break
        else:
            contents = self._shortened(contents)
        self.clear_options()
        self.add_options([Option(content) for content in contents])
        self.highlighted = self._keyed

    def _shortened(self, whole: Sequence[Content]) -> list[Content]:
        """Returns the rows with short remedies. Without a whole current row, the first one is whole if it has room.

        The other ones are as long as the room allows.
        """
        self._limits = [REMEDY_LINES] * len(self._rows)
        if self._whole_index is None and line_count(whole[0]) <= self.size.height:
            self._limits[0] = 0
        contents = list(map(self._content, range(len(self._rows))))
        room = self.size.height - sum(map(line_count, contents))
        for index, short in enumerate(contents):
            if room > 0 and whole[index] != short:
                self._limits[index] = 0 if line_count(whole[index]) - line_count(short) <= room else REMEDY_LINES + room
                contents[index] = self._content(index)
                room -= line_count(contents[index]) - line_count(short)
        return contents

    def scroll_to_highlight(self, top: bool = False) -> None:
        """Scrolls to the current row; of one that is too long, to what it says about the field with the focus."""
        super().scroll_to_highlight(top)
        if not self.has_focus and self.highlighted is not None and self.highlighted == self._whole_index:
            self.scroll_to_end_of_row(f'"{self.focused_answer}"')

    @property
    def _whole_index(self) -> int | None:
        """The index of the row to show whole: the current one if the list or the field to which `f` goes has the focus.

        None without such a row.
        """
        row = self._rows[self._keyed] if self._keyed is not None and self._rows else None
        is_answered = isinstance(row, Finding) and self.answers.get(row_key(row)) == self.focused_answer != ""
        return self._keyed if self.has_focus or is_answered else None

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Shows keys and the whole remedy only in the row that the operator moved to."""
        previous = self._keyed
        if self.has_focus and highlighted is not None and previous is not None and highlighted != previous:
            self._is_next_problem = False
            self._keyed = highlighted
            for index in (previous, highlighted):
                self.replace_option_prompt_at_index(index, self._content(index))
        super().watch_highlighted(highlighted)

    @property
    def lines_below(self) -> int:
        """The number of lines below the last visible one."""
        return max(len(self._lines) - self.scroll_offset.y - self.size.height, 0)

    def _index_of(self, current: ListRow | None) -> int:
        keys = [row_key(row) for row in self._rows]
        is_chosen = self.has_focus and isinstance(current, Fold) and current.key in self._opened
        is_opened = isinstance(current, Fold) and self.is_open(current) and not is_chosen
        if current and row_key(current) in keys and not is_opened:
            return keys.index(row_key(current))
        return next((index for index, row in enumerate(self._rows) if not isinstance(row, Fold) or row.code), 0)

    def _visible_rows(self, is_open: bool) -> Iterator[ListRow]:
        if self.filter:
            yield from (f for f in self._findings if self.filter.lower() in searched(f))
            return
        shown, folds = split_folds(self._findings)
        for rows in grouped(shown):
            yield from rows if len(rows) < MANY else self._folded(Fold(rows[0].level, rows, rows[0].code), False)
        yield from self._changes
        for level, findings in folds.items():
            if findings:
                yield from self._folded(Fold(level, tuple(findings)), is_open)

    def _folded(self, fold: Fold, is_open: bool) -> Iterator[ListRow]:
        yield fold
        if self._opened.get(fold.key, is_open and fold.level == "ok"):
            yield from fold.findings

    def _content(self, index: int) -> Content:
        row, width = self._rows[index], max(self.size.width - 2, 20)
        is_current = index == self._whole_index
        if isinstance(row, Fold):
            content = fold_row(row, width, "Enter closes" if self.is_open(row) else row.hint)
        elif isinstance(row, Change):
            content = change_row(row, width)
        elif row.level == "ok":
            is_repeated = sum((f.code, f.title) == (row.code, row.title) for f in self._findings) > 1
            content = passed_row(row, width, is_repeated, is_current)
        else:
            content = finding_row(row, width, 0 if is_current else self._limits[index], self._hints(row, index))
        return Content.styled(content.plain, "$text-muted") if self.is_stale else content

    def is_open(self, fold: Fold) -> bool:
        """True if the findings of a row that counts them are listed."""
        return fold.findings[0] in self._rows

    @property
    def opened_fold(self) -> Fold | None:
        """The open row that counts the current finding, else one that the operator opened; None if there is neither."""
        folds = [row for row in self._rows if isinstance(row, Fold) and self.is_open(row)]
        around = (fold for fold in folds if self.current in (fold, *fold.findings))
        return next(around, next((fold for fold in folds if self._opened.get(fold.key)), None))

    @property
    def signs(self) -> set[str]:
        """The signs of the rows."""
        return {str(option.prompt)[1:2] for option in self.options}

    def closed_rows(self, fold: Fold) -> str:
        """The lines of the findings that a row counts; "" if they are listed."""
        return "" if self.is_open(fold) else fold.lines

    def _hints(self, finding: Finding, index: int) -> Sequence[KeyHint]:
        """The keys of the current row. Without the focus, those of the first row, after the key that goes there."""
        keys = self.keys_of(finding)
        if self.has_focus:
            return keys if index == self._keyed else ()
        keys = [hint for hint in keys if hint.does != fill_in(self.focused_answer)]
        return () if index else [KeyHint(f"F2 then {hint.key}", hint.does) for hint in keys]

    def mark_answer(self, key: str) -> None:
        """Names no key that goes to this answer, because its field has the focus."""
        changed = {self.focused_answer, key} if key != self.focused_answer else set()
        self.focused_answer = key
        if changed.intersection(self.answers.values()):
            self.fit()

    def keys_of(self, finding: Finding) -> Sequence[KeyHint]:
        """The keys that act on a finding."""
        return finding_keys(finding, self.fixes.get(finding.fix or "", ""), self.answers.get(row_key(finding), ""))

    def keys_in_line(self, finding: Finding) -> Sequence[KeyHint]:
        """The keys that act on a finding, for the last line: also ^R if no fix of mhv-tui solves the problem."""
        keys = self.keys_of(finding)
        is_open = finding.level in ("failure", "warning") and not finding.accepted
        return (*keys, CHECK_AGAIN) if is_open and finding.fix not in self.fixes else keys

    def toggle(self, fold: Fold) -> None:
        """Opens or closes a row that counts findings, and scrolls so that the opened ones are seen."""
        self._opened[fold.key] = not self.is_open(fold)
        self.fit(fold)
        if self.is_open(fold):
            self.call_after_refresh(self.scroll_to_row, len(fold.findings) + (self.highlighted or 0))

    @property
    def current(self) -> ListRow | None:
        """The highlighted row."""
        return self._rows[self.highlighted] if self.highlighted is not None and self._rows else None

    @property
    def selected(self) -> Finding | None:
        """The highlighted finding."""
        return self.current if isinstance(self.current, Finding) else None

    def problem_after_current(self, levels: Sequence[Level]) -> int | None:
        """The index of the next problem of these levels below the highlighted row.

        From the top if the list has no focus, or if the row is no problem, such as one whose fix is planned now.
        """
        row, is_next, self._is_next_problem = self.current, self._is_next_problem, False
        if not self.has_focus:
            return self.first_problem(levels)
        is_problem = isinstance(row, Finding | Fold) and needs_reading(row, PROBLEMS)
        return self.first_problem(levels, (self.highlighted or 0) + (not is_next) if is_next or is_problem else 0)

    def first_problem(self, levels: Sequence[Level], start: int = 0) -> int | None:
        """The index of the first problem of these levels from the row `start` on; None if there is none."""
        rows = enumerate(self._rows[start:], start)
        return next((i for i, row in rows if not isinstance(row, Change) and needs_reading(row, levels)), None)

    def index_of(self, finding: Finding) -> int | None:
        """The index of the row of a finding, in any words, or of the row that counts it; else None."""
        own = (i for i, row in enumerate(self._rows) if row_key(row) == row_key(finding))
        folds = ((i, row.findings) for i, row in enumerate(self._rows) if isinstance(row, Fold))
        return next(own, next((i for i, findings in folds if row_key(finding) in map(row_key, findings)), None))

    def action_cursor_up(self) -> None:
        if self.highlighted:
            self.highlighted -= 1
        else:
            self.post_message(self.Left())

    def action_cursor_down(self) -> None:
        if self.highlighted is not None and self.highlighted < self.option_count - 1:
            self.highlighted += 1
        else:
            self.post_message(self.Passed())

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if self.is_mounted:
            self.fit()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(partial(self.fit))
