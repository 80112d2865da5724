"""The form of a page: a row per answer. It passes each text to the wizard's state and hides what does not apply."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label

from mhv_tui.core.answers import AnswerField, applies, fields_of, is_folded
from mhv_tui.core.steps import Choice
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import Field
from mhv_tui.tui.marked_list import MARK

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

LIST_MARK = "▾"
"""The mark at the right end of a field that has a list of choices."""


class FieldRow(Horizontal):
    """One line of a form: mark and key, the field, and the mark of a field with a list."""

    def __init__(self, create_field: Callable[[], Field], key_width: int, classes: str, is_complete: bool) -> None:
        """A row with `is_complete` False has no content until `complete`, so that the first frame is drawn sooner."""
        super().__init__(classes=classes)
        self._create_field = create_field
        self._key_width = key_width
        self.is_complete = is_complete

    @cached_property
    def field(self) -> Field:
        """The field. Created at the first use, which `complete` should precede."""
        return self._create_field()

    @cached_property
    def _key(self) -> Label:
        label = Label(Content(f" {self.field.key}{'*' if self.field.spec.required else ''}"), classes="key")
        label.styles.width = self._key_width
        return label

    @cached_property
    def _list_mark(self) -> Label:
        return Label("", classes="list-mark")

    def compose(self) -> ComposeResult:
        if self.is_complete:
            yield from (self._key, self.field, self._list_mark)

    def complete(self) -> None:
        """Creates the content of a row that has none."""
        if not self.is_complete:
            self.is_complete = True
            self.mount(self._key, self.field, self._list_mark)

    def mark(self, is_current: bool) -> None:
        """Shows or removes the mark of the current row."""
        text = f"{MARK if is_current else ' '}{self.field.key}{'*' if self.field.spec.required else ''}"
        self._key.update(Content(text))

    def mark_list(self, has_list: bool) -> None:
        """Shows or removes the mark of a field that has a list."""
        self._list_mark.update(LIST_MARK if has_list else "")


class AnswerForm(VerticalScroll, can_focus=False):
    """The input fields for the answers of one step. A step without answers shows no form."""

    def __init__(self, state: WizardState, step_id: str) -> None:
        super().__init__(id="form")
        self._state = state
        self._step_id = step_id
        self._rows: list[FieldRow] = []
        self.display = bool(list(fields_of(state.step(step_id).answers)))

    def compose(self) -> ComposeResult:
        rows = list(fields_of(self._table))
        width = max((len(key) + spec.required for key, _, spec in rows), default=0) + 3
        is_starting = cast("Wizard", self.app).is_starting
        for key, _, spec in rows:
            is_advanced, is_unused = is_folded(self._table, key), not applies(self._table, key)
            classes = f"row{' advanced' if is_advanced else ''}{' unused' if is_unused else ''}"
            is_complete = not (is_starting and (is_advanced or is_unused))
            self._rows.append(FieldRow(partial(self._field, key, spec), width, classes, is_complete))
            yield self._rows[-1]

    def _field(self, key: str, spec: AnswerField) -> Field:
        return Field(key, spec, getattr(self._table, key), self._state.has_typed(self._step_id, key))

    def on_mount(self) -> None:
        self.refresh_rows()

    def complete(self) -> None:
        """Creates what the first frame of the wizard does not show."""
        for row in self._rows:
            row.complete()
        self.refresh_rows()

    @property
    def _table(self) -> Any:
        return self._state.answers.tables[self._step_id]

    def refresh_rows(self) -> None:
        """Hides the fields that do not apply, marks those that have a list, and shows which secrets are in memory."""
        for row, (key, _, spec) in zip(self._rows, fields_of(self._table), strict=True):
            if not row.is_complete:
                continue
            row.set_class(not applies(self._table, key) and not row.field.has_focus, "unused")
            row.mark_list(bool(self.choices(row.field)))
            if spec.kind == "secret":
                row.field.show_secret_hint(getattr(self._table, key), self._state.has_typed(self._step_id, key))

    def mark_current(self, field: Field | None) -> None:
        """Marks the row of the field that has the focus."""
        for row in self._rows:
            if row.is_complete:
                row.mark(row.field is field)

    @property
    def fields(self) -> list[Field]:
        return [row.field for row in self._rows if row.is_complete]

    @property
    def shown_fields(self) -> list[Field]:
        return [field for field in self.fields if not field.is_hidden]

    @property
    def has_advanced(self) -> bool:
        return any(spec.advanced for _, _, spec in fields_of(self._table))

    def first_to_fill(self) -> Field | None:
        """Returns the first visible field that is required and empty, else the first visible field."""
        shown = self.shown_fields
        return next((f for f in shown if f.spec.required and not self._is_answered(f)), shown[0] if shown else None)

    def _is_answered(self, field: Field) -> bool:
        return bool(field.value) or self._state.has_typed(self._step_id, field.key)

    def field_beside(self, field: Widget | None, offset: int) -> Field | None:
        """Returns the visible field `offset` rows below `field`; None outside the form."""
        shown = self.shown_fields
        position = shown.index(field) + offset if isinstance(field, Field) and field in shown else -1
        return shown[position] if 0 <= position < len(shown) else None

    def save(self, field: Field) -> bool:
        """Saves the field's text as its answer. Returns True if this changed the answers."""
        effect = self._state.give(self._step_id, field.key, field.value)
        field.problem = effect.problem
        return effect.changed

    def save_all(self) -> None:
        """Saves the text of every field except secrets, because the events of the last keys may arrive later."""
        for field in self.fields:
            if field.spec.kind != "secret":
                self.save(field)

    def first_invalid(self) -> Field | None:
        return next((field for field in self.fields if field.problem), None)

    def choices(self, field: Field) -> list[Choice]:
        """Returns the choices for a field's picker: those of the last check, else the values of the field's kind."""
        choices = list(self._state.choices(self._step_id).get(field.key, ()))
        if not choices and field.spec.kind in ("choice", "bool"):
            return [Choice(value, value) for value in field.spec.choices or ("yes", "no")]
        return choices

    def unhide_fields_with_choices(self) -> None:
        """Shows the hidden fields for which the last check has choices."""
        choices = self._state.choices(self._step_id)
        for field in self.fields:
            if field.is_hidden and choices.get(field.key):
                field.unhide()
                field.hint = field.placeholder = "press Enter to choose"

    def toggle_advanced(self) -> None:
        """Shows or hides advanced fields."""
        self.toggle_class("all")
