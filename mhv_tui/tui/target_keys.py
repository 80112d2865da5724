"""The keys of the screen of several targets: those that act at present, and the help about all of them."""

from __future__ import annotations

from collections.abc import Set

from mhv_tui.tui.render import KeyHint

HELP = """Enter    open the page of the cell
n        create a target with the answers that all targets share
c        create a copy: a target with the answers of the selected one
d        remove the target, if no change of it is in place
Ctrl+R   check all targets again
Ctrl+G   plan of all targets, and apply
u        undo the changes of all targets; the command
         mhv-tui undo SESSION --target NAME undoes those of one
Tab      scroll the problems of a target with the arrow keys, if
         there are more
Esc, F6  back to the page; there, F6 opens this screen again
Ctrl+Q   quit

A cell shows the number of problems (✗ !), of unknown results (?)
or of missing changes (+) of one step; "ok" if nothing is missing,
"·" if it is not checked.
"""

KEYS = (
    *(KeyHint("Enter", "open"), KeyHint("^G", "plan"), KeyHint("Esc", "back"), KeyHint("n", "new")),
    *(KeyHint("c", "copy"), KeyHint("d", "remove"), KeyHint("u", "undo all")),
    *(KeyHint("F1", "help"), KeyHint("^Q", "quit"), KeyHint("^R", "check")),
)
"""The keys of the screen, the most important ones first."""

RUNNING_KEYS = (KeyHint("^C", "stop and quit"), KeyHint("", "safe to close the terminal: it resumes"))

NOT_ENDED = "The run must end first. ^C stops it after the present changes."
"""The answer to the keys that leave the screen during a run."""


def present_keys(idle: Set[str]) -> list[KeyHint]:
    """The keys that act at present: all but those of `idle`."""
    return [key for key in KEYS if key.key not in idle]
