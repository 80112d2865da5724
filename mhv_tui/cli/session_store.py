"""The sessions of one run of the wizard: the list, the open session, and what can be done with the others."""

from __future__ import annotations

import datetime
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from types import MappingProxyType

from mhv_tui.cli import output, simulation
from mhv_tui.cli.open_state import wizard_state
from mhv_tui.cli.options import DEFAULT_SCENE, WizardOptions
from mhv_tui.cli.program import program
from mhv_tui.cli.sessions import day_and_time, is_empty, is_unfinished, target_of, used_at
from mhv_tui.cli.setup import Mode, RunSetup, logging_to, mode_of, open_run, reopen, schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import TargetRow
from mhv_tui.core.errors import MhvError, UsageError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.secret import AskSecret
from mhv_tui.core.targets import problem_with_name
from mhv_tui.core.text import join_names, with_capital
from mhv_tui.engine import session_edit
from mhv_tui.engine.commands import open_command
from mhv_tui.engine.session import Session, all_sessions, open_session
from mhv_tui.engine.session_status import FINISHED, SessionStatus, resume_sentence, state_words, status_of
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.session_store import SessionRow


class OpenSessions:
    """Implements tui.session_store.SessionStore. At most one session is open at a time."""

    def __init__(self, options: WizardOptions) -> None:
        self._options = options
        self._resources = ExitStack()
        self._setup: RunSetup | None = None
        self.state: WizardState | None = None
        """The state of the open session; None if none is open."""
        self._ask: AskSecret = lambda label: None

    def rows(self) -> Sequence[SessionRow]:
        return sorted(self._by_last_use(), key=lambda row: not row.is_unfinished)

    def version(self) -> object:
        return [(s.name, s.last_written(), s.holder(), s.wizard()) for s in all_sessions()]

    def _by_last_use(self) -> list[SessionRow]:
        sessions = [s for s in all_sessions() if simulation.is_simulated(s) == self._options.demo]
        rows = sorted(((s, status_of(s)) for s in sessions), key=lambda row: used_at(*row), reverse=True)
        return [self._row(*row) for row in rows if not is_empty(*row)]

    def _row(self, session: Session, status: SessionStatus) -> SessionRow:
        used = day_and_time(used_at(session, status))
        return SessionRow(status, target_of(session), used, is_unfinished(session, status))

    def unfinished(self) -> Sequence[SessionRow]:
        """Returns the sessions to resume, newest first; none if the options name a session or an answer file.

        With --demo: simulated sessions; with --scene only those of the scene.
        """
        options = self._options
        if options.file or options.session or options.fresh:
            return []
        has_any_scene = not options.demo or options.scene == DEFAULT_SCENE
        unfinished = [row for row in self._by_last_use() if row.is_unfinished]
        return [row for row in unfinished if has_any_scene or self._has_scene(row.name)]

    def _has_scene(self, name: str) -> bool:
        try:
            return simulation.scene_of(open_session(name, create=False)) == self._options.scene
        except UsageError:
            return False

    def open(self, name: str) -> WizardState:
        """Opens the session with a name; the session that the options name if the name is empty."""
        options = replace(self._options, session=name, file="", fresh=False) if name else self._options
        if options.demo and name and (scene := simulation.scene_of(open_session(name))):
            options = replace(options, scene=scene)
        return self._open(options)

    def new_name(self) -> str:
        taken = {session.name for session in all_sessions()}
        if self._options.demo:
            base = simulation.session_name_of(self._options.scene)
            names = [base, *(f"{base}-{n}" for n in range(2, 1000))]
        else:
            names = [f"{datetime.date.today().isoformat()}-{n}" for n in range(1, 1000)]
        return next(name for name in names if name not in taken)

    def create(self, name: str) -> WizardState:
        if problem := session_edit.why_not_named(name):
            raise UsageError(*problem)
        return self._open(replace(self._options, session=name, file="", fresh=False))

    def _mode(self, options: WizardOptions) -> Mode:
        initial = None if options.demo else answerfile.empty(schema())
        pace = simulation.demo_pace() if options.demo else 0.0
        return mode_of(options, lambda label: self._ask(label), initial, pace)

    def _open(self, options: WizardOptions) -> WizardState:
        named = options if options.demo or options.session else replace(options, session=self.new_name())
        earlier = self._setup
        state = self._replace(lambda: open_run(named, self._mode(named), several=not named.plain))
        if earlier and earlier.session.name != state.session.name:
            _forget_if_empty(earlier.session)
        return state

    def _replace(self, opened: Callable[[], RunSetup]) -> WizardState:
        """Opens a session, then closes the one that was open. Raises the error of `opened`; then nothing is closed."""
        with ExitStack() as resources:
            setup = opened()
            state = wizard_state(setup, resources)
            earlier, self._resources = self._resources, resources.pop_all()
        self._setup, self.state = setup, state
        earlier.close()
        return state

    def rename(self, name: str, new_name: str) -> None:
        from mhv_tui.changes import KINDS

        if self._setup and self._setup.session.name == name:
            session_edit.check_rename(self._setup.session, new_name, KINDS)
            self._rename_open(self._setup, new_name)
        else:
            session_edit.rename(open_session(name, create=False), new_name, KINDS)

    def _rename_open(self, setup: RunSetup, new_name: str) -> None:
        """Renames the open session. Its state is replaced, also if that fails, and keeps the typed secrets."""
        from mhv_tui.changes import KINDS

        answers = self.state.answers if self.state else setup.answers
        self._resources.close()
        session = setup.session
        try:
            session = session_edit.rename(session, new_name, KINDS)
        finally:
            self._reopen(replace(setup, session=session, answers=answers))

    def _reopen(self, setup: RunSetup) -> None:
        """Opens a session that was closed for a moment, with its typed secrets."""
        backend = self._mode(self._options).backend(setup.session, setup.vault)
        self._replace(lambda: replace(setup, backend=backend, discarded=""))

    def add_target(self, name: str) -> WizardState:
        setup, state = self._setup, self.state
        if setup is None or state is None:
            raise UsageError("no session is open", "open one first")
        first = state.answers.tables["node"].host
        if not first:
            raise UsageError("the target of this session has no compute node yet", "name it on the page node")
        if self.standing(setup.session.name) != []:
            raise UsageError(
                "changes of this session are in place, and they would belong to no target",
                "undo them first, or use a new session with an answer file that has [[target]] tables",
            )
        row = TargetRow(name, MappingProxyType({"node": MappingProxyType({"host": ""})}))
        if problem := problem_with_name(row, [first]):
            raise UsageError(problem)
        answers = replace(state.answers, targets=(row,))
        self._resources.close()
        self._reopen(replace(setup, answers=answers))
        return self.state or state

    def why_kept(self, name: str) -> str:
        from mhv_tui.changes import KINDS

        return session_edit.why_kept(_existing(name), KINDS, is_ours=self._is_open(name))

    def forget(self, name: str) -> None:
        session, setup = _existing(name), self._setup
        if setup is None or not self._is_open(name):
            session_edit.forget(session)
            return
        answers = self.state.answers if self.state else setup.answers
        self._resources.close()
        try:
            session_edit.forget(session)
        except (MhvError, OSError):
            self._reopen(replace(setup, answers=answers))
            raise
        self._setup = self.state = None

    def _is_open(self, name: str) -> bool:
        return self._setup is not None and self._setup.session.name == name

    def standing(self, name: str) -> Sequence[tuple[str, str]] | None:
        from mhv_tui.changes import KINDS

        return session_edit.standing_or_none(_existing(name), KINDS)

    def undo_rows(self, name: str) -> Sequence[tuple[str, str, str]] | None:
        from mhv_tui.changes import KINDS

        return session_edit.undo_rows_or_none(_existing(name), KINDS)

    def undo(self, name: str, listener: Listener, stop: Stop, ask: AskSecret) -> Finished:
        from mhv_tui.cli import undo

        if self._setup and self._setup.session.name == name:
            self._ask = ask
            finished, problem = undo.undo_session(self._setup, listener, stop, ask)
        else:
            setup = reopen(open_session(name, create=False), answerfile.empty(schema()), ask)
            with logging_to(setup.session), closing(setup.backend):
                finished, problem = undo.undo_session(setup, listener, stop, ask)
        return replace(finished, message=f"{finished.message}; {problem}") if problem else finished

    def resume_text(self, name: str) -> str:
        if self._setup and self._setup.session.name == name and (text := self._setup.discarded):
            return f"{with_capital(text)}."
        return resume_sentence(status_of(_existing(name)))

    def demo_text(self) -> str:
        if self._options.demo or self._options.file or self._options.session:
            return ""
        sessions = [session for session in all_sessions() if simulation.is_simulated(session)]
        unfinished = {s.name: status for s in sessions if is_unfinished(s, status := status_of(s))}
        names = sorted(unfinished)
        if len(names) == 1:
            status = unfinished[names[0]]
            if status.outcome == "running":
                return f"{program()} --demo lists the demo session {names[0]}, which is {state_words(status)}."
            return f"{program()} --demo lists the unfinished demo session {names[0]}."
        lists = f"{program()} --demo lists {len(names)} unfinished demo sessions ({join_names(names, 2)})."
        return lists if names else ""

    def close(self) -> None:
        """Saves and closes the open session, and prints what it has done and how to continue."""
        self._resources.close()
        if self.state and _forget_if_empty(self.state.session.whole):
            output.say("no session is kept: nothing was answered, and nothing was changed", sys.stderr)
        elif self.state:
            line = leaving_line(self.state, program(), shutil.get_terminal_size().columns)
            output.say(line, sys.stderr, is_masked=False)


