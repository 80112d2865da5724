"""A change: one thing to create or edit, with its preview and its undo. The engine journals and runs changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mhv_tui.core.context import Context

Json = Any
"""A value that json.dumps accepts."""

Receipt = Mapping[str, Json]
"""The state before the change, and what the change created; JSON, without secrets."""


def change_id(kind: str, *parts: str) -> str:
    """The id of a change: its kind, the system that it acts on, and the object there, `drs:vc.example.org:DC0_C0`.

    A colon or a percent sign inside a part is percent-encoded, so that different parts never give the same id.
    """
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in (kind, *parts))


class Change(ABC):
    """One change: a frozen dataclass with JSON-able fields, built with keywords. Same answers, same id.

    The engine journals the fields and `before()` as the intent, then calls `apply()`, then journals the receipt:
    `before()` and what `apply()` returned. Undo gets the receipt, or `before()` alone if the run was killed half-way:
    it reads the present state, and undoes only what this change did. A change with the same fields resumes an open
    intent. A field `host` of type SshHost names the machine that the change works on.
    """

    detects_all_effects: ClassVar[bool] = False
    """`before()` reveals everything that `apply()` can create. The engine then checks again after a failed apply, and
    discards the intent if nothing changed."""
    resumes_any_intent: ClassVar[bool] = False
    """An open intent of the same id is resumed even if other fields differ."""

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def summary(self) -> str: ...

    @abstractmethod
    def preview(self) -> str:
        """What `apply` will do, for the operator: a diff, a command, a specification."""

    @abstractmethod
    def before(self, ctx: Context) -> Receipt:
        """The state before the change, as undo needs it. Read-only."""

    @abstractmethod
    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Makes the change. Idempotent: it finishes what an interrupted run began. Returns what it created."""

    @abstractmethod
    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Undoes what the receipt names. Raises FindingError with the reason if something else changed it since."""

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        """What uses the result of the change, as a sentence; "" if it is unused. If it is used, nothing is undone."""
        return ""
