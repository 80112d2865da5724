"""The help of a page about its signs and keys."""

from __future__ import annotations

SIGNS_HELP = """The sign of a page, with the number of what it counts:
  ✗  problem
  ?  unknown
  !  warning, or an accepted problem
  +  planned
  ✓  passed
  ○  skipped: not needed, or not possible yet
  ·  not checked
Of several, the sign is the first of these, because apply stops at
a problem, and an unknown is left to do.
?1+ means: 1 unknown, and something is planned. A dim sign, which
has no number, is the state of an earlier check: the page is not
checked again yet since the session was opened, or since an answer
was changed on which it depends. Ctrl+G checks all pages.

The sign of a change:
  + create    ~ edit      - delete    = keep

"""
EVERYWHERE_HELP = """Everywhere:
  Ctrl+N, Ctrl+P   next and previous page
  F2               next problem or warning, also on another page;
                   without one, the next unknown
  F3               list of the pages, with their states
  F4               sessions: open, create, rename, undo, forget
  F5               answers of all pages
  F6               all targets; add a second one
  Ctrl+R           check again; also replaces a check that hangs
  Ctrl+G           plan of all pages; there, apply it
  F9               next colour theme
  Ctrl+L           draw the screen again
  F1               help; in a dialog, what it asks and its keys
  Ctrl+Q, Ctrl+C   quit; answers are saved as you type, but never
                   a typed password; Ctrl+C closes a dialog
  Ctrl+Z Ctrl+Z    suspend, except in a field; `fg` continues

"""
PAGE_HELP = """A page opens at the first answer that is needed; without one, in
the findings, at the first problem. Up from the first finding and
Shift+Tab go to the fields. Esc goes back to the plan or to the
answers of all pages if the page was opened there; it never goes
to a field. While a text is not a valid answer, the page stays
open: correct it, or Ctrl+Z restores the text before it.

"""
FIELD_HELP = """In a field (letters always belong to the field; a field with *
needs an answer):
  Enter            open the list if the field has ▾; go to the
                   next field if it has none, and after a choice
                   or a valid text; from the last one to the next
                   page, but to the first problem if the check of
                   this page has one; stay in the field if its
                   text is not valid
  Space            in a list with [ ]: tick or untick; Enter
                   accepts the ticks; without Space, on a row
                   with no tick, only this row; Esc cancels
  Ctrl+O           open the list, also after a choice or typing
  Up, Down, Tab    go to another field, and to the findings
  Ctrl+Z           restore the field's text (again: redo)
  Ctrl+U, Ctrl+K   delete the text before or after the cursor
  Ctrl+Y           copy the field's text
  Ctrl+T           show or hide advanced fields

"""
FINDINGS_HELP = """In the findings:
  Enter            explain a finding: cause, check, remedy;
                   open or close a row that counts findings;
                   f, a and y also act in the explanation
  x                the same
  f                add the fix to the plan and go to the next one;
                   without a fix: go to the field to fill in;
                   on a planned fix: cancel it; on a row that
                   counts findings: all of them, after a question
  a                accept all problems with this code, with a
                   reason; on an accepted one: withdraw that
  n                next problem, like F2
  y                copy the finding or the change
  /                filter by text or level
  1 to 9, 0        open the page with this number
  g                list of the pages, like F3
  Esc              close the filter or the opened row; else back
                   to the plan or to the answers of all pages if
                   the page was opened there
  Shift+Tab        to the fields; also Up from the first finding

"""
TABLE_HELP = """In the table below the findings (Tab, or Down from the last one):
  arrows           move between the cells
  Enter, x         explain the cell, then its row
  Space            show the whole table if it is shortened
                   (again: the short one)
  f, a, y          act on the finding of the cell
  Esc              show the short table, then to the findings

"""


HELP_OF_PLACE = {"field": FIELD_HELP, "findings": FINDINGS_HELP, "table": TABLE_HELP}


def page_help(place: str = "field") -> str:
    """Returns the help of a page. `place`: the place with the focus, whose help is first."""
    first = HELP_OF_PLACE[place]
    others = (text for text in HELP_OF_PLACE.values() if text != first)
    return "".join((first, EVERYWHERE_HELP, *others, PAGE_HELP, SIGNS_HELP)).rstrip() + "\n"
