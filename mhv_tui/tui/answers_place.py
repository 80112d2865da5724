"""The way from the list of all answers to the field of an answer, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mhv_tui.core.frozen import dataclass
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_place import close_to_page

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard
    from mhv_tui.tui.overview import AnswerRow


@dataclass(frozen=True)
class AnswersPlace:
    """What the list shows again when Esc opens it from a page that was opened there."""

    row: str
    """The page and the key of the current row."""
    with_defaults: bool
    """True if answers with their default values are shown."""
    origin: str
    """The id of the page from which the list was opened first."""


async def open_answer(wizard: Wizard, answer: AnswerRow, place: AnswersPlace | None, with_defaults: bool) -> None:
    """Closes the list and focuses the field of an answer. A page with a text that is not a valid answer stays open.

    `place`: that of the list, if Esc has opened it.
    """
    close_to_page(wizard, None)
    page = cast(Page, wizard.screen)
    new_place = AnswersPlace(f"{answer.step} {answer.key}", with_defaults, place.origin if place else page.step_id)
    if page.step_id != answer.step:
        if page.focus_invalid():
            return
        page = wizard.page(answer.step)
        await wizard.switch_screen(page)
    page.answers_place = new_place
    page.call_after_refresh(page.focus_field, answer.key, replaces=False)


async def leave_answers(wizard: Wizard, place: AnswersPlace | None) -> None:
    """Closes the list and shows the page from which it was opened first, also if Esc has opened it from another one."""
    wizard.pop_screen()
    page = wizard.screen
    if place and isinstance(page, Page) and not page.focus_invalid():
        page.answers_place = None
        if page.step_id == place.origin:
            page.show_keys()
        else:
            await wizard.show_page(place.origin)
