"""The dialog that asks for the name of a session or a target."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from mhv_tui.core.redaction import shown
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.render import KeyHint


class NamePrompt(Dialog[str | None]):
    """A dialog for a name, which begins with a proposal. Returns None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, proposal: str) -> None:
        super().__init__()
        self._question = question
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown(self._question)))
            yield TextInput(self._proposal)
        yield KeyLine((KeyHint("Enter", "accept"), KeyHint("^U", "delete the text"), KeyHint("Esc", "back")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
