"""A request to stop the run. Signals and screens make it; the engine reads it between changes and in long waits."""

from __future__ import annotations

import threading

from mhv_tui.core.errors import Cancelled


class Stop:
    """The stop request with its exit code: 130 from the operator, 129 after a hangup, 143 after SIGTERM."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.code = 130
        self.on_hold = False
        """True while the operator decides whether to continue: then no new change begins."""
        self._is_between_changes = False
        """True while the run waits between two changes."""

    def request(self, code: int = 130) -> None:
        """Requests the end of the run after the current change. A second request has no effect."""
        if not self._event.is_set():
            self.code = code
            self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    @property
    def is_waiting(self) -> bool:
        """True while the run waits for the operator's decision: nothing runs."""
        return self.on_hold and self._is_between_changes

    def raise_between_changes(self) -> None:
        """Waits while `on_hold` is True, then raises Cancelled if a stop is requested. Call it between two changes."""
        while self.on_hold and not self.requested:
            self._is_between_changes = True
            self._event.wait(0.1)
        self._is_between_changes = False
        if self.requested:
            raise Cancelled(self.code)

    def raise_in_wait(self) -> None:
        """Raises Cancelled if the operator, not a signal, requests a stop. Call it in long waits inside a change."""
        if self.requested and self.code == 130:
            raise Cancelled(self.code)
