"""How a run is asked to stop: a flag that signals and faces set, looked at between two changes and in long waits."""

from __future__ import annotations

import threading

from mhv_tui.core.errors import Cancelled


class Stop:
    """Set once, with the exit code to end with: 130 by the operator, 129 by a hangup, 143 by a termination."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.code = 130
        self.held = False
        """True while somebody is asked whether to go on: the change in hand is finished, and none is begun."""

    def ask(self, code: int = 130) -> None:
        """Ask the run to end after the change in hand."""
        if not self._event.is_set():
            self.code = code
            self._event.set()

    @property
    def asked(self) -> bool:
        """True once asked."""
        return self._event.is_set()

    def between(self) -> None:
        """Called between two changes: waits while held; raises Cancelled where asked."""
        while self.held and not self.asked:
            self._event.wait(0.1)
        if self.asked:
            raise Cancelled(self.code)

    def waiting(self) -> None:
        """Called in long waits inside a change: only the operator's own wish breaks them off, never a lost terminal."""
        if self.asked and self.code == 130:
            raise Cancelled(self.code)
