"""One page of the wizard: the form of a step, the findings of its check, and the keys. The same for every step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from mhv_tui.core.findings import Finding
from mhv_tui.tui.fields import Field, Hint
from mhv_tui.tui.finding_actions import CheckNeeded
from mhv_tui.tui.findings_pane import FindingsPane
from mhv_tui.tui.form import AnswerForm
from mhv_tui.tui.header import HeaderLine, page_position
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import SaveStateChanged, StepChecked, post_from_thread
from mhv_tui.tui.page_check import PageCheck
from mhv_tui.tui.page_moves import PageMoves
from mhv_tui.tui.sidebar import Sidebar
from mhv_tui.tui.timers import after

if TYPE_CHECKING:
    from mhv_tui.tui.page_list import PageList

FIRST_FRAME = 0.05
"""Seconds until the first frame should be drawn, and from it to the check, whose imports it does not wait for."""

LOW = 22
"""The number of rows below which the help of a field leaves its room to the findings while these have the focus."""

ENTER_STAYS = "Enter stays here: correct {key}, or ^Z restores its earlier text."
RESULT_FOLLOWS = "The page is being checked. Enter goes on when the result is shown; ^N at once."
RESULT_SHOWN = "The page is checked: Enter goes on."


class Page(PageMoves):
    """The page of one step. `finding`: the finding that gets the focus.

    Without it, an answer that is needed gets the focus, else the first problem. So a letter for the page before never
    goes into an answer.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    """No focus from Textual, which would give it to the first field."""

    # Keys that move the focus have priority, so that keys typed or pasted after them reach the new field.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose_or_next", "Choose", priority=True),
        Binding("tab", "app.focus_next", "Next field", priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", priority=True),
        Binding("ctrl+o", "pick", "List", priority=True),
        ("ctrl+r", "check_again", "Check"),
        Binding("ctrl+t", "toggle_advanced", "More", priority=True),
        ("ctrl+g", "app.plan", "Plan"),
        ("f1,question_mark", "help", "Help"),
    ]

    def __init__(self, step_id: str, finding: Finding | None = None) -> None:
        super().__init__(step_id)
        self._finding = finding
        self._seeks_problem = False
        """True until the first problem of the page is known, if the findings have the focus."""
        self.check = PageCheck(self, step_id)
        self._list: PageList | None = None
        self._said_after_check = ""
        """What the last line says as soon as the running check ends."""

    @property
    def checking(self) -> bool:
        """True until the result of the newest check is shown."""
        return self.check.is_running

    def compose(self) -> ComposeResult:
        step = self.state.step(self.step_id)
        yield HeaderLine(self.state, page_position(self.state, self.step_id))
        with Vertical(id="page"):
            yield Sidebar(self.step_id)
            yield Static(Content(step.intro), id="intro")
            form = AnswerForm(self.state, self.step_id)
            form.set_class(self.step_id in self.wizard.pages_with_all_fields, "all")
            yield form
            yield Hint() if form.display else VerticalScroll(Static(""), id="summary", can_focus=True)
            yield FindingsPane(self.state, self.step_id)
        yield KeyLine()

    def on_mount(self) -> None:
        self.state.writer.on_problem = lambda problem: post_from_thread(self, SaveStateChanged())
        self._seeks_problem = not self.focus_needed(self._finding)
        self.call_after_refresh(self._begin_soon if self.wizard.is_starting else self._begin)

    def _begin_soon(self) -> None:
        """Begins when the first frame is drawn: on a busy machine, its thread may have to wait."""
        after(self, FIRST_FRAME, self._begin if self.has_drawn else self._begin_soon)

    def _begin(self) -> None:
        """Shows the last result if the findings have the focus, and starts the check."""
        self.wizard.is_starting = False
        self.form.complete()
        self.pane.complete()
        self._seeks_problem &= not isinstance(self.focused, Field)
        if self._seeks_problem and (result := self.state.result(self.step_id)):
            self.pane.show(result, "")
            self._seeks_problem = not self._focus_problem()
        self.action_check()

    def on_screen_resume(self) -> None:
        """Checks the page again if the screen above it changed answers or results, but not while a login is typed."""
        if self.is_complete:
            self.query_one(Sidebar).refresh_levels()
            self.query_one(HeaderLine).refresh_systems()
        if not (self._untried or self.check.is_waiting):
            self.check.renew()

    def on_resize(self, event: events.Resize) -> None:
        if isinstance(self.focused, Field):
            self.call_after_refresh(partial(self._show_help_or_problem, self.focused))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        field = event.widget if isinstance(event.widget, Field) else None
        self.form.mark_current(field)
        self.pane.rows.mark_answer(field.key if field else "")
        for hint in self.query(Hint):
            hint.display = field is not None or self.size.height >= LOW
            if field:
                self._show_help_or_problem(field)
            else:
                hint.clear()
        self.show_keys(keeps_notice=True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if isinstance(event.widget, Field) and event.widget.spec.kind == "bool":
            self._take_text(event.widget)
            self.form.show_answer(event.widget)
        if event.widget is self._untried:
            self.action_check()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.show_keys(keeps_notice=True)

    def on_matrix_view_moved(self) -> None:
        self.show_keys()

    def show_keys(self, keeps_notice: bool = False) -> None:
        """Shows the keys that act at present in the last line."""
        self.query_one(KeyLine).show(self.key_hints(), keeps_notice)

    def show_hint(self, text: str, is_problem: bool = False) -> None:
        """Shows a text in the place of the fields' help."""
        self.query_one(Hint).show(text, [field.help for field in self.form.shown_fields], is_problem)

    def _show_help_or_problem(self, field: Field) -> None:
        """Shows a field's help, unless an answer is invalid or the answers cannot be saved."""
        problem = self.form.problem(field) or self.state.writer.problem
        self.show_hint(problem or field.help, bool(problem))

    def on_save_state_changed(self, message: SaveStateChanged) -> None:
        if isinstance(self.focused, Field):
            self._show_help_or_problem(self.focused)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._take_text(cast(Field, event.input))

    def _take_text(self, field: Field) -> None:
        """Saves the text of a field, and checks the page with it."""
        is_changed = self.form.save(field)
        if is_changed or field.problem or field.has_focus:  # else it is the first text of a new field
            self._show_help_or_problem(field)
            self.show_keys()
        if not is_changed:
            return
        self.form.refresh_rows()
        self.check.wait_no_more()
        if field.problem:
            self.pane.matrix.show(None, ())
        if self.form.waits_for_enter(field):
            self._untried = field
            self.pane.show_heading(f"press Enter to check with the new {field.key}")
            self.pane.rows.show_stale()
        else:
            self.drop_untried()
            self.check.start_soon()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allows the actions of Enter, the arrows and ^O only if a field has the focus."""
        if action in ("choose_or_next", "move", "pick") and not isinstance(self.focused, Field):
            return False
        return super().check_action(action, parameters)

    async def action_choose_or_next(self) -> None:
        """Opens the list of the focused field; if a valid text was edited or it has no list, goes to the next field.

        A text that is not valid keeps the focus. In the last field, the operator sees the result of the check first.
        """
        field = cast(Field, self.focused)
        if not field.is_secret:  # the event of the last key may arrive later
            self._take_text(field)
        if self.form.opens_list(field):
            await self.action_pick()
        elif field.problem:
            self.notice(ENTER_STAYS.format(key=field.key))
        elif following := self.form.field_beside(field, 1):
            self.check.entered = field if field is self._untried else None
            self.set_focus(following)
        elif self.form.invalid or (self._is_checked() and not self.pane.focus_first_problem(("failure",))):
            await self.action_neighbour_page(1)

    def _is_checked(self) -> bool:
        """True if the result of the page is shown; else its check starts now, unless it runs already."""
        if self._untried or self.check.is_waiting:
            self.action_check()
        if self.checking:
            self.notice(RESULT_FOLLOWS)
        return not self.checking

    def on_check_needed(self, message: CheckNeeded) -> None:
        self._said_after_check = message.text
        self.action_check()

    def action_check_again(self) -> None:
        """Checks the page at the operator's request. A refused login is tried again; a check that hangs is replaced."""
        if self.checking:
            self.state.replace_check(self.step_id)
        else:
            self.state.try_again()
        self.action_check(is_requested=True)

    def action_check(self, is_requested: bool = False) -> None:
        """Starts a check of this page in the worker thread; its result arrives as StepChecked."""
        is_requested |= self._untried is not None
        self._untried = None
        self.check.start(is_requested)

    def on_step_checked(self, message: StepChecked) -> None:
        if self.check.ends_with(message):  # else a newer check is running
            result = message.result
            self.pane.show(result, self.wizard.clock(), self.check.is_requested)
            if result.stops and not self.form.invalid:
                self.form.unhide_fields_with_choices()
            self.form.refresh_rows()
            if isinstance(self.focused, Field):
                self._show_help_or_problem(self.focused)
            self.wizard.note_levels()
            self.query_one(Sidebar).page_signs = self.pane.rows.signs | self.pane.matrix.signs
            self.query_one(Sidebar).refresh_levels()
            self.query_one(HeaderLine).refresh_systems()
            self.pane.display = bool(result.findings) or self.form.display
            self.show_summary()
            self.focus_refused()
            self._open_what_waits()
            self.show_keys(keeps_notice=not self.pane.rows.has_focus)
            if self.query_one(KeyLine).notice_text == RESULT_FOLLOWS:
                self.notice(RESULT_SHOWN)
            if text := self._said_after_check:
                self._said_after_check = ""
                self.notice(text)

    def show_summary(self) -> None:
        """Shows the session as a whole; only the last page does."""

    def _open_what_waits(self) -> None:
        if self._list:
            self._list.open_waiting()
        seeks_problem, self._seeks_problem = self._seeks_problem, False
        if seeks_problem and self.focused is self.pane.rows:
            self._focus_problem()

    def _focus_problem(self) -> bool:
        """Focuses the finding at which the page opens, else the first problem. Returns False if there is neither."""
        return bool(self._finding and self.pane.focus_finding(self._finding)) or self.pane.focus_first_problem()

    def action_toggle_advanced(self) -> None:
        """Shows or hides advanced fields."""
        self.form.toggle_advanced()
        self.wizard.pages_with_all_fields ^= {self.step_id}
        self.pane.show_again()
        self.show_keys()

    def action_help(self) -> None:
        """Shows the help of the focused field, and the keys of the page, first those of the place with the focus."""
        from mhv_tui.tui.page_help import page_help

        field = self.focused
        field_help = f"{field.key}: {field.full_help}\n\n" if isinstance(field, Field) else ""
        keys = page_help("field" if field_help else "table" if field is self.pane.matrix else "findings")
        self.wizard.show_help(f"{self.state.step(self.step_id).title}: help", field_help + keys)

    async def action_pick(self) -> None:
        """Opens the list of the focused field."""
        from mhv_tui.tui.page_list import PageList

        self._list = self._list or PageList(self)
        await self._list.open()
