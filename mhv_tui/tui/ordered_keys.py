"""Keys act one after the other, also if they arrive together, as over a slow line or typed ahead."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode

from mhv_tui.tui.session_app import SessionApp

ROUNDS = 3
"""How often the widgets from the focused one up to the app handle their messages before the next key acts.

In the first round the key acts; in the others, what it posted, such as the choice of a row, and a screen that it opened
gets its focus.
"""

LONGEST = 0.5
"""Seconds after which the next key acts in any case."""


class OrderedKeysApp(SessionApp):
    """An app in which a key or a paste acts when the one before has acted, and goes where that one has led."""

    _acting: events.Key | events.Paste | None = None
    """The key that acts at present, or the last one."""
    is_repeated = False
    """True if the key that acts at present repeats the one before, as every second one does."""
    _passing: asyncio.Task[None] | None = None
    """Passes on the keys."""
    _typed: deque[events.Key | events.Paste]
    """The keys that have not acted yet."""

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded or event is self._acting:
            await super().on_event(event)
            return
        if self._passing is None or self._passing.done():
            self._typed = deque([event])
            self._passing = asyncio.create_task(self._act_in_order())  # begins at once from Python 3.12 on
        else:
            self._typed.append(event)

    async def _act_in_order(self) -> None:
        while self._typed:
            before, self._acting = self._acting, self._typed.popleft()
            self.is_repeated = _is_same(before, self._acting) and not self.is_repeated
            self.post_message(self._acting)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_acted(), LONGEST)

    async def _has_acted(self) -> None:
        await _handled(self)
        for _ in range(ROUNDS):
            for node in (self.focused or self.screen).ancestors_with_self if self.screen_stack else ():
                await _handled(node)


def _is_same(one: events.Key | events.Paste | None, other: events.Key | events.Paste) -> bool:
    return isinstance(one, events.Key) and isinstance(other, events.Key) and one.key == other.key


async def _handled(node: DOMNode) -> None:
    """Returns when a node has handled the messages that it has now, or is removed."""
    handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if node.call_later(handled.set_result, None):
        ends: set[asyncio.Future[None]] = {handled}
        if node.is_running and not isinstance(node, App):  # a running app has no task of its own
            ends.add(node.task)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
