"""The dialog that explains a finding. The keys of the finding act there too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from mhv_tui.core.findings import Finding
from mhv_tui.tui.dialogs import BACK, TextViewer
from mhv_tui.tui.keys import KeyLine, short
from mhv_tui.tui.render import COPIED, KeyHint, copied_text, result_word, wrap_lines

COPY, SCROLL = KeyHint("y", "copy"), KeyHint("↑ ↓", "scroll")

LABEL = 11
"""The column in which the paragraphs of an explanation begin."""


def with_fix(text: str, keys: Sequence[KeyHint]) -> str:
    """The explanation with what the fix does, if `f` plans one, before the paragraph that names the keys."""
    fix = next((hint.does for hint in keys if short(hint) == KeyHint("f", "fix")), "")
    before, action, after = text.partition("\nAction: ")
    lines = wrap_lines(fix, max(map(len, text.splitlines())), " " * LABEL)
    return "".join([before, "\nFix:".ljust(LABEL + 1), "\n".join(lines)[LABEL:], action, after]) if fix else text


class Explanation(TextViewer):
    """A finding with its entry in the catalogue. `keys`: those that act on the finding.

    Returns the one of these keys that was pressed, on which the screen below acts; None for Esc.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("y", "copy", "Copy"), ("x", "dismiss(None)", "Back")]

    def __init__(self, finding: Finding, text: str, keys: Sequence[KeyHint]) -> None:
        super().__init__(f"{finding.code} {result_word(finding)}", with_fix(text, keys))
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
