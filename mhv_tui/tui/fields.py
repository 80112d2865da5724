"""The input fields of a form: one answer per line, with a visible focus and a steady cursor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from mhv_tui.core.answers import AnswerField
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.forms import HINTS, names_secret, show
from mhv_tui.core.steps import Choice
from mhv_tui.tui.messages import NoticePosted
from mhv_tui.tui.render import shorten, truncate, wrap_lines
from mhv_tui.tui.wording import in_wizard

EDIT_KEYS = {
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
    "ctrl+z": "restore",
    "ctrl+y": "copy_text",
}
"""The action of Input for each key. It runs at once; a binding would run after letters typed after the key."""

ONE_LINE = "Only the first line was pasted: a field takes one line."

NOTHING_TO_RESTORE = "Nothing to restore in this field: it is as it was at first."
NO_SECRET_TO_RESTORE = "An earlier secret cannot be restored: type it again."

NOTHING_TO_DELETE = "Nothing to delete: the field is empty."
SECRET_STAYS = "The secret stays: type over it to replace it."

SECRET_KEPT = "A secret is never copied."
COPIED = "The text is sent to the terminal's clipboard, if the terminal has one."

HINT_LINES, PROBLEM_LINES = 3, 6
"""The maximum number of lines of a field's help, which F1 shows whole, and of its problem."""

FILLED_IN = "••••••••"
"""Stands for a secret that is in memory."""

UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


class TextInput(Input):
    """One line of text. The cursor does not blink: an idle screen sends no bytes."""

    def __init__(self, value: str = "", **options: Any) -> None:
        super().__init__(value, validate_on=(), select_on_focus=False, **options)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        """The text to draw. Unprintable characters are replaced by a character of the same width."""
        text = super()._value
        text.plain = "".join(c if c.isprintable() else UNPRINTABLE for c in text.plain)
        return text

    def render_line(self, y: int) -> Strip:
        """A text that is too long shows its beginning and its end; with the focus, an ellipsis at each end if cut."""
        text, width = self._value.plain, self.size.width
        line = super().render_line(y)
        if self.has_focus and self.value:
            return self._with_marks(line, text, width)
        if not self.value or cell_len(text) <= width:
            return line
        return Strip([Segment(shorten(text, width))]).apply_style(self.rich_style)

    def _with_marks(self, line: Strip, text: str, width: int) -> Strip:
        """The line with a mark at each end beyond which there is text, unless the cursor is there."""
        start = self.scroll_offset.x
        cursor = cell_len(text[: self.cursor_position]) - start
        mark = Strip([Segment("…")]).apply_style(self.rich_style)
        if start > 0 < cursor:
            line = Strip.join([mark, line.crop(1)])
        if cell_len(text) - start > width > cursor + 1:
            line = Strip.join([line.crop(0, width - 1), mark])
        return line

    def on_focus(self, event: events.Focus) -> None:
        """Shows the cursor, also in a text that has become too long without the focus."""
        cursor = Region(cell_len(self._value.plain[: self.cursor_position]), 0, 1, 1)
        self.scroll_to_region(cursor, force=True, animate=False)

    def on_paste(self, event: events.Paste) -> None:
        if len(event.text.splitlines()) > 1:
            self.call_later(self.call_later, self.post_message, NoticePosted(ONE_LINE))  # after the event of the text

    def on_key(self, event: events.Key) -> None:
        action = getattr(self, f"action_{EDIT_KEYS.get(event.key, '')}", None)
        if action:
            event.stop()
            event.prevent_default()
            action()