def _forget_if_empty(session: Session) -> bool:
    """Deletes a session without answers of which no run has begun; returns True if it did."""
    if not session.directory.is_dir() or not is_empty(session, status_of(session)):
        return False
    try:
        session_edit.forget(session)
    except (MhvError, OSError):
        return False
    return True


def _existing(name: str) -> Session:
    """Returns a session without reading it. Raises UsageError if there is none."""
    session = next((session for session in all_sessions() if session.name == name), None)
    if session is None:
        raise UsageError(f"there is no session {name}", "the list shows the sessions")
    return session


def leaving_line(state: WizardState, program: str, columns: int) -> str:
    """Returns the line about a session after the wizard. `program`: the words that call mhv-tui."""
    from mhv_tui.cli import leaving

    session = state.session.whole
    status = status_of(session)
    opened = open_command(session.name, simulation.is_simulated(session), program)
    return leaving.line(status, _planned(state, status), program, columns, opened, resume=opened)


def _planned(state: WizardState, status: SessionStatus) -> int:
    """Returns how many changes the session plans. After a run that ended well, checks can have planned more."""
    fleet = state.fleet
    states = [fleet.state_of(id) for id in fleet.ids] if fleet else [state]
    is_checked = status.outcome in FINISHED and all(each.result(step.id) for each in states for step in each.flow)
    planned = fleet.planned() if fleet else state.planned()
    return status.standing + len(planned) if is_checked else status.planned
