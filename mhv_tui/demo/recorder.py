"""Records what a backend answers, so that the answers can become a simulated world: see `demo.recorded`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from mhv_tui.core.errors import FindingError
from mhv_tui.core.ports import Backend

SYSTEMS = ("vcenter", "cloud", "node")
"""The methods of a backend that open a connection, whose calls are recorded as well."""


@dataclass(frozen=True)
class Call:
    """One call of a backend and its result, or the error that it raised."""

    system: str
    """backend, local, or one of SYSTEMS."""
    opened_with: Any
    """The login or SSH host that opened the connection; None for backend and local."""
    method: str
    arguments: tuple[Any, ...]
    time: datetime
    """The time of the backend when the call began."""
    result: Any = None
    error: FindingError | None = None


def recording(backend: Backend) -> tuple[Backend, Sequence[Call]]:
    """The same backend, and the list to which each of its calls is added."""
    calls: list[Call] = []
    return cast(Backend, _Recorder(backend, backend, calls)), calls


class _Recorder:
    """Passes every call of a port on and records it."""

    def __init__(
        self, port: object, backend: Backend, calls: list[Call], system: str = "backend", opened_with: object = None
    ) -> None:
        self._port, self._backend, self._calls = port, backend, calls
        self._system, self._opened_with = system, opened_with

    def __getattr__(self, name: str) -> object:
        value = getattr(self._port, name)
        if name == "local":
            return _Recorder(value, self._backend, self._calls, "local")
        if not callable(value) or name == "reveal":
            return value

        def recorded(*arguments: object, **options: object) -> object:
            values, time = (*arguments, *options.values()), self._backend.now()
            try:
                result = value(*arguments, **options)
            except FindingError as error:
                self._calls.append(Call(self._system, self._opened_with, name, values, time, error=error))
                raise
            self._calls.append(Call(self._system, self._opened_with, name, values, time, result))
            opens = self._system == "backend" and name in SYSTEMS
            return _Recorder(result, self._backend, self._calls, name, values[0]) if opens else result

        return recorded
