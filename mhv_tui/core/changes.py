"""One missing thing to be created or edited, with its preview and its undo. The engine journals and runs changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mhv_tui.core.context import Context

Json = Any
"""What json.dumps takes."""

Receipt = Mapping[str, Json]
"""What was there before, and what we made; JSON, without secrets."""


class Change(Protocol):
    """One missing thing to be made. A frozen dataclass with JSON-able fields: same answers, same id.

    The engine journals `before` ahead of `apply` and the receipt (before + what apply returned) after it. Undo gets
    the receipt, or `before` alone where the work was killed half-way: it looks, and takes back only what we made.
    An open intent is taken up again by the change with the same fields; by one with the same id where its class says
    `keeps_first_look`. Where `before` sees all that `apply` can make, its class says `seen_whole`: then a failed apply
    after which a second `before` is as the first has made nothing, and undo has nothing to take back. A field `host` of
    type SshHost names the machine that it is made on. A class whose `in_use(ctx, receipt)` says who needs what it made
    (a sentence; "" for nobody) bars the undo of its whole session as long as somebody does.
    """

    @property
    def id(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def preview(self) -> str:
        """What will be done, as the operator may want to read it: a diff, a command, a specification."""

    def before(self, ctx: Context) -> Receipt:
        """A look right before the work: what undo has to know. Read-only."""

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Does it. Idempotent: what half-done work left is finished. Returns what was made."""

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Takes back what the receipt names, if it is still as we left it; else raises Trouble with the reason."""
