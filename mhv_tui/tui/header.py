"""The first line of every screen: the session, the position in the wizard, and the systems that the session connects.

Each step declares in `Step.system` what the header shows of it.
"""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widgets import Label

from mhv_tui.core.redaction import shown
from mhv_tui.core.text import printable
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.render import shorten, truncate

MIN_SYSTEMS = 8
"""The smallest number of columns in which the names of the systems are shown."""

MIN_NAME = 12
"""The number of columns to which the name of the session is cut for the systems."""

GAP = 2
"""The smallest number of blanks between the three parts."""

SEPARATOR = " · "

PROGRAM = " mhv-tui  "


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

    The systems, of which the release is first, matter more than the name of the session: the name is cut in the middle
    if there is no room for both, to MIN_NAME columns at the least. Then the systems are cut too.
    `widest`: the columns of the longest position for which the name is cut alike.
    """
    name, room = printable(session), width - max(_columns(position), widest) - _columns(f"{PROGRAM} ") - GAP
    beside = max(room - GAP - _columns(systems), min(MIN_NAME, _columns(name))) if systems else room
    left = f"{PROGRAM}{shorten(name, max(min(beside, room), 1))}"
    least = _columns(left) + GAP
    room = width - least - _columns(position) - GAP - 1
    right = truncate(systems, room) if room >= MIN_SYSTEMS else ""
    middle = max((width - _columns(position)) // 2, least)
    is_tight = middle + _columns(position) + GAP + _columns(right) + 1 > width
    start = least if is_tight else middle
    head = f"{left}{' ' * (start - _columns(left))}{position}"
    padding = width - _columns(head) - _columns(right) - 1
    return truncate(f"{head}{' ' * max(padding, 0)}{right} ", width)


def _columns(text: str) -> int:
    return Content(text).cell_length
