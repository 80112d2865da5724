"""The first line of every screen: the session, the position in the wizard, and the systems that the session connects.

Each step declares in `Step.system` what the header shows of it.
"""

from __future__ import annotations

import re

from textual import events
from textual.content import Content
from textual.widgets import Label

from mhv_tui.core.redaction import shown
from mhv_tui.core.text import printable
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.render import shorten, truncate

MIN_SYSTEMS = 8
"""The smallest number of columns in which the names of the systems are shown."""

GAP = 2
"""The smallest number of blanks between the three parts."""

SEPARATOR = " · "

PROGRAM = " mhv-tui  "

_DOMAIN = re.compile(r"^([\w-]*[A-Za-z][\w-]*)\.[\w.-]+$")
"""The name of a machine and its domain; neither a release nor an address of digits."""


class HeaderLine(Label):
    """The first line of a screen. `position`: the screen's place and title, such as "4 of 10  Datastores"."""

    def __init__(self, state: WizardState, position: str) -> None:
        super().__init__("", id="head")
        self._state = state
        self._position = position

    def on_mount(self) -> None:
        self.refresh_systems()

    def on_resize(self, event: events.Resize) -> None:
        self.refresh_systems()

    def show_position(self, position: str) -> None:
        """Shows another place and title."""
        self._position = position
        self.refresh_systems()

    def refresh_systems(self) -> None:
        """Shows the systems' names as the last results and the answers give them."""
        session = self._state.session
        name = f"{session.name}/{session.target}" if session.target else session.name
        pages = [page_position(self._state, step.id) for step in self._state.flow]
        widest = max(map(_columns, pages)) if self._position in pages else 0
        line = header_line(self.app.size.width, name, self._position, system_names(self._state), widest)
        self.update(Content.styled(line, "bold"))


def page_position(state: WizardState, step_id: str) -> str:
    """The position of a page, such as "4 of 10  Datastores"."""
    step = state.step(step_id)
    return f"{state.flow.index(step) + 1} of {len(state.flow)}  {step.title}"


def system_names(state: WizardState) -> str:
    """The systems of all steps, such as "Zed · vc.example.org"; "" if none is known."""
    results = {step.id: state.result(step.id) for step in state.flow}
    names = [
        step.system(state.answers.tables[step.id], result.facts if (result := results[step.id]) else None)
        for step in state.flow
    ]
    return SEPARATOR.join(shown(name) for name in names if name)


def header_line(width: int, session: str, position: str, systems: str, widest: int = 0) -> str:
    """The line of exactly `width` columns. The position is in the middle if there is room.

    The name of the session matters more than the systems: of these, the domains have no room first, then the release,
    then the names. The name is cut in the middle if there is no room for it alone.
    `widest`: the columns of the longest position for which the name is cut alike.
    """
    name, room = printable(session), width - max(_columns(position), widest) - _columns(f"{PROGRAM} ") - GAP
    left = f"{PROGRAM}{shorten(name, max(room, 1))}"
    least = _columns(left) + GAP
    room = width - least - _columns(position) - GAP - 1
    right = next((text for text in shorter(systems) if _columns(text) <= room), "")
    if not right and room >= MIN_SYSTEMS:
        right = truncate(shorter(systems)[-1], room)
    middle = max((width - _columns(position)) // 2, least)
    is_tight = middle + _columns(position) + GAP + _columns(right) + 1 > width
    start = least if is_tight else middle
    head = f"{left}{' ' * (start - _columns(left))}{position}"
    padding = width - _columns(head) - _columns(right) - 1
    return truncate(f"{head}{' ' * max(padding, 0)}{right} ", width)


def shorter(systems: str) -> tuple[str, str, str]:
    """The names of the systems, the same without the domains of machines, and only the last one of these."""
    short = SEPARATOR.join(_DOMAIN.sub(r"\1", name) for name in systems.split(SEPARATOR))
    return systems, short, short.rpartition(SEPARATOR)[2]


def _columns(text: str) -> int:
    return Content(text).cell_length
