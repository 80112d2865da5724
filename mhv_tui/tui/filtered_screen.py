"""A screen with one list and a text filter above it. The filter is shown only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.widgets import Input, OptionList

from mhv_tui.tui.keys import KeyLine, filter_keys
from mhv_tui.tui.screens import WizardScreen


class FilteredScreen(WizardScreen[None]):
    """The keys of the filter: `/` opens it, Enter and Down go to the list, `close_filter` removes it."""

    AUTO_FOCUS: ClassVar[str | None] = ""  # else the hidden filter has the focus in the first frame

    def show_rows(self) -> None:
        """Fills the list with the rows that match the filter."""
        raise NotImplementedError

    @property
    def filter_text(self) -> str:
        """The text that rows must contain, in small letters."""
        return self.query_one(Input).value.lower()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def action_filter(self) -> None:
        """Opens the filter."""
        self.query_one(Input).add_class("shown")
        self.query_one(Input).focus()

    def show_keys(self) -> None:
        """Shows the keys of the list in the last line."""
        raise NotImplementedError

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            self.query_one(KeyLine).show(filter_keys())
        else:
            self.show_keys()

    def close_filter(self) -> bool:
        """Removes the filter. Returns False if there is none."""
        field = self.query_one(Input)
        if not field.has_class("shown"):
            return False
        field.value = ""
        field.remove_class("shown")
        self.query_one(OptionList).focus()
        self.show_rows()
        return True

    def on_input_changed(self) -> None:
        self.show_rows()

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and self.query_one(Input).has_focus:
            self.query_one(OptionList).focus()
            event.stop()
