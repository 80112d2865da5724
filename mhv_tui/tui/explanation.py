"""The dialog that explains a finding. The keys of the finding act there too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from mhv_tui.core.findings import Finding
from mhv_tui.tui.dialogs import BACK, TextViewer
from mhv_tui.tui.keys import KeyLine, short
from mhv_tui.tui.render import COPIED, KeyHint, copied_text, result_word, wrap_lines
from mhv_tui.tui.wording import FILL_IN

COPY, SCROLL = KeyHint("y", "copy"), KeyHint("↑ ↓", "scroll")

LABEL = 11
"""The column in which the paragraphs of an explanation begin."""


PARAGRAPHS = {
    ("f", "fix"): ("Fix", "{does}"),
    ("f", FILL_IN): ("Fix", "press f to {does}"),
    ("a", "withdraw"): ("Undo", "press a to withdraw the acceptance"),
}
"""A key and its word in the last line -> label and text of the paragraph about what the key does."""


def with_keys(text: str, keys: Sequence[KeyHint]) -> str:
    """The explanation with what the keys of PARAGRAPHS do, before the paragraph about what mhv-tui does."""
    before, action, after = text.partition("\nAction: ")
    width = max(map(len, text.splitlines()))
    for hint in keys:
        label, does = PARAGRAPHS.get((hint.key, short(hint).does), ("", ""))
        lines = wrap_lines(does.format(does=hint.does.replace(f"{FILL_IN}:", FILL_IN)), width, " " * LABEL)
        before += f"\n{label}:".ljust(LABEL + 1) + "\n".join(lines)[LABEL:] if does and action else ""
    return before + action + after


class Explanation(TextViewer):
    """A finding with its entry in the catalogue, after the sentence of the table's `cell` that the finding is about.

    `keys`: those that act on the finding.
    Returns the one of these keys that was pressed, on which the screen below acts; None for Esc.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("y", "copy", "Copy"), ("x", "dismiss(None)", "Back")]

    def __init__(self, finding: Finding, text: str, keys: Sequence[KeyHint], cell: str = "") -> None:
        before = f"{cell}\n\n" if cell else ""
        super().__init__(f"{finding.code} {result_word(finding)}", before + with_keys(text, keys))
        self._finding = finding
        self._keys = [short(hint) for hint in keys]
        for hint in keys:
            self._bindings.bind(hint.key, f"dismiss({hint.key!r})")

    def show_keys(self) -> None:
        """Shows the keys that act, those that scroll only if there is more to show."""
        self.query_one(KeyLine).show([*self._keys, COPY, BACK, *([SCROLL] if self.scrolls else [])])

    def action_copy(self) -> None:
        """Copies the finding with its remedy to the clipboard of the terminal."""
        self.app.copy_to_clipboard(copied_text(self._finding))
        self.query_one(KeyLine).notice(COPIED.format(name=self._finding.code))
