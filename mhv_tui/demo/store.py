"""Stores the state of a simulated world in one JSON file: reads it once and writes it after every operation.

So a killed process loses no state. This module knows nothing about vCenters or clouds.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Never, TypeVar

from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.core.files import write_atomic
from mhv_tui.core.paths import read_regular
from mhv_tui.domain import catalogue

T = TypeVar("T", bound=type[Any])
R = TypeVar("R")

State = dict[str, Any]
LIMIT = 256 << 20
"""Bytes of the largest file with a state."""

DIE = "die"
DIE_BEFORE = "die-before"
"""Values of state["faults"] that end the process in the middle of the operation or before it.

"die:3" ends it at the third time. An operation without progress ends the process when it is done.
"""

REQUIRED = {
    "scene": str,
    "clock": float,
    "made": int,
    "faults": dict,
    "cloud": dict,
    "vcenters": dict,
    "machines": dict,
}
"""The keys that the state of every scene must have, with the types of their values."""


def fail(code: str, detail: str, subject: str = "", remedy: str | None = None) -> Never:
    """Raises the FindingError that a real adapter would raise."""
    raise FindingError(catalogue.finding(code, "failure", detail, subject=subject, remedy=remedy))


class Store:
    """The state with its clock and faults.

    `state["faults"]` maps operations to a catalogue code, with a detail behind a space if one must be shown, or to DIE
    or DIE_BEFORE.
    """

    def __init__(self, path: Path, make: Callable[[], State], pace: float = 0.0) -> None:
        self.path = path
        self.pace = pace
        self.latency = 0.0
        """Real seconds that each operation takes."""
        self.calls: Counter[str] = Counter()
        """Operation -> how often it was called."""
        self.turn = threading.Condition(threading.RLock())
        """Whose turn it is: only one thread at a time reads or changes the state."""
        self._writing = threading.Lock()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, json.dumps(make(), ensure_ascii=False), only_new=True)
        self._version = _version(path)
        self.state: State = read(path)

    def save(self) -> None:
        """Writes the state to disk. Raises OSError."""
        with self._writing:
            write_atomic(self.path, json.dumps(self.state, ensure_ascii=False))
            self._version = _version(self.path)

    def refresh(self) -> bool:
        """Reads the state again if another process wrote it since; True if so. Raises UsageError."""
        with self._writing:
            version = _version(self.path)
            if version == self._version:
                return False
            self._version = version
            self.state = read(self.path)
            return True

    def now(self) -> datetime:
        """Returns the simulated time in UTC."""
        return datetime.fromtimestamp(self.state["clock"], UTC)

    def advance_clock(self, seconds: float, pace_units: float = 0.0) -> None:
        """Moves the simulated clock forward and waits `pace_units` times the pace, so that a person can follow."""
        self.state["clock"] += seconds
        self.save()
        self._let_others(self.pace * pace_units)

    def _let_others(self, seconds: float) -> None:
        """Waits so many real seconds, in which other threads have their turn."""
        if seconds:
            with self.turn:
                self.turn.wait(seconds)

    def new_id(self) -> str:
        """Returns the next UUID of this world. The same operations always create the same UUIDs."""
        self.state["made"] = self.state.get("made", 0) + 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mhv-tui demo {self.state['made']}"))

    def raise_fault(self, operation: str, host: str = "") -> None:
        """Raises FindingError, or ends the process, if the state's faults request this for the operation.

        A fault of "operation@host" is only for that machine.
        """
        self.calls[operation] += 1
        self._let_others(self.latency)
        faults = self.state.get("faults", {})
        fault = faults.get(f"{operation}@{host}") or faults.get(operation, "")
        if fault == DIE_BEFORE:
            self._die(operation)
        if fault and fault.partition(":")[0] != DIE:
            code, _, detail = fault.partition(" ")
            fail(code, detail or f"the simulated world makes {operation} fail on purpose")

    def die_if_requested(self, operation: str) -> None:
        """Ends the process if the state's faults request this. The state so far is saved."""
        fault, _, times = self.state.get("faults", {}).get(operation, "").partition(":")
        if fault != DIE:
            return
        if int(times or 1) <= 1:
            self._die(operation)
        self.state["faults"][operation] = f"{DIE}:{int(times) - 1}"

    @contextmanager
    def operation(self, name: str) -> Iterator[State]:
        """Wraps an operation that changes the world: applies its faults and saves the state at the end."""
        self.raise_fault(name)
        yield self.state
        self.save()
        self.die_if_requested(name)

    def _die(self, operation: str) -> Never:
        del self.state["faults"][operation]
        self.save()
        os._exit(137)


def in_turn(cls: T) -> T:
    """Class decorator: every public method waits for its turn in the world of `self._store`."""
    for name, method in list(vars(cls).items()):
        if not name.startswith("_") and callable(method):
            setattr(cls, name, _in_turn(method))
    return cls


def _in_turn(method: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(method)
    def call(self: Any, *args: object, **options: object) -> R:
        with self._store.turn:
            return method(self, *args, **options)

    return call


def _version(path: Path) -> tuple[int, int]:
    """Differs after each write. (0, 0) if the file is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def read(path: Path) -> State:
    """Reads the state from a file. Raises UsageError if the file is not a simulated world."""
    try:
        state = json.loads(read_regular(path, LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        raise _invalid(path, str(error)) from None
    if not isinstance(state, dict):
        raise _invalid(path, "the file contains no JSON object")
    wrong = [key for key, kind in REQUIRED.items() if not isinstance(state.get(key), kind)]
    if wrong:
        raise _invalid(path, f"these keys are missing or have the wrong type: {', '.join(wrong)}")
    return state


def scene_of(path: Path) -> str:
    """Returns the scene in a state file; "" if the file does not exist. Raises UsageError for any other file."""
    if not path.exists():
        return ""
    return str(read(path)["scene"])


def accepted_secrets(path: Path) -> dict[str, str]:
    """Returns the made-up passwords of the accounts whose typed passwords were right, by the label of the secret.

    Raises UsageError for a file that is not a simulated world.
    """
    state = read(path) if path.exists() else {}
    accounts = state.get("accepted", {}).items()
    return {label: state["vcenters"][name]["users"][user]["password"] for label, (name, user) in accounts}


def _invalid(path: Path, reason: str) -> UsageError:
    return UsageError(f"{path} is not the state of a simulated world: {reason}", "start again with --fresh")
