"""One page of the road: its fields, its live checks and the keys. It reads a Step and knows none by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.answers import Ask, asks_of
from mhv_tui.core.findings import GLYPHS, LEVELS, Finding
from mhv_tui.core.forms import HINTS, show, take
from mhv_tui.core.steps import Choice
from mhv_tui.engine.look import StepLook
from mhv_tui.tui.modals import Line, Picker, Reader
from mhv_tui.tui.rail import Rail

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

DEBOUNCE = 0.6
"""Seconds after the last key before a page is looked at."""

HELP = """Tab, Shift+Tab     next and previous field, then the checks
Ctrl+N, Ctrl+P     next and previous page (answers are kept)
Ctrl+O or Down     choose a value for this field from what is there
Ctrl+R             look again
Ctrl+E             show or hide the fields the common road does not need
Ctrl+G             review the plan of the whole road, and apply it
Ctrl+Q             quit; the session can be resumed

In the checks:
  Enter, x         explain: cause, evidence, remedy
  f                have its fix made with the plan (again: do not)
  a                accept it, with a reason
"""


class Field(Input):
    """One answer as a line. A refused value keeps the old answer and says why below the form."""

    def __init__(self, key: str, note: Ask, value: Any) -> None:
        secret = note.kind == "secret"
        hint = note.example or HINTS.get(note.kind, "") or note.help
        super().__init__(show(note, value), placeholder=hint, password=secret, compact=True, id=f"field-{key}")
        self.key = key
        self.note = note


class Page(Screen[None]):
    """A step's page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+n", "turn(1)", "Next"),
        ("ctrl+p", "turn(-1)", "Back"),
        ("ctrl+o", "pick", "Choose"),
        ("ctrl+r", "look", "Look"),
        ("ctrl+e", "advanced", "More"),
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
        self._found: list[Finding] = []
        self._run = 0

    @property
    def wizard(self) -> Wizard:
        """The app, typed."""
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        road = self.wizard.road
        step = road.step(self.step_id)
        table = road.answers.tables[self.step_id]
        number = [s.id for s in road.flow].index(self.step_id) + 1
        yield Label(Content(f" mhv-tui  {road.session.name}   {number}/{len(road.flow)} {step.title}"), id="head")
        with Horizontal(id="body"):
            yield Rail(self.step_id)
            with Vertical(id="page"):
                yield Static(Content(step.intro), id="intro")
                with VerticalScroll(id="form", can_focus=False):
                    for key, default, note in asks_of(table):
                        hidden = note.advanced and getattr(table, key) == default
                        with Horizontal(classes="row advanced" if hidden else "row"):
                            star = "*" if note.required else " "
                            yield Label(Content(f"{key[:21]}{star}"), classes="key")
                            yield Field(key, note, getattr(table, key))
                yield Static("", id="wrong")
                yield Label("checks", id="state")
                yield OptionList(id="findings", compact=True)
        yield Label("^N next  ^P back  ^O choose  ^R look  ^G plan  Tab checks  ? help  ^Q quit", id="keys")

    def on_mount(self) -> None:
        fields = [f for f in self.query(Field) if not (f.parent and f.parent.has_class("advanced"))]
        empty = [f for f in fields if not f.value and f.note.required]
        first: Widget = next(iter(empty or fields), self.query_one("#findings"))
        first.focus()
        self.call_after_refresh(self.action_look)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = cast(Field, event.input)
        if self._keep(field):
            if self._timer:
                self._timer.stop()
            self._timer = self.set_timer(DEBOUNCE, self.action_look)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        fields = [f for f in self.query(Field) if f.display and not (f.parent and f.parent.has_class("advanced"))]
        if event.input is fields[-1]:
            self.action_turn(1)
        else:
            self.focus_next(Field)

    def _keep(self, field: Field) -> bool:
        """Takes the field's text over into the answers; True where that changed them."""
        road, note = self.wizard.road, field.note
        before = road.answers.tables[self.step_id]
        if note.kind == "secret" and not field.value.startswith(("env ", "file ")):
            wrong = self.wizard.keep_secret(self.step_id, field.key, field.value)
            changed = True
        else:
            try:
                wrong = road.answer(self.step_id, field.key, take(note, field.value)) if field.value else ""
                if not field.value:
                    wrong = road.clear(self.step_id, field.key)
            except ValueError as error:
                wrong = str(error)
            changed = road.answers.tables[self.step_id] != before
        self.query_one("#wrong", Static).update(Content(f"{field.key}: {wrong}" if wrong else ""))
        if changed and not wrong:
            road.forget(self.step_id)
        return changed and not wrong

    def on_descendant_focus(self, event: Any) -> None:
        if isinstance(event.widget, Field):
            self.query_one("#wrong", Static).update(Content(event.widget.note.help))

    def action_look(self) -> None:
        """Looks at this page in the background."""
        self._run = self.wizard.look(self.step_id)
        self.query_one("#state", Label).update("checks: looking ...")

    def show_look(self, look: StepLook, run: int) -> None:
        """Shows what a look found, unless a newer one is under way."""
        if run < self._run:
            return
        self._found = sorted(look.findings, key=lambda f: -LEVELS.index(f.level))
        rows = self.query_one("#findings", OptionList)
        at = rows.highlighted
        rows.clear_options()
        width = max(rows.size.width - 4, 20)
        rows.add_options([Option(Content(_row(f, width))) for f in self._found])
        rows.highlighted = min(at or 0, len(self._found) - 1) if self._found else None
        count = len(look.plan)
        changes = f"; {count} change{'s' if count > 1 else ''} to make" if count else ""
        self.query_one("#state", Label).update(Content(f"checks: {_sum(self._found)}{changes}"))
        self.query_one(Rail).refresh_states()

    def action_turn(self, by: int) -> None:
        """To the next or the previous page."""
        self.wizard.turn(self.step_id, by)

    def action_advanced(self) -> None:
        """Shows or hides the fields the common road does not need."""
        self.query_one("#form").toggle_class("all")

    def action_help(self) -> None:
        """The keys."""
        step = self.wizard.road.step(self.step_id)
        self.app.push_screen(Reader(f"{step.title}: keys", HELP))

    def action_pick(self) -> None:
        """Offers what there is to choose for the focused field."""
        field = self.focused
        if not isinstance(field, Field):
            return
        choices = list(self.wizard.road.choices(self.step_id).get(field.key, ()))
        if not choices and field.note.kind in ("choice", "bool"):
            values = field.note.choices or ("yes", "no")
            choices = [Choice(v, v) for v in values]
        if not choices:
            self.query_one("#wrong", Static).update("nothing to choose from yet: type the value, or look again (^R)")
            return
        self.app.push_screen(Picker(f"{field.key}: {field.note.help}", choices), lambda c: self._picked(field, c))

    def _picked(self, field: Field, choice: Choice | None) -> None:
        if choice is not None:
            value = choice.value
            field.value = value if isinstance(value, str) else show(field.note, value)

    def on_key(self, event: Any) -> None:
        if event.key == "down" and isinstance(self.focused, Field):
            event.stop()
            self.action_pick()

    def _chosen(self) -> Finding | None:
        at = self.query_one("#findings", OptionList).highlighted
        return self._found[at] if at is not None and self._found else None

    @on(OptionList.OptionSelected, "#findings")
    def action_explain(self) -> None:
        """What the highlighted finding means, and its page in the catalogue."""
        finding = self._chosen()
        if finding:
            said = f"{finding.detail}\n\nremedy: {finding.remedy}\n\n" if finding.remedy else f"{finding.detail}\n\n"
            page = self.wizard.explain(finding.code)
            self.app.push_screen(Reader(f"{finding.code} {finding.title}", said + page))

    def action_fix(self) -> None:
        """Has the highlighted finding's fix made with the plan, or not after all."""
        finding = self._chosen()
        if finding and finding.fix:
            wanted = finding.level != "missing"
            self.wizard.road.ask_fix(finding.code, wanted)
            self.action_look()

    def action_accept(self) -> None:
        """Accepts the highlighted failure, with a reason."""
        finding = self._chosen()
        if finding is None or finding.level != "failure":
            return
        if finding.fatal:
            self.app.push_screen(Reader(finding.code, "This one cannot be accepted: nothing could work with it."))
            return
        self.app.push_screen(Line(f"Why is {finding.code} acceptable here?"), lambda r: self._accepted(finding, r))

    def _accepted(self, finding: Finding, reason: str | None) -> None:
        if reason:
            self.wizard.road.accept(finding.code, reason)
            self.action_look()


def _row(finding: Finding, width: int) -> str:
    """A finding as it stands in the list: one line where all is well, whole where something is to be done."""
    word = "accepted" if finding.accepted else finding.level
    said = f": {finding.detail}" if finding.detail and finding.level != "ok" else ""
    fix = "  [f fix]" if finding.fix and finding.level in ("failure", "warning") else ""
    remedy = f"\n    remedy: {finding.remedy}" if finding.level == "failure" and not finding.accepted else ""
    row = f"{GLYPHS[finding.level]} {word:<8} {finding.code} {finding.title}{said}{fix}{remedy}"
    return row[: width - 1] + "…" if finding.level == "ok" and len(row) > width else row


def _sum(found: list[Finding]) -> str:
    counts: dict[str, int] = {}
    for finding in found:
        word = "accepted" if finding.accepted else finding.level
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{n} {word}" for word, n in counts.items()) or "none"
