"""The lower part of a page: a heading, the findings with the keys that act on them, and the current one's explanation.

Keys that cannot act on the current row say why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static

from mhv_tui.core.answers import fields_of, is_folded, with_last_day
from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.redaction import shown_lines
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.finding_actions import NO_MATCH, FindingActions
from mhv_tui.tui.fix_requests import answers_of
from mhv_tui.tui.folds import Fold
from mhv_tui.tui.list_rows import NOT_CHECKED, NOT_KNOWN, page_counts
from mhv_tui.tui.render import PASSED, PROBLEMS, heading
from mhv_tui.tui.wording import in_wizard, with_fields, without_repetition

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard
    from mhv_tui.tui.page import Page

AGAIN = " · checked again"
"""The end of the heading after a check that the operator requested."""

DROPPED = (NOT_KNOWN, rf" · \d+ {PASSED}", AGAIN, *[" · [^·]*$"] * 3)
"""Patterns of the parts of a heading for which a narrow line has no room, the least important one first."""

WIDE = 110
"""The number of columns from which the explanation of the current row is beside the list."""


class FindingsPane(FindingActions):
    """The findings of a step, with their heading and explanation."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("slash", "filter", "Filter"),
        ("escape", "leave", "Back"),
    ]

    def __init__(self, state: WizardState, step_id: str) -> None:
        super().__init__(state, step_id)
        self._heading, self._right = "checking ...", ""
        self._last: tuple[StepResult, str, bool] | None = None
        """What was shown last: the arguments of `show`."""
        self._heading_line = Label(heading("checking ...", 40), id="checks-heading")
        self._filter = TextInput(placeholder="a part of a finding, or its level; Esc shows all", id="filter")
        self._filter_line = Horizontal(Label("filter: "), self._filter, id="filter-line")
        self._no_match = Static(NO_MATCH, id="no-match")
        self._explanation_text = Static("")
        self._explanation = VerticalScroll(self._explanation_text, id="explanation", can_focus=False)

    def compose(self) -> ComposeResult:
        yield self._heading_line
        if cast("Wizard", self.app).is_starting:
            yield Horizontal(self.rows, id="checks-body")
        else:
            yield from (self._filter_line, self._no_match)
            yield Horizontal(self.rows, self._explanation, id="checks-body")
            yield self.matrix

    def complete(self) -> None:
        """Creates what the first frame of the wizard has not: what belongs to findings."""
        if not self.matrix.is_attached:
            self.mount(self._filter_line, self._no_match, after=self._heading_line)
            self.query_one("#checks-body").mount(self._explanation)
            self.mount(self.matrix)

    def show(self, result: StepResult, clock: str, is_requested: bool = False) -> None:
        """Shows the findings of a result. `clock`: the time of the check, named if the operator requested it."""
        self._last = result, clock, is_requested
        keys = [key for key, _, _ in fields_of(result.step.answers)]
        findings = [self._in_wizard(f, keys) for f in result.findings]
        edited = cast("Wizard", self.app).last_edited.get(self._step_id, "")
        self.rows.answers = answers_of(self._state, result, edited)
        self.rows.show(findings, {change.id: change.summary for change in result.fixes}, result.plan)
        self.matrix.show(result.matrix, findings)
        counts = page_counts(result, findings)
        self.show_heading(f"{counts}{AGAIN}" if is_requested and counts != NOT_CHECKED else counts, clock)
        self._show_explanation()

    def show_again(self) -> None:
        """Shows the last result again after a field was shown or hidden, which remedies say; not while a check runs."""
        if self._last and not cast("Page", self.screen).checking:
            self.show(*self._last)

    def _in_wizard(self, finding: Finding, keys: Sequence[str]) -> Finding:
        """Returns a finding that names the fields and keys of the wizard, and whose acceptance has its day."""
        row = self._state.answers.acceptance(finding.code) if finding.accepted else None
        accepted = with_last_day(finding.accepted, row.until if row else None)
        remedy = in_wizard(finding.remedy, self._step_id, keys, self._hidden(keys))
        detail = with_fields(finding.detail, self._step_id, keys)
        return replace(finding, detail=detail, remedy=remedy, accepted=accepted)

    def _hidden(self, keys: Sequence[str]) -> list[str]:
        """The keys of the fields that the page hides until ^T."""
        app, step = cast("Wizard", self.app), self._step_id
        folded = [key for key in keys if is_folded(self._state.answers.tables[step], key)]
        return [key for key in folded if step not in app.pages_with_all_fields and (step, key) not in app.kept_fields]

    def show_heading(self, text: str, right: str = "") -> None:
        """Shows a heading, with a text at its right end."""
        self._heading, self._right = text, right
        self.set_class(bool(self.rows.filter) and not self.rows.option_count, "no-match")
        if self.rows.filter and self._last:
            text = f"{self.rows.option_count} of {len(self._last[0].findings)} · {text}"
        more = f"↓ {self.rows.lines_below} more" if right and self.rows.lines_below else ""
        for pattern in DROPPED:
            line = heading(text, self.size.width, more or right)
            text = text if text in line else re.sub(pattern, "", text)
        self._heading_line.update(Content(heading(text, self.size.width, more or right)))

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.width >= WIDE, "wide")
        self.call_after_refresh(self.show_heading_again)
        self._show_explanation()

    @on(OptionList.OptionHighlighted, "#findings")
    def _follow_highlight(self) -> None:
        self.call_after_refresh(self.show_heading_again)
        self._show_explanation()

    def show_heading_again(self) -> None:
        """Shows the heading for the present size and scroll position."""
        self.show_heading(self._heading, self._right)

    def _show_explanation(self) -> None:
        if not (self.has_class("wide") and self._explanation.is_attached):
            return
        current, width = self.rows.current, max(self._explanation.content_size.width - 1, 30)
        if self.matrix.has_focus:
            explained = self._explained(self.matrix.finding, width)
            text = f"{self.matrix.fact}\n\n{explained}" if explained else self.matrix.facts
        elif isinstance(current, Change):
            text = current.preview()
        else:
            text = self.rows.closed_rows(current) if isinstance(current, Fold) else self._explained(current, width)
        self._explanation_text.update(Content(shown_lines(text)))
        self._explanation.scroll_home(animate=False)

    def _explained(self, finding: Finding | None, width: int) -> str:
        return without_repetition(self._explain(finding, width)) if finding else ""

    def _explain(self, finding: Finding, width: int) -> str:
        return cast("Wizard", self.app).explain(finding, width)

    def action_filter(self) -> None:
        """Opens the line that filters the findings."""
        self.add_class("filtered")
        self._filter.focus()

    @on(Input.Changed, "#filter")
    def _show_filtered(self, event: Input.Changed) -> None:
        event.stop()
        self.rows.filter = event.value.strip()
        self.rows.fit()
        self.show_heading_again()

    @on(Input.Submitted, "#filter")
    def _focus_rows(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    def action_leave(self) -> None:
        """Closes what is open: the whole table, the filter or a row; from the table, goes to the findings."""
        if self.matrix.has_focus:
            if not self.matrix.shorten():
                self.rows.focus()
        elif self.has_class("filtered"):
            self.remove_class("filtered")
            self._filter.value = ""
            self.rows.focus()
        elif fold := self.rows.opened_fold:
            self.rows.toggle(fold)
        else:
            raise SkipAction  # the page knows where Esc goes

    def on_findings_list_passed(self) -> None:
        """Focuses the matrix below the list."""
        if self.matrix.display:
            self.matrix.focus()

    def on_matrix_view_moved(self) -> None:
        self._show_explanation()

    def on_matrix_view_chosen(self) -> None:
        self.action_explain()

    def on_matrix_view_left(self) -> None:
        """Focuses the last row of the list above the matrix."""
        self.rows.focus()
        self.rows.highlighted = self.rows.option_count - 1

    def focus_next_problem(self, levels: Sequence[Level]) -> bool:
        """Highlights the next problem of these levels. Returns False if there is none below the current row."""
        return self._focus_row(self.rows.problem_after_current(levels))

    def focus_first_problem(self, levels: Sequence[Level] = PROBLEMS) -> bool:
        """Highlights the first problem of these levels. Returns False if there is none."""
        return self._focus_row(self.rows.first_problem(levels))

    def focus_finding(self, finding: Finding) -> bool:
        """Highlights the row of this finding. Returns False if the list has no such row."""
        return self._focus_row(self.rows.index_of(finding))

    def _focus_row(self, index: int | None) -> bool:
        if index is not None:
            self.rows.focus()
            self.rows.highlighted = index
        return index is not None
