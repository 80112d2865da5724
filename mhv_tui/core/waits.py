"""What the threads of this process wait for: each call to another system, with its start and its time limit.

Adapters report their calls here; a screen shows the call of its check, so that a slow system has a name.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class Wait:
    """A call to a system. `limit`: the seconds after which the call fails."""

    system: str
    limit: float
    began: float

    def sentence(self, now: float) -> str:
        """Returns what is waited for and how long, such as "asking vc.example.org, 4 s of at most 12 s"."""
        return f"asking {self.system}, {now - self.began:.0f} s of at most {self.limit:.0f} s"


_waits: dict[int, tuple[Wait, ...]] = {}
"""Thread id -> the calls of the thread that have not ended; the innermost last."""


@contextlib.contextmanager
def waiting(system: str, limit: float) -> Iterator[None]:
    """Reports that this thread waits for a system in the `with` block."""
    thread, outer = threading.get_ident(), _waits.get(threading.get_ident(), ())
    _waits[thread] = (*outer, Wait(system, limit, time.monotonic()))
    try:
        yield
    finally:
        if outer:
            _waits[thread] = outer
        else:
            _waits.pop(thread, None)


def wait_of(thread: int | None) -> Wait | None:
    """Returns the innermost call of a thread; None if it waits for no system."""
    calls = _waits.get(thread, ()) if thread is not None else ()
    return calls[-1] if calls else None
