"""Dialogs above a page: read a text, answer yes or no, go to a page. Each returns one result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.wrapping import unwrapped, with_hanging_lines
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.keys import ESC_HIDES, KeyLine
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.render import KeyHint
from mhv_tui.tui.screens import SMALLEST
from mhv_tui.tui.timers import every

SCROLL, BACK = KeyHint("↑ ↓ PgUp PgDn Home End", "scroll"), KeyHint("Esc", "back")
ANSWERS = (KeyHint("y", "yes"), KeyHint("n, Esc", "no"))
JUMP_KEYS = (KeyHint("Enter", "open"), KeyHint("1-9, 0", "open the page with this number"), KeyHint("Esc", "back"))
ENTER_IS_NO_ANSWER = "Enter does not answer: press y for yes, n for no."


class TextViewer(Dialog[str | None]):
    """A dialog as high as its text: an explanation, a preview, help. A text longer than the screen scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,enter", "dismiss(None)", "Back"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = shown(title)
        self._text = shown_lines(text)

    @staticmethod
    def columns(screen_width: int) -> int:
        """Returns the text columns of the box: 90 % of the screen, at most 100, minus 6 for frame and scroll bar."""
        return max(min(screen_width * 9 // 10, 100) - 6, 20)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label(Content(self._title), classes="title")
            with VerticalScroll(can_focus=True, classes="text"):
                yield Static(self._content(self.app.size.width))
        yield KeyLine((BACK,))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.watch(self.query_one(".text"), "show_vertical_scrollbar", self.show_keys, init=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leaves room for the frame and the title, also around a long text."""
        self.query_one(VerticalScroll).query_one(Static).update(self._content(event.size.width))
        self.query_one(".text").styles.max_height = max((event.size.height - 1) * 9 // 10 - 3, 1)
        self.call_after_refresh(self.show_keys)

    @property
    def scrolls(self) -> bool:
        """True if there is more text to show."""
        return self.query_one(".text").max_scroll_y > 0

    def show_keys(self) -> None:
        """Shows the keys that act: those that scroll only if there is more to show."""
        self.query_one(KeyLine).show((SCROLL, BACK) if self.scrolls else (BACK,))

    def _content(self, screen_width: int) -> Content:
        return Content(with_hanging_lines(self._text, self.columns(screen_width)))


class HelpViewer(TextViewer):
    """A dialog with a help. The lines of its paragraphs are wrapped for the width of the screen only."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title, unwrapped(text))


class ConfirmDialog(Dialog[bool]):
    """A dialog with a yes/no question. Only the key `y` means yes. `about`: what F1 says about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "dismiss(True)", "Yes"),
        ("n,escape", "dismiss(False)", "No"),
        ("enter", "explain", "Explain"),
        ("down", "scroll_text(1)", "Down"),
        ("up", "scroll_text(-1)", "Up"),
        ("pagedown", "scroll_text(10)", "Page down"),
        ("pageup", "scroll_text(-10)", "Page up"),
    ]

    def __init__(self, question: str, about: str = dialog_help.QUESTION) -> None:
        super().__init__()
        self._question, self.about = question, about

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False, classes="box question"):
            yield Static(Content(shown_lines(self._question)))
        yield KeyLine(ANSWERS)

    def on_mount(self) -> None:
        self.watch(self.query_one(".question"), "show_vertical_scrollbar", self._show_keys, init=False)

    def _show_keys(self, scrolls: bool) -> None:
        """Shows the keys that act, also in the sentence of F1: its lines can leave too little room for the question."""
        line = self.query_one(KeyLine)
        line.show([*ANSWERS, KeyHint("↑ ↓", "scroll")] if scrolls else ANSWERS, keeps_notice=True)
        if line.notice_text.endswith(ESC_HIDES):
            self.action_explain_keys()

    def action_scroll_text(self, lines: int) -> None:
        """Scrolls a question that is longer than the screen."""
        self.query_one(".question").scroll_relative(y=lines, animate=False)

    def action_explain(self) -> None:
        """Says which keys answer, because Enter means neither yes nor no."""
        self.query_one(KeyLine).notice(ENTER_IS_NO_ANSWER)


class QuitDialog(ConfirmDialog):
    """The question whether to quit, although something would be lost. A second Ctrl+Q means yes."""


class StopDialog(ConfirmDialog):
    """The question whether to stop a run. `question` returns it for what the run does now; the dialog follows it."""

    def __init__(self, question: Callable[[], str]) -> None:
        super().__init__(question(), dialog_help.STOP)
        self._present_question = question

    def on_mount(self) -> None:
        super().on_mount()
        every(self, 0.5, self.follow)

    def follow(self) -> None:
        """Asks about what the run does now."""
        if (text := self._present_question()) != self._question:
            self._question = text
            for line in self.query(".question Static").results(Static):  # none before it is shown for the first time
                line.update(Content(shown_lines(text)))


class PlanExtensionDialog(ConfirmDialog):
    """The question whether to make the changes that a fix has made necessary. The run waits for the answer."""

    def __init__(self, question: str) -> None:
        super().__init__(question, dialog_help.EXTENSION)


class JumpList(Dialog[int | None]):
    """The list of the pages with their states. Returns the index of the selected page; None if cancelled."""

    about = dialog_help.PAGES

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,f3,g", "dismiss(None)", "Back"),
        *((str(number % 10), f"dismiss({number - 1})", "Page") for number in range(1, 11)),
    ]

    def __init__(self, rows: Sequence[Content], current: int) -> None:
        super().__init__()
        self._rows = rows
        self._current = current

    def compose(self) -> ComposeResult:
        with Vertical(classes="box narrow-box"):
            yield Label("Pages", classes="title")
            yield MarkedList(*(Option(row) for row in self._rows))
        yield KeyLine(JUMP_KEYS)

    def on_mount(self) -> None:
        rows = self.query_one(MarkedList)
        rows.highlighted = self._current
        rows.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


class TerminalTooSmall(Dialog[None]):
    """Covers the screen while the terminal is too small. The app closes it when the terminal is large enough."""

    closes_on_interrupt = False

    def compose(self) -> ComposeResult:
        columns, rows = SMALLEST
        yield Static(
            Content(
                f"mhv-tui needs {columns} columns and {rows} rows. Make the terminal larger, or use --plain. ^Q quits."
            )
        )
