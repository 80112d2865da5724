"""One page of the wizard: the form of a step, the findings of its check, and the keys. The same for every step."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static

from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.dialogs import LinePrompt, Picker, TextViewer
from mhv_tui.tui.fields import Field
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.form import AnswerForm
from mhv_tui.tui.header import HeaderLine, page_position
from mhv_tui.tui.keys import HELP, KEYS, key_line
from mhv_tui.tui.matrix import MatrixView
from mhv_tui.tui.messages import SaveStateChanged, StepChecked, post_from_thread
from mhv_tui.tui.render import heading, level_counts, wrap_lines
from mhv_tui.tui.sidebar import Sidebar
from mhv_tui.tui.summary import render_summary

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

DEBOUNCE = 0.6
"""Seconds from the last key to the check of the page. A secret is tried only after its field loses the focus: each
half-typed password would be a failed login, and failed logins lock accounts."""

HINT_LINES = 3
"""The maximum number of lines of a field's help below the form. A longer help is cut; `?` shows all of it."""

NOT_ACCEPTABLE = "{code} cannot be accepted: apply cannot work without it. Fix the cause."


class Page(Screen[None]):
    """The page of one step."""

    # Keys that move the focus have priority, so that keys typed or pasted after them reach the new field.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next_field", "Next field", priority=True),
        Binding("tab", "app.focus_next", "Next field", priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", priority=True),
        Binding("ctrl+n", "neighbour_page(1)", "Next", priority=True),
        Binding("ctrl+p", "neighbour_page(-1)", "Back", priority=True),
        Binding("down,ctrl+o", "pick", "Choose", priority=True),
        ("ctrl+r", "check_again", "Check"),
        ("ctrl+t", "toggle_advanced", "More"),
        ("ctrl+g", "app.plan", "Plan"),
        ("question_mark", "help", "Help"),
        ("escape", "neighbour_page(-1)", "Back"),
        ("x", "explain", "Explain"),
        ("f", "toggle_fix", "Fix"),
        ("a", "accept", "Accept"),
    ]

    def __init__(self, step_id: str) -> None:
        super().__init__()
        self.step_id = step_id
        self.checking = True
        """True until the result of the newest check is shown."""
        self._check_number, self._check_began = 0, time.monotonic()
        self._check_timer: Timer | None = None
        self._untried_secret: Field | None = None
        self._picker_waits_for: Field | None = None
        """The field whose picker opens as soon as the running check ends."""

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    @property
    def state(self) -> WizardState:
        return self.wizard.state

    @property
    def form(self) -> AnswerForm:
        return self.query_one(AnswerForm)

    def compose(self) -> ComposeResult:
        step = self.state.step(self.step_id)
        yield HeaderLine(self.state, page_position(self.state, self.step_id))
        with Horizontal(id="body"):
            yield Sidebar(self.step_id)
            with Vertical(id="page"):
                yield Static(Content(step.intro), id="intro")
                form = AnswerForm(self.state, self.step_id)
                yield form
                if form.display:
                    yield Static("", id="hint")
                else:
                    with VerticalScroll(id="summary", can_focus=True):
                        yield Static("")
                yield Label("checks", id="checks-heading")
                yield FindingsList()
                yield MatrixView()
        yield Label(KEYS, id="keys")

    def on_mount(self) -> None:
        self.set_interval(1.0, lambda: self._show_running() if self.checking else None)
        self.state.writer.on_problem = lambda problem: post_from_thread(self, SaveStateChanged())
        fallback: Widget = next(iter(self.query("#summary")), self.query_one(FindingsList))
        self.set_focus(self.form.first_to_fill() or fallback)
        self.call_after_refresh(self.action_check)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(FindingsList).fit_width()
        self._show_keys()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Field):
            self._show_help_or_problem(event.widget)
        self._show_keys()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget is self._untried_secret:
            self.action_check()

    def _show_keys(self) -> None:
        self.query_one("#keys", Label).update(key_line(self.size.width, isinstance(self.focused, FindingsList)))

    def _show_hint(self, text: str, is_problem: bool = False) -> None:
        for hint in self.query("#hint").results(Static):
            lines = wrap_lines(text, self.query_one("#page").content_size.width, "", HINT_LINES)
            hint.update(Content("\n".join(lines)))
            hint.set_class(is_problem, "problem")

    def _show_help_or_problem(self, field: Field) -> None:
        """Shows a field's help, unless an answer is invalid or the answers cannot be saved."""
        invalid = field if field.problem else self.form.first_invalid()
        problem = f"{invalid.key}: {invalid.problem}" if invalid else self.state.writer.problem
        self._show_hint(f"✗ {problem}" if problem else field.spec.help, bool(problem))

    def on_save_state_changed(self, message: SaveStateChanged) -> None:
        if isinstance(self.focused, Field):
            self._show_help_or_problem(self.focused)

    def focus_invalid(self) -> bool:
        """Returns True if a text is not a valid answer, and focuses its field. The page must then stay open."""
        self.form.save_all()
        invalid = self.form.first_invalid()
        if invalid:
            invalid.unhide()
            self.set_focus(invalid)
            self._show_help_or_problem(invalid)
        return invalid is not None

    def on_input_changed(self, event: Input.Changed) -> None:
        field = cast(Field, event.input)
        is_changed = self.form.save(field)
        self._show_help_or_problem(field)
        if not is_changed:
            return
        if self._check_timer:
            self._check_timer.stop()
        if field.spec.kind == "secret" and field.has_focus:
            self._untried_secret = field
            self._show_heading("checks: press Enter to check with the new secret")
        else:
            self.checking = True
            self._check_timer = self.set_timer(DEBOUNCE, self.action_check)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allows the actions of Enter and Down only if a field has the focus."""
        return isinstance(self.focused, Field) if action in ("next_field", "pick") else True

    async def action_next_field(self) -> None:
        """Focuses the next field; after the last field, opens the next page."""
        field = self.form.field_after(self.focused)
        if field:
            self.set_focus(field)
        else:
            await self.action_neighbour_page(1)

    async def action_neighbour_page(self, offset: int) -> None:
        """Opens the next (`offset` 1) or the previous page (-1) if every text is a valid answer."""
        if not self.focus_invalid():
            await self.wizard.open_neighbour_page(self.step_id, offset)

    def action_check_again(self) -> None:
        """Checks the page at the operator's request. Unless a check is running, a refused login is tried again."""
        if not self.checking:
            self.state.try_again()
        self.action_check()

    def action_check(self) -> None:
        """Starts a check of this page in the worker thread; its result arrives as StepChecked."""
        self._untried_secret, self.checking = None, True
        self._check_number, self._check_began = self._check_number + 1, time.monotonic()
        self.wizard.worker.submit("page", partial(self._check_in_thread, self.state, self._check_number))
        self._show_running()

    def _show_running(self) -> None:
        seconds = int(time.monotonic() - self._check_began)
        self._show_heading(f"checks: running, {seconds} s ..." if seconds else "checks: running ...")

    def _check_in_thread(self, state: WizardState, number: int) -> None:
        post_from_thread(self, StepChecked(number, state.check(self.step_id)))

    def on_step_checked(self, message: StepChecked) -> None:
        if message.check_number == self._check_number:  # else a newer check is running
            self.checking = False
            self._show_result(message.result)
            field, self._picker_waits_for = self._picker_waits_for, None
            if field and field is self.focused and self.is_current:
                self.run_worker(self.action_pick())

    def _show_result(self, result: StepResult) -> None:
        findings_list = self.query_one(FindingsList)
        findings_list.show(result.findings)
        self.query_one(MatrixView).show(result.matrix, result.findings)
        changes = f"; {count(len(result.plan), 'change')} to make" if result.plan else ""
        self._show_heading(f"checks: {level_counts(result.findings)}{changes}")
        if result.stops:
            self.form.unhide_fields_with_choices()
        self.query_one(Sidebar).refresh_levels()
        self.query_one(HeaderLine).refresh_systems()
        for summary in self.query("#summary Static").results(Static):
            summary.update(render_summary(self.state))
            findings_list.display = self.query_one("#checks-heading").display = bool(result.findings)

    def _show_heading(self, text: str) -> None:
        self.query_one("#checks-heading", Label).update(Content(heading(text)))

    def action_toggle_advanced(self) -> None:
        """Shows or hides advanced fields."""
        self.form.toggle_advanced()

    def on_field_help_requested(self) -> None:
        self.action_help()

    def action_help(self) -> None:
        """Shows the help of the focused field, and the keys of the page."""
        field = self.focused
        field_help = f"{self.step_id}.{field.key}: {field.full_help}\n\n" if isinstance(field, Field) else ""
        title = f"{self.state.step(self.step_id).title}: help"
        self.app.push_screen(TextViewer(title, field_help + HELP))

    async def action_pick(self) -> None:
        """Opens the picker of the focused field; if a check is running or waiting, only after this check."""
        field = self.focused
        if not isinstance(field, Field):
            return
        choices = self.form.choices(field)
        if choices:
            picker = Picker(f"{field.key}: {field.spec.help}", choices)
            await self.app.push_screen(picker, lambda choice: field.set_choice(choice) if choice else None)
            picker.set_focus(picker.query_one(Input))
        elif self.checking or self.state.result(self.step_id) is None:
            if not self.checking:  # an answer changed, and its check has not started yet
                self.action_check()
            self._picker_waits_for = field
            self._show_hint("The list of choices opens when the checks have ended ...")
        else:
            self._show_hint("This field has no list of choices yet: type the value, or check again (^R).")

    @on(OptionList.OptionSelected, "#findings")
    def action_explain(self) -> None:
        """Shows the highlighted finding with its entry in the catalogue, or all skipped findings."""
        findings_list = self.query_one(FindingsList)
        if finding := findings_list.selected:
            text = self.wizard.explain(finding, TextViewer.columns(self.size.width))
            self.app.push_screen(TextViewer(f"{finding.code} {finding.level}", text))
        elif rows := findings_list.selected_skipped:
            self.app.push_screen(TextViewer("skipped checks", "\n".join(f"{f.code}  {f.headline}" for f in rows)))

    def action_toggle_fix(self) -> None:
        """Requests the highlighted finding's fix, or cancels the request."""
        finding = self.query_one(FindingsList).selected
        if finding and finding.fix:
            self.state.request_fix(finding.code, requested=finding.level != "missing")
            self.action_check()

    def action_accept(self) -> None:
        """Asks for a reason and accepts the highlighted failure."""
        finding = self.query_one(FindingsList).selected
        if finding is None or finding.level != "failure":
            return
        if finding.fatal:
            self.app.push_screen(TextViewer(finding.code, NOT_ACCEPTABLE.format(code=finding.code)))
        else:
            question = f"Why is {finding.code} acceptable here?"
            self.app.push_screen(LinePrompt(question), partial(self._accept, finding))

    def _accept(self, finding: Finding, reason: str | None) -> None:
        if reason:
            self.state.accept(finding.code, reason)
            self.action_check()
