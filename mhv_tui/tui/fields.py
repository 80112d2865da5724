"""A form's fields: one answer as one line, with the focus plain to see and nothing that blinks."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.message import Message
from textual.widgets import Input

from mhv_tui.core.answers import Ask
from mhv_tui.core.forms import HINTS, show
from mhv_tui.core.secret import SecretRef


class Entry(Input):
    """One line of text. The cursor rests: a blinking one would send bytes for ever."""

    def __init__(self, value: str = "", **named: Any) -> None:
        super().__init__(value, compact=True, **named)
        self.cursor_blink = False


class Field(Entry):
    """One answer as a line. A refused value keeps the old answer and says why below the form."""

    class Wants(Message):
        """The operator asked for this field's help ("help") or its choices ("pick")."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, key: str, note: Ask, value: Any, kept: bool = False) -> None:
        secret = note.kind == "secret"
        hint = _kept(value, kept) if secret else note.example or HINTS.get(note.kind, "") or note.help
        super().__init__(show(note, value), placeholder=hint, password=secret, id=f"field-{key}")
        self.key = key
        self.note = note

    @property
    def folded(self) -> bool:
        """True while its row is not shown."""
        return bool(self.parent and self.parent.has_class("advanced")) and not self.screen.query("#form.all")

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" or (event.key == "question_mark" and not self.password):
            event.stop()
            event.prevent_default()
            self.post_message(self.Wants("pick" if event.key == "down" else "help"))


def _kept(value: Any, kept: bool) -> str:
    if kept:
        return "•••••••• kept; type to replace it"
    if isinstance(value, SecretRef) and value.kind == "prompt":
        return "type it again: never kept on disk"
    return "typed unseen; or env NAME, file PATH"
