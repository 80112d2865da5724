"""The base of all screens of the wizard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from mhv_tui.tui.driver import TerminalDriver
from mhv_tui.tui.keys import KeyLine

if TYPE_CHECKING:
    from mhv_tui.engine.wizard_state import WizardState
    from mhv_tui.tui.app import Wizard

T = TypeVar("T")

NO_KEY = "{key} does nothing here."
"""The answer to a key that acts neither on a screen nor on the place with the focus."""

KEY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "delete": "Del", "insert": "Ins"},
        **{"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt"},
    }
)
"""A key, or a key that is held, as Textual names it -> its name in sentences, if this is not only capitalised."""

SMALLEST = (60, 18)
"""The columns and rows of the smallest terminal that can show a page."""


class WizardScreen(Screen[T], Generic[T]):
    """A screen that handles no event while it is removed, because some of its widgets may not exist then.

    F1 on a screen without a help of its own, such as a dialog, says what it is about, and names its keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("f1", "explain_keys", "Help")]
    about = ""
    """What F1 says before the keys."""

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Adds no tooltip and no notifications of Textual: the wizard shows neither."""

    def _compositor_refresh(self) -> None:
        """Draws the screen, unless the app drops the frame (as while it starts), or a frame of all widgets follows."""
        if not (self.app._batch_count or self._repaint_required):
            super()._compositor_refresh()

    def _screen_resized(self, size: Size) -> None:
        """Lays out the screen for another size. Textual reports the first size once more."""
        if size != self.outer_size:
            super()._screen_resized(size)

    @property
    def has_drawn(self) -> bool:
        """True as soon as the terminal got its first frame. Another driver draws each frame at once."""
        driver = self.app._driver
        return not isinstance(driver, TerminalDriver) or driver.has_drawn

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    @property
    def state(self) -> WizardState:
        """The open session."""
        return self.wizard.state

    @property
    def is_complete(self) -> bool:
        """False while the screen is built or removed."""
        return self.is_mounted and self.display

    def action_explain_keys(self) -> None:
        """Shows in the last line what this screen is about, and its keys as a sentence."""
        for line in self.query(KeyLine):
            line.explain(f"{self.about} " if self.about else "", is_help=True)

    def on_key(self, event: events.Key) -> None:
        """Answers a key that does nothing here."""
        if event.key not in self.active_bindings:
            event.stop()
            printed = (event.character or "").strip() or "Space"
            self.refuse(printed if event.is_printable else key_name(event.key))

    def refuse(self, key: str) -> None:
        """Says that a key does nothing here."""
        self.notice(f"{NO_KEY.format(key=key)} F1 explains the keys.")

    def action_say(self, text: str) -> None:
        """Shows a sentence: the action of a key that only says why it does nothing."""
        self.notice(text)

    def notice(self, text: str) -> None:
        """Shows a sentence instead of the keys until the next key."""
        self.query_one(KeyLine).notice(text)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.ScreenResume) and not self.stack_updates:
            event.refresh_styles = False  # a new screen has just computed the styles of all its widgets
        if self.display or isinstance(event, events.Unmount):
            await super().on_event(event)

    def call_after_refresh(self, callback: Callable[..., object], *args: object, **kwargs: object) -> bool:
        """Calls back after the next refresh, unless the screen is removed before."""
        return super().call_after_refresh(self._call_if_complete, partial(callback, *args, **kwargs))

    def _call_if_complete(self, callback: Callable[[], object]) -> object:
        return callback() if self.is_complete else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuses all actions of the screen while it is not complete."""
        return self.is_complete


def key_name(key: str) -> str:
    """Returns the name of a key in sentences, such as `Esc`, `^X` or `Shift+F2`. `key`: its name in Textual."""
    *held, last = key.split("+")
    if held == ["ctrl"] and len(last) == 1:
        return f"^{last.upper()}"
    return "+".join(KEY_NAMES.get(part, part.capitalize()) for part in (*held, last))


class UnseenScreen(WizardScreen[None]):
    """The screen below the first one. It has no layout: with each one Textual would draw the first screen again."""

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None: ...
