"""Moves between the fields, the findings and the pages of the wizard, by keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.text import join_names
from mhv_tui.tui.fields import Field
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.findings_pane import FindingsPane
from mhv_tui.tui.fix_requests import fold_keys
from mhv_tui.tui.folds import Fold
from mhv_tui.tui.form import AnswerForm
from mhv_tui.tui.keys import (
    ESC_ALL,
    ESC_ANSWERS,
    ESC_FOLD,
    TARGETS,
    UP_FIELDS,
    KeyLine,
    back_to_plan,
    field_keys,
    filter_keys,
    in_order,
    list_keys,
    matrix_keys,
    page_keys,
    with_problem,
)
from mhv_tui.tui.list_rows import needs_reading
from mhv_tui.tui.matrix import MatrixView
from mhv_tui.tui.messages import NoticePosted
from mhv_tui.tui.page_check import PageCheck
from mhv_tui.tui.render import ACTIONABLE, PROBLEMS, UNKNOWN, KeyHint
from mhv_tui.tui.screens import WizardScreen
from mhv_tui.tui.sidebar import titled_rows

if TYPE_CHECKING:
    from mhv_tui.tui.answers_place import AnswersPlace
    from mhv_tui.tui.plan_place import PlanPlace

STAYS = "Esc does not leave a page: {keys}, ^Q quits."
CORRECT, RESTORE = "correct {names} first", "or ^Z restores its earlier text"
REPLACES = "The text is selected: typing replaces it."
NOTHING_OPEN = "Nothing is open: Shift+Tab goes to the fields, ^Q quits."
UNTRIED = "The new {key} has not been tried: Enter logs in with it, then Esc goes back."
NOT_SAVED = (
    "{keys} is not valid and not saved: correct it first. The reason is below the fields.",
    "{keys} are not valid and not saved: correct them first. The reasons are below the fields.",
)
"""The notice about one text that is not a valid answer, and about several ones."""
NO_PROBLEM = "No problem or warning."
NO_OTHER_PROBLEM = "No other problem or warning."
UNCHECKED_PAGES = "{sentence} on the pages that are checked. ^G checks all."


class PageMoves(WizardScreen[None]):
    """A page with the keys that move the focus or open another page."""

    check: PageCheck

    # These keys have priority, so that keys typed or pasted after them reach the new field.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", priority=True),
        Binding("up", "move(-1)", "Up", priority=True),
        Binding("ctrl+n", "neighbour_page(1)", "Next", priority=True),
        Binding("ctrl+p", "neighbour_page(-1)", "Back", priority=True),
        ("f2,n", "next_problem", "Problem"),
        ("f3,g", "jump", "Pages"),
        ("escape", "stay", "Stay"),
        *((str(number % 10), f"open_page({number - 1})", "Page") for number in range(1, 11)),
    ]

    def __init__(self, step_id: str) -> None:
        super().__init__()
        self.step_id = step_id
        self.plan_place: PlanPlace | None = None
        """The place in the plan from which the page was opened; None if it was opened otherwise."""
        self.answers_place: AnswersPlace | None = None
        """The row of the list of all answers from which the page was opened; None if it was opened otherwise."""
        self._untried: Field | None = None
        """The field with a part of a login that was typed and that Enter has not confirmed; None if there is none."""

    @property
    def form(self) -> AnswerForm:
        return self.query_one(AnswerForm)

    @property
    def pane(self) -> FindingsPane:
        return self.query_one(FindingsPane)

    @property
    def _next_level(self) -> Level | None:
        """The level of what F2 goes to: the worst one of the pages with a sign; None if it goes nowhere."""
        return next(
            (level for level in PROBLEMS if any(self._has(step.id, (level,)) for step in self.state.flow)), None
        )

    def _has(self, step_id: str, levels: Sequence[Level]) -> bool:
        """True if a page has a finding of these levels; until its next check, if its sign of an earlier one says so."""
        result = self.state.result(step_id)
        if result is None:
            return self.wizard.last_seen.get(step_id) in levels
        return any(needs_reading(finding, levels) for finding in result.findings)

    def key_hints(self) -> Sequence[KeyHint]:
        """The keys that act at present, for the last line."""
        field, rows = self.focused, self.query_one(FindingsList)
        if isinstance(field, MatrixView):
            keys = rows.keys_of(field.finding) if field.finding else ()
            hints = matrix_keys(keys, bool(field.finding), field.space)
        elif isinstance(field, Field):
            hints = field_keys(self._enter_word(field), self.form.toggle_word, field.restore_word)
        elif field is not rows:
            hints = filter_keys() if isinstance(field, Input) else page_keys()
        else:
            hints = self._list_hints(rows)
        hints = with_problem(hints, self._next_level)
        closes = any(hint.key == "Esc" for hint in hints)
        if not closes:
            hints = back_to_plan(hints) if self.plan_place else [*hints, *([ESC_ANSWERS] if self.answers_place else [])]
        return in_order([*hints, TARGETS] if self.state.fleet else hints, bool(self.form.invalid))

    def _enter_word(self, field: Field) -> str:
        """What Enter does in a field; "" if it stays there, because a text is not a valid answer."""
        if self.form.opens_list(field):
            return "choose"
        if field.problem or (self.form.invalid and not self.form.field_beside(field, 1)):
            return ""
        return "check" if field.is_changed and self.form.waits_for_enter(field) else "next"

    def _list_hints(self, rows: FindingsList) -> list[KeyHint]:
        current = rows.current
        leaving = ESC_ALL if self.pane.has_class("filtered") else ESC_FOLD if rows.opened_fold else None
        leaving = leaving or (None if rows.highlighted else UP_FIELDS)
        if isinstance(current, Fold):
            return list_keys(fold_keys(current), "close" if rows.is_open(current) else "list", False, leaving)
        keys = rows.keys_in_line(rows.selected) if rows.selected else ()
        enter = "explain" if rows.selected else "show" if current else ""
        return list_keys(keys, enter, current is not None, leaving)

    def on_notice_posted(self, message: NoticePosted) -> None:
        self.query_one(KeyLine).notice(message.text)

    def focus_needed(self, finding: Finding | None) -> bool:
        """Focuses the first answer that is needed, unless the page opens at a finding. Returns True if there is one.

        Without one, the findings get the focus. A finding that only says that an answer is missing is no place to go.
        """
        has_row = finding is not None and finding.level != "skipped"
        field = None if has_row else self.form.first_needed()
        self.set_focus(field or next(iter([*self.query("#summary"), *self.query(FindingsList)])))
        return field is not None

    def focus_field(self, key: str, replaces: bool = True) -> None:
        """Focuses the field of an answer. `replaces`: its text is selected, so that typing replaces it."""
        for field in (field for field in self.form.fields if field.key == key):
            self.form.unhide(field)
            self.set_focus(field)
            self.pane.show_again()
            if replaces and field.value:
                field.select_all()
                self.post_message(NoticePosted(REPLACES))

    def focus_refused(self) -> None:
        """Focuses a password that Enter has left if the check refuses it, unless the operator has gone on."""
        entered, self.check.entered = self.check.entered, None
        following = self.form.field_beside(entered, 1)
        is_next = following is not None and following is self.focused and not following.is_changed
        if entered and entered.is_secret and is_next and entered.key in self.pane.rows.answers.values():
            self.set_focus(entered)

    def drop_untried(self) -> None:
        """Forgets a new part of a login whose field has its earlier text again, and the heading about it."""
        if self._untried:
            self._untried = None
            self.pane.show_heading("checking ...")

    def focus_invalid(self) -> bool:
        """Returns True if a text is not a valid answer, and focuses its field. The page must then stay open.

        A page that is not complete has no field to focus, and must stay open as well.
        """
        if not self.is_complete:
            return True
        self.form.save_all()
        invalid = self.form.invalid
        if invalid:
            self.form.unhide(invalid[0])
            self.set_focus(invalid[0])
            sentence = NOT_SAVED[len(invalid) > 1]
            self.post_message(NoticePosted(sentence.format(keys=join_names(field.key for field in invalid))))
        return bool(invalid)

    def unsaved(self) -> str:
        """The problems of all texts that are not valid answers, and so are not saved; "" if there is none."""
        if not self.is_complete:
            return ""
        self.form.save_all()
        return "\n".join(map(self.form.problem_of, self.form.invalid))

    def action_move(self, offset: int) -> None:
        """Focuses the field above or below; below the last field, the findings."""
        target = self.form.field_beside(self.focused, offset)
        if target:
            self.set_focus(target)
        elif offset > 0 and self.query_one(FindingsList).option_count:
            self.set_focus(self.query_one(FindingsList))

    def on_findings_list_left(self) -> None:
        """Focuses the last field of the form."""
        fields = self.form.shown_fields
        self.set_focus(fields[-1] if fields else None)

    def action_stay(self) -> None:
        """Goes back to the plan or the answers from which the page was opened; else says which keys leave this place.

        Esc never focuses a field: one Esc too many would make the letters of keys a part of an answer. It never goes
        to the plan, which logs in, with a login that Enter has not confirmed.
        """
        if self._untried and self.plan_place:
            self.notice(UNTRIED.format(key=self._untried.key))
        elif self.plan_place:
            self.wizard.action_plan()
        elif self.answers_place:
            self.wizard.action_overview(self.answers_place)
        else:
            self.post_message(NoticePosted(NOTHING_OPEN if self.focused is self.pane.rows else self._stays()))

    def _stays(self) -> str:
        """The sentence about the keys that leave this page: the first page has none before it, the last none after.

        While a text is not a valid answer, none does.
        """
        first, last, invalid = self.state.flow[0].id, self.state.flow[-1].id, self.form.invalid
        keys = {"^P goes back": self.step_id != first, "^N goes on": self.step_id != last}
        keys |= {"^G shows the plan": self.step_id == last}
        if invalid:
            keys = {CORRECT.format(names=join_names(field.key for field in invalid)): True}
            keys |= {RESTORE: self.focused in invalid and self.focused.can_restore}
        return STAYS.format(keys=", ".join(key for key, acts in keys.items() if acts))

    async def action_neighbour_page(self, offset: int) -> None:
        """Opens the next (`offset` 1) or the previous page (-1) if every text is a valid answer."""
        if not self.focus_invalid():
            await self.wizard.open_neighbour_page(self.step_id, offset)

    async def action_open_page(self, index: int) -> None:
        """Opens the page with an index if every text is a valid answer."""
        if index >= len(self.state.flow):
            self.post_message(NoticePosted(f"There is no page {index + 1}."))
        elif not self.focus_invalid():
            await self.wizard.show_page(self.state.flow[index].id)

    def action_jump(self) -> None:
        """Shows the list of the pages if every text is a valid answer."""
        from mhv_tui.tui.dialogs import JumpList

        if self.focus_invalid():
            return
        rows = titled_rows(self.state, self.wizard.last_seen)
        current = self.state.flow.index(self.state.step(self.step_id))
        self.app.push_screen(JumpList(rows, current), self._open_selected)

    def _open_selected(self, index: int | None) -> None:
        if index is not None:  # in the task of the app, because this page cannot wait for its own removal
            self.app.call_later(self.action_open_page, index)

    async def action_next_problem(self) -> None:
        """Focuses the next problem or warning: on this page, else on the next checked page that has one.

        What is only unknown is next if no checked page has a problem or a warning.
        """
        current = self.state.flow.index(self.state.step(self.step_id))
        others = [*range(current + 1, len(self.state.flow)), *range(current)]
        present = self.pane.rows.highlighted if self.pane.rows.has_focus else None
        for levels in (ACTIONABLE, UNKNOWN):
            if self.pane.focus_next_problem(levels):
                return
            for index in others:
                if self._has(self.state.flow[index].id, levels):
                    await self.action_open_page(index)
                    return
            if self.pane.focus_first_problem(levels):
                if self.pane.rows.highlighted == present:
                    self._post_end(NO_OTHER_PROBLEM)
                return
        self._post_end(NO_PROBLEM)

    def _post_end(self, sentence: str) -> None:
        """Posts that nothing follows, with the way to check the other pages if some are not checked."""
        is_checked = all(self.state.result(step.id) for step in self.state.flow[:-1])
        text = sentence if is_checked else UNCHECKED_PAGES.format(sentence=sentence.rstrip("."))
        self.post_message(NoticePosted(text))
