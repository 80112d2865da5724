"""The screen of sessions: the list with state and target, what is in place, and the keys that open or change one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.errors import MhvError
from mhv_tui.engine.session_edit import why_not_named
from mhv_tui.tui import dialog_help
from mhv_tui.tui.details import Details
from mhv_tui.tui.dialogs import ConfirmDialog, HelpViewer, TextViewer
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.filtered_screen import FilteredScreen
from mhv_tui.tui.header import header_line
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.marked_list import MarkedList
from mhv_tui.tui.name_prompt import NamePrompt
from mhv_tui.tui.render import error_text
from mhv_tui.tui.session_keys import BACK, HELP, KEYS, present_keys
from mhv_tui.tui.session_rows import Columns, change_lines, searched_text, session_details, session_line
from mhv_tui.tui.session_store import SessionRow, SessionStore
from mhv_tui.tui.timers import every
from mhv_tui.tui.undo_screen import ask_to_undo

INTRO = "A session has the answers, the journal of its changes and the last findings. Opening one repeats no change."

FIRST_SCREEN = "No session is open yet: Enter opens one, n creates one, ^Q quits."

NO_MATCH = "No session matches the filter: Esc shows all."

FOLLOW = 2.0
"""The seconds after which the list looks again for what other processes did."""


class SessionsScreen(FilteredScreen):
    """All sessions. `current`: the name of the open session; "" if none is open yet."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["sessions.tcss"]

    BINDINGS: ClassVar[list[BindingType]] = [
        ("n", "new", "New"),
        ("r", "rename", "Rename"),
        ("u", "undo", "Undo"),
        ("d", "forget", "Forget"),
        ("slash", "filter", "Filter"),
        ("ctrl+r", "reload", "Read again"),
        ("f1,question_mark", "help", "Help"),
        ("escape,f4", "back", "Back"),
    ]

    def __init__(self, store: SessionStore, current: str = "") -> None:
        super().__init__()
        self._store = store
        self._current = current
        self._rows: Sequence[SessionRow] = ()
        self._version: object = None
        self._matching: list[SessionRow] = []
        self._standing: Sequence[tuple[str, str]] | None = ()
        """The changes of the selected session that are in place; None if that is not known."""
        self._is_replaced = False
        """True if the open session was renamed, so that its page must be opened again."""

    def compose(self) -> ComposeResult:
        yield Label("", id="head")
        with Vertical(id="sessions-body"):
            yield Static(INTRO, id="sessions-intro")
            yield self.filter_line("name, target or state")
            yield Static("", id="sessions-columns")
            yield MarkedList(id="sessions")
            yield Details(id="session-details")
        yield KeyLine(KEYS)

    def on_mount(self) -> None:
        every(self, FOLLOW, self._follow)

    def on_screen_resume(self) -> None:
        self.reload()

    def _follow(self) -> None:
        """Shows what other processes have done to the sessions since. Draws nothing if they did nothing."""
        with contextlib.suppress(MhvError, OSError):  # a session that is deleted now: the next call shows the others
            if self.is_current and self._store.version() != self._version:
                self.reload()

    def on_resize(self, event: events.Resize) -> None:
        self.show_rows()

    def show_keys(self) -> None:
        row, is_filtered = self.selected, self.query_one(".filter").has_class("shown")
        keys = present_keys(row, self._standing, self._current, is_filtered=is_filtered, is_any=bool(self._rows))
        self.query_one(KeyLine).show(self.query_one(Details).with_key(keys), keeps_notice=True)

    def action_reload(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Reads the sessions again, and keeps the highlighted one."""
        try:
            self._version = self._store.version()
            self._rows = self._store.rows()
        except (MhvError, OSError) as error:
            self.app.push_screen(TextViewer("The sessions cannot be read", error_text(error)))
        self.show_rows()

    @property
    def selected(self) -> SessionRow | None:
        """The highlighted session; None if the list is empty."""
        index = self.query_one(OptionList).highlighted
        return self._matching[index] if index is not None and index < len(self._matching) else None

    @property
    def current_key(self) -> str:
        return self.selected.name if self.selected else ""

    def show_rows(self, key: str = "") -> None:
        before = key or self.current_key or self._current
        text = self.filter_text
        self._matching = [row for row in self._rows if text in searched_text(row)]
        names = [row.name for row in self._matching]
        width = max(self.size.width - 4, 40)
        rows = self.query_one(OptionList)
        rows.clear_options()
        columns = Columns.fitting(width, self._rows, self._current)
        rows.add_options([Option(session_line(row, columns, row.name == self._current)) for row in self._matching])
        rows.highlighted = names.index(before) if before in names else 0 if names else None
        self.query_one("#sessions-columns", Static).update(Content(columns.heading))
        self._show_frame()
        self._show_details()

    def _show_frame(self) -> None:
        unfinished = sum(row.is_unfinished for row in self._rows)
        line = header_line(self.size.width, self._current, "Sessions", f"{unfinished} unfinished of {len(self._rows)}")
        self.query_one("#head", Label).update(Content(line))

    def _show_details(self) -> None:
        row, details = self.selected, self.query_one(Details)
        self._standing = self._standing_of(row) if row else ()
        if row:
            width = max(self.size.width - 4, 40)
            details.show(session_details(row, self._standing, width, row.name == self._current))
        else:
            details.show(NO_MATCH if self._rows else "No session exists. n creates one.")
        if not self.query_one(TextInput).has_focus:
            self.show_keys()

    def _standing_of(self, row: SessionRow) -> Sequence[tuple[str, str]] | None:
        """The changes of a session that are in place; None if that is not known."""
        try:
            return self._store.standing(row.name)
        except (MhvError, OSError):
            return None

    def on_details_fitted(self) -> None:
        self.show_keys()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._show_details()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        row = self.selected
        if row is None:
            return
        if row.name == self._current:
            self.action_back()
        else:
            self._guarded(f"session {row.name} cannot be opened", lambda: self.wizard.open_session(row.name))

    def action_back(self) -> None:
        """Closes the filter, else the screen. The first screen of the wizard stays open, and says so."""
        if self.close_filter():
            return
        if self._is_replaced:
            self.wizard.reopen_page()
        elif self._current:
            self.app.pop_screen()
        else:
            self.query_one(KeyLine).notice(FIRST_SCREEN)

    def action_help(self) -> None:
        """Shows the keys of this screen."""
        self.app.push_screen(HelpViewer("Sessions: help", HELP if self._current else HELP.replace(BACK, "")))

    def action_new(self) -> None:
        """Asks for a name and opens a new session."""

        def create(name: str | None) -> None:
            if name:
                self._guarded("The session cannot be created", lambda: self.wizard.create_session(name))

        self.app.push_screen(NamePrompt("Name of the new session:", self._store.new_name(), _why_refused), create)

    def action_rename(self) -> None:
        """Asks for another name of the selected session; if it cannot be renamed, shows the reason."""
        if self.selected:
            name = self.selected.name
            self._guarded(f"Session {name} keeps its name", partial(self._ask_to_rename, name))

    def _ask_to_rename(self, name: str) -> None:
        if not self._refuses(name, f"Session {name} keeps its name"):
            prompt = NamePrompt(
                f"New name of session {name}:", name, lambda new: "" if new == name else _why_refused(new)
            )
            self.app.push_screen(prompt, partial(self._rename, name))

    def _refuses(self, name: str, title: str) -> bool:
        """True if changes of a session are in place; then shows them, and how to undo them."""
        rows = self._store.standing(name)
        if rows:
            lines = change_lines(rows, TextViewer.columns(self.size.width))
            text = "\n".join(["These changes are in place. Press Esc, then u, to undo them first.", "", *lines])
            self.app.push_screen(TextViewer(title, text))
        return bool(rows)

    def _rename(self, name: str, new_name: str | None) -> None:
        if new_name and new_name != name:
            self._guarded(f"Session {name} keeps its name", lambda: self._rename_now(name, new_name))

    def _rename_now(self, name: str, new_name: str) -> None:
        earlier = self._store.state
        try:
            self._store.rename(name, new_name)
        finally:
            state = self._store.state
            if state and state is not earlier:
                self.wizard.state, self._current, self._is_replaced = state, state.session.name, True
        self.reload()

    def action_forget(self) -> None:
        """Asks, and deletes the selected session; if that is not possible, shows the reason."""
        if self.selected:
            self._guarded("The session is kept", partial(self._ask_to_forget, self.selected.name))

    def _ask_to_forget(self, name: str) -> None:
        if self._refuses(name, f"Session {name} is kept"):
            return
        if reason := self._store.why_kept(name):
            self.app.push_screen(TextViewer(f"Session {name} is kept", reason))
            return

        is_open = name == self._current

        def forget(confirmed: bool | None) -> None:
            if confirmed:
                self._guarded(f"Session {name} is kept", lambda: self._store.forget(name))
                self.reload()
            if is_open and self._store.state is None:
                self.app.call_later(self.wizard.close_session)

        question = f"Forget session {name}? No change of it is in place.\nIts answers and its journal are deleted."
        question += "\nIt is the open session: this list stays, and opens another one." if is_open else ""
        self.app.push_screen(ConfirmDialog(question, dialog_help.FORGET), forget)

    def action_undo(self) -> None:
        """Shows what undo would undo, asks, and opens the screen of the undo."""
        if self.selected:
            ask_to_undo(self.wizard, self._store, self.selected.name)

    def _guarded(self, title: str, action: Callable[[], None]) -> None:
        """Runs an action of the store; shows the reason if it fails."""
        try:
            action()
        except (MhvError, OSError) as error:
            self.reload()
            self.app.push_screen(TextViewer(title, error_text(error)))


def _why_refused(name: str) -> str:
    """Why a session cannot have this name, and what to write; "" if it can."""
    return "; ".join(why_not_named(name) or ())
