"""The form of a page: a row per answer. It passes each text to the wizard's state and keeps advanced fields hidden."""

from __future__ import annotations

from itertools import pairwise

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label

from mhv_tui.core.answers import fields_of
from mhv_tui.core.steps import Choice
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import Field

KEY_WIDTH = 21
"""The columns of the screen for the key of an answer."""


class AnswerForm(VerticalScroll, can_focus=False):
    """The input fields for the answers of one step. A step without answers shows no form."""

    def __init__(self, state: WizardState, step_id: str) -> None:
        super().__init__(id="form")
        self._state = state
        self._step_id = step_id
        self.display = bool(list(fields_of(state.step(step_id).answers)))

    def compose(self) -> ComposeResult:
        table = self._state.answers.tables[self._step_id]
        for key, default, spec in fields_of(table):
            value = getattr(table, key)
            is_hidden = spec.advanced and value == default
            with Horizontal(classes="row advanced" if is_hidden else "row"):
                yield Label(Content(f"{key[:KEY_WIDTH]}{'*' if spec.required else ' '}"), classes="key")
                yield Field(key, spec, value, self._state.has_typed(self._step_id, key))

    @property
    def fields(self) -> list[Field]:
        return list(self.query(Field))

    @property
    def shown_fields(self) -> list[Field]:
        return [field for field in self.fields if not field.is_hidden]

    def first_to_fill(self) -> Field | None:
        """Returns the first visible field that is required and empty, else the first visible field."""
        shown = self.shown_fields
        return next((f for f in shown if f.spec.required and not self._is_answered(f)), shown[0] if shown else None)

    def _is_answered(self, field: Field) -> bool:
        return bool(field.value) or self._state.has_typed(self._step_id, field.key)

    def field_after(self, field: Widget | None) -> Field | None:
        """Returns the next visible field; None after the last one, or if `field` is not visible."""
        shown = self.shown_fields
        return next((after for before, after in pairwise(shown) if before is field), None)

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
                field.hint = field.placeholder = "press Down to choose"

    def toggle_advanced(self) -> None:
        """Shows or hides advanced fields."""
        self.toggle_class("all")
