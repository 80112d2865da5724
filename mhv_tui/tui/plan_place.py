"""The place in the plan from which a page was opened, and the way back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import App

from mhv_tui.core.frozen import dataclass
from mhv_tui.tui.page import Page

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard


@dataclass(frozen=True)
class PlanPlace:
    """What the plan shows again when it is opened from a page that was opened there."""

    row: str = ""
    """The key of the current row; "" for the first one."""
    opened: frozenset[str] = frozenset()
    """The ids of the changes whose preview is shown."""
    origin: str = ""
    """The id of the page from which the plan was opened first."""


async def leave_plan(wizard: Wizard) -> None:
    """Closes the plan and shows the page from which it was opened, also if another page was opened there since then."""
    wizard.pop_screen()
    page = wizard.screen
    if isinstance(page, Page) and page.plan_place and not page.focus_invalid():
        await wizard.show_page(page.plan_place.origin)


def close_to_page(app: App[int], place: PlanPlace | None) -> PlanPlace | None:
    """Closes the screens above the page; returns the place with the page to which the plan leads back from there."""
    while not isinstance(app.screen, Page):
        app.pop_screen()
    below = app.screen
    return place and replace(place, origin=below.plan_place.origin if below.plan_place else below.step_id)
