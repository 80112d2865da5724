"""The list of choices of a page's field: opens it, if a check is running or waiting as soon as this check ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.widgets import Input

from mhv_tui.core.steps import Choice
from mhv_tui.tui.fields import Field

if TYPE_CHECKING:
    from mhv_tui.tui.page import Page

NO_LIST = "This field has no list of choices yet: type the value, or check again (^R)."
LIST_FOLLOWS = "The list of choices opens when the checks have ended ..."


class PageList:
    """The lists of the fields of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting: Field | None = None
        """The field whose list opens as soon as the running check ends."""

    async def open(self) -> None:
        """Opens the list of the focused field; if a check is running or waiting, only after this check."""
        page, field = self._page, self._page.focused
        if not isinstance(field, Field) or not page.is_current:
            return
        if choices := page.form.choices(field):
            from mhv_tui.tui.picker import Picker

            picker = Picker(field, choices)
            await page.app.push_screen(picker, partial(self._chosen, field))
            picker.set_focus(picker.query_one(Input))
        elif page.checking or page.state.result(page.step_id) is None:
            if not page.checking:  # an answer changed, and its check has not started yet
                page.action_check()
            self._waiting = field
            page.show_hint(LIST_FOLLOWS)
        else:
            page.show_hint(NO_LIST)

    def _chosen(self, field: Field, choice: Choice | None) -> None:
        """Writes the choice into the field, and shows its keys also if its text is the same as before."""
        field.set_choice(choice)
        self._page.show_keys()

    def open_waiting(self) -> None:
        """Opens the list that waits for the check, if its field still has the focus."""
        field, self._waiting = self._waiting, None
        if field and field is self._page.focused and self._page.is_current:
            self._page.run_worker(self.open())
