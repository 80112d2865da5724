"""The keys of a page, and the last line, which shows only keys that act at present."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Label

from mhv_tui.core.findings import Level
from mhv_tui.tui.render import KeyHint, level_word, wrap_lines
from mhv_tui.tui.wording import FILL_IN

CANCEL_FIX = KeyHint("f", "cancel the fix")
"""The key on the row of a planned fix."""

ALWAYS = ("F1", "^Q")
"""The keys that are always shown."""

FIX_ALL, CANCEL_ALL = KeyHint("f", "fix all"), KeyHint("f", "cancel all fixes")
"""The keys on a row that counts findings with fixes, and on one that counts planned fixes."""

CHECK_AGAIN = KeyHint("^R", "check")
"""The key that checks again after the operator has solved a problem outside the wizard."""

UP_FIELDS = KeyHint("↑", "fields")
"""The key that goes from the first finding to the fields."""

ESC_FOLD, ESC_ALL = KeyHint("Esc", "close"), KeyHint("Esc", "show all")
"""The keys that close an opened row that counts findings, and the filter."""

ESC_FINDINGS, ESC_PLAN, ESC_ANSWERS = (KeyHint("Esc", place) for place in ("findings", "plan", "answers"))
"""The keys that go from the table to the findings, and back from a page to the plan or to all answers."""

F1_HELP, MORE = KeyHint("F1", "help"), KeyHint("F1", "more")
"""The key of the help, also in a line that has no room for some keys."""

PAGES, NUMBERS, TARGETS = KeyHint("F3", "pages"), KeyHint("1-9", "page"), KeyHint("F6", "targets")
"""The keys that show the list of the pages, a page by its number, and all targets."""

MOVES = (KeyHint("^N/^P", "page"), KeyHint("^G", "plan"), F1_HELP, KeyHint("^Q", "quit"), KeyHint("F2", "problem"))
"""The keys that act everywhere on a page."""

LEAVING = ("^N/^P", "F6", "^G", "F3", "1-9")
"""The keys that leave a page."""

ORDER = (
    *("Enter", "f", "a", "^R", "Space", "Esc", "^N/^P", "F6", "^G", "F1", "^Q", "↑"),
    *("^T", "^Z", "F2", "/", "y", "F3", "1-9"),
)
"""The keys of a page, the most important ones first: so they follow each other in every state of a page."""

NOTICE_LINES, HELP_LINES = 2, 6
"""The most lines of a notice, and of the sentences that F1 shows in a dialog."""

GAP, KEYS, ESC_HIDES = "  ", "Keys: ", "; the first Esc only hides this line"
"""The blanks between two keys, and the beginning and the end of the sentence that F1 shows about them."""


class KeyLine(Label):
    """The last line of a screen: its keys, or a notice until the next key."""

    def __init__(self, hints: Sequence[KeyHint] = ()) -> None:
        super().__init__("", id="keys")
        self._hints = hints
        self.notice_text = ""
        """The notice that is shown; "" if none is."""

    def show(self, hints: Sequence[KeyHint], keeps_notice: bool = False) -> None:
        """Shows the keys that fit, the first ones first. `keeps_notice`: only if no notice is shown."""
        self._hints = hints = without_twin(hints)
        if keeps_notice and self.has_class("notice"):
            return
        self.notice_text = ""
        self.remove_class("notice")
        self.styles.height = 1
        self.update(keys_content(hints, self.app.size.width))

    def notice(self, text: str) -> None:
        """Shows a text instead of the keys, in more lines if one is too short."""
        limit = HELP_LINES if text.endswith(ESC_HIDES) else NOTICE_LINES
        lines = wrap_lines(text, self.app.size.width - 1, " ", limit)
        self.styles.height = len(lines)
        self.add_class("notice")
        self.notice_text = text
        self.update(Content.styled("\n".join(lines), "bold"))

    def explain(self, before: str = "", is_help: bool = False) -> None:
        """Shows the present keys as a sentence after others: for F1 on a screen without other help if `is_help`."""
        keys = "; ".join(f"{hint.key} {hint.does.strip()}" for hint in self._hints)
        self.notice(f"{before}{KEYS}{keys}{ESC_HIDES if is_help else ''}")

    def end_notice(self) -> bool:
        """Shows the keys again if a notice is shown. Returns True if that was the sentence of F1."""
        is_help = self.notice_text.endswith(ESC_HIDES)
        if self.has_class("notice"):
            self.show(self._hints)
        return is_help

    def on_resize(self) -> None:
        if self.has_class("notice"):
            self.notice(self.notice_text)
        else:
            self.show(self._hints)


def without_twin(hints: Sequence[KeyHint]) -> list[KeyHint]:
    """Returns the keys without Esc if Enter has the same word, such as "close"."""
    enter = next((hint.does for hint in hints if hint.key == "Enter"), "")
    return [hint for hint in hints if hint.key != "Esc" or hint.does != enter]


def keys_content(hints: Sequence[KeyHint], width: int) -> Content:
    """Returns a line of at most `width` columns with the keys of ALWAYS, and with the first other ones that fit.

    In a line without some keys, F1 says that there are more.
    """
    always = [hint for hint in hints if hint.key in ALWAYS]
    room = width - 1 + len(GAP) - sum(_part(hint).cell_length for hint in always)
    shown_hints = list(always)
    for hint in (hint for hint in hints if hint not in always):
        room -= _part(hint).cell_length
        if room < 0:
            break
        shown_hints.append(hint)
    has_more = len(shown_hints) < len(hints)
    line = (MORE if has_more and hint == F1_HELP else hint for hint in hints if hint in shown_hints)
    return sum(map(_part, line), Content(" ")).rstrip()


def _part(hint: KeyHint) -> Content:
    return Content.assemble((hint.key, "bold"), f" {hint.does}{GAP}")


def in_order(hints: Sequence[KeyHint], stays_open: bool) -> list[KeyHint]:
    """Returns the keys of a page in the order of ORDER.

    `stays_open`: a text of the page is not a valid answer, so that the keys that leave the page are left out.
    """
    shown_hints = [hint for hint in hints if not (stays_open and (hint.key in LEAVING or hint == ESC_PLAN))]
    return sorted(shown_hints, key=lambda hint: ORDER.index(hint.key))


def field_keys(enter: str, toggle_word: str, restore_word: str) -> list[KeyHint]:
    """Returns the keys that act in a field.

    What a key does there, or "" if it does nothing: `enter` for Enter, `toggle_word` for ^T, `restore_word` for ^Z.
    """
    keys = [KeyHint("Enter", enter), *MOVES, KeyHint("^T", toggle_word), KeyHint("^Z", restore_word), PAGES]
    return [key for key in keys if key.does]


def with_problem(hints: Sequence[KeyHint], level: Level | None) -> list[KeyHint]:
    """Returns the keys of a page with what F2 goes to, such as a warning; without F2 if it goes nowhere."""
    shown_hints = (KeyHint("F2", level_word(level)) if hint.key == "F2" and level else hint for hint in hints)
    return [hint for hint in shown_hints if hint.key != "F2" or level]


def back_to_plan(hints: Sequence[KeyHint]) -> list[KeyHint]:
    """Returns the keys of a page that was opened from the plan: Esc goes back to it."""
    return [ESC_PLAN if hint.key == "^G" else hint for hint in hints]


def page_keys() -> list[KeyHint]:
    """Returns the keys that act on a page if neither a field nor a finding has the focus."""
    return [*MOVES, NUMBERS, KeyHint("^R", "check")]


def filter_keys() -> list[KeyHint]:
    """Returns the keys that act while a filter is typed."""
    return [KeyHint("Enter", "to the list"), ESC_ALL, KeyHint("^Q", "quit")]


def list_keys(row_keys: Sequence[KeyHint], enter: str, can_copy: bool, leaving: KeyHint | None = None) -> list[KeyHint]:
    """Returns the keys that act in the findings. `row_keys`: those of the current row; `enter`: what Enter does, or "".

    `can_copy`: the current row is a finding or a change; `leaving`: the key that closes what is open, or leaves.
    """
    return [
        *([KeyHint("Enter", enter)] if enter else []),
        *map(short, row_keys),
        *([leaving] if leaving else []),
        *MOVES,
        KeyHint("/", "filter"),
        *([KeyHint("y", "copy")] if can_copy else []),
        NUMBERS,
    ]


def short(hint: KeyHint) -> KeyHint:
    """Returns the key of a row for the last line, which names no single fix."""
    if hint.key != "f" or hint in (FIX_ALL, CANCEL_ALL):
        return hint
    if hint.does.partition(":")[0] == FILL_IN:
        return KeyHint(hint.key, FILL_IN)
    return KeyHint(hint.key, CANCEL_FIX.does if hint == CANCEL_FIX else "fix")


def matrix_keys(cell_keys: Sequence[KeyHint], is_finding: bool, space: str) -> list[KeyHint]:
    """Returns the keys that act in the matrix. `cell_keys`: those of the cell's finding; `space`: what Space shows."""
    keys = list_keys(cell_keys, "explain", is_finding, ESC_FINDINGS)
    return [*([KeyHint("Space", space)] if space else []), *(hint for hint in keys if hint.key != "/")]
