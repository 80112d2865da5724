"""A request to stop the run. Signals and screens set it; the engine reads it between changes and in waits."""

from __future__ import annotations

import threading

from mhv_tui.core.errors import Cancelled


class Stop:
    """A flag with the exit code: 130 for the operator, 129 for a hangup, 143 for a termination."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.code = 130
        self.on_hold = False
        """True while the operator is asked whether to continue: the current change ends, and no other one begins."""

    def request(self, code: int = 130) -> None:
        """Ask the run to end after the current change. The first code counts."""
        if not self._event.is_set():
            self.code = code
            self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def raise_between_changes(self) -> None:
        """Called between two changes: waits while on hold. Raises Cancelled if a stop was requested."""
        while self.on_hold and not self.requested:
            self._event.wait(0.1)
        if self.requested:
            raise Cancelled(self.code)

    def raise_in_wait(self) -> None:
        """Called in long waits inside a change. Raises Cancelled only if the operator asked, not on a lost terminal."""
        if self.requested and self.code == 130:
            raise Cancelled(self.code)
