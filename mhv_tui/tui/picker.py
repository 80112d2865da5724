"""The list of choices of a field, with a text filter. The present answer is marked; several answers have ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.steps import Choice
from mhv_tui.core.text import count
from mhv_tui.core.wrapping import GAP, fingerprint_breaks
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.fields import Field, TextInput
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.render import COLOURS, KeyHint, wrap_lines

ONE = {True: "(•)", False: "( )"}
SEVERAL = {True: "[x]", False: "[ ]"}
"""The mark before a choice, by whether it is chosen: if a field has one answer, and if it has several."""

KEYS_ONE = (KeyHint("Enter", "choose"), KeyHint("↑ ↓", "move"), KeyHint("^Y", "copy"), KeyHint("Esc", "back"))
CANCEL = KeyHint("Esc", "cancel")
KEYS_SEVERAL = (KeyHint("Space", "tick or untick"), KeyHint("Enter", "only this one"), CANCEL, *KEYS_ONE[1:3])
"""The keys of a list with several answers, if Enter does not accept the ticks."""
NEW = (KeyHint("No entry matches:", "Enter writes your text"), KEYS_ONE[-1])
NEW_TICK = (KeyHint("No entry matches:", "Enter adds your text to the ticks"), CANCEL)
NONE = (KeyHint("No entry matches:", "change the text"), KEYS_ONE[-1])


class ChoiceList(MarkedList):
    """The rows of a picker. The filter above the list has the focus, so the mark is always shown."""

    @property
    def is_marked(self) -> bool:
        return True


class FilterInput(TextInput):
    """The filter of a picker. It passes on the keys of the picker itself, so that all keys act in their order."""

    def on_key(self, event: events.Key) -> None:
        if cast(Picker, self.screen).act_on(event.key):
            event.stop()
            event.prevent_default()


class Picker(Dialog[Choice | None]):
    """The choices of a field. Returns the new answer; None if cancelled.

    If the field is a list of names, Space ticks rows, and Enter accepts the ticks. If Space was not used, Enter on a
    row without a tick chooses only this row.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,f10", "dismiss(None)", "Back")]

    def __init__(self, field: Field, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._field = field
        self._choices = list(choices)
        self._several = field.spec.kind == "list"
        self._ticks = field.names if self._several else [field.value]
        """The texts of the chosen rows; they become the answer with Enter only."""
        about = dialog_help.CHOICES if self._several else dialog_help.ONE_CHOICE
        self.about = about + (dialog_help.NEW_TEXT if self._takes_new else dialog_help.NO_OTHER_TEXT)
        self._matching_choices: list[Choice] = []
        self._filter = ""
        """The text for which the list is shown."""
        self._has_ticked = False
        """True if Space has ticked or unticked a row."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label(Content(self._field.key), classes="title")
            yield Static(Content(self._field.help), classes="hint-above")
            yield FilterInput(placeholder="type to filter the list")
            yield ChoiceList()
        yield KeyLine()

    def on_mount(self) -> None:
        self._show("")
        self.query_one(Input).focus()

    @property
    def _takes_new(self) -> bool:
        """True if the field also takes an answer that the list does not have."""
        return self._field.spec.kind not in ("bool", "choice")

    @property
    def _rows(self) -> ChoiceList:
        return self.query_one(ChoiceList)

    def _show(self, text: str, highlighted: int | None = None) -> None:
        """Shows the choices that match the text."""
        self._filter = text
        whole = [c for c in self._choices if text.lower() in c.label.lower()]
        self._matching_choices = whole or [c for c in self._choices if _positions(c.label, text)]
        chosen = [self._is_ticked(choice) for choice in self._matching_choices]
        width = max(min(self.app.size.width * 9 // 10, 100) - 8, 30)
        marks = SEVERAL if self._several else ONE
        rows = self._rows
        rows.clear_options()
        rows.add_options(
            Option(_choice_row(choice, marks[is_chosen], text, width))
            for choice, is_chosen in zip(self._matching_choices, chosen, strict=True)
        )
        first = chosen.index(True) if True in chosen else 0
        rows.highlighted = (first if highlighted is None else highlighted) if chosen else None
        self._show_keys()

    def _show_keys(self) -> None:
        """Shows what the keys do with the current row, or with a text that no row matches."""
        keys: tuple[KeyHint, ...] = KEYS_SEVERAL if self._several else KEYS_ONE
        if not self._matching_choices:
            keys = NONE if not self._takes_new else NEW_TICK if self._has_ticked else NEW
        elif self._several and not self._takes_only_one:
            ticks = count(len(self._ticks), "tick") if self._ticks else "no tick"
            keys = (keys[0], KeyHint("Enter", f"accept {ticks}"), *keys[2:])
        self.query_one(KeyLine).show(keys)

    def _is_ticked(self, choice: Choice) -> bool:
        return self._field.text_of(choice) in self._ticks

    @property
    def _current(self) -> Choice | None:
        """The choice of the current row; None if no row matches the filter."""
        index = self._rows.highlighted
        return self._matching_choices[index] if index is not None and index < len(self._matching_choices) else None

    @property
    def _takes_only_one(self) -> bool:
        """True if Enter chooses the current row of a list with ticks instead of the ticks."""
        return not (self._has_ticked or self._current is None or self._is_ticked(self._current))

    def on_option_list_option_highlighted(self) -> None:
        self._show_keys()

    def on_resize(self, event: events.Resize) -> None:
        self._show(self.query_one(Input).value, self._rows.highlighted)

    def on_input_changed(self) -> None:
        self._apply_filter()

    def _apply_filter(self) -> None:
        """Shows the list for the text that is typed now."""
        text = self.query_one(Input).value
        if text != self._filter:
            self._show(text)

    def choose(self) -> None:
        """Returns the current row or the ticks as the answer; without a row, the text that is typed."""
        text = self.query_one(Input).value.strip()
        is_new = not self._matching_choices and self._takes_new and text
        choice = Choice(text, text) if is_new else self._current
        if choice is None:
            return
        if self._several and not (is_new or self._takes_only_one):
            choice = _answer_of(self._ticks)
        elif is_new and self._has_ticked:
            choice = _answer_of([*self._ticks, text])
        self.dismiss(choice)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._tick() if self._several else self.choose()

    def _tick(self) -> None:
        """Ticks or unticks the current row."""
        if choice := self._current:
            self._has_ticked = True
            text = self._field.text_of(choice)
            others = [tick for tick in self._ticks if tick != text]
            self._ticks = others if text in self._ticks else [*others, text]
            self._show(self._filter, self._rows.highlighted)

    def act_on(self, key: str) -> bool:
        """Does what a key means while the filter has the focus. Returns False if the key edits the filter."""
        self._apply_filter()  # the event of the last key may arrive later
        rows = self._rows
        actions: dict[str, Callable[[], object]] = {
            "enter": self.choose,
            "escape": partial(self.dismiss, None),
            "f10": partial(self.dismiss, None),
            "down": rows.action_cursor_down,
            "up": rows.action_cursor_up,
            "pagedown": rows.action_page_down,
            "pageup": rows.action_page_up,
            "ctrl+y": self._copy,
        }
        if not self.query_one(Input).value:  # else these keys edit the filter
            actions |= {"home": rows.action_first, "end": rows.action_last}
        if self._several and self._matching_choices:  # else Space is a letter of a new name
            actions["space"] = self._tick
        if key in actions:
            actions[key]()
        return key in actions

    def _copy(self) -> None:
        """Copies the text of the highlighted choice to the clipboard of the terminal."""
        if choice := self._current:
            self.app.copy_to_clipboard(choice.label)


def _answer_of(ticks: Sequence[str]) -> Choice:
    """The ticks as the text of a field with a list of names."""
    text = ", ".join(ticks)
    return Choice(text, text)


def _positions(label: str, text: str) -> list[int]:
    """Returns where the characters of the text are in the label, in their order; empty if not all of them are."""
    lower, wanted = label.lower(), text.lower()
    start = lower.find(wanted) if wanted else -1
    if start >= 0:
        return list(range(start, start + len(wanted)))
    positions, position = [], -1
    for character in wanted:
        position = lower.find(character, position + 1)
        if position < 0:
            return []
        positions.append(position)
    return positions


def _choice_row(choice: Choice, mark: str, text: str, width: int) -> Content:
    finding = choice.finding
    level = finding.level if finding else "ok"
    glyph = (f"{GLYPHS[level] if finding else ' '} ", COLOURS[level])
    label = Content(choice.label)
    for position in _positions(label.plain, text):
        label = label.stylize("bold underline", position, position + 1)
    indent = " " * (len(mark) + 4)
    head = Content.assemble(f" {mark} ", glyph)
    lines = _wrapped(label, max(width - len(indent), 20)) if label.cell_length > width - len(indent) else [label]
    rows = [head + lines[0], *(Content(indent) + line for line in lines[1:])]
    if finding and finding.level != "ok":
        rows += [Content.styled(line, "$text-muted") for line in wrap_lines(finding.headline, width, indent)]
    return Content("\n").join(rows)


def _wrapped(label: Content, width: int) -> list[Content]:
    """Returns the label in lines of at most `width` cells."""
    breaks = fingerprint_breaks(label.plain, width)
    if not breaks:
        return label.wrap(width)
    lines = Content(" ").join(label.divide(breaks)).wrap(width)
    gaps = [[place for gap in GAP.finditer(line.plain) for place in gap.span()] for line in lines]
    return [Content("").join(line.divide(places)[::2]).rstrip() for line, places in zip(lines, gaps, strict=True)]
