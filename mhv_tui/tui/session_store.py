"""What the screens of sessions need from the command line: the list, and functions that open and change sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import AskSecret
from mhv_tui.engine.session_status import SessionStatus
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState


@dataclass(frozen=True)
class SessionRow:
    """A session in the list of the wizard."""

    status: SessionStatus
    target: str
    """What the session connects, such as `node1 → vc.example.org`."""
    used: str
    """The day and the time at which it was last used (UTC)."""
    is_unfinished: bool

    @property
    def name(self) -> str:
        return self.status.name


class SessionStore(Protocol):
    """The sessions of this user. Every method raises MhvError or OSError with the reason if it fails."""

    state: WizardState | None
    """The state of the open session; None if none is open."""

    def rows(self) -> Sequence[SessionRow]:
        """Returns all sessions that this wizard can open: the unfinished ones first, each kind the last used first."""

    def version(self) -> object:
        """Returns a value that differs after each change of what `rows` returns; cheaper than `rows`."""

    def open(self, name: str) -> WizardState:
        """Opens a session in place of the open one."""

    def new_name(self) -> str:
        """Returns a free name for a new session."""

    def create(self, name: str) -> WizardState:
        """Creates a session and opens it in place of the open one."""

    def rename(self, name: str, new_name: str) -> None:
        """Renames a session. If it is the open one, `state` is a new state afterwards, also after an error."""

    def add_target(self, name: str) -> WizardState:
        """Adds a second target to the open session, which has none of its changes in place, and opens it again."""

    def why_kept(self, name: str) -> str:
        """Returns the reason why a session cannot be forgotten, as lines; "" if it can be."""

    def forget(self, name: str) -> None:
        """Deletes a session. If it is the open one, `state` is None afterwards."""

    def standing(self, name: str) -> Sequence[tuple[str, str]] | None:
        """Returns step id and summary of each change in place, oldest first; None if the journal cannot be read."""

    def undo_rows(self, name: str) -> Sequence[tuple[str, str, str]] | None:
        """Returns sign, step id and what undo does for each change in place, newest first; None as `standing`."""

    def undo(self, name: str, listener: Listener, stop: Stop, ask: AskSecret) -> Finished:
        """Undoes the changes of a session. Waits for remote systems; call it in a thread."""

    def demo_text(self) -> str:
        """Returns a sentence about unfinished demo sessions, for a wizard that shows none; "" if there are none."""

    def resume_text(self, name: str) -> str:
        """Returns what a session has done so far, as a sentence; "" if it has done nothing."""
