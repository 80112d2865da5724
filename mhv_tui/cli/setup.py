"""Everything a run needs: session, answers, backend (real or simulated) and secrets.

Only this module chooses the real or the simulated backend.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TextIO

from mhv_tui.cli import preflight, simulation
from mhv_tui.cli.late_backend import LateBackend
from mhv_tui.cli.options import DEFAULT_SCENE, BackendOptions
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.context import Context
from mhv_tui.core.errors import UsageError
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.ports import Backend
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.secret import AskSecret, SecretRef, Vault
from mhv_tui.core.targets import Target, single_target, targets_of
from mhv_tui.core.text import count
from mhv_tui.engine import session as sessions
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import status_of
from mhv_tui.engine.state import machine_locks_home


@dataclass(frozen=True)
class RunSetup:
    session: Session
    answers: Answers
    backend: Backend
    vault: Vault
    discarded: str = ""
    """A sentence about the changes of a simulated session that --fresh has discarded; "" if there were none."""

    def context(self, target: Target | None = None) -> Context:
        """The context of a target; without one, of the only target of the answers."""
        locks = None if simulation.is_simulated(self.session) else machine_locks_home()
        target = target or single_target(self.answers)
        return Context(self.backend, target, self.session.name, machine_locks=locks)


class Mode(Protocol):
    """How a run gets its session, answers, secrets and backend."""

    def session_name(self, file: str) -> str:
        """Returns the name of the session if no --session is given; empty if there is no default."""

    def initial_answers(self) -> Answers | None:
        """Returns the answers for a session that has no saved answers. Raises UsageError."""

    def vault(self, answers: Answers, session: Session | None = None) -> Vault:
        """Returns the vault of a run. `session`: the one that continues; None if the run starts over."""

    def backend(self, session: Session, vault: Vault) -> Backend: ...


@dataclass(frozen=True)
class RealMode:
    """Real vCenter, cloud and nodes. `ask` asks the operator for a secret; None if there is no terminal."""

    ask: AskSecret | None = None
    initial: Answers | None = None

    def session_name(self, file: str) -> str:
        return simulation.session_name_from(Path(file)) if file else ""

    def initial_answers(self) -> Answers | None:
        return self.initial

    def vault(self, answers: Answers, session: Session | None = None) -> Vault:
        return Vault(self.ask)

    def backend(self, session: Session, vault: Vault) -> Backend:
        return LateBackend(lambda: _real_backend(vault))


@dataclass(frozen=True)
class DemoMode:
    """The simulated backend in the state after the session's last run. `pace`: real seconds per unit of slow work."""

    scene: str
    pace: float = 0.0

    def session_name(self, file: str) -> str:
        return simulation.session_name_of(self.scene)

    def initial_answers(self) -> Answers | None:
        """Returns the answers of the scene. Raises UsageError if no scene has this name."""
        from mhv_tui.demo.scenes import answers_of

        return answerfile.from_document(answers_of(self.scene), schema(), f"scene {self.scene}")

    def vault(self, answers: Answers, session: Session | None = None) -> Vault:
        from mhv_tui.demo.scenes import demo_secrets
        from mhv_tui.demo.store import accepted_secrets

        known = {**demo_secrets(self.scene), **(accepted_secrets(simulation.state_file(session)) if session else {})}
        vault = Vault(known.get)
        for ref in all_secrets(answers):
            if ref.kind == "prompt" and ref.label in known:
                vault.put(ref, known[ref.label])
        return vault

    def backend(self, session: Session, vault: Vault) -> Backend:
        from mhv_tui.demo.scenes import state_of
        from mhv_tui.demo.store import Store

        path = simulation.state_file(session)
        Store(path, lambda: state_of(self.scene))  # the state of a new session; refuses a damaged state
        return LateBackend(lambda: _demo_backend(path, self.scene, vault, self.pace))


def _real_backend(vault: Vault) -> Backend:
    from mhv_tui.adapters.backend import RealBackend

    return RealBackend(vault)


def _demo_backend(path: Path, scene: str, vault: Vault, pace: float) -> Backend:
    from mhv_tui.demo.backend import DemoBackend

    return DemoBackend(path, scene, vault, pace=pace)


def mode_of(
    options: BackendOptions, ask: AskSecret | None = None, initial: Answers | None = None, pace: float = 0.0
) -> Mode:
    return DemoMode(_scene(options), pace) if options.demo else RealMode(ask, initial)


def _scene(options: BackendOptions) -> str:
    """Returns the scene of the session that the options name if they name no scene; else the scene of the options."""
    if options.session and options.scene == DEFAULT_SCENE:
        with contextlib.suppress(UsageError):  # the session is new, or its damaged state is reported later
            session = sessions.open_session(options.session, create=False, any_format=True)
            return simulation.scene_of(session) or options.scene
    return options.scene


AnswersCheck = Callable[[Answers, Vault], None]
"""A function that raises UsageError if the answers lack something that a run needs."""


