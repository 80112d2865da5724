"""The one file that a simulated world lives in: read once, written whole after every operation, so that a killed
process leaves what had happened. It knows nothing of vCenters or clouds.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Never

from mhv_tui.core.answerfile import write_atomic
from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.domain import catalogue

State = dict[str, Any]

DIE = "die"
DIE_BEFORE = "die-before"
"""Values of state["faults"] that end the process: once the operation is half done (or done), or before it. "die:3": the
third time."""

HELD = {"scene": str, "clock": float, "made": int, "faults": dict, "cloud": dict, "vcenters": dict, "machines": dict}
"""What every world's state has, whatever is in it."""


def fail(code: str, detail: str, subject: str = "", remedy: str | None = None) -> Never:
    """Says no as the adapters do. Raises FindingError."""
    raise FindingError(catalogue.finding(code, "failure", detail, subject=subject, remedy=remedy))


class Store:
    """The state, its clock and its faults. `state["faults"]`: operation -> catalogue code, "die" or "die-before"."""

    def __init__(self, path: Path, make: Callable[[], State], pace: float = 0.0) -> None:
        self.path = path
        self.pace = pace
        self._writing = threading.Lock()
        self.state: State = read(path) if path.exists() else make()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.save()

    def save(self) -> None:
        """Everything that happened so far, on disk. Raises OSError."""
        with self._writing:
            write_atomic(self.path, json.dumps(self.state, ensure_ascii=False))

    def now(self) -> datetime:
        """The simulated time, UTC."""
        return datetime.fromtimestamp(self.state["clock"], UTC)

    def spend(self, seconds: float, units: float = 0.0) -> None:
        """Lets the simulated clock jump; waits really for `units` of the pace, so that a person can follow."""
        self.state["clock"] += seconds
        self.save()
        if self.pace and units:
            time.sleep(self.pace * units)

    def fresh_id(self) -> str:
        """The next UUID of this world; the same in every run of the same story."""
        self.state["made"] = self.state.get("made", 0) + 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mhv-tui demo {self.state['made']}"))

    def refuse(self, operation: str) -> None:
        """Raises FindingError where the state's faults say that this operation fails."""
        fault = self.state.get("faults", {}).get(operation, "")
        if fault == DIE_BEFORE:
            self._die(operation)
        if fault and fault.partition(":")[0] != DIE:
            fail(fault, f"{operation} was refused, as this simulated world was told to")

    def midway(self, operation: str) -> None:
        """Ends the process where the faults say so: what happened so far is kept."""
        fault, _, times = self.state.get("faults", {}).get(operation, "").partition(":")
        if fault != DIE:
            return
        if int(times or 1) <= 1:
            self._die(operation)
        self.state["faults"][operation] = f"{DIE}:{int(times) - 1}"

    @contextmanager
    def operation(self, name: str) -> Iterator[State]:
        """Around everything that changes the world: refused before, persisted after."""
        self.refuse(name)
        yield self.state
        self.save()
        self.midway(name)

    def _die(self, operation: str) -> Never:
        del self.state["faults"][operation]
        self.save()
        os._exit(137)


def read(path: Path) -> State:
    """The state that a file holds. Raises UsageError."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _strange(path, str(error)) from None
    if not isinstance(state, dict):
        raise _strange(path, "it holds no table")
    wrong = [key for key, kind in HELD.items() if not isinstance(state.get(key), kind)]
    if wrong:
        raise _strange(path, f"{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} not as we write it")
    return state


def _strange(path: Path, why: str) -> UsageError:
    return UsageError(f"{path}: is not a simulated world: {why}", "start anew with --fresh")
