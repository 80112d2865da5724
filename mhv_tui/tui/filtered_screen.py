"""A screen with one list and a text filter above it. The filter is shown only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.containers import Horizontal
from textual.widgets import Input, Label, OptionList

from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.keys import KeyLine, filter_keys
from mhv_tui.tui.screens import WizardScreen

NO_ROWS = "Nothing matches the filter: correct it, or Esc shows all."


class FilteredScreen(WizardScreen[None]):
    """The keys of the filter: `/` opens it, Enter and Down go to the list, `close_filter` removes it."""

    AUTO_FOCUS: ClassVar[str | None] = ""  # else the hidden filter has the focus in the first frame
    DEFAULT_CSS = """
    FilteredScreen .filter { display: none; height: 1; margin-bottom: 1; }
    FilteredScreen .filter.shown { display: block; }
    FilteredScreen .filter Label { width: auto; }
    FilteredScreen .filter TextInput { width: 1fr; }
    """

    _before_filter = ""
    """The key of the row that was current when the filter was opened."""

    def filter_line(self, searched: str) -> Horizontal:
        """The line of the filter. `searched`: the parts of a row in which it searches."""
        return Horizontal(Label("filter: "), TextInput(placeholder=f"a part of {searched}"), classes="filter")

    @property
    def current_key(self) -> str:
        """What identifies the current row; "" without one."""
        raise NotImplementedError

    def show_rows(self, key: str = "") -> None:
        """Fills the list with the rows that match the filter. The row with this key becomes current, else the same."""
        raise NotImplementedError

    @property
    def filter_text(self) -> str:
        """The text that rows must contain, in small letters."""
        return self.query_one(Input).value.lower()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def action_filter(self) -> None:
        """Opens the filter."""
        self._before_filter = self.current_key
        self.query_one(".filter").add_class("shown")
        self.query_one(Input).focus()

    def show_keys(self) -> None:
        """Shows the keys of the list in the last line."""
        raise NotImplementedError

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            self._show_filter_keys()
        else:
            self.show_keys()

    def _show_filter_keys(self) -> None:
        """Shows the keys of the filter; Enter only if it goes to a list with rows."""
        self.query_one(KeyLine).show(filter_keys()[0 if self._has_rows else 1 :])

    @property
    def _has_rows(self) -> bool:
        return self.query_one(OptionList).option_count > 0

    def close_filter(self) -> bool:
        """Removes the filter. Returns False if there is none.

        The row from which the filter was opened becomes current again, unless the operator has gone to another one.
        """
        line, field = self.query_one(".filter"), self.query_one(Input)
        if not line.has_class("shown"):
            return False
        key = self._before_filter if field.has_focus else self.current_key
        with self.prevent(Input.Changed):
            field.value = ""
        line.remove_class("shown")
        self.query_one(OptionList).focus()
        self.show_rows(key)
        return True

    def on_input_changed(self) -> None:
        self.show_rows(self._before_filter)
        if self.query_one(Input).has_focus:
            self._show_filter_keys()

    def on_input_submitted(self) -> None:
        self._go_to_list()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and self.query_one(Input).has_focus:
            self._go_to_list()
            event.stop()

    def _go_to_list(self) -> None:
        """Leaves the filter for the list, unless nothing matches: then letters still change the filter."""
        if self._has_rows:
            self.query_one(OptionList).focus()
        else:
            self.query_one(KeyLine).notice(NO_ROWS)
