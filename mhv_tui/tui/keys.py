"""The keys of a page: the help about them, and the last line of the page."""

from __future__ import annotations

HELP = """Tab, Shift+Tab     next and previous field, then the checks
Enter              next field; after the last field, next page
Ctrl+N, Ctrl+P     next and previous page; Esc also goes back
Down or Ctrl+O     choose a value for this field from a list
Ctrl+R             check again
Ctrl+T             show or hide advanced fields
Ctrl+G             show the plan of all steps, and apply it
Ctrl+Q             quit; answers are saved as you type

In the checks:
  Enter, x         explain: cause, evidence, remedy
  f                add the fix to the plan (again: remove it)
  a                accept the failure, with a reason
"""
KEYS = "^N next  ^P back  Down choose  Tab checks  ^R check  ^G plan  ? help  ^Q quit"
LIST_KEYS = "x explain  f fix  a accept  ^N next  ^P back  ^R check  ^G plan  ? help"
NARROW_KEYS = "^N next  ^P back  Down choose  ^G plan  ? help  ^Q quit"
WIDE = 78
"""The number of columns from which the last line shows all keys."""


def key_line(width: int, in_findings: bool) -> str:
    """Returns the last line of a page with `width` columns. `in_findings`: the list of findings has the focus."""
    if width < WIDE:
        return NARROW_KEYS
    return LIST_KEYS if in_findings else KEYS
