"""One page of the road: its fields, its live checks and the keys. It reads a Step and knows none by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static

from mhv_tui.core.answers import fields_of
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Choice
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.tui.checks import Checks
from mhv_tui.tui.ending import ending
from mhv_tui.tui.fields import Field
from mhv_tui.tui.keys import HELP, KEYS, LIST_KEYS, NARROW
from mhv_tui.tui.modals import LinePrompt, Picker, Reader
from mhv_tui.tui.rail import Rail
from mhv_tui.tui.words import counted, rule, wrapped

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

DEBOUNCE = 0.6
"""Seconds after the last key before a page is looked at. A secret is tried only once its field is left: a half-typed
password is a failed login, and those lock accounts."""

HINT_LINES = 3
"""Of a field's help below the form; a longer one ends with an ellipsis, and `?` shows it whole."""


class Page(Screen[None]):
    """A step's page."""

    # With priority, for these move the focus: keys that were typed ahead, or pasted, must find it moved already.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "Next field", priority=True),
        Binding("tab", "app.focus_next", "Next field", priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", priority=True),
        Binding("ctrl+n", "turn(1)", "Next", priority=True),
        Binding("ctrl+p", "turn(-1)", "Back", priority=True),
        Binding("down,ctrl+o", "pick", "Choose", priority=True),
        ("ctrl+r", "look_again", "Look"),
        ("ctrl+t", "advanced", "More"),
        ("ctrl+g", "app.review", "Plan"),
        ("question_mark", "help", "Help"),
        ("escape", "turn(-1)", "Back"),
        ("x", "explain", "Explain"),
        ("f", "fix", "Fix"),
        ("a", "accept", "Accept"),
    ]

    def __init__(self, step_id: str) -> None:
        super().__init__()
        self.step_id = step_id
        self._timer: Timer | None = None
        self._run = 0
        self._untried: Field | None = None
        self._awaits: Field | None = None
        """Whose choices were asked for while the look that finds them was under way."""
        self._looking = True

    @property
    def wizard(self) -> Wizard:
        """The app, typed."""
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        state = self.wizard.state
        step = state.step(self.step_id)
        number = [s.id for s in state.flow].index(self.step_id) + 1
        yield Label(Content(f" mhv-tui  {state.session.name}   {number}/{len(state.flow)} {step.title}"), id="head")
        with Horizontal(id="body"):
            yield Rail(self.step_id)
            with Vertical(id="page"):
                yield Static(Content(step.intro), id="intro")
                if next(fields_of(step.answers), None):
                    yield from self._form()
                else:
                    with VerticalScroll(id="ending", can_focus=True):
                        yield Static("")
                yield Label("checks", id="state")
                yield Checks()
        yield Label(KEYS, id="keys")

    def _form(self) -> ComposeResult:
        state = self.wizard.state
        table = state.answers.tables[self.step_id]
        with VerticalScroll(id="form", can_focus=False):
            for key, default, note in fields_of(table):
                hidden = note.advanced and getattr(table, key) == default
                with Horizontal(classes="row advanced" if hidden else "row"):
                    yield Label(Content(f"{key[:21]}{'*' if note.required else ' '}"), classes="key")
                    yield Field(key, note, getattr(table, key), state.has_typed(self.step_id, key))
        yield Static("", id="hint")

    def on_mount(self) -> None:
        fields = [f for f in self.query(Field) if not f.folded]
        empty = [f for f in fields if f.note.required and not self._given(f)]
        first: Widget = next(iter(empty or fields or self.query("#ending")), self.query_one("#findings"))
        self.set_focus(first)
        self.call_after_refresh(self.action_look)

    def _given(self, field: Field) -> bool:
        return bool(field.value) or self.wizard.state.has_typed(self.step_id, field.key)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Checks).fit()
        self._show_keys()

    def on_descendant_focus(self, event: Any) -> None:
        if isinstance(event.widget, Field):
            self._hint_of(event.widget)
        self._show_keys()

    def on_descendant_blur(self, event: Any) -> None:
        if event.widget is self._untried:
            self.action_look()

    def _show_keys(self) -> None:
        listed = self.focused is not None and self.focused.id == "findings"
        wide = self.size.width >= 78
        self.query_one("#keys", Label).update(LIST_KEYS if listed and wide else KEYS if wide else NARROW)

    def _hint(self, text: str, wrong: bool = False) -> None:
        for hint in self.query("#hint").results(Static):
            lines = wrapped(text, self.query_one("#page").content_size.width, "", HINT_LINES)
            hint.update(Content("\n".join(lines)))
            hint.set_class(wrong, "wrong")

    def _hint_of(self, field: Field) -> None:
        """A field's help, unless a field's text is no answer, or the answers could not be saved."""
        refused = next((f for f in (field, *self.query(Field)) if f.refused), None)
        problem = f"{refused.key}: {refused.refused}" if refused else self.wizard.state.writer.problem
        self._hint(f"✗ {problem}" if problem else field.note.help, bool(problem))

    def show_save_problem(self) -> None:
        """Shows why the answers are not saved, or no longer shows it."""
        if isinstance(self.focused, Field):
            self._hint_of(self.focused)

    def holds_refused(self) -> bool:
        """True where the text of a field is no answer: it then has the focus, and nobody leaves the page unaware."""
        for field in self.query(Field):
            if field.note.kind != "secret":  # what was typed ahead may not have been taken yet
                self._keep(field)
        refused = next((f for f in self.query(Field) if f.refused), None)
        if refused:
            cast(Widget, refused.parent).remove_class("advanced")
            self.set_focus(refused)
            self._hint_of(refused)
        return refused is not None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = cast(Field, event.input)
        if not self._keep(field):
            return
        if self._timer:
            self._timer.stop()
        if field.note.kind == "secret" and field.has_focus:
            self._untried = field
            self._state("checks: Enter tries the new secret")
        else:
            self._looking = True
            self._timer = self.set_timer(DEBOUNCE, self.action_look)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter and Down mean a field only where one has the focus."""
        return isinstance(self.focused, Field) if action in ("enter", "pick") else True

    async def action_enter(self) -> None:
        """To the next field; from the last one to the next page."""
        shown: list[Widget] = [f for f in self.query(Field) if not f.folded]
        at = shown.index(self.focused) + 1 if self.focused in shown else len(shown)
        if at == len(shown):
            await self.action_turn(1)
        else:
            self.set_focus(shown[at])

    def _keep(self, field: Field) -> bool:
        """Gives the field's text as its answer; True if that changed the answers."""
        given = self.wizard.state.give(self.step_id, field.key, field.value)
        field.refused = given.problem
        self._hint_of(field)
        return given.changed

    def action_look_again(self) -> None:
        """Looks because the operator said so: what was refused is tried once more, unless a try is under way."""
        if not self._looking:
            self.wizard.state.try_again()
        self.action_look()

    def action_look(self) -> None:
        """Looks at this page in the background."""
        self._untried, self._looking = None, True
        self._run = self.wizard.look(self.step_id)
        self._state("checks: looking ...")

    def _state(self, text: str) -> None:
        self.query_one("#state", Label).update(Content(rule(text)))

    def show_look(self, look: StepResult, run: int) -> None:
        """Shows what a look found, unless a newer one is under way."""
        if run < self._run:
            return
        self._looking = False
        checks = self.query_one(Checks)
        checks.show(look.findings)
        number = len(look.plan)
        changes = f"; {count(number, 'change')} to make" if number else ""
        self._state(f"checks: {counted(look.findings)}{changes}")
        self._unfold(look)
        self.query_one(Rail).refresh_states()
        for end in self.query("#ending Static").results(Static):
            end.update(ending(self.wizard.state))
            checks.display = self.query_one("#state").display = bool(look.findings)

        field, self._awaits = self._awaits, None
        if field and field is self.focused and self.is_current:
            self.run_worker(self.action_pick())

    def _unfold(self, look: StepResult) -> None:
        """Shows a folded field that has something to choose, where the page fails."""
        choices = self.wizard.state.choices(self.step_id) if look.stops else {}
        for field in self.query(Field):
            if field.folded and choices.get(field.key) and field.parent:
                cast(Widget, field.parent).remove_class("advanced")
                field.hint = field.placeholder = "Down offers what was found"

    async def action_turn(self, by: int) -> None:
        """To the next or the previous page, once every text is an answer."""
        if not self.holds_refused():
            await self.wizard.turn(self.step_id, by)

    def action_advanced(self) -> None:
        """Shows or hides the fields the common road does not need."""
        for form in self.query("#form"):
            form.toggle_class("all")

    @on(Field.AsksHelp)
    def _asked(self) -> None:
        self.action_help()

    def action_help(self) -> None:
        """The focused field, and the keys."""
        step, field = self.wizard.state.step(self.step_id), self.focused
        said = ""
        if isinstance(field, Field):
            example = f"\nSuch as: {field.note.example}" if field.note.example else ""
            said = f"{self.step_id}.{field.key}: {field.note.help}{example}\n\n"
        self.app.push_screen(Reader(f"{step.title}: help", said + HELP))

    async def action_pick(self) -> None:
        """Offers what there is to choose for the focused field."""
        field = self.focused
        if not isinstance(field, Field):
            return
        choices = list(self.wizard.state.choices(self.step_id).get(field.key, ()))
        if not choices and field.note.kind in ("choice", "bool"):
            values = field.note.choices or ("yes", "no")
            choices = [Choice(v, v) for v in values]
        if not choices and (self._looking or self.wizard.state.result(self.step_id) is None):
            if not self._looking:  # an answer was changed just now, and the look that follows has not begun
                self.action_look()
            self._awaits = field
            self._hint("Looking for what there is to choose from ...")
            return
        if not choices:
            self._hint("Nothing to choose from yet: type the value, or look again (^R).")
            return
        picker = Picker(f"{field.key}: {field.note.help}", choices)
        await self.app.push_screen(picker, lambda choice: field.take(choice) if choice else None)
        picker.set_focus(picker.query_one(Input))

    @on(OptionList.OptionSelected, "#findings")
    def action_explain(self) -> None:
        """What the highlighted finding means, and its page in the catalogue."""
        finding, skipped = self.query_one(Checks).chosen, self.query_one(Checks).chosen_skipped
        if finding:
            text = self.wizard.explain(finding, Reader.columns(self.size.width))
            self.app.push_screen(Reader(f"{finding.code} {finding.level}", text))
        elif skipped:
            self.app.push_screen(Reader("skipped checks", "\n".join(f"{f.code}  {f.headline}" for f in skipped)))

    def action_fix(self) -> None:
        """Has the highlighted finding's fix made with the plan, or not after all."""
        finding = self.query_one(Checks).chosen
        if finding and finding.fix:
            wanted = finding.level != "missing"
            self.wizard.state.request_fix(finding.code, wanted)
            self.action_look()

    def action_accept(self) -> None:
        """Accepts the highlighted failure, with a reason."""
        finding = self.query_one(Checks).chosen
        if finding is None or finding.level != "failure":
            return
        if finding.fatal:
            self.app.push_screen(Reader(finding.code, "This one cannot be accepted: nothing could work with it."))
            return
        self.app.push_screen(
            LinePrompt(f"Why is {finding.code} acceptable here?"), lambda r: self._accepted(finding, r)
        )

    def _accepted(self, finding: Finding, reason: str | None) -> None:
        if reason:
            self.wizard.state.accept(finding.code, reason)
            self.action_look()
