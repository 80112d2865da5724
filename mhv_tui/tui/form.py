"""The form of a page: a row per answer. It passes each text to the wizard's state and hides what does not apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget

from mhv_tui.core.answers import AnswerField, applies, fields_of, is_folded, is_of_login
from mhv_tui.core.forms import show
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.steps import Choice
from mhv_tui.core.text import count, imperative, join_names
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.landing import has_only_defaults
from mhv_tui.engine.page_state import has_effect, is_needed
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import FILLED_IN, Field
from mhv_tui.tui.marked_list import FieldRow
from mhv_tui.tui.render import shorten

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

ENUMERATED = ("choice", "bool")
"""The kinds of fields whose choices are always known."""

CHOOSE = "or press Enter in the field and choose."
"""The help of a field that has a list, after what its text can be."""

SAVED = 30
"""The most columns of the saved value in the problem of another text."""


class AnswerForm(VerticalScroll, can_focus=False):
    """The input fields for the answers of one step. A step without answers shows no form."""

    def __init__(self, state: WizardState, step_id: str) -> None:
        super().__init__(id="form")
        self._state = state
        self._step_id = step_id
        self._rows: dict[str, FieldRow] = {}
        """Key -> row, in the order of the fields."""
        self._result: StepResult | None = None
        """The last result of the page, also while a newer check is running."""
        self._listed: set[str] = set()
        """The keys of the fields for which that result had choices: after a newer check, Enter opens their lists."""
        self.display = bool(list(fields_of(state.step(step_id).answers)))

    def compose(self) -> ComposeResult:
        is_starting = self._wizard.is_starting
        for key, default, spec in fields_of(self._table):
            if not (is_starting and self._is_hidden(key)):
                self._rows[key] = self._row(key, default, spec)
        yield from self._rows.values()

    def _is_hidden(self, key: str) -> bool:
        return self._is_folded(key) or not applies(self._table, key)

    def _is_folded(self, key: str) -> bool:
        return is_folded(self._table, key) and (self._step_id, key) not in self._kept

    @property
    def _wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    @property
    def _kept(self) -> set[tuple[str, str]]:
        return self._wizard.kept_fields

    def _row(self, key: str, default: object, spec: AnswerField) -> FieldRow:
        width = max(len(key) + (spec.required or bool(spec.only_if)) for key, _, spec in fields_of(self._table)) + 3
        is_advanced, is_unused = self._is_folded(key), not applies(self._table, key)
        classes = f"row{' advanced' if is_advanced else ''}{' unused' if is_unused else ''}"
        field = Field(key, spec, getattr(self._table, key), default)
        field.first = self._wizard.first_texts.setdefault(self._place(key), field.value)
        return FieldRow(field, width, classes)

    def _place(self, key: str) -> tuple[str, str, str, str]:
        session = self._state.session
        return session.name, session.target, self._step_id, key

    def _secret_hint(self, key: str) -> str:
        """Whether a secret is in memory: it belongs to a machine, which another answer of the page can change."""
        is_of_demo = self._wizard.is_simulated and self._place(key) not in self._wizard.typed_secrets
        account = self._rows[key].field.spec.account
        parts = (*account.machine, *account.user) if account else ()
        fields = (self._rows[part].field for part in parts if part in self._rows)
        changed = next((field.key for field in fields if field.value != field.first), "")
        return secret_hint(getattr(self._table, key), self._state.has_typed(self._step_id, key), is_of_demo, changed)

    def on_mount(self) -> None:
        self._state.drop_refused(self._step_id)
        self.refresh_rows()

    def complete(self) -> None:
        """Creates the hidden rows, which the first frame of the wizard has not."""
        before = self._rows
        fields = fields_of(self._table)
        self._rows = {key: before.get(key) or self._row(key, default, spec) for key, default, spec in fields}
        present: FieldRow | None = None
        for key, row in self._rows.items():
            if key not in before:
                self.mount(row, after=present, before=None if present else 0)
            present = row
        self.refresh_rows()

    @property
    def _table(self) -> Any:
        return self._state.answers.tables[self._step_id]

    def refresh_rows(self) -> None:
        """Hides the fields that do not apply, marks those that have a list, and shows which secrets are in memory."""
        if result := self._state.result(self._step_id):
            self._result = result
            self._listed = {key for key, choices in self._state.choices(self._step_id).items() if choices}
        for key, row in self._rows.items():
            is_unused = not (has_effect(self._table, key, self._result) or row.field.has_focus)
            row.set_class(is_unused, "unused")
            row.mark_list(self.has_list(row.field))
            row.mark_needed(is_needed(self._table, key))
            if row.field.spec.kind == "secret":
                row.field.show_hint(self._secret_hint(key))

    def mark_current(self, field: Field | None) -> None:
        """Marks the row of the field that has the focus."""
        for row in self._rows.values():
            row.mark(row.field is field)

    @property
    def fields(self) -> list[Field]:
        return [row.field for row in self._rows.values() if row.field.parent]  # else the row is not composed yet

    @property
    def shown_fields(self) -> list[Field]:
        return [field for field in self.fields if not field.is_hidden]

    @property
    def toggle_word(self) -> str:
        """What ^T shows: "more" or "fewer" fields; "" if the form has no advanced field."""
        has_advanced = any(spec.advanced for _, _, spec in fields_of(self._table))
        return ("fewer" if self.has_class("all") else "more") if has_advanced else ""

    def first_to_fill(self) -> Field | None:
        """Returns the first visible field that is required and empty, else the first visible field."""
        shown = self.shown_fields
        return next((f for f in shown if f.spec.required and not self._is_answered(f)), shown[0] if shown else None)

    def first_needed(self) -> Field | None:
        """Returns the first field whose answer is needed; if a page has only defaults, its first field; else None."""
        needed = next((field for field in self.shown_fields if self._is_needed(field)), None)
        is_new = has_only_defaults(self._state.answers, self._step_id)
        return needed or (self.first_to_fill() if is_new else None)

    def _is_needed(self, field: Field) -> bool:
        ref = getattr(self._table, field.key)
        is_typed = isinstance(ref, SecretRef) and ref.kind == "prompt"
        return (field.spec.required or is_typed) and not self._is_answered(field)

    def _is_answered(self, field: Field) -> bool:
        return bool(field.value) or self._state.has_typed(self._step_id, field.key)

    def field_beside(self, field: Widget | None, offset: int) -> Field | None:
        """Returns the visible field `offset` rows below `field`; None outside the form."""
        shown = self.shown_fields
        position = shown.index(field) + offset if isinstance(field, Field) and field in shown else -1
        return shown[position] if 0 <= position < len(shown) else None

    def save(self, field: Field) -> bool:
        """Saves the field's text as its answer. Returns True if this changed the answers."""
        if self._is_saved(field):
            return False
        valid = None if field.spec.kind == "secret" else field.valid
        self._kept.add((self._step_id, field.key))
        if field.is_secret and field.value:
            self._wizard.typed_secrets.add(self._place(field.key))
        effect = self._state.give(self._step_id, field.key, field.value, valid)
        field.problem = effect.problem
        if effect.changed:
            self._wizard.last_edited[self._step_id] = field.key
        return effect.changed

    def show_answer(self, field: Field) -> None:
        """Shows the saved answer in the words of the list, such as yes for a typed true."""
        if field.value and not field.problem:
            field.value = show(field.spec, getattr(self._table, field.key))

    def _is_saved(self, field: Field) -> bool:
        is_same = field.value == show(field.spec, getattr(self._table, field.key))
        return is_same and field.spec.kind != "secret" and not (field.problem or self._state.writer.problem)

    def save_all(self) -> None:
        """Saves the text of every field except secrets, because the events of the last keys may arrive later."""
        for field in self.fields:
            if field.spec.kind != "secret":
                self.save(field)

    @property
    def invalid(self) -> list[Field]:
        """The fields whose texts are not valid answers."""
        return [field for field in self.fields if field.problem]

    def problem(self, field: Field) -> str:
        """The problem of a text that is not a valid answer, of this field if it has one; "" if every text is valid.

        Several such fields are named before it.
        """
        invalid = self.invalid
        if not invalid:
            return ""
        keys = join_names(other.key for other in invalid)
        several = f"{count(len(invalid), 'value')} are not valid: {keys}. " if len(invalid) > 1 else ""
        return several + self.problem_of(field if field in invalid else invalid[0])

    def problem_of(self, field: Field) -> str:
        """The problem of a field's text that is not a valid answer, and the value that is saved."""
        wrong, _, accepted = field.problem.rpartition("; ")
        saved = shorten(show(field.spec, getattr(self._table, field.key)), SAVED) or "empty"
        correct = imperative(accepted)
        if self.has_list(field):
            correct += f" {imperative(CHOOSE)}" if correct.endswith("?") else f", {CHOOSE}"
        end = "" if correct.endswith(("?", ".")) else "."
        return f"{field.key}: {wrong}; the saved value is still {saved}. {correct}{end}"

    def waits_for_enter(self, field: Field) -> bool:
        """True while a part of a login is typed: the page is checked with it when the field loses the focus.

        A text that is restored was tried before.
        """
        is_typed = field.value != field.chosen and (field.is_secret or field.value != field.valid)
        return field.has_focus and is_typed and not field.problem and is_of_login(self._table, field.key)

    def has_list(self, field: Field) -> bool:
        """True if a picker has choices for a field, or had them before the check that is running."""
        has_choices = field.key in self._listed or bool(self._state.choices(self._step_id).get(field.key))
        return has_choices or field.spec.kind in ENUMERATED

    def opens_list(self, field: Field) -> bool:
        """True if Enter opens the list of a field: its text is neither edited nor chosen, or is not a valid answer."""
        is_answered = (field.is_changed or field.is_chosen) and not field.problem
        return self.has_list(field) and not is_answered

    def choices(self, field: Field) -> list[Choice]:
        """Returns the choices for a field's picker: those of the last check, else the values of the field's kind."""
        choices = list(self._state.choices(self._step_id).get(field.key, ()))
        if not choices and field.spec.kind in ENUMERATED:
            return [Choice(value, value) for value in field.spec.choices or ("yes", "no")]
        return choices

    def unhide_fields_with_choices(self) -> None:
        """Shows the hidden fields for which the last check has choices."""
        choices = self._state.choices(self._step_id)
        for field in self.fields:
            if field.is_hidden and choices.get(field.key):
                self.unhide(field)
                field.show_hint("press Enter to choose")

    def unhide(self, field: Field) -> None:
        """Shows a field, also if it is advanced; it stays visible when its page is opened again."""
        self._kept.add((self._step_id, field.key))
        field.unhide()

    def toggle_advanced(self) -> None:
        """Shows or hides advanced fields."""
        self.toggle_class("all")


def secret_hint(value: object, has_typed_secret: bool, is_of_demo: bool = False, changed: str = "") -> str:
    """The placeholder of a secret: whether it is in memory, else how to give it. `is_of_demo`: it was not typed.

    `changed`: the answer by which the secret now belongs to another account; "" if none was edited.
    """
    if has_typed_secret:
        return f"{FILLED_IN} {'demo: filled in' if is_of_demo else 'kept until you quit'}; type over it"
    if isinstance(value, SecretRef) and value.kind == "prompt":
        return f"type it again: {changed} has changed" if changed else "not saved; type it again"
    return "type it (never saved), or env NAME, file PATH"
