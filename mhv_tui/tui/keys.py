"""The keys of a page, in words: what its help says of them, and the line at its bottom."""

from __future__ import annotations

HELP = """Tab, Shift+Tab     next and previous field, then the checks
Enter              next field; from the last one, next page
Ctrl+N, Ctrl+P     next and previous page; Esc goes back as well
Down or Ctrl+O     choose a value for this field from what is there
Ctrl+R             look again
Ctrl+T             show or hide the fields the common road does not need
Ctrl+G             review the plan of the whole road, and apply it
Ctrl+Q             quit; answers are saved as they are given

In the checks:
  Enter, x         explain: cause, evidence, remedy
  f                have its fix made with the plan (again: do not)
  a                accept it, with a reason
"""
KEYS = "^N next  ^P back  Down choose  Tab checks  ^R look  ^G plan  ? help  ^Q quit"
LIST_KEYS = "x explain  f fix  a accept  ^N next  ^P back  ^R look  ^G plan  ? help"
NARROW_KEYS = "^N next  ^P back  Down choose  ^G plan  ? help  ^Q quit"
WIDE = 78
"""Columns from which all keys fit."""


def key_line(width: int, in_findings: bool) -> str:
    """The last line of a page of that width; `in_findings` if the list of findings has the focus."""
    if width < WIDE:
        return NARROW_KEYS
    return LIST_KEYS if in_findings else KEYS
