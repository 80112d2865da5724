"""The dialog that accepts a failure: what is accepted, the reason, and the last day on which it is accepted."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from mhv_tui.core.answers import Accept
from mhv_tui.core.findings import GLYPHS, Finding
from mhv_tui.core.forms import is_day, take_last_day
from mhv_tui.core.redaction import shown
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.render import COLOURS, KeyHint, wrap_lines

FRAME_COLUMNS, OTHER_ROWS = 4, 8
"""The columns of the frame, and the rows of the dialog that do not show the finding."""

KEY_COLUMNS = 9
"""The columns of a key with the blanks behind it."""

KEYS = ("Enter", "next field, then accept"), ("↑ ↓", "field"), ("^U", "delete"), ("Esc", "back")
"""The keys of the dialog, with what they do."""


class AcceptDialog(Dialog[Accept | None]):
    """Asks for the reason and the optional last day of an acceptance. Returns None if cancelled.

    `earlier` is the acceptance that the operator withdrew or that is over; the fields begin with its values, selected,
    so that typing replaces them.
    `number`: how many problems have the code of the finding, because one acceptance accepts all of them.
    """

    about = dialog_help.ACCEPT

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss(None)", "Back"),
        ("down", "move(1)", "Next field"),
        ("up", "move(-1)", "Previous field"),
    ]

    DEFAULT_CSS = """
    AcceptDialog .accept-row { height: 1; width: 100%; }
    AcceptDialog .accept-key { width: 9; }
    AcceptDialog .accept-row:focus-within .accept-key { color: $text-accent; text-style: bold; }
    AcceptDialog TextInput { width: 1fr; }
    AcceptDialog #accept-finding { margin-bottom: 1; }
    AcceptDialog #accept-problem { color: $text-warning; min-height: 1; }
    """

    def __init__(self, finding: Finding, today: date, earlier: Accept | None = None, number: int = 1) -> None:
        super().__init__()
        self._number = number
        self._finding = finding
        self._today = today
        self._earlier = earlier

    def compose(self) -> ComposeResult:
        earlier = self._earlier or Accept("", "")
        with Vertical(classes="box"):
            several = f"This accepts {self._number} problems with the code {self._finding.code}"
            yield Label(several if self._number > 1 else f"Accept {self._finding.code}", classes="title")
            yield Static("", id="accept-finding")
            with Horizontal(classes="accept-row"):
                yield Label("reason", classes="accept-key")
                yield TextInput(earlier.reason, id="accept-reason", placeholder="why this is acceptable here")
            with Horizontal(classes="accept-row"):
                yield Label("until", classes="accept-key")
                day = str(earlier.until or "")
                yield TextInput(day, id="accept-until", placeholder="last day, YYYY-MM-DD; empty: always")
            yield Static("", id="accept-problem")
        yield KeyLine([KeyHint(*key) for key in KEYS])

    def on_mount(self) -> None:
        self.query_one("#accept-reason").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Shows the check and its problem, as much of the problem as leaves room for the fields."""
        width = min(event.size.width * 9 // 10, 100) - FRAME_COLUMNS
        indent, colour = " " * KEY_COLUMNS, COLOURS[self._finding.level]
        check = wrap_lines(self._finding.title, width, indent)
        room = max((event.size.height - 1) * 9 // 10 - OTHER_ROWS - len(check), 1)
        problem = wrap_lines(self._finding.headline, width, indent, room)
        text = Content.assemble(
            f"{'expected':<{KEY_COLUMNS}}",
            "\n".join(check)[KEY_COLUMNS:],
            (f"\n{'problem':<{KEY_COLUMNS}}", colour),
            ("\n".join(problem)[KEY_COLUMNS:], "bold"),
        )
        self.query_one("#accept-finding", Static).update(text)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, TextInput):
            event.widget.select_all()

    def on_input_changed(self) -> None:
        self._show_problem("")

    def action_move(self, offset: int) -> None:
        """Focuses the field below or above, if there is one."""
        fields = list(self.query(TextInput))
        place = fields.index(self.focused) + offset if isinstance(self.focused, TextInput) else -1
        if 0 <= place < len(fields):
            fields[place].focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        reason, until = (self.query_one(f"#accept-{key}", TextInput) for key in ("reason", "until"))
        if not reason.value.strip():
            self._refuse(reason, f"reason: the text is empty; write why {self._finding.code} is acceptable here")
        elif is_day(reason.value):
            self._refuse(reason, "reason is a day: write why in words; the day goes into until")
        elif event.input is reason:
            until.focus()
        else:
            self._accept(reason.value.strip(), until)

    def _accept(self, reason: str, until: TextInput) -> None:
        try:
            day = take_last_day(until.value, self._today)
        except ValueError as error:
            self._refuse(until, f"until: {error}")
        else:
            self.dismiss(Accept(self._finding.code, reason, day))

    def _refuse(self, field: TextInput, problem: str) -> None:
        field.focus()
        self._show_problem(f"{GLYPHS['failure']} {problem}")

    def _show_problem(self, text: str) -> None:
        self.query_one("#accept-problem", Static).update(Content(shown(text)))