def accept_partial(answers: Answers, vault: Vault) -> None:
    """Accepts any answers. For commands that change nothing."""


def open_run(
    options: BackendOptions, mode: Mode, check: AnswersCheck = accept_partial, several: bool = False
) -> RunSetup:
    """Opens the session and the backend of a run. Raises UsageError. `several`: the run can have several targets.

    The answers come from the file, else the session, else the mode. `check` runs before --fresh deletes anything.
    """
    name = options.session or mode.session_name(options.file)
    if not name:
        raise UsageError("no answer file and no session is named", "name a FILE or a --session, or try --demo")
    initial = mode.initial_answers()
    file_answers = answerfile.read(Path(options.file), schema()) if options.file else None
    session = sessions.open_session(name, create=bool(file_answers or initial), any_format=options.fresh)
    preflight.check_backend(session, simulated=options.demo)
    if options.demo and not options.fresh:
        preflight.check_scene(session, options.scene)
    answers = file_answers or (None if options.fresh else session.answers(schema())) or initial
    if answers is None:
        raise UsageError(f"session {name} has no answers yet", "name an answer file")
    if not several:
        preflight.check_single_target(answers)
    discarded = ""
    if options.fresh:
        check(answers, mode.vault(answers))
        discarded = _discarded(session)
        _empty(session)
    return replace(set_up(mode, session, answers), discarded=discarded)


def set_up(mode: Mode, session: Session, answers: Answers) -> RunSetup:
    vault = mode.vault(answers, session)
    _mask_secrets(vault, answers)
    return RunSetup(session, answers, mode.backend(session, vault), vault)


def reopen(session: Session, answers: Answers, ask: AskSecret | None = None) -> RunSetup:
    """Returns the setup of an existing session, with the backend (real or simulated) of the session."""
    scene = simulation.scene_of(session)
    setup = set_up(DemoMode(scene) if scene else RealMode(ask), session, answers)
    with contextlib.suppress(UsageError):  # the session's own answers may be unreadable
        _mask_secrets(setup.vault, session.answers(schema()))
    return setup


def export_backend(session: Session | None, answers: Answers, ask: AskSecret | None) -> Backend:
    """Returns the backend of a session, or the real one for an answer file, to read what an export needs."""
    if session is not None:
        return reopen(session, answers, ask).backend
    vault = Vault(ask)
    _mask_secrets(vault, answers)
    return LateBackend(lambda: _real_backend(vault))


def _mask_secrets(vault: Vault, answers: Answers | None) -> None:
    vault.mask(all_secrets(answers) if answers else ())


def all_secrets(answers: Answers) -> Iterator[SecretRef]:
    """The references to secrets of all targets."""
    for target in targets_of(answers):
        for table in target.answers.tables.values():
            yield from secrets_of(table)


def _discarded(session: Session) -> str:
    """A sentence about the changes in place that --fresh discards; "" if there are none."""
    standing = status_of(session).standing
    world = f"its earlier simulated world, with {count(standing, 'change')},"
    return f"session {session.name} starts over: {world} is discarded" if standing else ""


def _empty(session: Session) -> None:
    """Deletes everything in a session. Raises Busy if another run or wizard uses it."""
    with session.locked(), session.opened():
        for path in session.directory.iterdir():
            if path.name not in sessions.LOCKS:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def schema() -> answerfile.Schema:
    """Returns the answer file's schema, with the codes of the catalogue."""
    from mhv_tui.domain import catalogue, tables
    from mhv_tui.steps import FIXED, FLOW

    fatal = tables.LazyTable(lambda: {code: row for code, row in catalogue.ENTRIES.items() if not row.can_be_accepted})
    return answerfile.Schema({step.id: step.answers for step in FLOW}, catalogue.ENTRIES, fatal, FIXED)


def titles() -> dict[str, str]:
    """Returns the title of each step by the step's id."""
    from mhv_tui.steps import FLOW

    return {step.id: step.title for step in FLOW}


class SafeFormatter(logging.Formatter):
    """Writes a log record as one line, with its traceback indented below. So no text can imitate another record.

    Control characters are escaped, and revealed secrets are masked.
    """

    def format(self, record: logging.LogRecord) -> str:
        own = copy.copy(record)
        own.exc_text = None  # another handler may have kept its own unsafe text there
        return super().format(own)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return shown(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in shown_lines(text).split("\n"))


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes records to the log. A record that the disk does not take is lost, without a traceback on the screen."""

    def handleError(self, record: logging.LogRecord) -> None: ...


@contextlib.contextmanager
def logging_to(session: Session) -> Iterator[None]:
    """Writes warnings and crashes to the session's log, never to the screen."""
    root = logging.getLogger()
    handle = session.open_file("mhv-tui.log", os.O_WRONLY | os.O_APPEND)
    handler = LogHandler(os.fdopen(handle, "a", encoding="utf-8"))
    handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # a full disk, which the run has reported
            handler.stream.close()
