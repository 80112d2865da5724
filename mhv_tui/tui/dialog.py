"""The base of all dialogs: a dialog closes once, also if two keys that close it arrive at the same time."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.screens import NO_KEY, WizardScreen

T = TypeVar("T")


class Dialog(ModalScreen[T], WizardScreen[T], Generic[T]):
    """A screen above another screen that returns one result."""

    closes_on_interrupt: ClassVar[bool] = True
    """False if Ctrl+C acts in this dialog as it does without it."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Closes the dialog with a result. Does nothing if it is closed already; else the screen below would close."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def refuse(self, key: str) -> None:
        """Says that a key does nothing here, and which keys act."""
        for line in self.query(KeyLine):
            line.explain(f"{NO_KEY.format(key=key)} ")
