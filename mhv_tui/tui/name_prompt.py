"""The dialog that asks for the name of a session or a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.render import KeyHint

NO_NAME = "A name is needed. Esc goes back and changes nothing."


class NamePrompt(Dialog[str | None]):
    """A dialog for a name, which begins with a proposal that typing replaces. Returns None if cancelled.

    `why_refused` returns why a name cannot be used, or "". The dialog shows this reason and stays open. `title`: above
    a long question.
    """

    about = dialog_help.NAME

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    DEFAULT_CSS = """
    NamePrompt #name-problem { color: $text-warning; display: none; }
    NamePrompt #name-problem.shown { display: block; }
    """

    def __init__(self, question: str, proposal: str, why_refused: Callable[[str], str], title: str = "") -> None:
        super().__init__()
        self._title = title
        self._why_refused = why_refused
        self._question = question
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            if self._title:
                yield Label(Content(self._title), classes="title")
            yield Static(Content(shown_lines(self._question)))
            yield TextInput(self._proposal)
            yield Static("", id="name-problem")
        yield KeyLine((KeyHint("Enter", "accept"), KeyHint("^U", "delete the text"), KeyHint("Esc", "back")))

    def on_mount(self) -> None:
        self.query_one(TextInput).action_select_all()

    def on_input_changed(self) -> None:
        self._show_problem("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        if problem := self._why_refused(name) if name else NO_NAME:
            self._show_problem(f"{GLYPHS['failure']} {shown(problem)}")
        else:
            self.dismiss(name)

    def _show_problem(self, text: str) -> None:
        line = self.query_one("#name-problem", Static)
        line.set_class(bool(text), "shown")
        line.update(Content(text))
