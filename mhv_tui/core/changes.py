"""A change: one thing to create or edit, with its preview and its undo. The engine journals and runs changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mhv_tui.core.context import Context

Json = Any
"""A value that json.dumps accepts."""

Receipt = Mapping[str, Json]
"""The state before a change, and the ids of what the change created; JSON without secrets."""


def change_id(kind: str, *parts: str) -> str:
    """The id of a change: its kind, the system and the object in this system, such as `drs:vc.example.org:DC0_C0`.

    A colon or a percent sign inside a part is percent-encoded, so that different parts never have the same id.
    """
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in (kind, *parts))


class Change(ABC):
    """One change: a frozen dataclass whose fields can be written as JSON. The same answers give the same id.

    The engine journals the fields and `before()` as the intent, then calls `apply()`, then journals the receipt:
    the results of `before()` and `apply()`. Undo gets the receipt, or only the result of `before()` if the run was
    killed; it reads the present state, and undoes only what this change did. A change with the same fields resumes an
    open intent. A field `host` of type SshHost names the machine on which the change works.
    """

    detects_all_effects: ClassVar[bool] = False
    """True if `before()` detects every effect of `apply()`. After a failed `apply()`, the engine calls `before()` again
    and discards the intent if the state is the same."""
    resumes_any_intent: ClassVar[bool] = False
    """True if the change resumes an open intent with the same id even if other fields differ."""

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def summary(self) -> str: ...

    @property
    def phases(self) -> tuple[str, ...]:
        """The names of the phases that `apply` reports with its progress, in their order."""
        return ()

    @abstractmethod
    def preview(self) -> str:
        """What `apply` will do, as text for the operator: a diff, a command or a specification."""

    @abstractmethod
    def before(self, ctx: Context) -> Receipt:
        """The state before the change, as undo needs it. Changes nothing."""

    @abstractmethod
    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Makes the change, or finishes it if an interrupted run began it. Returns the ids of what it created."""

    @abstractmethod
    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Undoes what the receipt names. Raises FindingError with the reason if others have edited it."""

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        """A sentence that names what uses the result of this change; "" if nothing does. Else nothing is undone."""
        return ""
