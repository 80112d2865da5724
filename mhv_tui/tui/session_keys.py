"""The keys of the screen of sessions: those that act at present, and the help about all of them."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.tui.keys import ESC_ALL
from mhv_tui.tui.render import KeyHint
from mhv_tui.tui.session_store import SessionRow

BACK = "Esc, F4  back to the page\n"
"""The line of the help that is only true if a session is open."""

HELP = f"""Enter    open the session: its answers are loaded, and the checks run again
n        create a new session, with a name of your choice
r        rename the session
u        undo the changes of the session, newest first
d        forget the session: delete its answers and its journal
/        show only sessions with a text in name, target or state
Tab      scroll the details with the arrow keys, if there are more
Ctrl+R   read the list again; it also follows what other terminals do
{BACK}Ctrl+Q   quit

A session whose changes are in place is not renamed or forgotten:
undo them first; until then the last line has u, not r and d.
To forget it nevertheless, run
mhv-tui sessions forget NAME --force.
"""

ESC_BACK = KeyHint("Esc", "back")

KEYS = (
    *(KeyHint("Enter", "open"), KeyHint("n", "new"), KeyHint("r", "rename"), KeyHint("u", "undo")),
    *(ESC_BACK, KeyHint("d", "forget"), KeyHint("/", "filter"), KeyHint("F1", "help"), KeyHint("^Q", "quit")),
)
"""The keys of the screen, the most important ones first."""

ON_A_SESSION = frozenset({"Enter", "r", "u", "d"})
"""The keys that act on the selected session. None of them acts while it is open in another wizard."""

KEEPING = frozenset({"r", "d"})
"""Those that act only on a session without changes in place that no other process uses."""


def present_keys(
    row: SessionRow | None, standing: Sequence[tuple[str, str]] | None, current: str, *, is_filtered: bool, is_any: bool
) -> list[KeyHint]:
    """The keys that act at present.

    `row`: the selected session, with its changes in place, which are None if the journal cannot be read; `current`:
    the name of the open session; `is_any`: there is a session, also if the filter shows none.
    """
    absent = _idle(row, standing, current) if row else ON_A_SESSION
    keys = [key for key in KEYS if key.key not in absent and (key.key != "/" or is_any)]
    if is_filtered:
        return [ESC_ALL if key == ESC_BACK else key for key in keys]
    return [key for key in keys if key != ESC_BACK or current]


def _idle(row: SessionRow, standing: Sequence[tuple[str, str]] | None, current: str) -> frozenset[str]:
    """The keys that this session refuses."""
    if row.status.wizard is not None and row.name != current:
        return ON_A_SESSION
    if row.status.holder is not None:
        return ON_A_SESSION - {"Enter"}
    return frozenset({"u"}) if standing is not None and not standing else KEEPING