class Field(TextInput):
    """One answer as a line of text. An invalid text does not change the answer; `problem` contains the reason."""

    def __init__(self, key: str, spec: AnswerField, value: object, default: object = None) -> None:
        text = show(spec, value)
        example = f"e.g. {spec.example}" if spec.example else HINTS.get(spec.kind, "") or spec.help
        shown_default = show(spec, default) or spec.empty
        hint = f"empty: {shown_default}" if shown_default else example
        super().__init__(text, placeholder=hint, password=_is_masked(spec, text), id=f"field-{key}")
        self.hint = hint
        """The whole text of the placeholder. A narrow field shows only its beginning."""
        self.key = key
        self.spec = spec
        self.chosen: str | None = None
        """The text that was chosen last from the list, or restored; None if none was."""
        self.problem = ""
        """The reason why the text is not a valid answer; empty for a valid answer."""
        self.first = self._other = self.value
        """The text of when the wizard first opened the page, and the one that Ctrl+Z restores."""
        self.valid = self.value
        """The newest valid answer from which an edit began."""
        self.is_changed = self._other_is_edit = False
        """True if the text was typed or chosen since the field got the focus, and the same for the other text."""
        self.is_chosen = False
        """True if a choice was made in the list since the field got the focus, also that of the present text."""
        self._is_restored = False
        """True if the other text is the newer one, because Ctrl+Z has restored the present one."""

    def on_focus(self, event: events.Focus) -> None:
        self._end_edit()
        self.is_chosen = False
        if self.password:
            self.select_all()  # the old secret is not visible, so typing replaces it

    def _end_edit(self) -> None:
        self._other, self.is_changed, self._other_is_edit = self.value if self.is_secret else self.first, False, False
        self._is_restored = False
        self.valid = self.valid if self.problem else self.value

    def watch_value(self, before: str, value: str) -> None:
        """Begins an edit with its first key: Ctrl+Z restores the text that is shown then. A reference is no secret."""
        if not self.is_mounted:
            return
        self.password = _is_masked(self.spec, value)
        if not self.is_changed:
            self.is_changed, self._other, self._other_is_edit, self._is_restored = True, before, False, False
            self.valid = self.valid if self.problem else before
        elif value == self._other:
            self._end_edit()

    def on_key(self, event: events.Key) -> None:
        """Says why a key that deletes does nothing; the filled-in secret of an empty field is no text."""
        if not self.value and EDIT_KEYS.get(event.key, "").startswith("delete"):
            self.post_message(NoticePosted(SECRET_STAYS if self.hint.startswith(FILLED_IN) else NOTHING_TO_DELETE))

    @property
    def is_secret(self) -> bool:
        """True if the answer is a secret or a reference to one."""
        return self.spec.kind == "secret"

    @property
    def can_restore(self) -> bool:
        """True if Ctrl+Z has another text to restore."""
        return self.value != self._other

    @property
    def restore_word(self) -> str:
        """What Ctrl+Z does: "restore" the earlier text, or "redo" with the newer one; "" if it has no other text."""
        return ("redo" if self._is_restored else "restore") if self.can_restore else ""

    def action_restore(self) -> None:
        """Restores the text from which the edit began; the next time, restores the newer text.

        A text that is not edited since the field got the focus becomes that of when the wizard first opened the page.
        """
        if not self.can_restore:
            self.post_message(NoticePosted(NO_SECRET_TO_RESTORE if self.is_secret else NOTHING_TO_RESTORE))
            return
        text, is_edit, self._other_is_edit = self._other, self._other_is_edit, self.is_changed
        self.is_changed, self._other, self.value = True, self.value, text
        self.is_changed, self.is_chosen, self._is_restored = is_edit, False, not self._is_restored
        self.chosen = self.chosen if is_edit else text  # the earlier text was tried before
        self.cursor_position = len(text)

    def action_copy_text(self) -> None:
        """Copies the text to the clipboard of the terminal, unless it is a secret, which is masked."""
        if not self.password:
            self.app.copy_to_clipboard(self.value)
        self.post_message(NoticePosted(SECRET_KEPT if self.password else COPIED))

    @property
    def names(self) -> list[str]:
        """The parts of a list of names."""
        return [name.strip() for name in self.value.split(",") if name.strip()]

    def text_of(self, choice: Choice) -> str:
        """The text of a choice in this field."""
        return choice.value if isinstance(choice.value, str) else show(self.spec, choice.value)

    @property
    def help(self) -> str:
        """The help of the answer in the words of the wizard."""
        return in_wizard(self.spec.help)

    @property
    def full_help(self) -> str:
        """The help of the answer, with an example."""
        if self.is_secret:
            return f"{self.help}\nHow: {HINTS['secret']}."
        return f"{self.help}\nSuch as: {self.spec.example}" if self.spec.example else self.help

    @property
    def is_hidden(self) -> bool:
        """True if the row of the field is not shown, because the field is advanced or does not apply."""
        row = cast(Widget, self.parent)
        is_folded = row.has_class("advanced") and not cast(Widget, row.parent).has_class("all")
        return is_folded or row.has_class("unused")

    def unhide(self) -> None:
        """Shows the row of the field, also if the field is advanced."""
        cast(Widget, self.parent).remove_class("advanced", "unused")

    def on_resize(self, event: events.Resize) -> None:
        self.placeholder = truncate(self.hint, event.size.width)

    def show_hint(self, hint: str) -> None:
        """Shows another hint while the field is empty."""
        self.hint = hint
        self.placeholder = truncate(self.hint, self.size.width) if self.size.width else self.hint

    def set_choice(self, choice: Choice | None) -> None:
        """Writes a choice into the field instead of its text."""
        if choice is None:
            return
        text = self.text_of(choice)
        self.chosen = self.value = text
        self.is_chosen = True
        is_long = len(text) >= self.content_size.width and self.spec.kind != "list"
        self.cursor_position = 0 if is_long else len(text)  # a fingerprint is compared from its beginning


class Hint(Static):
    """A help or a problem. Its place is as high as the longest help of the form, so that help never moves the page."""

    def __init__(self) -> None:
        super().__init__("", id="hint")

    def show(self, text: str, helps: Iterable[str], is_problem: bool = False) -> None:
        """Shows a text; a problem has its sign. `helps`: those of all visible fields."""
        shown_text = f"{GLYPHS['failure']} {text}" if is_problem else text
        lines = self._lines(shown_text, PROBLEM_LINES if is_problem else HINT_LINES)
        self.set_class(is_problem, "problem")
        self.styles.height = max(len(lines), *(len(self._lines(text)) for text in helps), 1)
        self.update(Content("\n".join(lines)))

    def clear(self) -> None:
        """Shows nothing in the same place, unless it shows a problem."""
        if not self.has_class("problem"):
            self.update("")

    def _lines(self, text: str, limit: int = HINT_LINES) -> list[str]:
        return wrap_lines(text, self.screen.query_one("#checks").size.width - 1, "", limit)


def _is_masked(spec: AnswerField, text: str) -> bool:
    """True if a text is a secret, not a reference to one."""
    return spec.kind == "secret" and not names_secret(text)
