"""Small screens above a page: pick a value, read a text, answer yes or no, type a line. Each has one typed result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

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
from mhv_tui.tui.words import COLOURS


class Picker(ModalScreen[Any]):
    """A list to choose one row from, filtered by typing; each row shows its health. Returns the Choice or None."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._shown: list[Choice] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label(Content(self._title), classes="title")
            yield TextInput(placeholder="type to filter")
            yield OptionList(compact=True)
            yield Label("Enter choose   arrows move   Esc back", classes="hint")

    def on_mount(self) -> None:
        self._fill("")
        self.query_one(Input).focus()

    def _fill(self, text: str) -> None:
        self._shown = [c for c in self._choices if text.lower() in c.label.lower()]
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(_label(c)) for c in self._shown])
        if self._shown:
            rows.highlighted = 0

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        index = self.query_one(OptionList).highlighted
        self.dismiss(self._shown[index] if index is not None and self._shown else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    def on_key(self, event: Any) -> None:
        if event.key in ("down", "up") and self.query_one(Input).has_focus:
            rows = self.query_one(OptionList)
            rows.action_cursor_down() if event.key == "down" else rows.action_cursor_up()
            event.stop()


def _label(choice: Choice) -> Content:
    finding = choice.finding
    if finding is None or finding.level == "ok":
        return Content.assemble((f"{GLYPHS['ok']} " if finding else "  ", COLOURS["ok"]), choice.label)
    said = f"\n    {finding.level} {finding.code}: {finding.headline}"
    return Content.assemble((f"{GLYPHS[finding.level]} ", COLOURS[finding.level]), choice.label, (said, "$text-muted"))


class Reader(ModalScreen[None]):
    """A text to scroll through: an explanation, a preview, help."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,enter", "dismiss(None)", "Back")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = shown(title)
        self._text = shown_lines(text)

    @staticmethod
    def columns(screen: int) -> int:
        """The columns of text on a screen of that width: the box takes 90 %, at most 100, and its frame and bar 6."""
        return max(min(screen * 9 // 10, 100) - 6, 20)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tall"):
            yield Label(Content(self._title), classes="title")
            with VerticalScroll(can_focus=True):
                yield Static(Content(self._text))
            yield Label("arrows scroll   Esc back", classes="hint")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class Confirm(ModalScreen[bool]):
    """A question with yes or no; nothing but `y` means yes."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "dismiss(True)", "Yes"), ("n,escape", "dismiss(False)", "No")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown_lines(self._question)))
            yield Label("y yes   n no", classes="hint")


class More(Confirm):
    """The question of a run that waits between two changes."""


class LinePrompt(ModalScreen[str | None]):
    """One line of text; None where the operator went back."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self._question = question
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown_lines(self._question)))
            yield TextInput(self._value)
            yield Label("Enter accept   Esc back", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)


class Resume(ModalScreen[str]):
    """The unfinished sessions, each with where it stopped. Returns the chosen session's name, or "" to start anew."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = list(rows)

    def compose(self) -> ComposeResult:
        width = max(len(name) for name, _ in self._rows)
        with Vertical(classes="box"):
            yield Label("Something was not finished", classes="title")
            yield Static("Resuming loads the answers and looks afresh; what was made stands and is not made twice.")
            yield OptionList(
                *(Option(Content(shown(f"resume  {name:<{width}}  {where}"))) for name, where in self._rows),
                Option("start anew"),
                compact=True,
            )
            yield Label("Enter choose   arrows move   ^Q quit", classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        names = [name for name, _ in self._rows]
        self.dismiss(names[event.option_index] if event.option_index < len(names) else "")


SMALLEST = (60, 18)
"""Columns and rows below which a page cannot be read."""


class TooSmall(ModalScreen[None]):
    """Stands in for everything while the terminal is too small; goes by itself."""

    def compose(self) -> ComposeResult:
        columns, rows = SMALLEST
        yield Static(Content(f"mhv-tui needs {columns}x{rows}. Make the terminal larger, or use --plain. ^Q quits."))
