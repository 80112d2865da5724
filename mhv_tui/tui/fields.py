"""A form's fields: one answer as one line, with the focus plain to see and nothing that blinks."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Input

from mhv_tui.core.answers import AnswerField
from mhv_tui.core.forms import HINTS, show
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.steps import Choice
from mhv_tui.tui.words import cut

EDITS = {
    "left": "cursor_left",
    "right": "cursor_right",
    "ctrl+left": "cursor_left_word",
    "ctrl+right": "cursor_right_word",
    "home": "home",
    "end": "end",
    "ctrl+e": "end",
    "backspace": "delete_left",
    "delete": "delete_right",
    "ctrl+d": "delete_right",
    "ctrl+w": "delete_left_word",
    "ctrl+u": "delete_left_all",
    "ctrl+k": "delete_right_all",
}
"""Key -> Input's action. Done at once: as a binding it would wait behind letters that were typed after it."""

UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


class TextInput(Input):
    """One line of text. The cursor rests: a blinking one would send bytes for ever."""

    def __init__(self, value: str = "", **named: Any) -> None:
        super().__init__(value, compact=True, select_on_focus=False, **named)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        """The text as it is drawn: a character that a terminal does not simply print keeps its one cell."""
        text = super()._value
        text.plain = "".join(c if c.isprintable() else UNPRINTABLE for c in text.plain)
        return text

    def on_key(self, event: events.Key) -> None:
        action = EDITS.get(event.key)
        if action:
            event.stop()
            event.prevent_default()
            getattr(self, f"action_{action}")()


class Field(TextInput):
    """One answer as a line. A refused value keeps the old answer and says why below the form."""

    class AsksHelp(Message):
        """The operator pressed `?` in this field."""

    def __init__(self, key: str, note: AnswerField, value: Any, kept: bool = False) -> None:
        secret = note.kind == "secret"
        example = f"e.g. {note.example}" if note.example else HINTS.get(note.kind, "") or note.help
        hint = _kept(value, kept) if secret else example
        super().__init__(show(note, value), placeholder=hint, password=secret, id=f"field-{key}")
        self.hint = hint
        """The placeholder, however wide the field is."""
        self.key = key
        self.note = note
        self.refused = ""
        """Why the text is no answer; "" where it is one."""

    @property
    def folded(self) -> bool:
        """True while its row is not shown."""
        return bool(self.parent and self.parent.has_class("advanced")) and not self.screen.query("#form.all")

    def on_resize(self, event: events.Resize) -> None:
        self.placeholder = cut(self.hint, event.size.width)

    def take(self, choice: Choice) -> None:
        """Takes what was chosen; in a list of names a second choice takes the name out again."""
        text = choice.value if isinstance(choice.value, str) else show(self.note, choice.value)
        if self.note.kind == "list":
            held = [name.strip() for name in self.value.split(",") if name.strip()]
            text = ", ".join([n for n in held if n != text] if text in held else [*held, text])
        self.value = text
        self.cursor_position = len(text)

    def on_key(self, event: events.Key) -> None:
        if event.key == "question_mark" and not self.password:
            event.stop()
            event.prevent_default()
            self.post_message(self.AsksHelp())


def _kept(value: Any, kept: bool) -> str:
    if kept:
        return "•••••••• kept; type to replace it"
    if isinstance(value, SecretRef) and value.kind == "prompt":
        return "type it again: never kept on disk"
    return "typed unseen; or env NAME, file PATH"
