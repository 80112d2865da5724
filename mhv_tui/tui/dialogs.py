"""Dialogs above a page: choose from a list, read a text, answer yes or no, type a line. Each returns one result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.steps import Choice
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.render import COLOURS

SMALLEST = (60, 18)
"""The columns and rows of the smallest terminal that can show a page."""


class Picker(ModalScreen[Choice | None]):
    """A list with a text filter to select a choice. Each row shows its choice's finding. Returns None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._matching_choices: list[Choice] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label(Content(self._title), classes="title")
            yield TextInput(placeholder="type to filter the list")
            yield OptionList(compact=True)
            yield Label("Enter choose   arrows move   Esc back", classes="hint")

    def on_mount(self) -> None:
        self._filter("")
        self.query_one(Input).focus()

    def _filter(self, text: str) -> None:
        self._matching_choices = [c for c in self._choices if text.lower() in c.label.lower()]
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(_choice_row(c)) for c in self._matching_choices])
        if self._matching_choices:
            rows.highlighted = 0

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    def on_input_submitted(self) -> None:
        index = self.query_one(OptionList).highlighted
        self.dismiss(self._matching_choices[index] if index is not None and self._matching_choices else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._matching_choices[event.option_index])

    def on_key(self, event: events.Key) -> None:
        if event.key in ("down", "up") and self.query_one(Input).has_focus:
            rows = self.query_one(OptionList)
            rows.action_cursor_down() if event.key == "down" else rows.action_cursor_up()
            event.stop()


def _choice_row(choice: Choice) -> Content:
    finding = choice.finding
    if finding is None or finding.level == "ok":
        return Content.assemble((f"{GLYPHS['ok']} " if finding else "  ", COLOURS["ok"]), choice.label)
    problem = f"\n    {finding.level} {finding.code}: {finding.headline}"
    glyph = (f"{GLYPHS[finding.level]} ", COLOURS[finding.level])
    return Content.assemble(glyph, choice.label, (problem, "$text-muted"))


class TextViewer(ModalScreen[None]):
    """A dialog with a text that the operator can scroll: an explanation, a preview, help."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,enter", "dismiss(None)", "Back")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = shown(title)
        self._text = shown_lines(text)

    @staticmethod
    def columns(screen_width: int) -> int:
        """Returns the text columns of the box: 90 % of the screen, at most 100, minus 6 for frame and scroll bar."""
        return max(min(screen_width * 9 // 10, 100) - 6, 20)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tall"):
            yield Label(Content(self._title), classes="title")
            with VerticalScroll(can_focus=True):
                yield Static(Content(self._text))
            yield Label("arrows scroll   Esc back", classes="hint")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class ConfirmDialog(ModalScreen[bool]):
    """A dialog with a yes/no question. Only the key `y` means yes."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "dismiss(True)", "Yes"), ("n,escape", "dismiss(False)", "No")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown_lines(self._question)))
            yield Label("y yes   n no", classes="hint")


class PlanExtensionDialog(ConfirmDialog):
    """The question whether to make the changes that a fix has made necessary. The run waits for the answer."""


class LinePrompt(ModalScreen[str | None]):
    """A dialog with a question and one line of text as the answer. Returns None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown_lines(self._question)))
            yield TextInput()
            yield Label("Enter accept   Esc back", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)


class TerminalTooSmall(ModalScreen[None]):
    """Covers the screen while the terminal is too small. The app closes it when the terminal is large enough."""

    def compose(self) -> ComposeResult:
        columns, rows = SMALLEST
        yield Static(
            Content(
                f"mhv-tui needs {columns} columns and {rows} rows. Make the terminal larger, or use --plain. ^Q quits."
            )
        )
