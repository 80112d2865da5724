"""A change: one thing to create or edit, with its preview and its undo. The engine journals and runs changes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from mhv_tui.core.context import Context
from mhv_tui.core.text import count, join_names

Json = Any
"""A value that json.dumps accepts."""

Receipt = Mapping[str, Json]
"""The state before a change, and the ids of what the change created; JSON without secrets."""


Effect = Literal["create", "edit", "delete", "keep"]
"""What a change does to its object. A change of several objects has the effect that matters most to the operator.

Only an undo has the effect "keep": it does nothing."""

EFFECTS: tuple[Effect, ...] = ("create", "edit", "delete")

EFFECT_GLYPHS: Mapping[Effect, str] = {"create": "+", "edit": "~", "delete": "-", "keep": "="}
"""Effect -> glyph, in every interface."""

OPPOSITES: Mapping[Effect, Effect] = {"create": "delete", "edit": "edit", "delete": "create", "keep": "keep"}
"""Effect of a change -> effect of its undo."""

NOT_JOURNALLED: Mapping[str, bool] = {"journalled": False}
"""Metadata of a field that only describes the plan: the journal has no such field, and a resumed change ignores it."""


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
    previews_diff: ClassVar[bool] = False
    """True if the preview is a unified diff, with lines of explanation before it."""
    reveals_changes: ClassVar[bool] = False
    """True if more changes of the same step can be planned only after this one."""
    resumes_any_intent: ClassVar[bool] = False
    """True if the change resumes an open intent with the same id even if other fields differ."""
    affects_others: ClassVar[bool] = False
    """True if the consequence reaches what runs already: every summary and question about the change shows it."""
    names_services: ClassVar[bool] = True
    """False if the change can start or restart services that it does not name; then its consequence says so."""
    undoes: ClassVar[str] = "undo: {summary}"
    """What `undo` does, as a summary; a name in braces is an attribute of the change."""
    is_kept: ClassVar[bool] = False
    """True if `undo` does nothing and the result of the change is kept."""

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def summary(self) -> str: ...

    @property
    @abstractmethod
    def effect(self) -> Effect: ...

    def undo_summary(self, receipt: Receipt) -> str:
        """What `undo` does with this receipt, in the form of `summary`."""
        names = re.findall(r"{(\w+)}", self.undoes)
        values = {name: getattr(self, name) for name in names}
        return self.undoes.format_map({k: ", ".join(v) if isinstance(v, tuple) else v for k, v in values.items()})

    def undo_effect(self, receipt: Receipt) -> Effect:
        """What the undo of the session does to the object, with this receipt."""
        return "keep" if self.is_kept else OPPOSITES[self.effect]

    @property
    def shared(self) -> str:
        """The id of what this change may share with changes of other targets, such as an aggregate; "" for nothing.

        Such changes are made one at a time. If it is the id of the change itself, the change belongs to all targets.
        """
        return ""

    @property
    def starts(self) -> str:
        """The stopped service that the change starts, such as `nova-compute on node1`; "" for none."""
        return ""

    @property
    def restarts(self) -> str:
        """The running service that the change restarts, such as `nova-compute on node1`; "" for none."""
        return ""

    @property
    def consequence(self) -> str:
        """A sentence about an effect of the change that its summary and preview do not show; "" for none."""
        return ""

    @property
    def deletes(self) -> str:
        """What the change deletes before it creates its object, such as `the incomplete image x`; "" for nothing."""
        return ""

    @property
    def no_undo(self) -> str:
        """A sentence about what undo does not restore; "" if it restores everything."""
        return ""

    @property
    def phases(self) -> tuple[str, ...]:
        """The names of the phases that `apply` reports with its progress, in their order."""
        return ()

    @property
    def consequences(self) -> list[str]:
        """The sentences about what is deleted, about services, about the other consequence and about undo."""
        deletes = f"First deletes {self.deletes}." if self.deletes else ""
        starts = f"Starts {self.starts}." if self.starts else ""
        restarts = f"Restarts {self.restarts}." if self.restarts else ""
        return [sentence for sentence in (deletes, starts, restarts, self.consequence, self.no_undo) if sentence]

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

    def left_nothing(self, ctx: Context, before: Receipt) -> bool:
        """True if `apply()`, which has failed, had no effect that remains; `before` is the state before it."""
        return self.detects_all_effects and self.before(ctx) == before

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        """A sentence that names what uses the result of this change; "" if nothing does. Else nothing is undone."""
        return ""


def effect_counts(changes: Iterable[Change]) -> str:
    """How many objects the changes create, edit and delete: `7 to create, 3 to edit, nothing to delete`.

    Nothing is said about deletion if a change deletes something before it creates its object.
    """
    rows = tuple(changes)
    effects = [change.effect for change in rows]
    numbers = [f"{effects.count(effect)} to {effect}" for effect in EFFECTS if effect in effects]
    deletes = "delete" in effects or any(change.deletes for change in rows)
    return ", ".join([*numbers, *([] if deletes else ["nothing to delete"])])


def effects_on_others(changes: Iterable[Change]) -> str:
    """What the changes delete first, which services they start and restart, then what they mean for what runs already.

    "" if it can say nothing.
    """
    return " ".join(_effect_sentences(tuple(changes), is_complete=True))


def _effect_sentences(rows: Sequence[Change], is_complete: bool) -> list[str]:
    """The sentences of `effects_on_others`. If more changes can follow, none is about other services."""
    consequences = dict.fromkeys(change.consequence for change in rows if change.affects_others)
    deletes = (f"First deletes {change.deletes}." for change in rows if change.deletes)
    return [text for text in (*deletes, _service_effects(rows, is_complete), *consequences) if text]


def _service_effects(rows: Sequence[Change], is_complete: bool) -> str:
    """Which services the changes start and restart: `Starts nova-compute on node1; restarts nothing.`"""
    is_complete = is_complete and not any(change.reveals_changes or not change.names_services for change in rows)
    starts = list(dict.fromkeys(change.starts for change in rows if change.starts))
    restarts = list(dict.fromkeys(change.restarts for change in rows if change.restarts))
    if not starts:
        none = "No service starts or restarts." if is_complete else ""
        return f"Restarts {join_names(restarts)}." if restarts else none
    nothing = "; restarts nothing" if is_complete else ""
    return f"Starts {join_names(starts)}{f'; restarts {join_names(restarts)}' if restarts else nothing}."


def totals(changes: Iterable[Change], is_complete: bool = True) -> str:
    """The number of changes by effect, and their effects on others; the same in every interface.

    `is_complete`: False if more changes can follow.
    """
    return " ".join(total_sentences(changes, is_complete)) or "No change."


def total_sentences(changes: Iterable[Change], is_complete: bool = True) -> list[str]:
    """The sentences of `totals`, for lines of their own; none if there is no change."""
    rows = tuple(changes)
    numbers = f"{count(len(rows), 'change')}: {effect_counts(rows)}."
    return [numbers, *_effect_sentences(rows, is_complete)] if rows else []
