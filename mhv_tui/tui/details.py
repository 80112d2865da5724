"""The details of the selected row, below or beside a list. Tab goes to details that are longer than their place."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from mhv_tui.tui.render import KeyHint

SCROLL = KeyHint("Tab", "scroll")


class Details(VerticalScroll, can_focus=False):
    """A text that scrolls with the arrow keys while it has the focus, which it takes only if there is more to show."""

    class Fitted(Message):
        """The text has become longer than its place, or fits into it now."""

    def compose(self) -> ComposeResult:
        yield Static("")

    def show(self, text: Content | str) -> None:
        """Shows a text from its beginning, unless it is shown already."""
        body = self.query_one(Static)
        if body.content != text:
            body.update(text)
            self.scroll_home(animate=False)
        self.call_after_refresh(self._fit)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self.can_focus != self.is_longer:
            self.can_focus = self.is_longer
            self.post_message(self.Fitted())

    @property
    def is_longer(self) -> bool:
        """True if the text is longer than its place."""
        return self.max_scroll_y > 0

    def with_key(self, keys: Sequence[KeyHint]) -> list[KeyHint]:
        """The keys of a screen, after the first one with the key that scrolls if there is more to show."""
        return [*keys[:1], *([SCROLL] if self.can_focus else []), *keys[1:]]
