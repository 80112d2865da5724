"""The screen with the answers of all pages. Enter opens the page of an answer with its field; Esc there goes back."""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.tui.answers_place import AnswersPlace, leave_answers, open_answer
from mhv_tui.tui.details import Details
from mhv_tui.tui.dialogs import HelpViewer, TextViewer
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.filtered_screen import FilteredScreen
from mhv_tui.tui.header import HeaderLine
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.overview import AnswerRow, AnswerState, answer_rows
from mhv_tui.tui.render import COLOURS, KeyHint, heading, truncate, wrap_lines
from mhv_tui.tui.sidebar import UNCHECKED

WIDE = 100
"""From this number of columns on, the details are beside the list."""
DETAIL = 42
"""The columns of the details beside the list."""

PAGE_WIDTH = 18
"""The columns of mark, number, name and state of a page."""
KEY_WIDTH = 19

VALUE_COLOURS: dict[AnswerState, str] = {
    "set": "",
    "default": "$text-muted",
    "needed": COLOURS["failure"],
    "accepted": COLOURS["warning"],
    "fix": COLOURS["missing"],
}

HELP = """Enter    open the page of the answer, with its field
d        show or hide answers that have their default value
/        show only rows with a text in page, key or value
Tab      scroll the details with the arrow keys, if there are more
Esc, F5  back
Ctrl+Q   quit

Secrets are references: their values are never shown.
"""


class OverviewScreen(FilteredScreen):
    """The answers of all pages as one list.

    `step_id`: the page from which it was opened; `place`: where it was left, if Esc opens it from a page opened there.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = ["overview.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        ("d", "toggle_defaults", "Defaults"),
        ("slash", "filter", "Filter"),
        ("f1,question_mark", "help", "Help"),
        ("escape,f5", "back", "Back"),
    ]

    def __init__(self, step_id: str = "", place: AnswersPlace | None = None) -> None:
        super().__init__()
        self._first_step = step_id
        """The page on whose answers the list begins; "" for the first page."""
        self._place = place
        self._with_defaults = place.with_defaults if place else False
        self._rows: list[AnswerRow] = []

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.wizard.state, "All answers")
        with Vertical(id="overview-body"):
            yield self.filter_line("page, key or value")
            with Container(id="overview-area"):
                yield MarkedList(id="overview")
                yield Details(id="answer-details")
        yield KeyLine()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= WIDE, "wide")
        self.show_rows()

    @property
    def selected(self) -> AnswerRow | None:
        """The highlighted row; None if the list is empty."""
        index = self.query_one(OptionList).highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else None

    @property
    def current_key(self) -> str:
        return f"{self.selected.step} {self.selected.key}" if self.selected else ""

    def show_rows(self, key: str = "") -> None:
        before = key or self.current_key or (self._place.row if self._place else "")
        text = self.filter_text
        rows = answer_rows(self.wizard.state, self._with_defaults)
        self._rows = [row for row in rows if text in f"{row.step} {row.key} {row.value}".lower()]
        width = max(self.size.width - (DETAIL + 6 if self.size.width >= WIDE else 4), 40)
        options = self.query_one(OptionList)
        options.clear_options()
        pages = [row.step for row in self._rows]
        for index, row in enumerate(self._rows):
            is_first = index == 0 or pages[index - 1] != row.step or row.state in ("accepted", "fix")
            options.add_option(Option(self._line(row, width, is_first)))
        same = [i for i, row in enumerate(self._rows) if f"{row.step} {row.key}" == before]
        if not before:
            same = [i for i, row in enumerate(self._rows) if row.step == self._first_step]
        options.highlighted = (same or [0])[0] if self._rows else None
        if not self.query_one(TextInput).has_focus:
            self.show_keys()
        self._show_details()

    def _line(self, row: AnswerRow, width: int, is_first: bool) -> Content:
        """Returns a row of at most `width` columns; the page is named in the first row of its answers."""
        page = self._page(row) if is_first else Content(" " * PAGE_WIDTH)
        value = "needed, not set" if row.state == "needed" else row.value
        return Content.assemble(
            page,
            (f"{truncate(row.key, KEY_WIDTH):<{KEY_WIDTH}} ", "$text-muted" if row.state == "default" else ""),
            (truncate(value, width - PAGE_WIDTH - KEY_WIDTH - 2), VALUE_COLOURS[row.state]),
        )

    def _page(self, row: AnswerRow) -> Content:
        if row.state in ("accepted", "fix"):
            return Content(f"    {row.state:<{PAGE_WIDTH - 4}}")
        state = self.wizard.state
        number = state.flow.index(state.step(row.step)) + 1
        level = state.level(row.step)
        glyph, colour = _glyph(level or self.wizard.last_seen.get(row.step), is_old=level is None)
        return Content.assemble((f" {number:>2} {row.step:<10} ", "bold"), (f"{glyph}  ", colour))

    def show_keys(self) -> None:
        verb = "hide" if self._with_defaults else "show"
        rows = ("Enter", "open"), ("Esc", "back"), ("d", f"{verb} defaults"), ("/", "filter")
        keys = [KeyHint(*row) for row in (*rows, ("F1", "help"), ("^Q", "quit")) if self._rows or row[0] != "Enter"]
        self.query_one(KeyLine).show(self.query_one(Details).with_key(keys), keeps_notice=True)

    def on_details_fitted(self) -> None:
        self.show_keys()

    def _show_details(self) -> None:
        width = max(DETAIL if self.size.width >= WIDE else self.size.width - 4, 40)
        text = answer_details(self.selected, width) if self.selected else Content("No answer matches the filter.")
        self.query_one(Details).show(text)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._show_details()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        row = self.selected
        if row and row.step:
            await open_answer(self.wizard, row, self._place, self._with_defaults)
        elif row:
            self.app.push_screen(TextViewer(row.key, f"No page has a finding {row.key} at present."))

    def action_toggle_defaults(self) -> None:
        """Shows or hides answers that have their default value."""
        self._with_defaults = not self._with_defaults
        self.show_rows()

    async def action_back(self) -> None:
        """Closes the filter, else the screen."""
        if not self.close_filter():
            await leave_answers(self.wizard, self._place)

    def action_help(self) -> None:
        """Shows the keys of this screen."""
        self.app.push_screen(HelpViewer("All answers: help", HELP))


def _glyph(level: Level | None, is_old: bool) -> tuple[str, str]:
    """Returns the glyph of a page and its colour; dim if the level is from an earlier start of the wizard."""
    if level is None:
        return UNCHECKED, "$text-muted"
    return GLYPHS[level], "$text-muted" if is_old else COLOURS[level]


def answer_details(row: AnswerRow, width: int) -> Content:
    """Returns the details of a row: the whole value, its default and its help."""
    name = f"{row.step}.{row.key}" if row.step and row.key else row.step or row.key
    lines = [Content.styled(heading(name, width), "bold $text-primary")]
    value = "This answer is needed, and not set." if row.state == "needed" else row.value
    lines += [Content.styled(line, VALUE_COLOURS[row.state] or "bold") for line in wrap_lines(value, width, "")]
    if row.default and row.state != "default":
        lines += [Content.styled(line, "$text-muted") for line in wrap_lines(f"default: {row.default}", width, "")]
    lines += [Content(line) for line in wrap_lines(row.help, width, "")]
    return Content("\n").join(lines)
